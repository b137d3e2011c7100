"""Who is not simply reached by text: a number that nobody has, a booking in the night, a patient who writes STOP."""

from __future__ import annotations

import re
from datetime import datetime, time, timedelta

from services.local.story.case import Case, Rows, instant
from services.local.story.client import StoryError, link_in, wait_for
from services.local.story.days import Days
from services.local.story.post import Post

MORNINGS = [{"weekdays": [0, 1, 2, 3, 4, 5], "from": "09:00", "to": "13:00"}]
EVENING = time(21, 30)
"""No text goes at that hour."""


def a_wrong_number(case: Case, before: Case, post: Post) -> None:
    """`case` books one visit, before the first of `before`."""
    given = case.patient.given
    post.tell.chapter(f"{given}'s number is nobody's: an e-mail instead, in his language, and a task for the desk")
    today = post.clock.now().astimezone(post.tell.zone).date()
    last = instant(before.visit(1)["starts_at"]).astimezone(post.tell.zone).date() - timedelta(days=1)
    case.post()
    case.accept()
    earliest = today + timedelta(days=3)
    case.book(visits=1, earliest=earliest.isoformat(), latest=last.isoformat(), possible=MORNINGS)
    case.note(post.clock.now())
    case.takes_place = False
    post.see(case, "series_confirmation", "text")
    post.tell.fact("Twilio took it, and reports that nobody has this number (30005)")
    post.see(case, "series_confirmation", "email")
    [task] = wait_for("the desk's task", case.tasks)
    post.tell.fact(f"no text goes there any more; the desk is asked for the right number ({task['kind']})")


def a_night(case: Case, post: Post, days: Days) -> None:
    given = case.patient.given
    post.tell.chapter(f"{given}'s order is typed in, with a copy to another physician; invited, she books at night")
    case.post()
    case.accept()
    [invitation] = post.see(case, "invitation")
    today = post.clock.now().astimezone(post.tell.zone).date()
    days.until(datetime.combine(today, EVENING, post.tell.zone))
    _book_by_link(case, invitation["id"])
    case.note(post.clock.now())
    now, first = post.tell.local(post.clock.now()), post.tell.local(case.visit(1)["starts_at"])
    post.tell.fact(f"{now}: {given} books {len(case.spans)} afternoons by the invitation's link, from {first}")
    post.see(case, "series_booked")
    [confirmation] = post.see(case, "series_confirmation")
    post.why(case, confirmation["id"])


def _book_by_link(case: Case, invitation_id: str) -> None:
    sid = next(m["provider_id"] for m in case.messages() if m["id"] == invitation_id)
    link = link_in(next(text["body"] for text in case.texts() if text["sid"] == sid))
    offer = re.search(r'name="offer" value="([^"]+)"', case.door.page(f"{link}?part=afternoon"))
    if not offer:
        raise StoryError("the page behind the invitation offers nothing")
    case.door.press(link, "book", offer=offer[1])
    case.find_series()


def a_stop(case: Case, post: Post, days: Days) -> datetime:
    """When it came."""
    given = case.patient.given
    post.tell.chapter(f"{given} writes STOP: no more texts; what is to come goes by e-mail, to which she agreed")
    post.write(case, "STOP")
    stopped_at = post.clock.now()
    [answer] = wait_for("Twilio's own answer", case.answers_of_twilio)
    post.tell.answer_of_twilio(post.clock.now(), given, answer)
    wait_for("the opt-out", lambda: not case.can_be_texted())
    first = min(wait_for("the e-mails instead", lambda: _emails_to_come(case)), key=lambda m: str(m["due_at"]))
    days.until(instant(first["due_at"]))
    post.why(case, first["id"])
    return stopped_at


def _emails_to_come(case: Case) -> Rows:
    return [m for m in case.messages() if m["to"] == "patient" and (m["channel"], m["state"]) == ("email", "planned")]
