"""Is a webhook really from its provider? Judged by our configured public URL, never by a client's headers.

Sources: Twilio, "Security"; SendGrid, "Signed Event Webhook Requests".
"""

from __future__ import annotations

import base64
import binascii
import re
import time
from collections.abc import Iterable
from functools import cache
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key
from twilio.request_validator import (
    SIGNATURE_HEADER,
    SIGNATURE_SETTINGS_HEADER,
    RequestValidator,
    get_signature_algorithm,
)
from werkzeug.datastructures import Headers

FRESH_FOR = 600
"""Seconds that SendGrid's timestamp may be off."""
EVENT_SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
EVENT_TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"


def is_from_twilio(tokens: Iterable[str], url: str, form: Any, headers: Headers) -> bool:
    """HMAC over the URL and the form, by any of the tokens: with SHA-1, or with what the settings header names."""
    algorithm = get_signature_algorithm(headers.get(SIGNATURE_SETTINGS_HEADER))
    signature = headers.get(SIGNATURE_HEADER, "")
    return any(RequestValidator(token).validate(url, form, signature, algorithm) for token in tokens)


def is_from_sendgrid(keys: Iterable[str], body: bytes, headers: Headers) -> bool:
    """ECDSA over the timestamp and the raw body, by any of the keys."""
    timestamp = headers.get(EVENT_TIMESTAMP, "")
    if not re.fullmatch("[0-9]{1,12}", timestamp) or abs(time.time() - int(timestamp)) > FRESH_FOR:
        return False
    try:
        signature = base64.b64decode(headers.get(EVENT_SIGNATURE, ""), validate=True)
    except (binascii.Error, ValueError):
        return False
    return any(_verifies(_key(key), signature, timestamp.encode() + body) for key in keys)


def _verifies(key: ec.EllipticCurvePublicKey, signature: bytes, signed: bytes) -> bool:
    try:
        key.verify(signature, signed, ec.ECDSA(SHA256()))
    except InvalidSignature:
        return False
    return True


@cache
def _key(text: str) -> ec.EllipticCurvePublicKey:
    key = load_der_public_key(base64.b64decode(text))
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return key
