"""The safety gate: the strictest holds, and nobody makes it looser."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.care.certifications import certifications_needed
from services.care.contraindications import packaged
from services.care.gate import Findings, Source, judge

TABLE = packaged()
CODES = [one.code for one in TABLE.entries]
LIMITS = st.one_of(st.none(), st.integers(1, 5))


def gate(*codes: str, source: Source = "order", **more: object) -> Findings:
    return judge(TABLE, [(code, source) for code in codes], **more)  # type: ignore[arg-type]


def test_nothing_is_nothing() -> None:
    found = gate()
    assert (found.passes, found.pressure_ceiling, found.blocked, found.constraints) == (True, None, (), ())


def test_an_absolute_contraindication_blocks_and_says_whom_to_ask() -> None:
    (finding,) = gate("fever").blocked
    assert finding.sentence == "Fever or an acute infection. Stop, and contact the physician."
    assert not gate("fever").passes


def test_a_local_one_names_the_site_to_leave_out() -> None:
    found = gate("bruise", "burn")
    assert (found.passes, found.avoid) == (True, ("bruise", "burned_skin"))


def test_the_strictest_ceiling_holds() -> None:
    assert gate("pregnancy", "anticoagulants", ceilings=[4, None, 3]).pressure_ceiling == 2
    assert gate("pregnancy", ceilings=[1]).pressure_ceiling == 1


def test_the_shortest_session_holds() -> None:
    assert gate("cancer_treatment").max_minutes == 30


def test_a_therapist_needs_every_certification() -> None:
    found = gate("lymphedema", conditions=["C50"], certifications={"oncology"})
    assert (found.certifications, found.lacking, found.passes) == ({"lymphedema", "oncology"}, {"lymphedema"}, False)
    assert gate("lymphedema", conditions=["C50"], certifications=["lymphedema", "oncology", "prenatal"]).passes
    assert gate("lymphedema").passes


def test_conditions_need_certifications_as_codes_and_as_categories() -> None:
    assert certifications_needed(["I89"], []) == {"lymphedema"}
    assert certifications_needed(["I97.2"], []) == {"lymphedema"}
    assert certifications_needed(["I97"], []) == set()
    assert certifications_needed([], ["lymphedema"]) == {"lymphedema"}
    assert certifications_needed(["O26", "C50", "M54"], ["bruise"]) == {"prenatal", "oncology"}
    assert certifications_needed(["D17", "Z85"], []) == set()


def test_whoever_says_it_first_is_named() -> None:
    found = judge(TABLE, [("bruise", "order"), ("bruise", "today"), ("burn", "today")])
    assert [(one.code, one.source) for one in found.constraints] == [("bruise", "order"), ("burn", "today")]


def test_a_finding_carries_its_provenance_and_what_is_disputed() -> None:
    (finding,) = gate("multiple_sclerosis").constraints
    assert finding.provenance == ("teaching", "icd")
    assert finding.disagree


def test_a_code_that_is_not_in_the_table_is_shown() -> None:
    (finding,) = gate("ticklish").constraints
    assert (finding.kind, gate("ticklish").passes) == ("unknown", True)


@given(
    st.lists(st.sampled_from(CODES), max_size=8),
    st.lists(st.sampled_from(CODES), max_size=4),
    st.lists(LIMITS, max_size=3),
    LIMITS,
)
def test_what_is_added_only_ever_makes_it_stricter(
    said: list[str], added: list[str], ceilings: list[int | None], another: int | None
) -> None:
    less = gate(*said, ceilings=ceilings, certifications=())
    more = judge(
        TABLE,
        [*((code, "order") for code in said), *((code, "today") for code in added)],  # type: ignore[list-item]
        ceilings=[*ceilings, another],
        certifications=(),
    )
    assert (more.pressure_ceiling or 5) <= (less.pressure_ceiling or 5)
    assert (more.max_minutes or 999) <= (less.max_minutes or 999)
    assert more.lacking >= less.lacking
    assert {one.code for one in more.blocked} >= {one.code for one in less.blocked}
    assert set(more.avoid) >= set(less.avoid)
    assert more.passes <= less.passes
