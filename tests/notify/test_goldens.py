"""Each message as it was last read and found good, word for word.

`FASCIA_RENEW_GOLDENS=1 pytest tests/notify/test_goldens.py` writes them anew; read what changed before keeping it.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.notify.sayings import EMAILS, LANGUAGES, REPORT, TO_PATIENTS, TUESDAY, covering, mail, text

GOLDENS = Path(__file__).with_name("goldens")
RENEW = os.environ.get("FASCIA_RENEW_GOLDENS") == "1"
SAID = {
    f"{kind.split('_2880')[0]}.text.{language}": text(kind, language) + "\n"
    for kind in TO_PATIENTS
    for language in LANGUAGES
}
SAID |= {
    f"reminder_of_two.text.{one}": text("reminder_2880", one, covers=covering(TUESDAY, TUESDAY.replace(hour=14))) + "\n"
    for one in LANGUAGES
}


def letter(name: str, language: str, **changes: object) -> str:
    said = mail(name, language, **changes)  # type: ignore[arg-type]
    return f"Subject: {said.subject}\n\n{said.text}"


SAID |= {f"{kind.split('_2880')[0]}.email.{language}": letter(kind, language) for kind, language in EMAILS}
SAID |= {"closing_report_in_full.email.en": letter("closing_report", "en", report=REPORT)}
LAYOUTS = {
    "series_confirmation.email.es": mail("series_confirmation", "es").html,
    "closing_report_in_full.email.en": mail("closing_report", "en", report=REPORT).html,
}


@pytest.mark.parametrize("name", sorted(SAID))
def test_it_is_said_as_it_was_found_good(name: str) -> None:
    assert SAID[name] == _kept(f"{name}.txt", SAID[name])


@pytest.mark.parametrize("name", sorted(LAYOUTS))
def test_it_is_laid_out_as_it_was_found_good(name: str) -> None:
    assert LAYOUTS[name] == _kept(f"{name}.html", LAYOUTS[name])


def test_nothing_is_kept_that_is_not_said_any_more() -> None:
    wanted = {f"{name}.txt" for name in SAID} | {f"{name}.html" for name in LAYOUTS}
    assert {file.name for file in GOLDENS.iterdir()} == wanted


def _kept(name: str, said: str) -> str:
    file = GOLDENS / name
    if RENEW:
        GOLDENS.mkdir(exist_ok=True)
        file.write_text(said)
    return file.read_text()
