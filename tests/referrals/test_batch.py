"""Importing many referrals: each row once, each refusal with its row, field and reason, in constant memory."""

from __future__ import annotations

import csv
import gc
import io
import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.care.contraindications import packaged
from services.referrals.batch.columns import NAMES
from services.referrals.batch.files import FileError, rows
from services.referrals.batch.take import Importer
from services.referrals.intake.rules import Calendar
from tests.referrals.batches import a_row, as_csv, fascia, numbered, put
from tests.referrals.house import Caller, House, today


def count(house: House) -> int:
    return int(house.rows("SELECT count(*) FROM referrals")[0][0])


def test_three_files_with_the_same_referrals_are_imported_alike(house: House, desk: Caller, tmp_path: Path) -> None:
    write, documents = put(tmp_path), [numbered() for _ in range(3)]
    before = count(house)
    array = fascia(house, "import", write(json.dumps(documents, indent=1)))
    assert array.exit_code == 0, array.output
    assert "3 rows: 3 new, 0 known, 0 refused" in array.output
    lines = fascia(house, "import", write("\n".join(map(json.dumps, documents)) + "\n\n"))
    assert "3 rows: 0 new, 3 known, 0 refused" in lines.output
    assert count(house) == before + 3


def test_a_row_of_csv_is_the_referral_of_the_json_door(house: House, desk: Caller, tmp_path: Path) -> None:
    row = a_row(**{"patient.name": "Grete Minde"})
    assert fascia(house, "import", put(tmp_path)(as_csv([row]))).exit_code == 0
    document = {
        "placer": {"number": row["placer.number"]}, "patient": {"name": "Grete Minde", "born_on": "1979-10-05",
        "phone": "+14155550126"}, "physician": {"name": "Dr. Ibe Castellano", "npi": "1234567893"},
        "diagnoses": ["M54.50", "M54.2"], "visits": 8, "frequency": {"visits": 2}, "session_minutes": 45,
        "issued_on": today().isoformat(),
    }  # fmt: skip
    assert desk.post("", document).status_code == 200


def test_the_template_is_a_file_that_can_be_imported(house: House, tmp_path: Path) -> None:
    template = fascia(house, "template").output
    [header, _] = csv.reader(io.StringIO(template))
    assert tuple(header) == NAMES
    path = put(tmp_path)(template.replace("2026-11-25", today().isoformat()))
    assert "1 would be new" in fascia(house, "import", "--dry-run", path).output


WRONG: list[tuple[dict[str, str], str]] = [
    ({"visits": "many"}, "visits"),
    ({"visits": "99"}, "visits"),
    ({"patient.born_on": "31.12.1979"}, "patient.born_on"),
    ({"patient.name": ""}, "patient.name"),
    ({"physician.npi": "1234567898"}, "physician.npi"),
    ({"diagnoses": "M54.50; X"}, "diagnoses.1"),
    ({"placer.number": ""}, "placer.number"),
    ({"patient.name": "\udcff"}, "patient.name"),
]


@pytest.mark.parametrize(("changes", "field"), WRONG)
def test_a_refused_row_is_told_by_number_and_field_without_what_was_in_it(
    house: House, tmp_path: Path, changes: dict[str, str], field: str
) -> None:
    report = tmp_path / "report.csv"
    secret = "Wilhelmina"
    some = [a_row(), a_row(**{"patient.name": f"{secret} Klein", **changes}), a_row()]
    before = count(house)
    done = fascia(house, "import", put(tmp_path)(as_csv(some)), "--report", str(report))
    assert done.exit_code == 1
    assert "3 rows: 2 new, 0 known, 1 refused" in done.output
    [_, refused] = csv.reader(report.open())
    assert refused[:2] == ["2", field]
    assert refused[2].endswith(".")
    assert secret not in done.output + report.read_text()
    assert count(house) == before + 2


def test_a_number_that_stands_for_another_referral_refuses_its_row_only(house: House, tmp_path: Path) -> None:
    first = a_row()
    some = [first, a_row(), {**first, "visits": "4"}, a_row()]
    done = fascia(house, "import", put(tmp_path)(as_csv(some)))
    assert "4 rows: 3 new, 0 known, 1 refused" in done.output
    assert "row 3: placer.number: This number was used" in done.output


def test_a_dry_run_says_the_same_and_writes_nothing(house: House, tmp_path: Path) -> None:
    path = put(tmp_path)(as_csv([a_row(), a_row(visits="0"), a_row()]))
    before = house.counts()
    said = fascia(house, "import", path, "--dry-run").output
    assert "2 would be new, 0 known, 1 refused" in said
    assert house.counts() == before
    fascia(house, "import", path)
    assert "0 would be new, 2 known, 1 refused" in fascia(house, "import", path, "--dry-run").output


def test_an_import_that_broke_off_goes_on_and_takes_nothing_twice(house: House, tmp_path: Path) -> None:
    some = [a_row() for _ in range(7)]
    whole, before = as_csv(some), count(house)
    broken = fascia(house, "import", put(tmp_path)(json.dumps([numbered() for _ in range(2)])[:-1]))
    assert broken.exit_code == 1
    assert "the array does not end" in broken.output
    before = count(house)
    fascia(house, "import", put(tmp_path)(as_csv(some[:4])))
    done = fascia(house, "import", put(tmp_path)(whole), "--from", "4")
    assert "4 rows: 3 new, 1 known" in done.output
    assert count(house) == before + 7


