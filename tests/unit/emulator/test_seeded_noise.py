"""Numbers by address: fixed values, spread and independence of streams."""

import statistics

from cryptobot_desktop.emulator.seeded_noise import SeededNoise, mix, stream_key


def test_the_mixer_gives_the_published_splitmix64_sequence() -> None:
    # The first outputs for seed 0, as printed by the reference C code.
    gamma = 0x9E3779B97F4A7C15
    assert [mix(n * gamma) for n in range(3)] == [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]


def test_keys_depend_on_seed_and_name_only() -> None:
    assert stream_key(7, "a") == stream_key(7, "a")
    assert len({stream_key(7, "a"), stream_key(8, "a"), stream_key(7, "b"), stream_key(-7, "a")}) == 4


def test_uniform_numbers_fill_the_unit_interval_evenly() -> None:
    noise = SeededNoise(1, "x")
    values = [noise.uniform(i) for i in range(-5_000, 5_000)]
    assert all(0.0 <= v < 1.0 for v in values)
    assert abs(statistics.mean(values) - 0.5) < 0.01
    assert abs(sum(v < 0.1 for v in values) / 10_000 - 0.1) < 0.012


def test_normal_numbers_have_mean_zero_and_variance_one() -> None:
    noise = SeededNoise(1, "x")
    values = [noise.gauss(i) for i in range(20_000)]
    assert abs(statistics.mean(values)) < 0.03
    assert abs(statistics.pstdev(values) - 1.0) < 0.02
    assert max(abs(v) for v in values) < 3.5


def test_streams_of_one_seed_are_uncorrelated() -> None:
    a, b = SeededNoise(1, "a"), SeededNoise(1, "b")
    pairs = [(a.gauss(i), b.gauss(i)) for i in range(10_000)]
    assert abs(statistics.correlation([p[0] for p in pairs], [p[1] for p in pairs])) < 0.03
