"""The example clinic: somebody for every patient, and what loading it says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pytest
from click.testing import CliRunner
from werkzeug.serving import make_server

import services.booking
from services.booking.clinic.file import read
from services.care.contraindications import packaged
from services.chassis import identity
from services.cli import main
from tests.booking.conftest import House

FILE = Path(services.booking.__file__).parent / "example_clinic.yaml"


@pytest.fixture
def door(house: House) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, house.app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


def test_for_each_certification_that_the_table_asks_for_there_is_somebody() -> None:
    asked = {one.certification for one in packaged().entries if one.certification}
    held = {code for one in read(FILE.read_text())["therapists"] for code in one.get("certifications", [])}
    assert asked <= held


def test_loading_it_says_what_there_is_and_again_the_same(house: House, door: str) -> None:
    token = identity.mint(house.private_key, "tester", ("admin",), audience="booking")
    for _ in range(2):
        result = CliRunner().invoke(main, ["clinic", "load", str(FILE), "--url", door, "--token", token])
        assert result.exit_code == 0, result.output
        assert result.output.endswith("Riverbend Medical Massage: 5 therapists, 4 rooms at 2 locations\n")
