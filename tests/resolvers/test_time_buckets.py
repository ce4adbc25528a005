"""Buckets of time: against a search minute by minute, and the changes of every zone."""

import zoneinfo
from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvers.time_buckets import (
    EPOCH,
    FIRST,
    LAST,
    Calendar,
    Every,
    Span,
    Unit,
    from_ms,
    spans,
    to_ms,
)
from tests.properties import examples
from tests.resolvers.folded import buckets, period_start
from tests.timing import limit

ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "America/St_Johns",
    "Africa/Casablanca",
    "America/Havana",
    "America/Nuuk",
    "Pacific/Apia",
    "Pacific/Chatham",
)
"""Both hemispheres, half and quarter hours, days without a midnight and one that never was."""
CHANGES = (
    datetime(2011, 12, 30, 10),  # Apia leaps over a day
    datetime(2017, 10, 15, 3),  # São Paulo has no midnight
    datetime(2018, 2, 18, 2),
    datetime(2018, 11, 4, 3),
    datetime(2023, 3, 26, 1),
    datetime(2023, 3, 12, 5),
    datetime(2024, 4, 6, 15),  # Lord Howe, by half an hour
    datetime(2024, 10, 5, 15, 30),
    datetime(2024, 10, 27, 1),
    datetime(2024, 11, 3, 5),
)
MOMENTS = st.builds(
    lambda change, minutes: change + timedelta(minutes=minutes),
    st.sampled_from(CHANGES),
    st.integers(-2000, 2000),
)
LONGEST = {Unit.HOUR: 3, Unit.DAY: 20, Unit.WEEK: 60}
"""Days of a range that is looked at minute by minute."""


@pytest.mark.parametrize("zone", ZONES)
def test_spans_have_the_zones_offsets(zone: str) -> None:
    """At every third hour of two years, and where there are no bounds."""
    start, end = datetime(2017, 6, 1), datetime(2019, 6, 1)
    for known in (spans(zone, start, end), spans(zone, None, None)):
        assert wrong_offsets(zone, known, start, end) == []


@pytest.mark.parametrize(
    ("zone", "year"), [("Africa/Freetown", 1939), ("America/Recife", 2000), ("Asia/Gaza", 2040)]
)
def test_changes_close_to_each_other(zone: str, year: int) -> None:
    """The closest that there are since 1900: four days, and seven."""
    start, end = datetime(year, 8, 1), datetime(year, 12, 1)
    assert wrong_offsets(zone, spans(zone, start, end), start, end) == []


def wrong_offsets(
    zone: str, known: Sequence[Span], moment: datetime, end: datetime
) -> list[datetime]:
    """When the clocks show something else."""
    clock, wrong = zoneinfo.ZoneInfo(zone), []
    begins = [span.start for span in known]
    while moment < end:
        span = known[max(0, bisect_right(begins, to_ms(moment)) - 1)]
        shown = clock.fromutc(moment.replace(tzinfo=clock)).utcoffset()
        if shown != timedelta(milliseconds=span.offset):
            wrong.append(moment)
        moment += timedelta(hours=3)
    return wrong


@pytest.mark.slow
@settings(max_examples=examples(60))
@given(
    zone=st.sampled_from(ZONES),
    unit=st.sampled_from(Unit),
    start=MOMENTS,
    length=st.floats(0, 1),
)
def test_starts(zone: str, unit: Unit, start: datetime, length: float) -> None:
    """All buckets that a range touches, each by its first instant."""
    days = LONGEST.get(unit, 500) * length
    end = start + timedelta(minutes=int(days * 24 * 60) + 1)
    every = Every(unit, zone)
    calendar = Calendar(every, start, end)
    starts = calendar.starts()
    assert starts is not None
    expected = sorted(buckets(start, end, every))
    assert [from_ms(one) for one in starts] == expected
    size = calendar.size()
    assert size is not None
    assert abs(size - len(starts)) <= 1, "worked out without looking"


def test_a_range_without_end_has_no_starts() -> None:
    """Nobody knows how many buckets it has."""
    calendar = Calendar(Every(Unit.DAY), EPOCH, None)
    assert (calendar.starts(), calendar.size()) == (None, None)


def test_an_empty_range_has_no_buckets() -> None:
    """Its end comes before its start."""
    calendar = Calendar(Every(Unit.HOUR), EPOCH, EPOCH)
    assert (calendar.starts(), calendar.size()) == ([], 0)


@pytest.mark.parametrize(
    ("unit", "hours"), [(Unit.HOUR, 25), (Unit.DAY, 1), (Unit.WEEK, 1), (Unit.YEAR, 1)]
)
def test_the_day_that_clocks_go_back(unit: Unit, hours: int) -> None:
    """It has 25 hours, all of which are shown."""
    start = datetime(2024, 10, 26, 22)
    calendar = Calendar(Every(unit, "Europe/Berlin"), start, start + timedelta(hours=25))
    starts = calendar.starts()
    assert starts is not None
    assert len(starts) == hours


