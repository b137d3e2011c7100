from services.chassis import audit, context
from services.chassis.ids import new_id
from tests.chassis.facts import rows


def test_an_act_is_kept_with_who_did_it_and_under_which_request(booking):
    context.actor.set(context.Actor("desk-1", frozenset({"desk"})))
    context.trace.set("request-4711")
    session_id = new_id()
    with booking.sessions.begin() as session:
        audit.record(session, "session_booked", "session", session_id, number=3)
    [row] = rows(booking, "SELECT * FROM audit")
    assert (row.actor, row.role, row.act, row.request_id) == (
        "desk-1",
        "desk",
        "session_booked",
        "request-4711",
    )
    assert (row.object_type, row.object_id, row.facts) == ("session", str(session_id), {"number": 3})


def test_an_act_on_many_objects_leaves_a_row_for_each(booking):
    with booking.sessions.begin() as session:
        audit.record_all(session, "session_booked", "session", [new_id() for _ in range(8)])
        audit.record_all(session, "session_booked", "session", [])
    assert len(rows(booking, "SELECT * FROM audit")) == 8
