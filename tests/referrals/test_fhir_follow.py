"""An EHR follows the order it sent: by id and by search; nobody else finds it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.chassis.events import encode
from services.chassis.ids import new_id
from services.contracts import booking
from services.referrals.worker import ReferralsWorker
from tests.referrals.fhir_house import a_bundle, asked, counted, fresh, parsed, resource, sent
from tests.referrals.house import FHIR, Caller, House, a_referral

AT = datetime(2027, 3, 10, 15, tzinfo=UTC)


@pytest.fixture
def office(house: House) -> Caller:
    return house.caller("physician", "token:riverside")


@pytest.fixture
def stranger(house: House) -> Caller:
    return house.caller("physician", "token:elsewhere")


class Visits:
    """What booking tells of a referral's series."""

    def __init__(self, house: House, task: dict[str, Any]) -> None:
        self._house = house
        self.about = {
            "referral_id": UUID(task["id"]),
            "patient_id": UUID(task["for"]["reference"].removeprefix("Patient/")),
            "series_id": new_id(),
        }

    def tell(self, kind: Any, status: str, version: int, **more: Any) -> None:
        event = kind(
            **{"session_id": self.session_id, "version": version, "number": 1, "of": 1, "status": status},
            **{"starts_at": AT, "ends_at": AT + timedelta(minutes=45), **self.about, **more},
        )
        self._take(event)

    def tell_series(self) -> None:
        span = {"visits": 1, "completed": 0, "first_at": AT, "last_at": AT}
        self._take(booking.SeriesBooked(version=1, booked_at=AT, **span, **self.about))

    def _take(self, event: Any) -> None:
        body = encode(event, self._house.running.seal, event_id=new_id(), at=AT, trace=None)
        worker = ReferralsWorker()
        worker.runtime = self._house.running
        self._house.running.inbox.take(body, worker.handlers()[event.event_type()])

    session_id = new_id()


@pytest.fixture
def task(office: Caller) -> dict[str, Any]:
    return parsed(sent(office, a_bundle()))


@pytest.fixture
def visits(house: House, task: dict[str, Any]) -> Visits:
    made = Visits(house, task)
    made.session_id = new_id()
    return made


def entries(answer: Any) -> list[dict[str, Any]]:
    bundle = parsed(answer)
    assert bundle["type"] == "searchset"
    found = [entry["resource"] for entry in bundle.get("entry", [])]
    assert bundle["total"] == len(found)
    assert bundle["link"][0]["relation"] == "self"
    return found


def test_every_reference_of_the_task_can_be_followed(office: Caller, task: dict[str, Any]) -> None:
    for reference in (task["focus"], task["for"], task["requester"], task["basedOn"][0]):
        kind, _, its_id = reference["reference"].partition("/")
        shown = parsed(asked(office, reference["reference"]))
        assert (shown["resourceType"], shown["id"]) == (kind, its_id)


def test_the_task_is_found_by_its_order_and_by_its_numbers(office: Caller, task: dict[str, Any]) -> None:
    placer = task["focus"]["identifier"]
    for query in (
        f"based-on=ServiceRequest/{task['id']}",
        f"focus=ServiceRequest/{task['id']}",
        f"_id={task['id']}",
        f"identifier={placer['system']}|{placer['value']}",
        f"identifier={task['identifier'][0]['system']}|{task['identifier'][0]['value']}",
    ):
        assert [each["id"] for each in entries(asked(office, f"Task?{query}"))] == [task["id"]], query
    [order] = entries(asked(office, f"ServiceRequest?identifier={placer['system']}|{placer['value']}&_format=json"))
    assert order["id"] == task["id"]
    assert task["id"] in [each["id"] for each in entries(asked(office, "Task"))]


@pytest.mark.parametrize("query", ["based-on=ServiceRequest/x", f"_id={UUID(int=7)}", "identifier=a|b", "focus="])
def test_a_search_that_fits_nothing_finds_nothing(office: Caller, task: dict[str, Any], query: str) -> None:
    name = query.split("=")[0]
    assert entries(asked(office, f"Task?{query}")) == [], name


@pytest.mark.parametrize(
    "path",
    [
        "Task?colour=x",
        "Task?_has:Task:x=1",
        "Task?patient:missing=true",
        "Task?_sort=x",
        "Task?identifier=5",
        "Task?_count=-1",
        "Task?_lastUpdated=soon",
        "Task?_lastUpdated=2026-13-01",
        "Appointment",
        "Appointment?date=2027-01-01",
        "Communication",
    ],
)
def test_a_search_we_do_not_know_is_refused_and_not_widened(office: Caller, path: str) -> None:
    answer = asked(office, path)
    assert (answer.status_code, parsed(answer)["issue"][0]["code"]) == (400, "not-supported")


