"""What the pages of referrals ask, for whoever is signed in; files travel too."""

from __future__ import annotations

from typing import Any

import urllib3
from flask import g, request
from werkzeug.datastructures import FileStorage

from services.chassis import context
from services.chassis.asking import UpstreamError
from services.web.desk.account import is_staff
from services.web.desk.asking import here, names, services
from services.web.desk.clinic import Here


def ask(path: str, method: str = "GET", json: Any = None, version: str | None = None, key: str | None = None) -> Any:
    """`version` is the one that the page was made from, `key` one of the form itself. Raises `UpstreamError`."""
    headers = {"If-Match": f'"{version}"'} if version else {}
    if key:
        headers["Idempotency-Key"] = key
    return services().ask(g.caller, "referrals", path, method=method, json=json, headers=headers)


def fetch(path: str) -> urllib3.BaseHTTPResponse:
    """Something that need not be JSON. Raises `UpstreamError`."""
    return services().fetch(g.caller, "referrals", path)


def upload(path: str, file: FileStorage | None, **more: str) -> tuple[int, Any]:
    """Pass a file on; its status and its JSON. Raises `UpstreamError`."""
    parts: dict[str, Any] = dict(more)
    if file and file.filename:
        parts["file"] = ("file", file.read(), "application/octet-stream")
    body, content_type = urllib3.encode_multipart_formdata(parts)
    headers = {
        "Authorization": f"Bearer {services().identity('referrals', g.caller)}",
        "Content-Type": content_type,
        "X-Request-Id": context.trace.get() or "",
    }
    url = f"{services().base('referrals')}/api/referrals{path}"
    try:
        answer = services().send("POST", url, headers, body)
        answer.read(cache_content=True)
        said = answer.json()
    except (urllib3.exceptions.HTTPError, ValueError):
        raise UpstreamError(502, "referrals_away") from None
    if answer.status >= 400:
        raise UpstreamError(answer.status, said.get("code", ""), said.get("message", ""), said.get("errors"))
    return answer.status, said


def chosen_file() -> FileStorage | None:
    return request.files.get("file")


def place() -> Here | None:
    """The clinic at its moment; a physician's office does not see it."""
    return here() if is_staff() else None


def named(patient_ids: list[str]) -> dict[str, str]:
    """Names for staff; a physician's office knows its patients by the reference."""
    return names(patient_ids) if is_staff() else {}
