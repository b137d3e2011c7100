"""`fascia tokens`: what the command prints can be given to the next one, however narrow the screen is."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from click.testing import CliRunner
from flask import Flask

from services.web import tokens
from services.web.commands import tokens as commands


def test_a_listed_token_can_be_replaced_and_revoked(
    web: Flask, token: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    database = web.extensions["engine"].url.render_as_string(hide_password=False)
    monkeypatch.setenv("WEB_DATABASE_URL", database)
    monkeypatch.setenv("COLUMNS", "60")
    token("physician")
    listed = CliRunner().invoke(commands, ["list"]).output
    its_id = re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", listed)[-1]
    new = CliRunner().invoke(commands, ["replace", its_id]).output.strip()
    assert CliRunner().invoke(commands, ["revoke", its_id]).output.strip() == "revoked"
    with web.extensions["sessions"].begin() as session:
        found = tokens.find(session, new)
        assert found
        assert (str(found.account), found.roles) == (its_id, ("physician",))
    again = CliRunner().invoke(commands, ["replace", its_id])
    assert again.exit_code == 1
    assert "no such token in force" in again.output
