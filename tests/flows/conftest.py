from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.local import ports
from services.local.stack import Stack


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The whole stack, as `make run` starts it, in a folder and on ports of its own."""
    folder: Path = tmp_path_factory.mktemp("stack")
    with Stack(folder, port=ports.free(1)[0]) as running:
        yield running
