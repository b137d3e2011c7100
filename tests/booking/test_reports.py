"""The report of a series: as JSON, as one page, as a chart and as FHIR."""

import base64
import io
import json
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from fhir.resources.R4B.diagnosticreport import DiagnosticReport
from fhir.resources.R4B.observation import Observation
from PIL import Image
from pypdf import PdfReader

from services.booking.reports.assemble import assemble
from services.booking.reports.chart import chart
from services.booking.reports.fhir import diagnostic_report
from services.booking.reports.page import page
from services.booking.reports.parts import Report
from tests.booking.conftest import House
from tests.booking.test_plans import statements
from tests.booking.test_series import visit as wanted
from tests.booking.test_sessions import complete, go_to

TUESDAY = datetime(2027, 3, 2, 14, 0, tzinfo=UTC)
NAME = "María Fernanda Álvarez-Castellanos de la Peña y Núñez, LMT, CLT, BCTMB"


def series(**changes: Any) -> SimpleNamespace:
    facts: dict[str, Any] = {
        "series_id": uuid4(),
        "referral_id": uuid4(),
        "patient_id": uuid4(),
        "reference": "R-2027-0001",
        "planned": 8,
        "booked_at": TUESDAY - timedelta(days=1),
        "completed_at": None,
        "cancelled_at": None,
        "signed": None,
        "signed_at": None,
        "name": "Riverbend",
        "address": "48 Riverbend Lane, Beacon",
        "phone": "+12125550134",
        "email": "desk@riverbend.example",
        "zone": "America/New_York",
        "country": "US",
    }
    return SimpleNamespace(**{**facts, **changes})


def visit(
    number: int, before: int = 7, after: int = 5, *scores: tuple[str, str, str], **changes: Any
) -> SimpleNamespace:
    starts_at = TUESDAY + timedelta(days=3 * (number - 1))
    facts: dict[str, Any] = {
        "number": number,
        "status": "completed",
        "late": None,
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(minutes=45),
        "cancelled_at": None,
        "missed_at": None,
        "therapist": "Amara",
        "pain_before": before,
        "pain_after": after,
        "pressure": 3,
        "techniques": ["deep_tissue"],
        "areas": ["upper_back"],
        "minutes": 40,
        "follow_up": None,
        "written_at": starts_at + timedelta(hours=1),
        "measures": [list(score) for score in scores] or None,
    }
    return SimpleNamespace(**{**facts, **changes})


def not_kept(number: int, status: str, **changes: Any) -> SimpleNamespace:
    nothing = dict.fromkeys(("pain_before", "pain_after", "pressure", "techniques", "areas", "minutes", "written_at"))
    return visit(number, status=status, **{**nothing, **changes})


def eight() -> Report:
    scores = {1: ("ndi", "", "40"), 4: ("ndi", "", "30"), 8: ("ndi", "", "20")}
    visits = [visit(n, 9 - n, max(0, 8 - n), *([scores[n]] if n in scores else [])) for n in range(1, 9)]
    ended = TUESDAY + timedelta(days=22)
    return assemble(series(completed_at=ended, signed="discharge", signed_at=ended), visits)


def crowded(visits: int = 24, country: str = "US") -> Report:
    """The most that a page has to hold: long names, every measure, missed and cancelled visits between."""
    measures = [("ndi", "", "40"), ("odi", "", "40"), ("psfs", "playing_the_piano_for_an_hour", "3.5")]
    measures += [("rom", f"cervical_rotation_{side}", "40") for side in ("left", "right")]
    measures += [(code, "", "7") for code in ("lefs", "uefi", "phq9", "gad7", "vas")]
    words = {"techniques": ["myofascial_release"] * 8, "areas": ["upper_trapezius_left"] * 8, "therapist": NAME}
    rows = [visit(n, 7, 5, *measures, **words) for n in range(1, visits + 1)]
    rows += [not_kept(visits + 1, "missed"), not_kept(visits + 2, "cancelled", late=True)]
    place = {"name": f"Clínica {NAME} {NAME}", "address": "Avenida de los Insurgentes Sur 1234567, " * 6}
    return assemble(series(planned=visits, country=country, **place), rows)


