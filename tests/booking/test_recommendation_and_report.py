"""What the therapist is shown as the follow-up is what the physician's report says."""

from typing import Any

import pytest

from tests.booking.conftest import House
from tests.booking.treatment import keep, treat


@pytest.fixture
def series(house: House) -> dict[str, Any]:
    found = treat(house, visits=3)
    keep(house, found, 0, pain_before=8, pain_after=6)
    keep(house, found, 1, pain_before=4, pain_after=2)
    return found


def both(house: House, series: dict[str, Any]) -> tuple[Any, Any]:
    path = f"/series/{series['series_id']}"
    shown, report = house.get(f"{path}/recommendation", "therapist"), house.get(f"{path}/report", "therapist")
    return shown, report["recommendation"]


def sign(house: House, series: dict[str, Any], follow_up: str) -> None:
    said = {"follow_up": follow_up, "recommendation": ""}
    answer = house.ask("POST", f"/series/{series['series_id']}/recommendation", said, role="therapist")
    assert answer.status_code == 200, answer.text


def test_both_draft_the_same_from_the_measures(house: House, series: dict[str, Any]) -> None:
    shown, reported = both(house, series)
    assert shown["drafted"]["follow_up"] == reported["follow_up"] == "continue"
    assert [one["sentence"] for one in shown["drafted"]["reasons"]] == list(reported["reasons"])


def test_the_newest_notes_own_follow_up_goes_before_what_the_measures_suggest(
    house: House, series: dict[str, Any]
) -> None:
    keep(house, series, 2, pain_before=2, pain_after=1, follow_up="re_refer")
    shown, reported = both(house, series)
    assert shown["drafted"] == {"follow_up": "re_refer", "reasons": []}
    assert (reported["follow_up"], reported["signed_on"]) == ("re_refer", None)


def test_a_signature_counts_until_another_visit_took_place(house: House, series: dict[str, Any]) -> None:
    sign(house, series, "discharge")
    shown, reported = both(house, series)
    assert shown["signed"]["follow_up"] == reported["follow_up"] == "discharge"
    keep(house, series, 2, pain_before=2, pain_after=1)
    shown, reported = both(house, series)
    assert (shown["signed"], reported["signed_on"]) == (None, None)
    assert shown["drafted"]["follow_up"] == reported["follow_up"]
