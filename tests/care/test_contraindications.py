"""The clinic's table of contraindications, as it comes and as a clinic edits it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from services.booking.settings import Settings as BookingSettings
from services.care.contraindications import PACKAGED, load, packaged
from services.care.table_reading import TableError
from services.chassis import settings
from services.referrals.settings import Settings as ReferralsSettings

ABSOLUTE = {
    "fever",
    "thrombosis",
    "recent_stroke",
    "unstable_heart",
    "uncontrolled_hypertension",
    "contagious_skin",
    "severe_thrombocytopenia",
    "unexplained_pain",
}
LOCAL = {
    "open_wound",
    "burn",
    "rash",
    "bruise",
    "varicose_veins",
    "recent_fracture",
    "recent_sprain",
    "recent_surgery",
    "implanted_device",
    "radiation_field",
    "tumour_site",
}
MODIFY = {
    "anticoagulants",
    "pregnancy",
    "osteoporosis",
    "diabetic_neuropathy",
    "controlled_hypertension",
    "cancer_treatment",
    "lymphedema",
    "sedating_medicine",
}


def entry(**changes: Any) -> dict[str, Any]:
    sound = {
        "code": "ticklish",
        "class": "modify",
        "scope": "feet",
        "action": {"max_pressure": 3},
        "says": "Ticklish feet.",
        "sources": ["practice"],
    }
    return {name: value for name, value in {**sound, **changes}.items() if value is not ...}


def written(folder: Path, *entries: Any, **document: Any) -> Path:
    whole = {"version": 2, "sources": {"practice": "Ours"}, "contraindications": list(entries), **document}
    path = folder / "table.yaml"
    path.write_text(yaml.safe_dump(whole))
    return path


def test_the_table_has_what_a_practice_has_to_know() -> None:
    kinds = {kind: {one.code for one in packaged().entries if one.kind == kind} for kind in ("absolute", "local")}
    assert kinds == {"absolute": ABSOLUTE, "local": LOCAL}
    assert {one.code for one in packaged().entries} >= MODIFY


def test_every_entry_says_where_it_comes_from() -> None:
    assert all(one.sources and one.says for one in packaged().entries)
    assert packaged().get("cancer_treatment").disagree  # type: ignore[union-attr]


def test_what_modifies_says_how() -> None:
    for one in packaged().entries:
        if one.kind == "modify":
            assert any((one.max_pressure, one.position, one.max_minutes, one.certification)), one.code


@pytest.mark.parametrize(
    ("diagnosis", "codes"),
    [
        ("I97.2", {"lymphedema"}),
        ("I97.3", set()),
        ("I89.0", {"lymphedema"}),
        ("C50.911", {"cancer_treatment"}),
        ("D05.10", {"cancer_treatment"}),
        ("D17.0", set()),
        ("D50.9", set()),
        ("Z85.3", set()),
        ("O26.891", {"pregnancy"}),
        ("O9A.311", {"pregnancy"}),
        ("Z34.90", {"pregnancy"}),
        ("I82.401", {"thrombosis"}),
        ("I82.501", set()),
        ("I63.9", {"recent_stroke"}),
        ("I69.354", set()),
        ("M81.0", {"osteoporosis"}),
        ("M54.50", set()),
    ],
)
def test_a_diagnosis_implies_what_it_implies(diagnosis: str, codes: set[str]) -> None:
    assert set(packaged().implied_by([diagnosis])) == codes


def test_a_clinic_edits_its_own_table(tmp_path: Path) -> None:
    table = load(written(tmp_path, entry(diagnoses=["R20.2", "S90-S99"], disagree="Some  laugh."), entry(code="other")))
    assert (table.version, [one.code for one in table.entries]) == (2, ["ticklish", "other"])
    assert table.implied_by(["S93.401"]) == ("ticklish",)
    assert table.get("ticklish").disagree == "Some laugh."  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"code": "Ticklish feet"}, "entry 1: code is a code"),
        ({"code": 7}, "entry 1: code is a code"),
        ({"class": "sometimes"}, "entry 1: class is one of absolute, local, modify"),
        ({"class": ["local"]}, "entry 1: class is one of"),
        ({"scope": ...}, "entry 1: scope is missing"),
        ({"says": ""}, "entry 1: says is a short text"),
        ({"says": None}, "entry 1: says is a short text"),
        ({"action": {}}, "entry 1: action is a mapping"),
        ({"action": {"max_pressure": 6}}, "entry 1: max_pressure is a level of the Walton scale"),
        ({"action": {"max_pressure": True}}, "entry 1: max_pressure is a level of the Walton scale"),
        ({"action": {"max_minutes": "30"}}, "entry 1: max_minutes is a number of minutes"),
        ({"action": {"pray": True}}, "entry 1: action does not know 'pray'"),
        ({"action": {"stop": True}}, "entry 1: class absolute and the action stop go together"),
        ({"class": "absolute"}, "entry 1: class absolute and the action stop go together"),
        ({"class": "local"}, "entry 1: class local and the action avoid_site go together"),
        ({"sources": []}, "entry 1: sources are names of sources listed above"),
        ({"sources": ["somebody"]}, "entry 1: sources are names of sources listed above"),
        ({"sources": [["practice"]]}, "entry 1: sources are names of sources listed above"),
        ({"diagnoses": ["M5"]}, "entry 1: diagnoses are ICD-10-CM codes"),
        ({"diagnoses": ["C49-C00"]}, "entry 1: diagnoses are ICD-10-CM codes"),
        ({"diagnoses": "M54"}, "entry 1: diagnoses are ICD-10-CM codes"),
        ({"colour": "red"}, "entry 1: does not know 'colour'"),
    ],
)
def test_a_mistake_in_it_is_named_with_its_place(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(TableError) as refused:
        load(written(tmp_path, entry(**changes), entry(code="second")))
    assert [mistake for mistake in refused.value.mistakes if mistake.startswith(said)], refused.value.mistakes


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"version": 0}, "needs a version"),
        ({"version": "1"}, "needs a version"),
        ({"contraindications": {}}, "needs a list named contraindications"),
        ({"sources": ["practice"]}, "needs a mapping named sources"),
        ({"sources": None}, "needs a mapping named sources"),
        ({"colour": 1}, "does not know 'colour'"),
        ({"contraindications": ["fever"]}, "entry 1: is not a mapping"),
        ({"contraindications": [entry(), entry()]}, "lists 'ticklish' twice"),
    ],
)
def test_a_table_of_another_shape_is_refused(tmp_path: Path, document: dict[str, Any], said: str) -> None:
    with pytest.raises(TableError, match=said):
        load(written(tmp_path, entry(), **document))


@pytest.mark.parametrize("content", [b"", b"[", b"- 1", b"\xff\xfe\x00", b"a: !!python/object:os.system {}"])
def test_what_is_no_table_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "table.yaml"
    path.write_bytes(content)
    with pytest.raises(TableError):
        load(path)


@pytest.mark.parametrize("cls", [BookingSettings, ReferralsSettings])
def test_a_service_does_not_start_with_a_broken_table(tmp_path: Path, cls: type[Any]) -> None:
    path = written(tmp_path, entry(scope=...))
    for place, said in ((path, "entry 1: scope is missing"), (tmp_path / "none.yaml", "cannot be read")):
        with pytest.raises(settings.SettingsError, match=f"CARE_CONTRAINDICATIONS: .*{said}"):
            settings.load(cls, {"CARE_CONTRAINDICATIONS": str(place)}, "x")


def test_the_packaged_table_is_read_as_any_other() -> None:
    assert load(PACKAGED) == packaged()
