"""How the story is shown: headings, bubbles, tables."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

_STATES = {"delivered": "green", "sent": "yellow", "unknown": "red", "failed": "red"}


WIDTH = 116
"""Wide enough for a provider id in one piece, where no terminal says how wide it is."""


def wide_console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=WIDTH)


class Teller:
    def __init__(self, console: Console) -> None:
        self.console = console
        self.zone: ZoneInfo | None = None

    def chapter(self, title: str) -> None:
        self.console.print()
        self.console.rule(f"[bold]{title}[/]", align="left", style="dim")

    def fact(self, text: str) -> None:
        self.console.print(f"  [green]✓[/] {text}")

    def local(self, instant: str | datetime) -> str:
        at = datetime.fromisoformat(instant) if isinstance(instant, str) else instant
        return f"{at.astimezone(self.zone):%a %d %b %H:%M}"

    def text_message(self, body: str, *, mine: bool = False) -> None:
        title = "the patient replies" if mine else "text to the patient"
        self.console.print(
            Panel(
                Text(body),
                title=title,
                title_align="left",
                width=min(76, self.console.width),
                border_style="cyan" if mine else "blue",
            )
        )

    def email(self, subject: str, body: str) -> None:
        self.console.print(
            Panel(
                Text(body.strip()),
                title=f"e-mail to the physician: {subject}",
                title_align="left",
                width=min(90, self.console.width),
                border_style="magenta",
            )
        )

    def visits(self, sessions: list[dict[str, Any]], cost: int | None) -> None:
        table = Table(title=f"The best series there is (cost {cost})", title_justify="left")
        for name in ("visit", "when", "therapist", "room"):
            table.add_column(name)
        for each in sessions:
            table.add_row(
                str(each["number"]),
                self.local(each["starts_at"]),
                _name(each["therapist"]),
                _name(each["room"]),
            )
        self.console.print(table)

    def report(self, report: dict[str, Any]) -> None:
        table = Table(
            title=f"Closing report {report['reference']}: {report['kept']}/{report['planned']} visits kept, "
            f"pain {report['first_pain']} → {report['last_pain']}, {report['status']}",
            title_justify="left",
        )
        for name in ("visit", "on", "before", "after", "pressure", ""):
            table.add_column(name)
        for each in report["visits"]:
            bar = "█" * each["pain_after"] + "░" * max(0, each["pain_before"] - each["pain_after"])
            table.add_row(*(str(each[k]) for k in ("number", "on", "pain_before", "pain_after", "pressure")), bar)
        self.console.print(table)

    def messages(self, messages: list[dict[str, Any]]) -> None:
        table = Table(title="Every message", title_justify="left")
        for name in ("sent", "kind", "channel", "to", "state"):
            table.add_column(name, no_wrap=True, min_width=12 if name == "sent" else None)
        table.add_column("provider id", overflow="fold")
        for each in messages:
            state = f"[{_STATES.get(each['state'], 'white')}]{each['state']}[/]"
            sent = self.local(each["sent_at"]) if each["sent_at"] else ""
            table.add_row(sent, each["kind"], each["channel"], each["to"], state, each["provider_id"] or "")
        self.console.print(table)


def _name(thing: dict[str, Any] | None) -> str:
    return thing["name"] if thing else "home visit"
