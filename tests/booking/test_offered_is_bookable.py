"""What a plan offers and what may be booked are the same times, whatever the practice is like. Pure."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from services.booking.orders.ledger import Ledger
from services.booking.planning.openings import Openings
from services.booking.planning.wallclock import instant
from services.booking.practice import availability
from services.booking.practice.availability import Wish
from services.booking.practice.location import Closure, Licence, Opening, Practice, Special, Therapist
from services.booking.practice.needs import Needs
from services.booking.practice.policy import Policy
from services.booking.practice.travel import Position
from services.booking.visits.bookable import Wanted, mistakes
from services.contracts.referrals import OrderTerms

FIRST = date(2027, 3, 25)
"""Easter Monday is the 29th, the clocks of Berlin change on the 28th, those of Lord Howe on 4 April."""
LAST = FIRST + timedelta(12)
ZONES = {"Europe/Berlin": ("DE", "BE"), "Australia/Lord_Howe": ("AU", "NSW"), "America/New_York": ("US", "NY")}
UNTOUCHED = Ledger(1, 0, 0, 0)

hours = st.tuples(st.integers(5 * 4, 21 * 4), st.integers(1, 16)).map(
    lambda given: (time(given[0] // 4, given[0] % 4 * 15), time(min(23, given[0] // 4 + given[1] // 4 + 1), 0))
)
places = st.sampled_from([1, 2])
days = st.integers(0, 12).map(lambda number: FIRST + timedelta(number))
openings = st.lists(
    st.builds(lambda day, span, place: Opening(day, *span, place), st.integers(0, 6), hours, places),
    min_size=4,
    max_size=9,
)
specials = st.lists(
    st.builds(lambda day, span, place: Special(day, *span, place), days, hours, places)
    | st.builds(lambda day: Special(day, time(0), time(0)), days),
    max_size=3,
)
licences = st.lists(
    st.builds(
        lambda state, until, since: Licence(state, until, since),
        st.sampled_from(["NY", "BE", "NSW"]),
        days,
        st.none() | days,
    ),
    max_size=3,
)
EVERYWHERE = tuple(Licence(state, LAST) for state in ("NY", "BE", "NSW"))
positions = st.none() | st.builds(Position, st.floats(41, 41.2), st.floats(-74, -73.8))


@st.composite
def therapists(draw: st.DrawFn) -> Therapist:
    return Therapist(
        id=1,
        name="Amara",
        buffer_minutes=draw(st.integers(0, 30)),
        licences=draw(st.sampled_from([tuple(draw(licences)), EVERYWHERE])),
        techniques=frozenset(draw(st.sampled_from([["swedish"], ["swedish", "sports"], ["sports"]]))),
        openings=tuple(draw(openings)),
        special=tuple(draw(specials)),
        home_visits=draw(st.sampled_from([True, True, False])),
        base=draw(positions),
    )


@st.composite
def practices(draw: st.DrawFn) -> Practice:
    zone = draw(st.sampled_from(sorted(ZONES)))
    country, state = ZONES[zone]
    first, second = sorted([draw(days), draw(days)])
    policy = Policy(
        minimum_notice_minutes=draw(st.sampled_from([0, 45, 1440])),
        horizon_days=draw(st.integers(4, 20)),
        holidays=draw(st.booleans()),
        travel_kmh=draw(st.sampled_from([30, 120])),
    )
    return Practice(
        timezone=zone,
        now=datetime.combine(FIRST, time(draw(st.integers(0, 23)), draw(st.integers(0, 59))), ZoneInfo(zone)),
        therapists=(draw(therapists()),),
        rooms={5: "Willow"},
        closures=draw(st.sampled_from([(), (), (Closure(first, second),)])),
        policy=policy,
        location=1,
        country=country,
        state=draw(st.sampled_from([state, None])),
        equipment={5: frozenset({"adjustable_table"})},
    )


terms = st.builds(
    OrderTerms,
    visits=st.just(1),
    cadence_visits=st.just(1),
    cadence_days=st.just(7),
    session_minutes=st.sampled_from([15, 30, 45]),
    issued_on=st.just(FIRST),
    valid_until=st.integers(4, 12).map(lambda number: FIRST + timedelta(number)),
    earliest_on=st.sampled_from([None, None, FIRST + timedelta(3)]),
    techniques=st.sampled_from([(), ("swedish",)]),
    home_visit=st.booleans(),
    equipment=st.sampled_from([(), (), ("adjustable_table",), ("bolsters",)]),
)


@settings(max_examples=150, deadline=None)
@given(practices(), terms, positions)
def test_every_time_that_is_offered_can_be_booked_and_no_other(
    practice: Practice, terms: OrderTerms, home: Position | None
) -> None:
    practice, needs = replace(practice, now=practice.now.astimezone(UTC)), Needs(home=home)
    when = availability.period(practice, terms, UNTOUCHED, Wish())
    if when.latest < when.earliest:
        return
    problem = availability.problem(practice, terms, when, 1, 99, {}, Wish(), needs)
    found = Openings.of(problem, LAST + timedelta(2))
    starts, latest = found.grid.starts, (when.latest - when.earliest).days
    offered = set(starts.at[found.clinic.any(axis=0) & (starts.day <= latest)].tolist())
    room = None if terms.home_visit else 5
    bookable = {
        at
        for at in starts.at.tolist()
        if not mistakes([Wanted(instant(at), 1, room)], practice, terms, UNTOUCHED, needs)
    }
    assert offered == bookable
