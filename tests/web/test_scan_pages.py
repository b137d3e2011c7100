"""What the desk and a physician's office do with scans on the pages of referrals."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask

from tests.referrals.filling import scanned
from tests.web.conftest import Browser
from tests.web.referring import desk_before, serving
from tests.web.test_referral_pages import sent, with_file


@pytest.fixture(scope="module")
def referrals_url(migrated: Callable[[str], str], keys: tuple[str, str]) -> Iterator[str]:
    with serving(migrated("referrals"), keys) as url:
        yield url


@pytest.fixture
def web(
    behind: tuple[str, Any], keys: tuple[str, str], migrated: Callable[[str], str], referrals_url: str
) -> Iterator[Flask]:
    with desk_before(referrals_url, behind[0], migrated("web"), keys) as made:
        yield made


def a_scan(browser: Browser) -> str:
    """The id of a scan that waits."""
    answer = with_file(browser, "/paper/upload", scanned(browser.get("/paper/referral.pdf").data))
    [document] = re.findall(r"document=([-0-9a-f]+)", answer.location)
    return str(document)


def test_a_scan_shows_its_age_and_until_when_it_is_kept(desk: Browser) -> None:
    scan = a_scan(desk)
    page = desk.get("/referrals").text
    [line] = re.findall(rf"<li>(?:(?!</li>).)*document={scan}.*?</li>", page, re.DOTALL)
    assert re.search(r"(today|yesterday|\d+ days ago) · PNG", line)
    assert re.search(r"kept until \w{3} \d+, \d{4}", line)


def test_a_scan_is_thrown_away_and_taken_back(desk: Browser) -> None:
    scan = a_scan(desk)
    said = desk.flashed(f"/documents/{scan}/discard")
    assert "Thrown away." in said
    assert f"document={scan}" not in desk.get("/referrals").text
    paper = desk.get("/paper").text
    assert f'action="/documents/{scan}/restore"' in paper
    assert "gone for good on" in paper
    assert "It waits to be typed in again." in desk.flashed(f"/documents/{scan}/restore")
    assert f"document={scan}" in desk.get("/referrals").text
    assert scan not in desk.get("/paper").text


def test_an_office_types_in_the_scan_that_it_sent(sign_in: Callable[..., Browser]) -> None:
    office = sign_in("physician")
    scan = a_scan(office)
    location, _ = sent(office, documents=[scan])
    assert location.startswith("/referrals/")


def test_an_office_sees_no_scans_and_throws_none_away(desk: Browser, sign_in: Callable[..., Browser]) -> None:
    scan, office = a_scan(desk), sign_in("physician")
    assert scan not in office.get("/referrals").text
    assert scan not in office.get("/paper").text
    assert office.submit(f"/documents/{scan}/discard").status_code in (302, 403)
    assert f"document={scan}" in desk.get("/referrals").text
