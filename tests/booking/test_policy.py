"""The clinic's policy, and public holidays. Pure."""

from datetime import date, timedelta
from typing import Any

import pytest

from services.booking.clinic.policy import PolicyInFile
from services.booking.practice.holiday import holidays_between, of_year
from services.booking.practice.policy import Policy

YEAR = (date(2027, 1, 1), date(2027, 12, 31))


def test_what_a_policy_does_not_say_is_as_usual() -> None:
    policy = Policy.of({"reminder_minutes": [60], "notice_hours": 48})
    assert (policy.notice, policy.hold_minutes, policy.offer_minutes) == (timedelta(hours=48), 10, 30)
    assert (policy.warn_visits, policy.warn_days, policy.missed_consumes_visit) == (2, 7, True)


def test_the_file_and_the_rules_agree_on_what_is_usual() -> None:
    assert Policy.of(PolicyInFile().load({})) == Policy()


def test_buffers_are_known_again_from_json_whose_keys_are_text() -> None:
    policy = Policy.of({"buffers": {"30": 10, "45": 20}})
    assert [policy.buffer(15, minutes) for minutes in (15, 30, 45)] == [15, 15, 20]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("notice_hours", -1),
        ("minimum_notice_minutes", "soon"),
        ("horizon_days", 0),
        ("hold_minutes", 0),
        ("offer_minutes", 1.5),
        ("warn_visits", 21),
        ("warn_days", None),
        ("travel_kmh", 0),
        ("travel_minutes", -5),
        ("buffers", {"45": -1}),
        ("buffers", {"long": 10}),
        ("buffers", [45, 10]),
        ("holidays", "perhaps"),
        ("open_on_holidays", "Columbus Day"),
        ("missed_consumes_visit", "x"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused_at_its_field(name: str, value: Any) -> None:
    assert set(PolicyInFile().validate({name: value})) == {name}


def test_a_state_has_holidays_of_its_own() -> None:
    lincoln = date(2027, 2, 12)
    assert lincoln in holidays_between("US", "NY", *YEAR, open_on=())
    assert lincoln not in holidays_between("US", "CA", *YEAR, open_on=())
    assert lincoln not in holidays_between("US", None, *YEAR, open_on=())


def test_a_holiday_that_the_clinic_works_on_is_open_also_where_it_is_observed() -> None:
    both = {date(2027, 7, 4), date(2027, 7, 5)}
    assert both <= holidays_between("US", "NY", *YEAR, open_on=())
    assert both.isdisjoint(holidays_between("US", "NY", *YEAR, open_on=["Independence Day"]))
    only = holidays_between("US", "NY", *YEAR, open_on=["2027-07-05"])
    assert both & only == {date(2027, 7, 4)}


def test_a_day_with_two_holidays_is_closed_until_the_clinic_works_on_both() -> None:
    both = ["Susan B. Anthony Day", "Washington's Birthday"]
    day = date(2027, 2, 15)
    assert day in holidays_between("US", "NY", *YEAR, open_on=both[:1])
    assert day in holidays_between("US", "NY", *YEAR, open_on=both[1:])
    assert day not in holidays_between("US", "NY", *YEAR, open_on=both)


def test_holidays_are_counted_from_the_first_date_to_the_last() -> None:
    new_year = holidays_between("US", "NY", date(2027, 12, 25), date(2028, 1, 1), open_on=())
    assert {date(2027, 12, 25), date(2028, 1, 1)} <= new_year
    assert date(2027, 12, 25) not in holidays_between("US", "NY", date(2027, 12, 26), date(2027, 12, 30), open_on=())


def test_a_country_has_the_holidays_that_it_has() -> None:
    assert any("Australia Day" in names for _, names in of_year("AU", "NSW", 2027))
    with pytest.raises(NotImplementedError):
        of_year("US", "ZZ", 2027)
