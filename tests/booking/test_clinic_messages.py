"""What the clinic's file says of messages, and how the others hear of it."""

from __future__ import annotations

from typing import Any

import pytest

from services.booking.clinic.messages import SENDERS, MessagesInFile, told
from services.contracts.booking import ClinicChanged, MessagePolicy
from tests.booking.conftest import House


def announced(house: House) -> MessagePolicy | None:
    event = house.announced()[-1]
    assert isinstance(event, ClinicChanged)
    return event.messages


def test_what_the_file_leaves_out_is_as_usual(house: House) -> None:
    house.load()
    assert announced(house) == MessagePolicy(
        texts_from="08:00", texts_until="21:00", texts_a_day=3, texts_per_second=1.0, grace_minutes=3, invite=True,
        full_content=False,
    )  # fmt: skip


def test_what_the_file_says_is_announced(house: House) -> None:
    said = {"texts_from": "09:30", "texts_until": "18:00", "texts_a_day": 2, "text_sender": "toll_free",
            "grace_minutes": 0, "invite": False, "full_content": True}  # fmt: skip
    house.load(policy={"messages": said})
    assert announced(house) == MessagePolicy(
        texts_from="09:30", texts_until="18:00", texts_a_day=2, texts_per_second=3.0, grace_minutes=0, invite=False,
        full_content=True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("sender", "rate"), [("long_code", 1), ("toll_free", 3), ("short_code", 100), ("messaging_service", None)]
)
def test_the_kind_of_number_says_how_fast_texts_may_go(sender: str, rate: float | None) -> None:
    assert SENDERS[sender] == rate
    assert told(MessagesInFile().load({"text_sender": sender})).texts_per_second == rate


@pytest.mark.parametrize(
    ("said", "field", "sentence"),
    [
        ({"texts_from": "07:59"}, "texts_from", "Let texts begin at 08:00 or later; before that people sleep."),
        ({"texts_until": "21:01"}, "texts_until", "Let texts end at 21:00 or earlier; after that people rest."),
        ({"texts_from": "18:00", "texts_until": "09:00"}, "texts_until",
         "Let texts end after they begin, on the same day."),
        ({"texts_from": "12:00", "texts_until": "12:30"}, "texts_until", "Leave at least an hour for texts."),
        ({"texts_from": "noon"}, "texts_from", "Write a time such as 08:00."),
        ({"texts_from": "08:00+02:00"}, "texts_from", "Write a time such as 08:00."),
    ],
)  # fmt: skip
def test_quiet_hours_may_be_made_longer_but_never_shorter(said: dict[str, Any], field: str, sentence: str) -> None:
    assert MessagesInFile().validate(said) == {field: [sentence]}


@pytest.mark.parametrize(
    "said", [{"texts_a_day": 0}, {"grace_minutes": -1}, {"text_sender": "pigeon"}, {"texts_form": "08:00"}]
)
def test_a_policy_that_is_none_is_refused_by_its_field(said: dict[str, Any]) -> None:
    assert set(MessagesInFile().validate(said)) == set(said)


def test_the_file_is_refused_as_a_whole(house: House) -> None:
    from tests.booking.practice_day import clinic

    answer = house.ask("PUT", "/clinic", clinic(policy={"messages": {"texts_until": "22:00"}}), role="admin")
    assert answer.status_code == 422
    assert house.count("clinic") == house.count("outbox") == 0
