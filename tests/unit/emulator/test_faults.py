"""Fault switches: reading them and deciding when they strike."""

import pytest

from cryptobot_desktop.domain.errors import InvalidInput
from cryptobot_desktop.emulator.faults import FAULTS, FaultPlan, parse_fault


@pytest.mark.parametrize("name", FAULTS)
def test_every_fault_can_be_named_alone(name: str) -> None:
    fault = parse_fault(name)
    assert (fault.name, fault.at_s) == (name, 0.0)


def test_seconds_and_settings_are_read() -> None:
    fault = parse_fault("silence@30.5:for=10")
    assert (fault.at_s, fault.params, fault.until_s) == (30.5, {"for": 10.0}, 40.5)
    assert parse_fault("rate_limited@5").until_s == 35


@pytest.mark.parametrize(
    ("text", "needle"),
    [
        ("meteor", "fault 'meteor' is unknown; allowed: drop_connection, silence"),
        ("", "fault '' is unknown"),
        ("silence@soon", "not of the form"),
        ("silence@-3", "not of the form"),
        ("silence:every=3", "no setting 'every'; allowed: for"),
        ("gap:count=many", "count='many' is not a number"),
        ("gap:count", "count='' is not a number"),
    ],
)
def test_bad_switches_name_what_is_allowed(text: str, needle: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_fault(text)
    assert needle in str(refused.value)


def test_a_stretch_is_active_from_its_start_to_its_end() -> None:
    plan = FaultPlan((parse_fault("silence@10:for=5"),))
    assert [plan.active("silence", second) is not None for second in (9.9, 10.0, 14.9, 15.0)] == [
        False,
        True,
        True,
        False,
    ]
    assert plan.active("html_body", 12.0) is None


def test_a_strike_comes_once_or_again_after_each_period() -> None:
    plan = FaultPlan((parse_fault("drop_connection@2"),))
    assert [plan.due("drop_connection", second) is not None for second in (1, 2, 3, 50)] == [False, True, False, False]
    plan = FaultPlan((parse_fault("drop_connection@2:every=10"),))
    assert [plan.due("drop_connection", second) is not None for second in (2, 11, 12, 13, 22)] == [
        True,
        False,
        True,
        False,
        True,
    ]


def test_strikes_are_counted_for_each_topic() -> None:
    plan = FaultPlan((parse_fault("gap@1:count=2"),))
    assert [plan.spend("gap", "a", 0.5), *(plan.spend("gap", "a", 2.0) for _ in range(3))] == [False, True, True, False]
    assert plan.spend("gap", "b", 2.0)
