"""How a problem is read, how a mistake in it is shown, and the command."""

import json
import subprocess
import sys
from datetime import datetime

import numpy as np
import pytest

from services.booking.planner import Problem, ProblemError, Spans, main, plan
from tests.booking.plain import MONDAY, TUESDAY, problem, span, therapist, window
from tests.booking.small import small

ABSENT = object()
KEPT = {"date": MONDAY, "start": "09:00", "therapist": 7, "room": 101}

MISTAKES = [
    ("visits", 0, "visits"),
    ("visits", "8", "visits"),
    ("visits", 8.0, "visits"),
    ("visits", True, "visits"),
    ("visits", None, "visits"),
    ("visits", ABSENT, "visits"),
    ("visits", 10**9, "visits"),
    ("timezone", "America/Gotham", "timezone"),
    ("timezone", "", "timezone"),
    ("timezone", "../../etc/passwd", "timezone"),
    ("timezone", 5, "timezone"),
    ("earliest", "1.3.2027", "earliest"),
    ("earliest", "2027-02-30", "earliest"),
    ("earliest", "2027-W10-1", "earliest"),
    ("earliest", "0001-01-01", "earliest"),
    ("latest", "2027-02-28", "latest"),
    ("latest", "2047-02-28", "latest"),
    ("first_by", "2027-02-28", "first_by"),
    ("first_by", "9999-12-31", "first_by"),
    ("session_minutes", 0, "session_minutes"),
    ("session_minutes", 20, "session_minutes"),
    ("session_minutes", -15, "session_minutes"),
    ("session_minutes", 6000, "session_minutes"),
    ("cadence.visits", 0, "cadence.visits"),
    ("cadence.per_days", ABSENT, "cadence.per_days"),
    ("cadence", [2, 7], "cadence"),
    ("gap_days.min", 0, "gap_days.min"),
    ("gap_days.min", 5, "gap_days.max"),
    ("weights.drift", -1, "weights.drift"),
    ("weights.wait", ABSENT, "weights.wait"),
    ("weights.wait", 10**9, "weights.wait"),
    ("alternatives", -1, "alternatives"),
    ("therapists", ABSENT, "therapists"),
    ("therapists", {}, "therapists"),
    ("therapists", [5], "therapists[0]"),
    ("therapists", [therapist(7), therapist(8), therapist(7)], "therapists[2].id"),
    ("therapists", [therapist("7")], "therapists[0].id"),
    ("therapists", [therapist(buffer_minutes=-5)], "therapists[0].buffer_minutes"),
    ("therapists", [therapist(name=5)], "therapists[0].name"),
    ("therapists", [therapist(busy=None)], "therapists[0].busy"),
    ("therapists", [therapist(busy="2027")], "therapists[0].busy"),
    ("therapists", [therapist(busy=[span(MONDAY, "09:00", "10:00"), [MONDAY]])], "therapists[0].busy[1]"),
    ("therapists", [therapist(busy=[span(MONDAY, "09:00", "25:00")])], "therapists[0].busy[0][1]"),
    ("therapists", [therapist(busy=[span("2027-02-30", "09:00", "10:00")])], "therapists[0].busy[0][0]"),
    ("therapists", [therapist(busy=[["NaT", "now"]])], "therapists[0].busy[0][0]"),
    ("therapists", [therapist(busy=[[MONDAY + "T09:00Z", MONDAY + "T10:00Z"]])], "therapists[0].busy[0][0]"),
    ("therapists", [therapist(busy=[span(MONDAY, "10:00", "09:00")])], "therapists[0].busy[0]"),
    (
        "therapists",
        [therapist(busy=[["2027-03-01T09:00,2027-03-01T10:00", "2027-03-01T11:00"]])],
        "therapists[0].busy[0][0]",
    ),
    ("therapists", [therapist(busy=[5])], "therapists[0].busy[0]"),
    ("rooms", ABSENT, "rooms"),
    ("rooms", [{"id": 1, "busy": []}, {"id": 1, "busy": []}], "rooms[1].id"),
    ("patient", ABSENT, "patient"),
    ("patient.busy", ABSENT, "patient.busy"),
    ("patient.therapist", "Ann", "patient.therapist"),
    ("patient.possible", "always", "patient.possible"),
    ("patient.possible", [window("18:00", "08:00")], "patient.possible[0].to"),
    ("patient.possible", [window("8:00", "18:00")], "patient.possible[0].from"),
    ("patient.possible", [window("08:00", "18:00", 7)], "patient.possible[0].weekdays"),
    ("patient.preferred", [{"from": "08:00", "to": "09:00"}], "patient.preferred[0].weekdays"),
    ("kept", {"0": KEPT}, "kept.0"),
    ("kept", {"2": KEPT}, "kept.2"),
    ("kept", {"first": KEPT}, "kept.first"),
    ("kept", {"1": {**KEPT, "start": "09:05"}}, "kept.1.start"),
    ("kept", {"1": {**KEPT, "start": "24:00"}}, "kept.1.start"),
    ("kept", {"1": {**KEPT, "date": "2027-03-14", "start": "02:30"}}, "kept.1.start"),
    ("kept", {"1": {**KEPT, "date": "9999-12-31"}}, "kept.1.date"),
    ("kept", {"1": {**KEPT, "start_at": "2027-03-01T15:00:00Z"}}, "kept.1.start_at"),
    ("kept", {"1": {**KEPT, "start_at": "2027-03-01T09:00:00"}}, "kept.1.start_at"),
    ("kept", [KEPT], "kept"),
    ("before", {"date": MONDAY, "start": "09:01", "therapist": 7}, "before.start"),
    ("before", {"date": MONDAY, "start": "09:00"}, "before.therapist"),
]