def test_another_office_finds_nothing_of_it(
    house: House, stranger: Caller, task: dict[str, Any], visits: Visits
) -> None:
    visits.tell_series()
    visits.tell(booking.SessionBooked, "booked", 1)
    before = counted(house)
    for path in (
        f"Task/{task['id']}",
        f"ServiceRequest/{task['id']}",
        task["for"]["reference"],
        task["requester"]["reference"],
        f"Appointment/{visits.session_id}",
        f"Task/{uuid4()}",
        f"Patient/{uuid4()}",
        f"Appointment/{uuid4()}",
    ):
        answer = asked(stranger, path)
        assert (answer.status_code, parsed(answer)["issue"][0]["code"]) == (404, "not-found"), path
    placer = task["focus"]["identifier"]
    for query in (f"_id={task['id']}", f"identifier={placer['system']}|{placer['value']}"):
        assert entries(asked(stranger, f"Task?{query}")) == []
        assert entries(asked(stranger, f"ServiceRequest?{query}")) == []
    assert entries(asked(stranger, f"Appointment?based-on=ServiceRequest/{task['id']}")) == []
    assert counted(house) == before


def test_the_desk_sees_every_order_and_each_reading_is_noted(house: House, desk: Caller, task: dict[str, Any]) -> None:
    before = counted(house)["audit"]
    for path in (f"Task/{task['id']}", f"ServiceRequest/{task['id']}", task["for"]["reference"]):
        assert asked(desk, path).status_code == 200
    assert counted(house)["audit"] == before + 3


LIVES = [
    (booking.SessionBooked, "booked", {}, "booked", "needs-action"),
    (booking.SessionConfirmed, "confirmed", {}, "booked", "accepted"),
    (booking.SessionArrived, "arrived", {"arrived_at": AT}, "arrived", "accepted"),
    (booking.SessionCompleted, "completed", {"completed_at": AT}, "fulfilled", "accepted"),
    (
        booking.SessionCancelled,
        "cancelled",
        {"cancelled_at": AT, "by": "patient", "late": False, "visit": "returned"},
        "cancelled",
        "declined",
    ),
    (booking.SessionMissed, "missed", {"missed_at": AT, "visit": "forfeited"}, "noshow", "needs-action"),
]


@pytest.mark.parametrize(("kind", "status", "more", "shown", "patient"), LIVES)
def test_a_visit_is_an_appointment_that_follows_what_booking_tells(
    office: Caller,
    task: dict[str, Any],
    visits: Visits,
    kind: Any,
    status: str,
    more: dict[str, Any],
    shown: str,
    patient: str,
) -> None:
    visits.tell_series()
    visits.tell(kind, status, 2, **more)
    visits.tell(booking.SessionBooked, "booked", 1)
    [appointment] = entries(asked(office, f"Appointment?based-on=ServiceRequest/{task['id']}"))
    assert appointment == parsed(asked(office, f"Appointment/{visits.session_id}"))
    assert (appointment["status"], appointment["participant"][0]["status"]) == (shown, patient)
    assert appointment["start"] == AT.isoformat()
    assert appointment["basedOn"] == [{"reference": f"ServiceRequest/{task['id']}"}]


def test_a_moved_visit_has_its_new_time(office: Caller, task: dict[str, Any], visits: Visits) -> None:
    later = {"starts_at": AT + timedelta(days=1), "ends_at": AT + timedelta(days=1, minutes=45)}
    visits.tell(booking.SessionBooked, "booked", 1)
    visits.tell(booking.SessionMoved, "booked", 2, moved_at=AT, moved_from=AT, **later)
    [appointment] = entries(asked(office, f"Appointment?based-on=ServiceRequest/{task['id']}"))
    assert appointment["start"] == later["starts_at"].isoformat()


def test_the_business_status_follows_the_loop(
    house: House, office: Caller, therapist: Caller, task: dict[str, Any], visits: Visits
) -> None:
    def stand() -> tuple[str, str]:
        shown = parsed(asked(office, f"Task/{task['id']}"))
        return shown["status"], shown["businessStatus"]["coding"][0]["code"]

    seen = [stand()]
    therapist.post(f"/{task['id']}/accept")
    seen.append(stand())
    visits.tell_series()
    visits.tell(booking.SessionBooked, "booked", 1)
    seen.append(stand())
    visits.tell(booking.SessionMissed, "missed", 2, missed_at=AT, visit="forfeited")
    seen.append(stand())
    visits.tell(booking.SessionRestored, "booked", 3, restored_at=AT + timedelta(hours=1))
    visits.tell(booking.SessionCompleted, "completed", 4, completed_at=AT + timedelta(hours=2))
    seen.append(stand())
    assert seen == [
        ("received", "2.0"),
        ("accepted", "3.0"),
        ("in-progress", "5.1.1"),
        ("in-progress", "5.1.2"),
        ("in-progress", "5.1.4"),
    ]
    [output] = parsed(asked(office, f"Task/{task['id']}"))["output"]
    assert output["valueReference"]["reference"] == f"DiagnosticReport/{visits.about['series_id']}"


def test_a_declined_order_says_why(office: Caller, therapist: Caller, task: dict[str, Any]) -> None:
    therapist.post(f"/{task['id']}/decline", {"reason": "No lymphedema training here"})
    shown = parsed(asked(office, f"Task/{task['id']}"))
    assert (shown["status"], shown["businessStatus"]["coding"][0]["code"]) == ("rejected", "4.0")
    assert shown["statusReason"]["text"] == "No lymphedema training here"
    assert parsed(asked(office, f"ServiceRequest/{task['id']}"))["status"] == "revoked"


