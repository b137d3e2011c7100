from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.local import ports
from services.local.stack import Stack


@pytest.fixture(scope="session")
def stack(local_folder: Path) -> Iterator[Stack]:
    """The whole stack, as `make run` starts it, in a folder and on ports of its own."""
    with Stack(local_folder / "stack", port=ports.free(1)[0]) as running:
        yield running
