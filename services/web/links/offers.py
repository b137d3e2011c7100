"""What a page offers, sealed into its form: only what was offered on this link's pages can be taken.

A patient cannot book what the planner would not propose, nor a script act on a page that it never read.
"""

from __future__ import annotations

from typing import Any

from flask import abort, current_app, request
from itsdangerous import BadData, URLSafeSerializer

from services.web.links.opening import Opened

_SAME = ("same-origin", "none")


def sealed(link: Opened, act: str, **facts: Any) -> str:
    """`facts` are of JSON; they can be read by whoever has the page, but not changed."""
    return str(_sealer(link, act).dumps(facts))


def taken(link: Opened, act: str) -> dict[str, Any]:
    """What the form of this act was made with; refuses any other, and every form of another site's.

    Our Referrer-Policy makes browsers send `Origin: null` even from here, so it is Sec-Fetch-Site that tells.
    """
    if request.headers.get("Sec-Fetch-Site", "none") not in _SAME:
        abort(403)
    try:
        facts = _sealer(link, act).loads(request.form.get("offer", ""))
    except BadData:
        abort(400)
    return dict(facts)


def _sealer(link: Opened, act: str) -> URLSafeSerializer:
    return URLSafeSerializer(current_app.secret_key or "", salt=f"{act}:{link.link_id}")
