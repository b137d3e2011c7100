"""Settings of the public door and its pages."""

from __future__ import annotations

from dataclasses import dataclass

from services.chassis.settings import flag, setting


@dataclass(frozen=True, kw_only=True)
class Settings:
    database_url: str = setting("WEB_DATABASE_URL")
    database_pool: int = setting("WEB_DATABASE_POOL", default=10, parse=int)
    signing_key: str = setting("IDENTITY_PRIVATE_KEY")
    session_secret: str = setting("WEB_SESSION_SECRET")
    referrals: str = setting("WEB_UPSTREAM_REFERRALS")
    booking: str = setting("WEB_UPSTREAM_BOOKING")
    notify: str = setting("WEB_UPSTREAM_NOTIFY")
    sandbox: str | None = setting("WEB_UPSTREAM_SANDBOX", default=None)
    public_url: str = setting("PUBLIC_URL", default="http://127.0.0.1:8080")
    secure_cookies: bool = setting("WEB_SECURE_COOKIES", default=False, parse=flag)
    upstream_timeout: float = setting("WEB_UPSTREAM_TIMEOUT", default=30.0, parse=float)

    @property
    def upstreams(self) -> dict[str, str | None]:
        return {name: getattr(self, name) for name in ("referrals", "booking", "notify", "sandbox")}
