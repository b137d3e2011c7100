"""Codes of decisions and failures as people say them."""

from __future__ import annotations

import re

BECAUSE = {
    "invitation": "the referral was accepted and no visits are booked yet",
    "series_confirmation": "the series was booked",
    "series_finished": "the last visit of the series took place",
    "aftercare": "the visit took place",
    "moved": "the visit was moved",
    "cancelled": "the visit was cancelled",
    "restored": "the visit takes place after all",
    "missed": "the patient did not come",
    "visits_changed": "several visits were changed",
    "waitlist_offer": "a time became free that the patient waits for",
    "offer_ended": "the offered time was gone",
    "cancel_check": "the patient wrote that they cannot come",
    "other_times": "the patient asked for another time",
    "time_gone": "the time that the patient chose was taken",
    "opted_out": "the patient asked not to be texted any more",
    "we_will_call": "what the patient wrote was not understood",
    "referral_received": "the referral was received",
    "referral_accepted": "the referral was accepted",
    "referral_declined": "the referral was declined",
    "series_booked": "the series was booked",
    "series_cancelled": "the series was cancelled",
    "session_update": "a visit took place and the physician asked to hear of every one",
    "midpoint_report": "half of the planned visits took place",
    "missed_visit": "the patient did not come",
    "not_missed": "a visit that was told as missed was not",
    "renewal_request": "the order has few visits or days left",
    "closing_report": "the series was completed",
}
"""Why a message of this kind exists."""

_PHRASES = {
    # why a channel is not open
    "no_number": "there is no number",
    "no_address": "there is no address",
    "no_consent": "the person has not agreed to it",
    "opted_out": "the person had opted out",
    "wrong_address": "the address is wrong",
    "fax_wanted": "the practice wants faxes",
    "not_delivered": "it did not arrive",
    # when
    "quiet_hours": "quiet hours",
    "texts_a_day": "enough texts go to this person that day",
    "visits_of_the_day": "the visits of that day changed",
    "policy_changed": "the clinic changed its policy",
    "replanned": "what is known has changed",
    "told_too_late": "we learnt of it when its time was over",
    "no_time_left": "there was no time left in which it could go",
    "too_late": "its time was over before it could go",
    # why a message is dropped
    "other_channel": "it goes another way",
    "told_already": "it was told another way",
    "merged_into": "another message tells it too",
    "visit_moved": "the visit was moved",
    "visit_cancelled": "the visit was cancelled",
    "visit_missed": "the patient did not come",
    "visit_completed": "the visit took place",
    "series_booked": "the series was booked",
    "referral_ended": "the referral ended",
    "erased": "the patient was erased",
    "no_longer_planned": "what it was about has changed",
    # what a provider, or our own sending, says
    "unreachable": "the phone cannot be reached",
    "content": "the provider refuses the words",
    "absent": "the provider never had it",
    "lease_ended": "the sender stopped before the answer came",
    "not_written": "it could not be written",
    "not_called": "there was no time to call",
    "closed_meanwhile": "the person must not be written to there any more",
    "no_report": "the provider reported nothing",
    # what patients answer
    "confirm": "they come",
    "cancel": "they cancel the visit",
    "accept": "they take the time",
    "decline": "they do not want the time",
    "cannot_come": "they cannot come",
    "another_time": "they want another time",
    "choose": "they pick one of the times",
}

CHANNELS = {"text": "text", "email": "e-mail", "desk": "the desk"}
PROVIDERS = {"text": "Twilio", "email": "SendGrid"}

TASKS = {
    "call_patient": "call the patient",
    "send_by_fax": "send it by fax",
    "address_wrong": "correct the address",
    "not_delivered": "see why it was not delivered",
    "unknown_delivery": "find out whether it arrived",
    "read_reply": "read what the patient wrote",
    "another_time": "find another time",
    "cancel_meant": "ask whether the visit was meant by CANCEL",
    "channel_stopped": "mend the provider's configuration",
}

_CODE = re.compile(r"[A-Za-z0-9_:.\- ]{1,60}")


def phrase(code: object) -> str:
    """In words, `quiet_hours` or `wrong_address:21211`; a code that is not known, with its underscores as spaces."""
    if not isinstance(code, str) or not _CODE.fullmatch(code):
        return ""
    name, _, number = code.partition(":")
    said = _PHRASES.get(name, name.replace("_", " "))
    return f"{said} ({number})" if number else said


def lead(minutes: int) -> str:
    """`48 h`, `90 min`."""
    return f"{minutes // 60} h" if minutes % 60 == 0 else f"{minutes} min"


def because(kind: str) -> str:
    """Why a message of this kind is planned; empty for a kind that is not known."""
    minutes = kind.removeprefix("reminder_")
    if kind.startswith("reminder_") and minutes.isascii() and minutes.isdigit():
        return f"the clinic reminds {lead(int(minutes))} before a visit"
    return BECAUSE.get(kind, "")


def title(kind: str) -> str:
    """What a message is, shortly: `Reminder, 48 h before`."""
    minutes = kind.removeprefix("reminder_")
    if kind.startswith("reminder_") and minutes.isascii() and minutes.isdigit():
        return f"Reminder, {lead(int(minutes))} before"
    said = _TITLES.get(kind) or phrase(kind) or "message"
    return said[0].upper() + said[1:]


_TITLES = {
    "invitation": "invitation to book",
    "series_confirmation": "confirmation of the series",
    "moved": "visit moved",
    "cancelled": "visit cancelled",
    "restored": "visit takes place after all",
    "missed": "visit missed",
    "waitlist_offer": "offer of a freed time",
    "offer_ended": "offered time gone",
    "cancel_check": "asked whether to cancel",
    "time_gone": "chosen time gone",
    "opted_out": "texts are stopped",
    "series_booked": "series booked",
    "series_cancelled": "series cancelled",
    "session_update": "update after a visit",
    "not_missed": "visit not missed after all",
}
