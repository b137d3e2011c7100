"""Printed forms: what they carry, and that what an office fills in comes back as the same referral."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pikepdf
import pypdf
import pytest

from services.care.contraindications import packaged
from services.referrals.forms.fields import FORMS, fields_of
from services.referrals.intake.open_intake import ASKABLE
from services.referrals.intake.schemas import IntakeSchema
from tests.referrals.filling import DOCUMENT, SPOKEN, a_form, fill, scanned, send
from tests.referrals.house import Caller, House, a_referral, today

OF_ITS_OWN = {"id", "reference", "received_at", "placer"}


def test_a_form_filled_with_another_library_is_the_referral_that_the_json_door_takes(desk: Caller) -> None:
    earlier, numbers = uuid4().hex, [uuid4().hex, uuid4().hex]
    renewed = desk.post("", {**DOCUMENT, "placer": {"number": earlier}}).json
    by_json = desk.post("", {**DOCUMENT, "placer": {"number": numbers[0]}, "replaces": {"number": earlier}}).json
    form = fill(a_form(desk), **{**SPOKEN, "placer_number": numbers[1], "replaces_number": earlier})
    answer = send(desk, "/documents", form)
    assert answer.status_code == 201, answer.text
    by_form = answer.json
    different = {name for name in by_json if by_json[name] != by_form[name]}
    assert different == OF_ITS_OWN
    assert (by_json["placer"]["number"], by_form["placer"]["number"]) == tuple(numbers)
    assert by_form["status"] == "received"
    assert by_form["renews"] == by_json["renews"] == renewed["id"]
    assert by_form["patient_id"] == by_json["patient_id"]


def test_every_field_of_the_form_is_filled_in_above() -> None:
    names = {field.name for field in fields_of("referral")}
    assert names - SPOKEN.keys() == {"replaces_number"}
    assert {name for name in SPOKEN if not name.startswith("contraindication_")} <= names


def test_a_form_under_the_number_of_a_referral_that_is_there_is_that_referral(desk: Caller) -> None:
    number = uuid4().hex
    by_json = desk.post("", {**DOCUMENT, "placer": {"number": number}}).json
    answer = send(desk, "/documents", fill(a_form(desk), **{**SPOKEN, "placer_number": number}))
    assert (answer.status_code, answer.json["id"]) == (200, by_json["id"])


@pytest.mark.parametrize("kind", FORMS)
def test_a_form_is_one_page_with_every_field_in_it(desk: Caller, kind: str) -> None:
    reader = pypdf.PdfReader(io.BytesIO(a_form(desk, kind)))
    assert len(reader.pages) == 1
    names = set(reader.get_fields() or ())
    assert {field.name for field in fields_of(kind)} <= names
    assert {f"contraindication_{entry.code}" for entry in packaged().entries} <= names
    text = reader.pages[0].extract_text()
    assert all(field.label in text for field in fields_of(kind))


def test_whatever_is_asked_for_has_a_place_on_the_form() -> None:
    assert set(ASKABLE) <= {field.path for field in fields_of("referral")}


def test_each_field_of_the_form_is_one_of_the_intake() -> None:
    for kind in FORMS:
        for field in fields_of(kind):
            assert field.path.split(".")[0] in IntakeSchema().fields


def test_no_two_fields_have_one_name_or_one_label() -> None:
    for kind in FORMS:
        fields = fields_of(kind)
        assert len({field.name for field in fields}) == len({field.label for field in fields}) == len(fields)


def test_a_form_for_a_practice_has_its_data_in_it_whatever_its_letters(desk: Caller) -> None:
    npi, name = "1245319599", "Dr. Łucja Żółć"
    desk.post("", a_referral(physician={"name": name, "npi": npi, "email": "zolc@clinic.example", "fax": "2125550177"}))
    physician = desk.get("/forms/referral.pdf?practice=" + npi)
    values = {k: v.get("/V") for k, v in (pypdf.PdfReader(io.BytesIO(physician.data)).get_fields() or {}).items()}
    assert (values["physician_name"], values["physician_npi"]) == (name, npi)
    filled = fill(physician.data, patient_name="Ada Quist", patient_born_on="1990-01-02")
    answer = send(desk, "/documents", filled)
    assert answer.status_code == 201, answer.text
    assert answer.json["physician"]["name"] == name


def test_a_practice_does_not_get_another_ones_data(desk: Caller, physician: Caller) -> None:
    desk.post("", a_referral(physician__npi="1679576722"))
    assert physician.get("/forms/referral.pdf?practice=1679576722").status_code == 404
    assert physician.get("/forms/referral.pdf").status_code == 200


def test_a_form_with_gaps_waits_and_tells_them_by_their_labels(desk: Caller) -> None:
    some = {name: SPOKEN[name] for name in ("patient_name", "patient_born_on", "physician_name", "physician_npi")}
    answer = send(desk, "/documents", fill(a_form(desk), **some))
    assert (answer.status_code, answer.json["status"]) == (201, "needs_information")
    assert "Visits" in answer.headers["X-Missing"].split(", ")


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"patient_born_on": "the fifth of May"}, "Date of birth"),
    ({"patient_name": ""}, "Patient's name"),
    ({"physician_npi": "1234567898"}, "NPI"),
    ({"visits": "some"}, "Visits"),
    ({"visits": "61"}, "Visits"),
    ({"frequency_visits": "9"}, "Times"),
    ({"diagnoses": "M54.99"}, "Diagnoses (ICD-10-CM codes)"),
    ({"patient_phone": "12345"}, "Patient's phone"),
    ({"patient_language": "Elvish"}, "Language"),
    ({"copy_to_0_physician_npi": "7"}, "Their NPI"),
    ({"issued_on": "2999-01-01", "start_by": "", "valid_until": ""}, "Date of the order"),
    ({"techniques": "Deep! tissue"}, "Techniques"),
]


@pytest.mark.parametrize(("changes", "label"), WRONG)
def test_what_does_not_read_well_is_named_as_it_is_printed(
    house: House, desk: Caller, changes: dict[str, str], label: str
) -> None:
    form = fill(a_form(desk), **{**SPOKEN, "placer_number": uuid4().hex, **changes})
    before = house.counts()
    answer = send(desk, "/documents", form)
    assert (answer.status_code, list(answer.json["errors"])) == (422, [label]), answer.text
    assert all(str(value) not in answer.text for value in changes.values() if len(str(value)) > 3)
    assert house.counts() == before


def test_a_permission_form_is_the_physicians_answer(desk: Caller) -> None:
    form = fill(
        a_form(desk, "permission"), patient_name="Bo Lindahl", patient_born_on="1961-04-03",
        patient_phone="+1 212 555 0144", physician_name="Dr. Ibe Castellano", physician_npi="1234567893",
        permission_decision="cleared_with_modifications", permission_pressure_ceiling="2 heavy lotioning",
        permission_decided_on=today().isoformat(), permission_sites="left calf",
        permission_conditions="Only seated\nStop when dizzy",
    )  # fmt: skip
    answer = send(desk, "/documents", form)
    assert (answer.status_code, answer.json["kind"]) == (201, "permission"), answer.text
    assert answer.json["permission"] == {
        "decision": "cleared_with_modifications", "sites": ["left calf"], "pressure_ceiling": 2,
        "conditions": ["Only seated", "Stop when dizzy"], "reason": None, "decided_on": today().isoformat(),
    }  # fmt: skip
    assert answer.json["status"] == "needs_information"
    assert answer.json["issued_on"] == today().isoformat()


def test_not_advised_without_a_reason_is_asked_about_by_its_label(desk: Caller) -> None:
    form = fill(
        a_form(desk, "permission"), patient_name="Bo Lindahl", patient_born_on="1961-04-03",
        physician_name="Dr. Ibe Castellano", physician_npi="1234567893", permission_decision="not_advised",
    )  # fmt: skip
    answer = send(desk, "/documents", form)
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["If not advised: why"])


def test_the_form_itself_is_kept_with_its_referral(desk: Caller) -> None:
    form = fill(a_form(desk), **{**SPOKEN, "placer_number": uuid4().hex})
    referral = send(desk, "/documents", form).json
    [kept] = desk.get(f"/{referral['id']}/documents").json
    assert desk.get(f"/documents/{kept['id']}").data == form


def test_the_same_form_sent_again_is_the_same_referral(house: House, desk: Caller) -> None:
    form = fill(a_form(desk), **{**SPOKEN, "placer_number": ""})
    first = send(desk, "/documents", form)
    before = house.counts()
    again = send(desk, "/documents", form)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json["id"] == first.json["id"]
    assert house.counts() == before


def test_the_same_form_sent_eight_times_at_once_is_one_referral(desk: Caller) -> None:
    form = fill(a_form(desk), **{**SPOKEN, "placer_number": ""})
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: send(desk, "/documents", form), range(8)))
    assert sorted(one.status_code for one in answers) == [200] * 7 + [201]
    assert len({one.json["id"] for one in answers}) == 1


def test_a_tick_that_was_taken_back_says_nothing(desk: Caller) -> None:
    form = fill(a_form(desk), **{**SPOKEN, "placer_number": uuid4().hex, "therapist_sex": "male"})
    with pikepdf.open(io.BytesIO(form)) as pdf:
        [group] = [one for one in pdf.Root.AcroForm.Fields if one.T == "therapist_sex"]
        group.V = pikepdf.Name.Off
        changed = io.BytesIO()
        pdf.save(changed)
    answer = send(desk, "/documents", changed.getvalue())
    assert (answer.status_code, answer.json["therapist_sex"]) == (201, None), answer.text


def test_a_flattened_form_waits_for_somebody_to_read_it(desk: Caller) -> None:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(fill(a_form(desk), **SPOKEN)))
    writer.remove_annotations(None)
    del writer.root_object["/AcroForm"]
    flat = io.BytesIO()
    writer.write(flat)
    answer = send(desk, "/documents", flat.getvalue())
    assert (answer.status_code, answer.json["status"]) == (202, "needs_information")


def test_a_scan_waits_and_is_typed_in_by_the_desk(desk: Caller, physician: Caller) -> None:
    scan = send(physician, "/documents", scanned(a_form(desk), "JPEG"), "scan.jpg")
    assert (scan.status_code, scan.json["document"]["media_type"]) == (202, "image/jpeg")
    document_id = scan.json["document"]["id"]
    assert document_id in [one["id"] for one in desk.get("/documents").json]
    typed = desk.post("/typed", {"referral": a_referral(), "documents": [document_id]})
    assert typed.status_code == 201, typed.text
    assert [one["id"] for one in desk.get(f"/{typed.json['id']}/documents").json] == [document_id]
    assert document_id not in [one["id"] for one in desk.get("/documents").json]