def read(pdf: bytes) -> tuple[PdfReader, str]:
    reader = PdfReader(io.BytesIO(pdf))
    return reader, " ".join(reader.pages[0].extract_text().split())


def test_visits_kept_missed_and_cancelled_late_are_counted() -> None:
    rows = [visit(1), not_kept(2, "missed"), visit(3), not_kept(4, "cancelled", late=True)]
    rows += [not_kept(5, "cancelled", late=False), not_kept(6, "confirmed"), not_kept(7, "booked", late=True)]
    found = assemble(series(), rows)
    assert (found.planned, found.kept, found.missed, found.cancelled_late, found.to_come) == (8, 2, 1, 1, 2)
    assert [(one.number, one.how) for one in found.not_kept] == [(2, "missed"), (4, "cancelled_late")]
    assert found.next_on == date(2027, 3, 17)


def test_dates_are_those_of_the_place() -> None:
    late = TUESDAY.replace(hour=1)
    for zone, on in (("America/New_York", date(2027, 3, 1)), ("Europe/Berlin", date(2027, 3, 2))):
        found = assemble(series(zone=zone), [visit(1, starts_at=late, ends_at=late + timedelta(minutes=45))])
        assert found.visits[0].on == on


def test_each_measure_is_judged_by_its_own_change_that_matters() -> None:
    first = [("ndi", "", "40"), ("psfs", "", "3"), ("rom", "neck_left", "40"), ("rom", "neck_right", "40")]
    last = [("ndi", "", "28"), ("psfs", "", "5.4"), ("rom", "neck_left", "50"), ("rom", "neck_right", "31")]
    found = assemble(series(), [visit(1, 7, 5, *first), visit(2, 7, 7), visit(3, 6, 6, *last)])
    judged = {f"{one.measure.code} {one.detail}".strip(): one.trend.status for one in found.courses}
    assert judged == {
        "nprs": "plateau",
        "ndi": "plateau",
        "psfs": "improving",
        "rom neck_left": "improving",
        "rom neck_right": "plateau",
    }


def test_a_recommendation_is_a_draft_until_it_is_signed() -> None:
    rows = [visit(1, 8, 6), visit(2, 4, 2)]
    drafted = assemble(series(), rows).recommendation
    assert drafted
    assert (drafted.follow_up, drafted.signed, bool(drafted.reasons)) == ("continue", False, True)
    signed = assemble(series(signed="discharge", signed_at=TUESDAY + timedelta(days=4)), rows).recommendation
    assert signed
    assert (signed.follow_up, signed.signed_on) == ("discharge", date(2027, 3, 6))


def test_what_was_signed_before_the_newest_visit_is_not_what_is_recommended_now() -> None:
    rows = [visit(1, 8, 6), visit(2, 4, 2)]
    found = assemble(series(signed="discharge", signed_at=TUESDAY + timedelta(days=1)), rows).recommendation
    assert found
    assert (found.follow_up, found.signed) == ("continue", False)


def test_the_newest_notes_own_follow_up_is_the_draft() -> None:
    found = assemble(series(), [visit(1, follow_up="re_refer"), visit(2, follow_up="modify")]).recommendation
    assert found
    assert (found.follow_up, found.signed) == ("modify", False)


@pytest.mark.parametrize(
    ("country", "size"), [("US", (612, 792)), ("DE", (595, 842)), ("MX", (612, 792)), ("ES", (595, 842))]
)
def test_the_page_has_the_paper_of_its_country(country: str, size: tuple[int, int]) -> None:
    reader, _ = read(page(assemble(series(country=country), [visit(1)])))
    assert (round(reader.pages[0].mediabox.width), round(reader.pages[0].mediabox.height)) == size