def test_half_an_hour_back_stays_in_its_hour() -> None:
    """At Lord Howe an hour has 90 minutes once a year."""
    every = Every(Unit.HOUR, "Australia/Lord_Howe")
    starts = Calendar(every, datetime(2024, 4, 6, 14), datetime(2024, 4, 6, 16)).starts()
    assert starts is not None
    assert [from_ms(start) for start in starts] == [
        datetime(2024, 4, 6, 14),
        datetime(2024, 4, 6, 15, 30),
    ]


def test_a_day_without_midnight() -> None:
    """It begins at one o'clock, where the clocks go on."""
    every = Every(Unit.DAY, "America/Sao_Paulo")
    assert period_start(datetime(2018, 11, 4, 12), every) == datetime(2018, 11, 4, 3)
    starts = Calendar(every, datetime(2018, 11, 4, 12), datetime(2018, 11, 4, 13)).starts()
    assert starts == [to_ms(datetime(2018, 11, 4, 3))]


@pytest.mark.parametrize("unit", Unit)
@pytest.mark.parametrize("year", [2, 1900, 9998, 9999])
def test_years_at_the_ends(unit: Unit, year: int) -> None:
    """Bounds may be any date that a client can write."""
    start = datetime(year, 6, 1)
    starts = Calendar(Every(unit, "Asia/Tokyo"), start, start + timedelta(hours=1)).starts()
    assert starts is not None
    assert len(starts) in (1, 2)


@pytest.mark.parametrize("unit", Unit)
@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York"])
def test_the_first_and_last_buckets_can_be_shown(unit: Unit, zone: str) -> None:
    """In every zone, though some begin in the year before."""
    day = timedelta(days=1)
    for start, end in ((datetime.min, FIRST + day), (LAST - day, datetime.max)):
        starts = Calendar(Every(unit, zone), start, end).starts()
        assert starts
        assert all(from_ms(moment) for moment in starts)


@pytest.mark.parametrize("unit", Unit)
@pytest.mark.parametrize(
    ("start", "end"),
    [
        (datetime.min, datetime(1, 1, 2)),
        (None, datetime(1, 1, 2)),
        (datetime(9999, 12, 31), datetime.max),
        (datetime(9999, 12, 31), None),
        (datetime(2024, 1, 1), datetime(2014, 1, 1)),
    ],
)
def test_ranges_without_sessions(unit: Unit, start: datetime | None, end: datetime | None) -> None:
    """Beyond the dates that can be shown, or with the end first: there are no buckets."""
    calendar = Calendar(Every(unit, "Asia/Tokyo"), start, end)
    assert calendar.empty
    assert not calendar.starts()


def test_before_the_changes_that_are_known() -> None:
    """Clocks stay as they were in 1900, and as they will be in 2100."""
    for year in (1850, 2150):
        start, end = datetime(year, 1, 1), datetime(year, 1, 3)
        calendar = Calendar(Every(Unit.DAY, "Asia/Kathmandu"), start, end)
        assert not calendar.empty
        assert len(calendar.phases) == 1
        assert len(calendar.starts() or ()) == 3


def test_a_range_of_thousands_of_years_costs_little() -> None:
    """Its spans are those of two centuries, whatever it bounds."""
    for start in (None, datetime.min):
        spans_before = len(spans("America/New_York", datetime(1900, 1, 1), datetime(2100, 1, 1)))
        assert len(spans("America/New_York", start, datetime(9998, 1, 1))) <= spans_before
    began = process_time()
    Calendar(Every(Unit.HOUR, "America/Chicago"), datetime.min, datetime(9998, 1, 1)).size()
    assert process_time() - began < limit(0.1)


@pytest.mark.parametrize(
    ("zone", "unit", "start", "end", "moment"),
    [
        # The range begins after a change of the clocks, within a bucket that began before it.
        ("America/New_York", Unit.DAY, (2024, 3, 10, 12), (2024, 3, 12), (2024, 3, 10, 15)),
        ("America/New_York", Unit.WEEK, (2024, 3, 10, 12), (2024, 3, 12), (2024, 3, 10, 15)),
        ("Africa/Cairo", Unit.WEEK, (2023, 4, 29, 10), (2023, 5, 3), (2023, 4, 29, 12)),
        ("Asia/Gaza", Unit.MONTH, (2023, 4, 29, 12), (2023, 5, 3), (2023, 4, 30, 12)),
        # Clocks are put back over midnight.
        ("America/St_Johns", Unit.DAY, (2010, 11, 1), (2010, 11, 9), (2010, 11, 7, 3)),
        ("America/St_Johns", Unit.MONTH, (2009, 10, 1), (2009, 11, 9), (2009, 11, 1, 3)),
    ],
)
def test_slots_near_a_change_of_the_clocks(
    zone: str, unit: Unit, start: tuple[int, ...], end: tuple[int, ...], moment: tuple[int, ...]
) -> None:
    """The slots that the database finds lead to the bucket that the moment is in."""
    calendar = Calendar(Every(unit, zone), datetime(*start), datetime(*end))  # type: ignore[arg-type]
    at = to_ms(datetime(*moment))  # type: ignore[arg-type]
    slots = [(at - phase) // calendar.slot for phase in calendar.phases]
    assert calendar.bucket_of(slots) == calendar.bucket(at)
