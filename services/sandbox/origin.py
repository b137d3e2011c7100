"""No other site may press the sandbox's buttons through a visitor's browser."""

from urllib.parse import urlsplit

from flask import Blueprint, Response, jsonify, request

SAFE = {"GET", "HEAD", "OPTIONS"}


def refuse_foreign_origins(views: Blueprint, public_base: str) -> None:
    @views.before_request
    def check() -> tuple[Response, int] | None:
        if request.method in SAFE or _same_origin(public_base):
            return None
        return jsonify(error="this may only be asked from the sandbox's own page"), 403


def _same_origin(public_base: str) -> bool:
    """Browsers say where a request comes from; what says nothing is a program, and may."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("Origin")
    hosts = {request.host, request.headers.get("X-Forwarded-Host", ""), urlsplit(public_base).netloc}
    return origin is None or urlsplit(origin).netloc in hosts - {""}