@pytest.mark.parametrize("country", ["US", "DE"])
@pytest.mark.parametrize("visits", [1, 12, 13, 24, 60])
def test_it_is_one_page_however_much_there_is_to_tell(visits: int, country: str) -> None:
    reader, text = read(page(crowded(visits, country)))
    assert len(reader.pages) == 1
    assert f"{visits} of {visits}" in text
    assert "cancelled late" in text
    assert ("and 36 earlier" in text) == (visits == 60)


def test_the_page_tells_what_the_physician_asked_for() -> None:
    _, text = read(page(eight()))
    told = ["Closing report", "Referral R-2027-0001", "8 of 8", "Mar 2 – Mar 23, 2027", "Discharge"]
    told += ["Signed by the therapist, Mar 24, 2027", "8 0 −8 −2 improving", "40 20 −20 −14 improving"]
    told += ["8 Mar 23, 2027 Amara 1 → 0 3 upper back: deep tissue"]
    assert [each for each in told if each not in text] == []


def test_a_draft_says_that_it_is_one() -> None:
    _, text = read(page(assemble(series(), [visit(1), visit(2)])))
    assert "Progress report" in text
    assert "Draft, not yet signed by the therapist" in text


@pytest.mark.parametrize(("rows", "ended", "sentence"), [
    ([not_kept(1, "booked")], None, "No visit has taken place yet. The next is on Mar 2, 2027"),
    ([not_kept(1, "missed")], None, "No visit has taken place yet, and none is booked."),
    ([], TUESDAY, "The series ended before a visit took place"),
])  # fmt: skip
def test_a_report_before_the_first_visit_says_what_to_expect(rows: list[Any], ended: Any, sentence: str) -> None:
    found = assemble(series(cancelled_at=ended), rows)
    reader, text = read(page(found))
    assert len(reader.pages) == 1
    assert sentence in text
    assert chart(found) is None
    assert diagnostic_report(found, b"")["conclusion"].startswith(sentence.split(",")[0])


def test_names_keep_their_letters() -> None:
    name = "Zoë Győrgyi-Šimůnková Þorvaldsdóttir ñ ç ø ł ğ"
    reader, text = read(page(assemble(series(name=name), [visit(1, therapist="Núñez Álvarez")])))
    assert name in text
    assert "Núñez Álvarez" in text
    fonts = [font.get_object() for font in reader.pages[0]["/Resources"]["/Font"].values()]  # type: ignore[index]
    used = [font for font in fonts if "DejaVu" in font["/BaseFont"]]
    assert used
    assert all("/FontFile2" in font["/FontDescriptor"].get_object() for font in used)


def test_what_a_name_holds_is_no_markup() -> None:
    name = "A & <b>B</b> $x^2$"
    scores = ("psfs", "x", "1")
    _, text = read(page(assemble(series(name=name, address=name), [visit(1, 7, 5, scores, therapist=name)])))
    assert text.count(name) == 4, "as the practice, its address, who treated, and in the table"


def test_the_same_report_is_the_same_bytes() -> None:
    found = crowded()
    assert page(found) == page(found)
    assert chart(found) == chart(found)


def test_pages_are_drawn_in_many_threads_at_once() -> None:
    reports = [eight(), crowded(), crowded(5), assemble(series(), [])] * 4
    alone = [page(each) for each in reports[:4]]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(page, reports))
    assert together == alone * 4


def test_the_file_names_no_patient() -> None:
    found = eight()
    pdf = page(found)
    reader, text = read(pdf)
    assert reader.metadata
    told = {
        key: value for key, value in reader.metadata.items() if key not in ("/CreationDate", "/ModDate", "/Trapped")
    }
    assert told == {
        "/Author": "Riverbend", "/Creator": "Fascia", "/Title": "Closing report R-2027-0001",
        "/Producer": reader.metadata["/Producer"], "/Subject": reader.metadata["/Subject"],
        "/Keywords": reader.metadata["/Keywords"],
    }  # fmt: skip
    assert str(found.patient_id) not in text
    assert str(found.patient_id).encode() not in pdf


