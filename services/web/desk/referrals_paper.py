"""Paper: forms to print, filled ones and scans to upload, codes to scan, files to import."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for

from services.chassis.asking import UpstreamError
from services.web.desk.account import is_staff, may, offices_too, staff_only
from services.web.desk.acting import tell, tried
from services.web.desk.asking_referrals import ask, chosen_file, fetch, place, upload
from services.web.desk.intake_form import of_referral
from services.web.desk.referrals_in import form_page

blueprint = Blueprint("referrals_paper", __name__)


@blueprint.get("/paper")
@offices_too
def page() -> Any:
    return _page()


@blueprint.get("/paper/<any(referral, permission):kind>.pdf")
@offices_too
def blank(kind: str) -> Any:
    """A form with a code of its own, perhaps with a practice's data."""
    npi = "".join(filter(str.isdigit, request.args.get("practice", "")))
    try:
        answer = fetch(f"/forms/{kind}.pdf{f'?practice={npi}' if npi else ''}")
    except UpstreamError as error:
        if error.status != 404:
            raise
        flash("No physician is known under this NPI.", "danger")
        return redirect(url_for("referrals_paper.page"), 303)
    passed = ("Content-Type", "Content-Disposition")
    return Response(answer.data, headers={name: answer.headers[name] for name in passed if name in answer.headers})


@blueprint.post("/paper/upload", endpoint="upload")
@offices_too
def take_file() -> Any:
    """A form that was filled in on the screen is a referral at once; a scan is typed in next."""
    try:
        status, made = upload("/documents", chosen_file())
    except UpstreamError as error:
        tell_of_form(error)
        return redirect(url_for("referrals_paper.page"), 303)
    if status == 202:
        flash("The scan is kept. Type in what it says.", "success")
        return redirect(url_for("referrals_in.new", document=made["document"]["id"]), 303)
    flash(f"Read as {made['reference']}.", "success")
    return redirect(url_for("referrals.page", referral_id=made["id"]), 303)


@blueprint.post("/paper/scan")
@staff_only
def scan() -> Any:
    """The code of a printed form: its referral opens, to be completed from the sheet."""
    code = request.form.get("code", "").strip()
    try:
        _, opened = upload("/intake-codes/open", chosen_file(), code=code)
    except UpstreamError as error:
        tell_of_form(error)
        return redirect(url_for("referrals_paper.page"), 303)
    known = of_referral({**opened["referral"], "kind": opened["kind"]})
    return form_page(known, code=code, documents=[one["id"] for one in opened["documents"]])


@blueprint.post("/documents/<uuid:document_id>/discard")
@staff_only
def discard(document_id: UUID) -> Any:
    done = "Thrown away. Until it is gone for good you can take it back under Paper and files."
    return tried(lambda: ask(f"/documents/{document_id}", "DELETE"), done, url_for("referrals.listed"))


@blueprint.post("/documents/<uuid:document_id>/restore")
@staff_only
def take_back(document_id: UUID) -> Any:
    done = "It waits to be typed in again."
    return tried(lambda: ask(f"/documents/{document_id}/restore", "POST"), done, url_for("referrals.listed"))


@blueprint.post("/paper/import")
@staff_only
def import_file() -> Any:
    """What became of each row, on the page."""
    dry = "dry_run" in request.form
    try:
        _, done = upload("/imports", chosen_file(), **({"dry_run": "true"} if dry else {}))
    except UpstreamError as error:
        tell_of_form(error)
        return redirect(url_for("referrals_paper.page"), 303)
    return _page(done, dry)


def tell_of_form(error: UpstreamError) -> None:
    """Also what it became, for a code that was used before."""
    tell(error)
    if reference := error.facts.get("reference"):
        flash(f"It is {reference}.", "warning")


def _page(done: Any = None, dry: bool = False) -> Any:
    here = place()
    discarded = ask("/documents?discarded=true") if is_staff() and may("desk") else []
    told = {"clinic": here and here.file, "here": here, "done": done, "dry": dry, "discarded": discarded}
    return render_template("desk/paper.html", **told)
