"""The `fascia` command. Each command imports what it needs when it runs, so that the others stay quick."""

from __future__ import annotations

import importlib
import os
from typing import Any

import click

_LAZY = {
    "tokens": ("services.web.commands", "tokens", "API tokens for people and programs."),
    "clinic": ("services.booking.clinic.commands", "clinic", "The clinic: its people, rooms and hours."),
    "ledger": ("services.booking.orders.commands", "ledger", "The visit ledgers of the orders."),
    "audit": ("services.chassis.audit_commands", "audit", "The audit trails: check their chains, keep their ends."),
    "keys": ("services.chassis.keys_commands", "keys", "The keys of sealed fields: count, rotate."),
    "patients": ("services.referrals.people.commands", "patients", "Erase a patient; export what is known of one."),
    "referrals": ("services.referrals.batch.commands", "referrals", "Many referrals at once: import, export."),
    "why": ("services.notify.why.commands", "why", "Why a message was or was not sent; or a timeline."),
    "run": ("services.local.commands", "run", "The whole stack on this machine, kept up until Ctrl-C."),
    "demo": ("services.local.commands", "demo", "One referral's whole round trip, on real parts."),
}


class Lazy(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *_LAZY])

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in _LAZY:
            return super().get_command(ctx, name)
        module, attribute, _ = _LAZY[name]
        found: click.Command = getattr(importlib.import_module(module), attribute)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        helps = {name: text for name, (_, _, text) in _LAZY.items()}
        helps |= {name: command.get_short_help_str() for name, command in self.commands.items()}
        with formatter.section("Commands"):
            formatter.write_dl(sorted(helps.items()))


@click.group(cls=Lazy)
@click.pass_context
def main(ctx: click.Context, /, **_: Any) -> None:
    """Fascia runs the round trip of a medical-massage practice: referral, visits, reminders, report."""
    asks: dict[str, tuple[str, ...]] = {"tokens": ("web",), "why": ("notify",), "referrals": ("referrals",)}
    asks |= dict.fromkeys(("audit", "keys"), ("referrals", "booking", "notify"))
    if services := asks.get(ctx.invoked_subcommand or ""):
        _know_the_stack_that_runs_here(services)


def _know_the_stack_that_runs_here(services: tuple[str, ...]) -> None:
    """Beside `make run`, a command finds the databases of the stack by itself, unless it is told of one."""
    names = [f"{service.upper()}_DATABASE_URL{end}" for service in services for end in ("", "_FILE")]
    if any(name in os.environ for name in names):
        return
    from services.local import ROOT

    try:
        from services.local.stack import published
    except ModuleNotFoundError:
        # An image cannot run a stack of its own.
        return
    if found := published(ROOT / "var"):
        for name, value in found["environment"].items():
            os.environ.setdefault(name, value)


@main.command()
def migrate() -> None:
    """Bring databases and the broker's topology up to date (one shot, before anything starts)."""
    from services.chassis.topology import migrate_everything

    migrate_everything(dict(os.environ))
    click.echo("databases and queues are up to date")
