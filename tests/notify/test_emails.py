"""What each e-mail looks like in a browser: narrow and wide, in the light and in the dark."""

from __future__ import annotations

import base64
import os
import re
import shutil
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from services.notify.wording.words import Words
from tests.notify.sayings import EMAILS, LINK, LONG, PREFERENCES, REPORT, TUESDAY, covering, mail

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
needs_a_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")
PIXEL = base64.b64encode(
    base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
).decode()
LONG_ONES: dict[str, Words] = {
    "reminder_of_three.en": mail("reminder_2880", "en", clinic=LONG, covers=covering(*[TUESDAY] * 3)),
    "moved_home.es": mail("moved", "es", place="home", by="patient"),
    "full_report.en": mail("closing_report", "en", report=REPORT),
    "no_choices.es": mail("other_times", "es", choices=[]),
    "all_cancelled.en": mail("visits_changed", "en", to_come=False),
}
ALL = {f"{kind}.{language}": mail(kind, language) for kind, language in EMAILS} | LONG_ONES

_FACTS = """() => {
  const light = color => {
    const [r, g, b] = color.match(/[\\d.]+/g).map(Number).map(v => v / 255)
      .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = node => {
    for (let at = node; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if (!/rgba\\(.*, 0\\)/.test(color)) return color;
    }
    return "rgb(255, 255, 255)";
  };
  const worst = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !node.getClientRects().length) continue;
    const pair = [light(getComputedStyle(node).color), light(behind(node))].sort((a, b) => b - a);
    worst.push([(pair[0] + 0.05) / (pair[1] + 0.05), walker.currentNode.textContent.trim()]);
  }
  return {
    wide: document.documentElement.scrollWidth, contrast: worst.sort((a, b) => a[0] - b[0])[0],
    ground: light(behind(document.body)), buttons: [...document.querySelectorAll(".button")]
      .map(one => one.getBoundingClientRect().height), images: [...document.images].map(one => one.width),
    sheet: document.querySelector(".sheet").getBoundingClientRect().width,
    size: Math.min(...[...document.querySelectorAll("p, td, li, div")].filter(one => one.getClientRects().length)
      .map(one => parseFloat(getComputedStyle(one).fontSize))),
  };
}"""


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    sync = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser.new_page(java_script_enabled=True)
        browser.close()


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the images are put; `FASCIA_EMAIL_IMAGES` to keep them."""
    folder = Path(os.environ.get("FASCIA_EMAIL_IMAGES") or tmp_path_factory.mktemp("emails"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@needs_a_browser
@pytest.mark.parametrize("name", ALL)
def test_an_email_can_be_read_on_every_screen_by_day_and_by_night(name: str, page: Any, album: Path) -> None:
    page.set_content(ALL[name].html.replace("cid:chart", f"data:image/png;base64,{PIXEL}"))
    for width in (360, 600, 900):
        page.set_viewport_size({"width": width, "height": 700})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            if width < 900:
                page.screenshot(path=album / f"{name}.{width}.{scheme}.png", full_page=True)
            seen = page.evaluate(_FACTS)
            where = (name, width, scheme)
            assert seen["wide"] <= width, ("it has to be scrolled sideways", *where)
            assert seen["sheet"] <= 600, where
            assert seen["contrast"][0] >= 4.5, (seen["contrast"], *where)
            assert (seen["ground"] < 0.1) == (scheme == "dark"), where
            assert all(height >= 44 for height in seen["buttons"]), ("too small for a finger", *where)
            assert seen["size"] >= 13, where


@pytest.mark.parametrize("name", ALL)
def test_an_email_says_the_same_in_both_its_parts(name: str) -> None:
    assert _words(_seen(ALL[name].html)) == _words(ALL[name].text)


@pytest.mark.parametrize("name", ALL)
def test_an_email_fetches_nothing_from_anywhere(name: str) -> None:
    html = ALL[name].html
    assert not re.findall(r"<(?:script|link|iframe|form)|@import|url\(|\son\w+=", html)
    assert set(re.findall(r'src="(\w+):', html)) <= {"cid"}
    leads_to = set(re.findall(r'href="([^"]*)"', html))
    assert {where for where in leads_to if not where.startswith("tel:")} <= {LINK, PREFERENCES}


@pytest.mark.parametrize("name", ALL)
def test_an_inbox_shows_more_than_the_subject(name: str) -> None:
    preview = re.search(r'<div style="display:none[^>]*>([^&<]+)', ALL[name].html)
    assert preview
    assert preview[1].strip()
    assert preview[1].strip() != ALL[name].subject


def _seen(html: str) -> str:
    """The text of the HTML as one reads it, with where its buttons lead."""
    body = re.sub(r'<div style="display:none.*?</div>', "", html[html.index("<body") :], flags=re.S)
    body = re.sub(r'<a class="tel".*?>(.*?)</a>', r"\1", re.sub(r"</?span.*?>", "", body))
    body = re.sub(r'<a [^>]*href="([^"]*)"[^>]*>(.*?)</a>', r"\2: \1", body)
    return unescape(re.sub(r"<[^>]+>", " ", body))


def _words(text: str) -> list[str]:
    return text.replace("\n-- \n", "\n").replace("\n* ", "\n").split()
