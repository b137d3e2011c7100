"""The last look at how many texts a person gets in a day, when one more is about to leave.

Planning keeps to the clinic's number; but plans are made of what was to be sent, and several workers and late
events can bring together what was planned apart. What is too much goes back and is planned anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Uuid, text
from sqlalchemy.orm import Session

from services.chassis import audit
from services.notify.people.records import RECORDS

ANSWERS = ("cancel_check", "other_times", "time_gone", "opted_out", "we_will_call")
"""What answers the patient's own words is always sent."""
AGAIN_IN = 60
"""Seconds; by then it has been planned anew."""

_RECORDS = f"ARRAY (SELECT unnest({RECORDS.format(patient='leaving.recipient')}) AS id ORDER BY id)"
# The day is that of where the person lives, if that is known, else the clinic's, as it is for planning.
_PUT_BACK = text(
    "WITH mine AS ("
    "  SELECT leaving.id, records, kind = ANY (CAST(:answers AS text[])) AS answers,"
    "   date_trunc('day', fascia_now() AT TIME ZONE home.zone) AT TIME ZONE home.zone AS today,"
    "   row_number() OVER ("
    "    PARTITION BY records ORDER BY kind = ANY (CAST(:answers AS text[])) DESC, due_at, leaving.id) AS place"
    "  FROM messages AS leaving"
    f"   CROSS JOIN LATERAL (SELECT {_RECORDS} AS records) AS theirs"
    "   CROSS JOIN LATERAL (SELECT coalesce("
    "     (SELECT timezone FROM contacts WHERE contacts.id = ANY (records) AND timezone IS NOT NULL"
    "       ORDER BY contacts.id LIMIT 1), (SELECT timezone FROM clinic LIMIT 1)) AS zone) AS home"
    "  WHERE leaving.id = ANY (CAST(:ids AS uuid[])) AND channel = 'text' AND role = 'patient'"
    "), above AS ("
    "  SELECT mine.id FROM mine CROSS JOIN LATERAL ("
    "   SELECT count(*) AS told FROM messages AS earlier"
    "   WHERE earlier.patient_id = ANY (mine.records) AND earlier.role = 'patient' AND earlier.channel = 'text'"
    "    AND earlier.state IN ('sending', 'sent', 'delivered', 'unknown')"
    "    AND coalesce(earlier.sent_at, earlier.changed_at) >= mine.today"
    "    AND NOT earlier.id = ANY (CAST(:ids AS uuid[]))) AS had"
    "  WHERE NOT answers AND told + place > :cap"
    "), back AS ("
    "  UPDATE messages SET state = 'planned', reason = 'capped', attempts = attempts - 1, leased_until = NULL,"
    "   ready_at = fascia_now() + make_interval(secs => :again), changed_at = fascia_now(),"
    "   trail = trail || jsonb_build_array(jsonb_build_object('what', 'capped', 'at', fascia_now(), 'limit', :cap,"
    "    'because', 'texts_a_day'))"
    "  FROM above WHERE messages.id = above.id RETURNING messages.id, messages.referral_id"
    "), again AS ("
    "  INSERT INTO replans (referral_id) SELECT DISTINCT referral_id FROM back"
    ")"
    " SELECT id FROM back"
).columns(id=Uuid)


def put_back(session: Session, claimed: Sequence[UUID], cap: int) -> set[UUID]:
    """Of what was claimed, the texts to persons who have had `cap` today, where they live; they are planned again."""
    asked = {"ids": claimed, "answers": list(ANSWERS), "cap": cap, "again": AGAIN_IN}
    back = set(session.scalars(_PUT_BACK, asked))
    audit.record_all(session, "message_capped", "message", list(back), reason="texts_a_day")
    return back
