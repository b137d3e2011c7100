"""Who is calling: a short-lived JWT minted by web (Ed25519), checked by each service.

Source: RFC 7519 (JWT), RFC 8037 (EdDSA).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

import jwt
import structlog

from services.chassis import context
from services.chassis.refusals import Refusal

ISSUER = "fascia"
LIFETIME = 60
ROLES = ("admin", "desk", "therapist", "physician", "service")

F = TypeVar("F", bound=Callable[..., Any])


class Unauthenticated(Refusal):
    status = 401
    message = "Send a valid API token: Authorization: Bearer <token>."


class Forbidden(Refusal):
    status = 403
    message = "Your role does not allow this."


def mint(private_key: str, actor: str, roles: tuple[str, ...], audience: str) -> str:
    """A token for one service, valid for a minute. `private_key` is an Ed25519 key in PEM."""
    now = int(time.time())
    claims = {
        "iss": ISSUER,
        "sub": actor,
        "roles": list(roles),
        "aud": audience,
        "iat": now,
        "exp": now + LIFETIME,
    }
    return jwt.encode(claims, private_key, algorithm="EdDSA")


def verify(token: str, public_key: str, audience: str, peer_key: str | None = None) -> context.Actor:
    """`public_key` is web's. `peer_key` is that of a service which asks others by itself: whatever a token of its
    own making claims, it is a service and nothing more. Raises `Unauthenticated`.
    """
    try:
        claims = _claims(token, public_key, audience)
        return context.Actor(claims["sub"], frozenset(claims.get("roles") or ()))
    except jwt.InvalidSignatureError as error:
        if peer_key is None:
            raise _refused(error) from None
    except jwt.PyJWTError as error:
        raise _refused(error) from None
    try:
        return context.Actor(_claims(token, peer_key, audience)["sub"], frozenset({"service"}))
    except jwt.PyJWTError as error:
        raise _refused(error) from None


def _claims(token: str, key: str, audience: str) -> dict[str, Any]:
    return jwt.decode(
        token,
        key,
        algorithms=["EdDSA"],
        audience=audience,
        issuer=ISSUER,
        leeway=10,
        options={"require": ["exp", "sub", "aud"]},
    )


def _refused(error: jwt.PyJWTError) -> Unauthenticated:
    structlog.get_logger().info("token_refused", reason=type(error).__name__)
    return Unauthenticated()


def outside() -> bool:
    """Whether nothing but physicians' offices may be open to whoever acts: they have no role of the practice's own."""
    return not context.actor.get().roles - {"physician"}


def requires(*roles: str) -> Callable[[F], F]:
    """Let only these roles through; `admin` may do everything."""
    allowed = frozenset(roles) | {"admin"}

    def decorate(view: F) -> F:
        @wraps(view)
        def checked(*args: Any, **kwargs: Any) -> Any:
            who = context.actor.get()
            if who is context.NOBODY:
                raise Unauthenticated
            if not who.roles & allowed:
                raise Forbidden(needs=sorted(allowed))
            return view(*args, **kwargs)

        return cast(F, checked)

    return decorate
