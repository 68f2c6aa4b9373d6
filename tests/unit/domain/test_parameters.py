"""Parameters declared once: reading, bounds, and all problems at once."""

from decimal import Decimal

import pytest

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.domain.parameters import Parameter, ParameterKind, refuse, share_to_ppm, validate

PERIOD = Parameter(name="period", kind=ParameterKind.INTEGER, default=14, minimum=2, maximum=50)
SHARE = Parameter(
    name="size",
    kind=ParameterKind.SHARE,
    default=Decimal("0.1"),
    minimum=Decimal(0),
    maximum=Decimal(1),
    minimum_excluded=True,
)


@pytest.mark.parametrize("raw", ["7", 7, 7.0, Decimal(7), "7.0", "7e0"])
def test_a_whole_number_is_read_from_text_and_numbers(raw: str | float | Decimal) -> None:
    value = PERIOD.parse(raw)
    assert (value, type(value)) == (7, int)


@pytest.mark.parametrize("raw", ["1", "51", "2.5", "", " 7", "+7", "1_0", "７", "nan", "inf", "-7", True, "1e40"])
def test_what_is_no_allowed_whole_number_is_refused_with_the_bounds(raw: str | bool) -> None:
    with pytest.raises(InvalidInput, match=r"^period=.* is not a whole number from 2 to 50$"):
        PERIOD.parse(raw)


@pytest.mark.parametrize(("raw", "ppm"), [("0.1", 100_000), (0.1, 100_000), ("1", 1_000_000), ("0.000001", 1)])
def test_a_share_is_an_exact_number_of_parts_per_million(raw: str | float, ppm: int) -> None:
    share = SHARE.parse(raw)
    assert isinstance(share, Decimal)
    assert share_to_ppm(share) == ppm


@pytest.mark.parametrize("raw", ["0", "-0.1", "1.000001", "0.1234567", "10%"])
def test_a_share_outside_its_half_open_range_or_finer_than_ppm_is_refused(raw: str) -> None:
    with pytest.raises(InvalidInput, match="above 0 and at most 1"):
        SHARE.parse(raw)


def test_missing_parameters_take_their_default() -> None:
    assert validate((PERIOD, SHARE), {"period": "9"}) == ({"period": 9, "size": Decimal("0.1")}, [])


def test_every_problem_is_found_at_once() -> None:
    _, problems = validate((PERIOD, SHARE), {"period": "99", "size": "2", "speed": "1"})
    assert [problem.split()[0] for problem in problems] == ["parameter", "period=99", "size=2"]
    with pytest.raises(InvalidInput, match=r"^bot x: .*; .*; .*$"):
        refuse("bot x", problems)


def test_no_problem_is_no_error() -> None:
    refuse("bot x", [])