def test_reports_and_messages_are_had_from_whom_they_belong_to(office: Caller, task: dict[str, Any]) -> None:
    for kind, owner in (("DiagnosticReport", "booking"), ("Communication", "notify")):
        answer = asked(office, f"{kind}?based-on=ServiceRequest/{task['id']}")
        address = f"/api/{owner}/fhir/{kind}?based-on=ServiceRequest/{task['id']}"
        assert (answer.status_code, answer.headers["Location"]) == (307, address)
        its_id = uuid4()
        answer = asked(office, f"{kind}/{its_id}")
        assert (answer.status_code, answer.headers["Location"]) == (307, f"/api/{owner}/fhir/{kind}/{its_id}")


def test_an_order_that_came_as_json_is_shown_as_fhir_too(desk: Caller) -> None:
    made = desk.post("", a_referral(home_visit=True, home_position=[40.7, -74.0], therapist_sex="female")).json
    for kind in ("Task", "ServiceRequest"):
        assert parsed(asked(desk, f"{kind}/{made['id']}"))["id"] == made["id"]


def test_a_created_order_comes_back_as_it_was_understood(office: Caller) -> None:
    order = {**resource(a_bundle(), "ServiceRequest")}
    contained = [{**resource(a_bundle(), kind), "id": kind[:3]} for kind in ("Patient", "Practitioner")]
    refs = {"subject": {"reference": "#Pat"}, "requester": {"reference": "#Pra"}}
    order = {k: v for k, v in order.items() if k not in ("insurance", "supportingInfo", "reasonReference")}
    answer = sent(office, {**order, **refs, "contained": contained}, "ServiceRequest")
    shown = parsed(answer)
    assert (answer.status_code, shown["resourceType"]) == (201, "ServiceRequest")
    assert answer.headers["Location"] == f"/api/referrals/fhir/ServiceRequest/{shown['id']}"
    assert answer.headers["ETag"] == 'W/"1"'
    assert parsed(asked(office, f"ServiceRequest/{shown['id']}")) == shown
    assert sent(office, a_bundle(), "ServiceRequest").status_code == 422


def test_only_the_address_is_answered_to_who_prefers_it(office: Caller) -> None:
    answer = sent(office, a_bundle(), Prefer="return=minimal")
    assert (answer.status_code, answer.data) == (201, b"")
    assert asked(office, answer.headers["Location"].removeprefix("/api/referrals/fhir/")).status_code == 200


def test_a_conditional_create_finds_what_is_there(house: House, office: Caller, task: dict[str, Any]) -> None:
    placer = task["focus"]["identifier"]
    before = counted(house)
    answer = sent(office, fresh(a_bundle()), If_None_Exist=f"identifier={placer['system']}|{placer['value']}")
    assert (answer.status_code, parsed(answer)["id"]) == (200, task["id"])
    assert counted(house) == before
    assert sent(office, fresh(a_bundle()), If_None_Exist="identifier=a|b").status_code == 201
    assert sent(office, fresh(a_bundle()), If_None_Exist="patient=a").status_code == 412


@pytest.mark.parametrize("accept", [FHIR, "application/json", "*/*", "application/*", f"text/html, {FHIR};q=0.5"])
def test_json_is_spoken_to_who_takes_it(office: Caller, task: dict[str, Any], accept: str) -> None:
    assert asked(office, f"Task/{task['id']}", Accept=accept).content_type == FHIR


def test_who_takes_only_xml_or_sends_it_is_told_so_in_fhir(house: House, office: Caller, task: dict[str, Any]) -> None:
    before = counted(house)
    answers = [
        asked(office, f"Task/{task['id']}", Accept="application/fhir+xml"),
        asked(office, f"Task/{task['id']}?_format=xml"),
        office._send("POST", "/fhir", data=b"<Bundle/>", content_type="application/fhir+xml"),
        office._send("POST", "/fhir", data=b"{}"),
    ]
    assert [answer.status_code for answer in answers] == [406, 406, 415, 415]
    assert {parsed(answer)["issue"][0]["code"] for answer in answers} == {"not-supported"}
    assert counted(house) == before


@pytest.mark.parametrize("path", ["Task/7", "Observation", "Patient", "Task/x/_history", "ServiceRequest/$everything"])
def test_what_is_not_offered_is_said_to_be_so_in_fhir(office: Caller, path: str) -> None:
    answer = asked(office, path)
    assert (answer.status_code, parsed(answer)["issue"][0]["code"]) == (404, "not-supported")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_an_order_cannot_be_changed_through_this_door(house: House, office: Caller, method: str) -> None:
    task = parsed(sent(office, a_bundle()))
    before = counted(house)
    answer = office._send(method, f"/fhir/ServiceRequest/{task['id']}", data=b"{}", content_type=FHIR)
    assert (answer.status_code, parsed(answer)["resourceType"]) == (404, "OperationOutcome")
    assert counted(house) == before
