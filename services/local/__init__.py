"""The whole stack on one machine without Docker: a broker, a database and every process of ours, for as long as
somebody wants them and not a moment longer."""

from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The repository."""

Say = Callable[[str], None]
"""Takes one line of progress."""


class LocalError(Exception):
    """The stack cannot run here; the text says why and what would help."""


def quiet(line: str) -> None:
    """Says nothing."""
