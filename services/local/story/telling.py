"""How the story is shown: chapters, one line for each thing that happens, tables."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

CHANNELS = {"text": "text", "email": "e-mail", "desk": "task"}
_STATES = {"delivered": "green", "sent": "yellow", "unknown": "red", "failed": "red"}


WIDTH = 116
"""Wide enough for a provider id in one piece, where no terminal says how wide it is."""
WHEN, WHO = 16, 15
"""Columns of a message's line."""


def wide_console() -> Console:
    console = Console()
    return console if console.is_terminal else Console(width=WIDTH)


class Teller:
    def __init__(self, console: Console) -> None:
        self.console = console
        self.zone = ZoneInfo("UTC")

    def chapter(self, title: str) -> None:
        self.console.print()
        self.console.rule(f"[bold]{title}[/]", align="left", style="dim")

    def fact(self, text: str) -> None:
        self.console.print(f"  [green]✓[/] {escape(text)}", highlight=False)

    def local(self, at: str | datetime) -> str:
        at = datetime.fromisoformat(at) if isinstance(at, str) else at
        return f"{at.astimezone(self.zone):%a %d %b %H:%M}"

    def text(self, at: str | datetime, to: str, body: str, *, failed: bool = False) -> None:
        """A text of the clinic's."""
        self._line(at, f"→ {to}", Text(body, "strike" if failed else ""), "red" if failed else "blue")

    def reply(self, at: datetime, who: str, body: str) -> None:
        self._line(at, f"← {who}", Text(body, "bold"), "cyan")

    def answer_of_twilio(self, at: datetime, to: str, body: str) -> None:
        """Which the clinic neither writes nor sends."""
        self._line(at, f"→ {to}", Text(f"{body} (Twilio)", "dim"), "blue")

    def email(self, at: str | datetime, to: str, subject: str, body: str) -> None:
        said = Text.assemble((subject, "bold"), "\n", (_gist(body), "dim"))
        self._line(at, f"✉ {to}", said, "magenta")

    def _line(self, at: str | datetime, who: str, said: RenderableType, colour: str) -> None:
        grid = Table.grid(padding=(0, 1), expand=True)
        grid.add_column(width=WHEN, style="dim", no_wrap=True)
        grid.add_column(width=WHO, style=colour, no_wrap=True)
        grid.add_column(ratio=1)
        grid.add_row(self.local(at), who, said)
        self.console.print(Padding(grid, (0, 0, 0, 2)))

    def why(self, message: dict[str, Any]) -> None:
        """As `fascia why` tells it."""
        way = CHANNELS[message["channel"]]
        head = f"{message['title']}, {way} to the {message['to']}: {message['state']}"
        lines = [
            f"[bold]$ fascia why {message['id']}[/]",
            escape(head),
            *(f"  {escape(one)}" for one in message["why"]),
        ]
        self.console.print(Padding("\n".join(lines), (0, 0, 0, 4)), highlight=False)

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

    def messages(self, messages: Iterable[dict[str, Any]], readers: dict[str, str]) -> None:
        """`readers` are named by the provider ids of what they got."""
        table = Table()
        for name in ("sent", "kind", "channel", "to", "state"):
            table.add_column(name, no_wrap=True, min_width=12 if name == "sent" else None)
        table.add_column("provider id", overflow="fold")
        for each in messages:
            state = f"[{_STATES.get(each['state'], 'white')}]{each['state']}[/]"
            sent = self.local(each["sent_at"]) if each["sent_at"] else ""
            to = readers.get(each["provider_id"], each["to"])
            table.add_row(sent, each["kind"], each["channel"], to, state, each["provider_id"] or "")
        self.console.print(table)


def _gist(body: str) -> str:
    """The first sentences of an e-mail after its greeting, with what they announce."""
    first, then = [", ".join(part.strip().splitlines()) for part in body.strip().split("\n\n")][1:3]
    return first if first.endswith(".") else f"{first} {then}"


def _name(thing: dict[str, Any] | None) -> str:
    return thing["name"] if thing else "home visit"
