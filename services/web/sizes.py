"""How large what comes in may be: pages with a file to choose take more than others."""

from __future__ import annotations

from flask import Flask, request

from services.chassis.api import MAX_BODY

MAX_UPLOAD = 10 * MAX_BODY + 64 * 1024
"""Bytes: a file, and what a form wraps around it."""
FILES = frozenset(
    {"referrals_paper.upload", "referrals_paper.scan", "referrals_paper.import_file", "referrals_acts.attach"}
)
"""Endpoints."""


def allow_uploads(made: Flask) -> None:
    """To be called before anything that reads a form."""

    @made.before_request
    def allow() -> None:
        if request.endpoint in FILES:
            request.max_content_length = MAX_UPLOAD