def test_a_row_that_lacks_something_waits_for_it(house: House, tmp_path: Path) -> None:
    row = a_row(visits="")
    fascia(house, "import", put(tmp_path)(as_csv([row])))
    [(status, missing)] = house.rows("SELECT status, missing FROM referrals ORDER BY id DESC LIMIT 1")
    assert (status, missing) == ("needs_information", ["visits"])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "empty"),
        ("name,born\n1,2\n", "unknown names in the header, at columns 1, 2"),
        ("placer.number,placer.number\n", "twice"),
        ("placer.number\n1\n", "without patient.name"),
        ("[1, 2", "the array does not end"),
        ("[{]", "element 1 is not JSON"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_as_a_whole(
    house: House, tmp_path: Path, content: str, said: str
) -> None:
    done = fascia(house, "import", put(tmp_path)(content))
    assert done.exit_code == 1
    assert said in done.output


def test_events_of_an_import_are_told_once(house: House, tmp_path: Path) -> None:
    row = a_row()
    path = put(tmp_path)(as_csv([row]))
    fascia(house, "import", path)
    fascia(house, "import", path)
    [(referral_id,)] = house.rows("SELECT id FROM referrals ORDER BY id DESC LIMIT 1")
    assert len(house.told("referral_received", referral_id=str(referral_id))) == 1


class Lines(io.TextIOBase):
    """A file of so many rows that nobody holds in memory."""

    def __init__(self, header: str, line: str, times: int) -> None:
        self._header, self._line, self._left, self._started = header, line, times, False

    def readable(self) -> bool:
        return True

    def seek(self, *_: Any) -> int:
        self._started = False
        return 0

    def read(self, size: int | None = -1) -> str:
        return self._header[:1]

    def readline(self, size: int = -1) -> str:  # type: ignore[override]
        if not self._started:
            self._started = True
            return self._header
        self._left -= 1
        return self._line if self._left >= 0 else ""


def test_many_rows_need_no_more_memory_than_a_few(house: House) -> None:
    def peak(times: int) -> int:
        bad = a_row(visits="0", **{"placer.number": "x"})
        [header, line] = as_csv([bad]).splitlines(keepends=True)
        importer = Importer(
            house.running.sessions, house.running.outbox, house.vault, packaged(),
            lambda now: Calendar(today(), today(), 90), dry=True,
        )  # fmt: skip
        tracemalloc.start()
        try:
            assert sum(count.rows for count in importer.take(rows(Lines(header, line, times)))) == times
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(400)
    assert peak(2_400) < 1.5 * peak(400)


def test_referrals_that_are_taken_in_leave_nothing_in_memory(house: House) -> None:
    importer = Importer(
        house.running.sessions, house.running.outbox, house.vault, packaged(),
        lambda now: Calendar(today(), today(), 90), at_once=20,
    )  # fmt: skip

    def kept(times: int) -> int:
        """Bytes that are held once so many were taken in."""
        some = ",".join(json.dumps(numbered()) for _ in range(times))
        gc.collect()
        before = tracemalloc.get_traced_memory()[0]
        assert sum(count.new for count in importer.take(rows(io.StringIO(f"[{some}]")))) == times
        gc.collect()
        return tracemalloc.get_traced_memory()[0] - before

    tracemalloc.start()
    try:
        kept(100)
        assert kept(400) < 400 * 500
    finally:
        tracemalloc.stop()


def damaged(text: str) -> st.SearchStrategy[str]:
    junk = st.one_of(st.text(max_size=6), st.sampled_from(['"', ",", "\n", "\0", "[", "{", "}", "]", "\\", "1e999"]))
    change = st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 40), junk)

    def apply(changes: list[tuple[float, int, str]]) -> str:
        made = text
        for place, length, put_in in changes:
            at = int(place * len(made))
            made = made[:at] + put_in + made[at + length :]
        return made

    return st.lists(change, max_size=4).map(apply)


@pytest.mark.parametrize("examples", [400, pytest.param(5000, marks=pytest.mark.long)])
def test_damaged_files_are_read_as_far_as_they_go_or_refused(house: House, examples: int) -> None:
    """Nothing else than a refused row or file; each row that is read is judged like every other."""
    some = [a_row(), a_row()]
    files = [as_csv(some), json.dumps([numbered()]), "\n".join(json.dumps(numbered()) for _ in range(2))]
    importer = Importer(
        house.running.sessions, house.running.outbox, house.vault, packaged(),
        lambda now: Calendar(today(), today(), 90),
    )  # fmt: skip

    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(st.one_of([damaged(file) for file in files] + [st.text(max_size=200)]))
    def judge(content: str) -> None:
        before, new = count(house), 0
        try:
            for done in importer.take(rows(io.StringIO(content, newline=""))):
                new += done.new
                assert done.new + done.known + len({one.row for one in done.refused}) == done.rows
        except FileError:
            pass
        assert count(house) == before + new

    judge()