@pytest.mark.parametrize("made", [eight, crowded, lambda: assemble(series(), [visit(1, 0, 0)])])
def test_the_chart_is_a_picture_with_ink_on_it(made: Callable[[], Report]) -> None:
    picture = Image.open(io.BytesIO(chart(made()) or b""))
    assert picture.format == "PNG"
    assert (picture.width, picture.height) == (1400, 420)
    assert (28, 110, 140) in {color for _, color in picture.convert("RGB").getcolors(1_000_000) or []}
    assert not picture.info.get("Software")


@pytest.mark.parametrize(("made", "status", "code"), [
    (eight, "final", "18842-5"), (crowded, "partial", "11506-3"),
    (lambda: assemble(series(completed_at=TUESDAY), [visit(1)]), "preliminary", "18842-5"),
    (lambda: assemble(series(), []), "partial", "11506-3"),
])  # fmt: skip
def test_it_is_a_diagnostic_report(made: Callable[[], Report], status: str, code: str) -> None:
    found = made()
    answer = json.loads(json.dumps(diagnostic_report(found, b"%PDF-")))
    read = DiagnosticReport.model_validate(answer)
    assert read.status == status
    assert read.code.coding[0].code == code
    assert read.basedOn[0].reference == f"ServiceRequest/{found.referral_id}"
    assert bytes(read.presentedForm[0].data) in (b"%PDF-", base64.b64encode(b"%PDF-"))
    inside = [f"#{each['id']}" for each in answer.get("contained", [])]
    assert [each["reference"] for each in answer.get("result", [])] == inside
    assert len(set(inside)) == len(inside)


def test_its_observations_carry_codes_and_units() -> None:
    rows = [visit(1, 7, 5, ("ndi", "", "40"), ("rom", "neck_left", "-5"), ("psfs", "", "3.5"), ("phq9", "", "9"))]
    contained = diagnostic_report(assemble(series(), rows), b"")["contained"]
    read = [Observation.model_validate(each) for each in contained]
    told = [
        (one.code.text, one.code.coding[0].code if one.code.coding else None,
         Decimal(str(one.valueQuantity.value)), one.valueQuantity.code)
        for one in read
    ]  # fmt: skip
    assert told == [
        ("Pain, numeric rating, before the visit", "72514-3", 7, "{score}"),
        ("Pain, numeric rating, after the visit", "72514-3", 5, "{score}"),
        ("Neck Disability Index", None, 40, "%"),
        ("Patient-Specific Functional Scale", None, Decimal("3.5"), "{score}"),
        ("PHQ-9", "44261-6", 9, "{score}"),
        ("Range of motion, neck left", None, -5, "deg"),
    ]


@pytest.fixture
def treated(house: House) -> dict[str, Any]:
    """Three visits: one kept, one missed, one to come."""
    house.load()
    order_id = house.order(visits=4)
    body = house.book(order_id, *(wanted(house, f"03-0{day} 09:00") for day in (2, 4, 8))).json or {}
    sessions = body["sessions"]
    go_to(house, sessions[0])
    extra = {"areas": ["neck"], "measures": [{"measure": "ndi", "value": 44}]}
    answer = complete(house, sessions[0]["id"], **extra)
    assert answer.status_code == 200, answer.text
    house.rows(
        "UPDATE sessions SET status = 'missed', missed_at = fascia_now() WHERE id = :id RETURNING 1",
        id=sessions[1]["id"],
    )
    return body