def changed(path, value):
    given = json.loads(json.dumps(problem()))
    *above, last = path.split(".")
    inner = given
    for name in above:
        inner = inner[name]
    if value is ABSENT:
        del inner[last]
    else:
        inner[last] = value
    return given


@pytest.mark.parametrize(("path", "value", "named"), MISTAKES)
def test_a_mistake_is_shown_where_it_is(path, value, named):
    with pytest.raises(ProblemError) as refused:
        plan(changed(path, value))
    assert refused.value.path == named
    assert str(refused.value) == f"{named}: {refused.value.hint}"


@pytest.mark.parametrize("given", [None, [], "problem", 5])
def test_a_problem_that_is_no_object_is_refused(given):
    with pytest.raises(ProblemError, match="object"):
        plan(given)


def test_a_message_does_not_repeat_what_was_given():
    with pytest.raises(ProblemError) as refused:
        plan(changed("patient.busy", [["Jane Roe", "dentist"]]))
    assert "Jane" not in str(refused.value)


@pytest.mark.parametrize(("therapists", "visits"), [(300, 1), (30, 200)])
def test_a_search_too_large_for_memory_is_refused(therapists, visits):
    for_years = ["2027-03-01T00:00", "2030-01-01T00:00"]
    people = [therapist(id_, for_years) for id_ in range(therapists)]
    with pytest.raises(ProblemError, match="too large"):
        plan(problem(visits=visits, latest="2029-12-31", therapists=people))


@pytest.mark.parametrize("seed", range(20))
def test_a_problem_survives_the_way_through_json(seed):
    once = Problem.from_json(small(seed))
    assert Problem.from_json(json.loads(json.dumps(once.to_json()))) == once


def test_a_problem_and_its_json_have_the_same_plan():
    given = problem(visits=3)
    assert plan(Problem.from_json(given)) == plan(given)


def test_problems_that_differ_in_one_busy_minute_are_not_equal():
    one, other = (problem(patient={"busy": [span(MONDAY, "09:00", end)]}) for end in ("10:00", "10:01"))
    assert Problem.from_json(one) == Problem.from_json(json.loads(json.dumps(one))) != Problem.from_json(other)


def test_spans_are_made_from_datetimes_as_from_texts():
    begin, end = datetime(2027, 3, 1, 9), datetime(2027, 3, 2, 10, 7, 59)
    spans = Spans.of([(begin, end)])
    assert spans == Spans.read([["2027-03-01T09:00", "2027-03-02T10:07"]], "spans")
    assert spans.minutes.dtype == np.int64
    assert len(Spans.of([])) == 0
    with pytest.raises(ProblemError):
        Spans.of([(end, begin)])


def test_a_first_by_in_the_past_does_not_matter_after_a_visit_held_before():
    before = {"date": "2027-02-26", "start": "09:00", "therapist": 7}
    assert plan(problem(before=before, first_by="2027-02-20")).feasible


def command(path, capsys):
    code = main([str(path)])
    return code, *capsys.readouterr()


def test_the_command_prints_the_plan_as_json(tmp_path):
    path = tmp_path / "problem.json"
    path.write_text(json.dumps(problem(visits=2)))
    ran = subprocess.run([sys.executable, "-m", "services.booking.planner", path], capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert json.loads(ran.stdout) == plan(problem(visits=2)).to_json()
    assert list(json.loads(ran.stdout)) == [
        "feasible",
        "cost",
        "terms",
        "visits",
        "alternatives",
        "forecast",
        "relaxations",
    ]


def test_the_command_succeeds_when_not_all_visits_fit(tmp_path, capsys):
    path = tmp_path / "problem.json"
    path.write_text(json.dumps(problem(visits=9, first_by=TUESDAY)))
    code, out, err = command(path, capsys)
    assert (code, json.loads(out)["feasible"], err) == (0, False, "")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (json.dumps(problem(visits=0)), "visits: give a whole number from 1 to 200"),
        ("{", "is not JSON"),
        ("", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("\x80", "is not JSON"),
    ],
)
def test_the_command_explains_a_malformed_problem_and_exits_with_2(tmp_path, capsys, content, message):
    path = tmp_path / "problem.json"
    path.write_bytes(content.encode("latin-1"))
    code, out, err = command(path, capsys)
    assert (code, out) == (2, "")
    assert message in err
    assert len(err.splitlines()) == 1


def test_the_command_explains_a_missing_file_and_its_usage(tmp_path, capsys):
    code, _, err = command(tmp_path / "nowhere.json", capsys)
    assert code == 2
    assert "No such file" in err
    assert main([]) == 2
