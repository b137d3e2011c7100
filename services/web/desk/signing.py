"""Signing in and out."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for

from services.web import tokens
from services.web.desk.account import EVERYBODY, STAFF

blueprint = Blueprint("signing", __name__)


@blueprint.get("/login")
def login() -> Any:
    return render_template("login.html", after=_local(request.args.get("after")))


@blueprint.post("/login")
def sign_in() -> Any:
    with current_app.extensions["sessions"].begin() as database:
        token = tokens.find(database, request.form.get("token", "").strip())
    if token is None or not EVERYBODY & set(token.roles):
        flash("This token does not open the desk. Ask whoever runs Fascia for: fascia tokens create --role desk")
        return render_template("login.html", after=_local(request.form.get("after"))), 401
    session.clear()
    session.permanent = True
    session["token"] = str(token.id)
    return redirect(_local(request.form.get("after")) if STAFF & set(token.roles) else url_for("referrals.listed"))


@blueprint.post("/logout")
def sign_out() -> Any:
    session.clear()
    return redirect(url_for("signing.login"))


def _local(path: str | None) -> str:
    """Only a path of our own, never another host's. Browsers drop tabs and line breaks, and turn \\ into /."""
    return path if path and re.fullmatch(r"/(?!/)[^\\\s\x00-\x1f\x7f]*", path) else "/"
