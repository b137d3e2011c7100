"""Whatever can be planned can be said, in every language, on every channel; and nothing of health by default."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest

from services.notify import links, schedule
from services.notify.schedule.case import Answer
from services.notify.schedule.physicians import ASKED
from services.notify.sending import compose
from services.notify.wording import words
from tests.notify.sayings import (
    ANSWERS,
    EMAILS,
    LANGUAGES,
    LONG,
    REPORT,
    TEXTS_ONLY,
    TO_PATIENTS,
    TO_PHYSICIANS,
    TUESDAY,
    covering,
    mail,
)
from tests.notify.test_words import HEALTH

TEMPLATES = Path(words.__file__).parents[1] / "templates"
LAYOUTS = {"patient", "physician", "report"}
SAID = {kind.split("_2880")[0] for kind in TO_PATIENTS}
CLINICAL = [word for word in HEALTH if word not in ("massage", "masaje", "referral", "therap", "terap", "medic")]
"""An e-mail names the referral, and that therapists work here; nothing else."""
VARIANTS: list[dict[str, Any]] = [
    {}, {"by": "patient"}, {"to_come": False}, {"place": "home"}, {"visits": 1}, {"choices": []}, {"clinic": LONG},
    {"covers": covering(TUESDAY, TUESDAY)}, {"calendar": False},
]  # fmt: skip


def test_every_kind_that_is_planned_is_known_here() -> None:
    """Read from the schedule's own source: a new kind of message without words is seen at once."""
    assert _kinds_in_the_schedule() - SAID - set(TO_PHYSICIANS) == set()
    assert set().union(*ASKED.values()) - set(TO_PHYSICIANS) == set()


def test_the_reading_of_the_source_finds_what_is_planned_today() -> None:
    found = _kinds_in_the_schedule()
    assert found >= {"reminder", "moved", "missed", "visits_changed", "series_confirmation", "waitlist_offer"}
    assert found >= {"cancel_check", "other_times", "time_gone", "aftercare", "closing_report", "renewal_request"}


def test_every_answer_to_a_patients_own_text_has_its_words() -> None:
    """`Answer.kind` is a name that its own words list."""
    told = set(re.findall(r"`(\w+)`", Answer.__doc__ or ""))
    assert told
    assert told <= set(ANSWERS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_has_its_words(language: str) -> None:
    assert _templates("texts", language) == SAID
    to_physicians = set(TO_PHYSICIANS) | LAYOUTS if language == "en" else {"patient"}
    assert _templates("emails", language) == (SAID - set(TEXTS_ONLY)) | to_physicians


@pytest.mark.parametrize("variant", VARIANTS, ids=str)
@pytest.mark.parametrize(("kind", "language"), EMAILS)
def test_every_email_is_whole_and_without_health_detail(kind: str, language: str, variant: dict[str, Any]) -> None:
    said = mail(kind, language, **variant)
    whole = f"{said.subject}\n{said.text}"
    assert not re.search(r"None|Undefined|\{\{|\}\}|\{%|\S  +\S|\.\.|\s[.,?]\s|:\.", whole), whole
    assert not re.search(r"\n\n\n", said.text), "an empty paragraph"
    assert not [word for word in CLINICAL if word in whole.lower().replace("health information", "")], whole
    assert 0 < len(said.subject) <= 120
    assert f'lang="{language}"' in said.html


@pytest.mark.parametrize("kind", TO_PHYSICIANS)
def test_an_email_to_a_physician_names_the_referral_and_nobody(kind: str) -> None:
    said = mail(kind, "en")
    assert said.subject.startswith("Referral R-2027-0042: ")
    assert "no health information" in said.text
    assert "until Monday, May 31, 2027" in said.text


@pytest.mark.parametrize("kind", sorted(compose.REPORTS))
def test_only_with_full_content_an_email_says_how_the_patient_is(kind: str) -> None:
    whole, plain = mail(kind, "en", report=REPORT), mail(kind, "en")
    assert "Oswestry" in whole.text
    assert "-24, improving" in whole.text
    assert 'src="cid:chart"' in whole.html
    assert "attached as a PDF" in whole.text
    assert "in confidence" in whole.text
    assert "Oswestry" not in plain.text + plain.html
    assert "cid:" not in plain.html
    assert "attached" not in plain.text


def test_without_a_chart_no_picture_is_shown() -> None:
    assert "<img" not in mail("session_update", "en", report={**REPORT, "chart": False}).html


@pytest.mark.parametrize(("kind", "language"), EMAILS)
def test_every_email_leads_to_the_readers_preferences(kind: str, language: str) -> None:
    assert "/l/pX9cVf4uJ1nEaK6oDqZt2w" in mail(kind, language).text


def test_what_the_clinic_is_called_cannot_break_the_html() -> None:
    told = LONG.__class__(
        "<b>Salt & Sea</b>", "a@b.example", "+12125550134", '"><script>', "en", "UTC", False, LONG.now
    )
    html = mail("aftercare", "en", clinic=told).html
    assert "&lt;b&gt;Salt &amp; Sea&lt;/b&gt;" in html
    assert "<script>" not in html


def test_every_link_that_is_made_has_a_purpose_that_can_be_opened() -> None:
    assert set(compose.LINKS.values()) | set(compose.LINKS_IN_EMAILS.values()) <= set(links.OBJECTS)
    linked = {name for name in SAID | set(TO_PHYSICIANS) if _mentions_a_link(name)}
    assert linked == set(compose.LINKS) | set(compose.LINKS_IN_EMAILS)


def _mentions_a_link(name: str) -> bool:
    if name in TO_PHYSICIANS:
        return True
    return any("{{ link }}" in file.read_text() for file in TEMPLATES.glob(f"*/*/{name}.txt"))


def _templates(channel: str, language: str) -> set[str]:
    return {file.stem for file in (TEMPLATES / channel / language).glob("*.txt")}


def _kinds_in_the_schedule() -> set[str]:
    """Names that are given as a kind: by keyword, or where a helper takes it; `changes` and `talk` say the act's."""
    found: set[str] = set()
    for file in Path(schedule.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call):
                found |= set().union(*(_names(given) for given in _given_as_kind(node)))
            elif isinstance(node, ast.AnnAssign | ast.Assign) and "LEAVES" in ast.unparse(node):
                found |= _names(node.value)
    return {name for name in found if name not in ("text", "email", "desk", "booked")}


def _given_as_kind(call: ast.Call) -> list[ast.AST]:
    given: list[ast.AST] = [keyword.value for keyword in call.keywords if keyword.arg == "kind"]
    if isinstance(call.func, ast.Name) and call.func.id in ("_to", "_about"):
        given += [*call.args]
    return given


def _names(node: ast.AST | None) -> set[str]:
    """Every constant in it; a reminder's is its beginning."""
    constants = (one.value for one in ast.walk(node) if isinstance(one, ast.Constant)) if node else ()
    return {value.rstrip("_") for value in constants if isinstance(value, str) and re.fullmatch(r"[a-z_]+", value)}