def test_the_report_is_told_as_json(house: House, treated: dict[str, Any]) -> None:
    told = house.get(f"/series/{treated['series_id']}/report", role="service")
    counts = ("planned", "kept", "missed", "cancelled_late", "to_come", "next_on", "therapists")
    assert [told[name] for name in counts] == [3, 1, 1, 0, 1, "2027-03-08", ["Amara"]]
    pain = ("first_pain", "last_pain", "change", "status", "closed")
    assert [told[name] for name in pain] == [7, 5, -2, "improving", False]
    assert told["visits"] == [
        {"number": 1, "on": "2027-03-02", "therapist": "Amara", "pain_before": 7, "pain_after": 5, "pressure": 2,
         "techniques": ["swedish"], "areas": ["neck"], "minutes": 45}
    ]  # fmt: skip
    assert told["not_kept"] == [{"number": 2, "on": "2027-03-04", "therapist": "Amara", "how": "missed"}]
    (ndi,) = told["measures"]
    assert (ndi["measure"], ndi["first"], ndi["matters"], ndi["unit"], ndi["better"]) == ("ndi", 44, 14, "%", "lower")
    assert (told["recommendation"]["follow_up"], told["recommendation"]["signed"]) == ("continue", False)


@pytest.mark.parametrize("kind", ["report", "report.pdf", "report.fhir"])
def test_no_free_word_gets_into_a_report(house: House, treated: dict[str, Any], kind: str) -> None:
    answer = house.ask("GET", f"/series/{treated['series_id']}/{kind}", role="service")
    assert answer.status_code == 200, answer.text
    assert "CANARY" not in answer.get_data().decode("latin-1")
    if kind == "report.pdf":
        assert "CANARY" not in read(answer.data)[1]


@pytest.mark.parametrize(("kind", "type_"), [
    ("report.pdf", "application/pdf"), ("report.png", "image/png"), ("report.fhir", "application/fhir+json"),
])  # fmt: skip
def test_the_report_comes_as_page_chart_and_fhir(house: House, treated: dict[str, Any], kind: str, type_: str) -> None:
    answer = house.ask("GET", f"/series/{treated['series_id']}/{kind}", role="service")
    assert (answer.status_code, answer.content_type) == (200, type_)
    assert answer.headers["Cache-Control"] == "no-store"
    if kind == "report.fhir":
        assert base64.b64decode((answer.json or {})["presentedForm"][0]["data"]).startswith(b"%PDF-")


def test_a_series_without_a_visit_has_a_page_and_no_chart(house: House) -> None:
    house.load()
    body = house.book(house.order(), wanted(house, "03-02 09:00")).json or {}
    path = f"/series/{body['series_id']}"
    assert "The next is on Mar 2, 2027" in read(house.ask("GET", f"{path}/report.pdf").data)[1]
    answer = house.ask("GET", f"{path}/report.png")
    assert (answer.status_code, (answer.json or {})["code"]) == (404, "nothing_measured")
    told = house.get(f"{path}/report")
    assert (told["first_pain"], told["status"], told["recommendation"], told["visits"]) == (None, None, None, [])


@pytest.mark.parametrize("kind", ["report", "report.pdf", "report.png", "report.fhir"])
def test_only_who_treats_or_runs_the_practice_reads_a_report(house: House, kind: str) -> None:
    house.load()
    path = f"/series/{uuid4()}/{kind}"
    assert [house.ask("GET", path, role=role).status_code for role in ("physician", "desk", "therapist")] == [
        403,
        404,
        404,
    ]
    assert house.app.test_client().get(f"/api/booking{path}").status_code == 401


def test_a_report_costs_two_queries_however_many_visits_there_are(house: House, treated: dict[str, Any]) -> None:
    with statements(house) as asked:
        house.get(f"/series/{treated['series_id']}/report")
    assert len(asked) == 2


@pytest.mark.parametrize("serving", ["services.booking.api", "services.booking.worker"])
def test_large_libraries_wait_until_a_report_a_calendar_or_a_holiday_is_asked_for(serving: str) -> None:
    large = {"matplotlib", "reportlab", "PIL", "icalendar", "holidays", "alembic"}
    told = f"import sys, {serving}; print({large} & sys.modules.keys())"
    found = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"
