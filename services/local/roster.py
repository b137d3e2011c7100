"""Which processes make up the local stack, and what each is told: the one table to edit."""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from services.local import ROOT
from services.local.credentials import Credentials
from services.local.ports import LOOPBACK
from services.local.processes import ProcessSpec

SERVICES = ("referrals", "booking", "notify")
HTTP = ("referrals", "booking", "notify", "web", "sandbox")
"""Whoever answers HTTP, each on a port of its own."""


@dataclass(frozen=True)
class Setup:
    """What is known once broker and database are up. `ports` has an entry for each name in `HTTP`."""

    folder: Path
    ports: dict[str, int]
    amqp_url: str
    database_url: Callable[[str], str]
    credentials: Credentials
    extra: dict[str, str]

    @property
    def page_url(self) -> str:
        return self.at("web")

    def at(self, name: str) -> str:
        return f"http://{LOOPBACK}:{self.ports[name]}"


def processes(setup: Setup) -> list[ProcessSpec]:
    env = {**os.environ, **environment(setup)}
    return [
        *(_http(f"{name}-api", f"services.{name}.api:app()", setup.ports[name], env) for name in SERVICES),
        *(_worker(name, setup, env) for name in SERVICES),
        _http("web", "services.web.app:app()", setup.ports["web"], env, threads=16),
        _http("sandbox", "services.sandbox.app:app()", setup.ports["sandbox"], env, threads=96),
    ]


def ready_urls(setup: Setup) -> dict[str, str]:
    """Each answers 200 when its process can be used."""
    paths = dict.fromkeys(HTTP, "/readyz") | {"sandbox": "/healthz"}
    return {name: setup.at(name) + path for name, path in paths.items()}


def migrate(setup: Setup) -> ProcessSpec:
    """Databases and queues, brought up to date before anything runs."""
    argv = [sys.executable, "-m", "services.local.migrate"]
    return ProcessSpec("migrate", argv, {**os.environ, **environment(setup)})


def environment(setup: Setup) -> dict[str, str]:
    """Settings of every process. Each reads only its own; all of them run here as one user anyway."""
    return {
        **{f"{name.upper()}_DATABASE_URL": setup.database_url(f"fascia_{name}") for name in (*SERVICES, "web")},
        **_secrets(setup.credentials),
        **{f"WEB_UPSTREAM_{name.upper()}": setup.at(name) for name in HTTP if name != "web"},
        **{f"NOTIFY_UPSTREAM_{name.upper()}": setup.at(name) for name in ("booking", "referrals")},
        "AMQP_URL": setup.amqp_url,
        "PUBLIC_URL": setup.page_url,
        "CLOCK_MOVABLE": "true",
        "NOTIFY_TWILIO_API_URL": setup.at("sandbox"),
        "NOTIFY_TWILIO_FROM": "+15005550006",
        "NOTIFY_SENDGRID_API_URL": setup.at("sandbox"),
        "NOTIFY_EMAIL_FROM": "clinic@fascia.example",
        # the sandbox answers at once, so what became of a send that was cut off is found out sooner than in the world
        "NOTIFY_SEND_TIMEOUT": "3",
        "NOTIFY_LEASE": "10",
        "NOTIFY_UNKNOWN_AFTER": "5",
        "NOTIFY_UNREPORTED_AFTER": "60",
        "SANDBOX_SMS_HOOK_URL": f"{setup.page_url}/hooks/twilio/inbound#rc=5&rp=all",
        "SANDBOX_EMAIL_HOOK_URL": f"{setup.page_url}/hooks/sendgrid/events",
        "SANDBOX_PUBLIC_HOOK_BASE": setup.page_url,
        "SANDBOX_HOOK_VIA": f"{LOOPBACK}:{setup.ports['web']}",
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        **setup.extra,
    }


def _secrets(credentials: Credentials) -> dict[str, str]:
    files = {
        "IDENTITY_PRIVATE_KEY": "identity_private_key",
        "IDENTITY_PUBLIC_KEY": "identity_public_key",
        "PEER_PUBLIC_KEY": "notify_identity_public_key",
        "NOTIFY_IDENTITY_KEY": "notify_identity_private_key",
        "SEAL_KEYS": "seal_keys",
        "REFERRALS_LOOKUP_KEY": "referrals_lookup_key",
        "BOOKING_LOOKUP_KEY": "booking_lookup_key",
        "NOTIFY_LINK_SECRET": "notify_link_secret",
        "NOTIFY_TWILIO_ACCOUNT_SID": "twilio_account_sid",
        "NOTIFY_TWILIO_AUTH_TOKEN": "twilio_auth_token",
        "NOTIFY_SENDGRID_API_KEY": "sendgrid_api_key",
        "NOTIFY_SENDGRID_PUBLIC_KEY": "sendgrid_webhook_public_key_der",
        "WEB_SESSION_SECRET": "web_secret_key",
        "SANDBOX_TWILIO_ACCOUNT_SID": "twilio_account_sid",
        "SANDBOX_TWILIO_AUTH_TOKEN": "twilio_auth_token",
        "SANDBOX_SENDGRID_API_KEY": "sendgrid_api_key",
        "SANDBOX_SENDGRID_PRIVATE_KEY": "sendgrid_webhook_private_key",
    }
    return {f"{setting}_FILE": str(credentials.path(name)) for setting, name in files.items()}


def _http(name: str, application: str, port: int, env: dict[str, str], *, threads: int = 8) -> ProcessSpec:
    argv = [
        *(sys.executable, "-m", "gunicorn", "--bind", f"{LOOPBACK}:{port}", "--workers", "1"),
        *("--worker-class", "gthread", "--threads", str(threads), "--graceful-timeout", "5"),
        *("--no-control-socket", "--log-level", "warning", application),
    ]
    return ProcessSpec(name, argv, env)


def _worker(service: str, setup: Setup, env: dict[str, str]) -> ProcessSpec:
    argv = [sys.executable, "-m", "services.chassis.run", f"services.{service}.worker"]
    return ProcessSpec(f"{service}-worker", argv, env)
