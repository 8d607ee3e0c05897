"""Windows asked for the moment they are due, at midnights and when clocks change: legal, whole, without overlap."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from model_server import ModelServer

from spapi_assets.datasets.loader import load_registry
from spapi_assets.datasets.model import ApiSource, Scope
from spapi_assets.ingest.reading.tasks import for_window
from spapi_assets.ingest.windows import closes_at, due, due_at
from tests.reading.test_calls_against_models import Clock, caller_of

WINDOWED = [source for source in load_registry().apis.values() if source.call is not None and source.call.span is not None]
BERLIN = ZoneInfo("Europe/Berlin")
# A usual day, a leap day, the ends of years and months, and the days of 23 and 25 hours in Europe.
DAYS = [date(2026, 11, 22), date(2028, 2, 29), date(2026, 12, 31), date(2026, 3, 28), date(2026, 3, 29), date(2026, 10, 25)]


@pytest.mark.parametrize("source", WINDOWED, ids=lambda source: source.name)
def test_a_day_is_asked_for_legally_the_moment_it_is_due(source: ApiSource, model_server: ModelServer) -> None:
    model_server.clock = clock = Clock()
    model_server.answers.lean = True
    place = "DE" if source.scope is Scope.MARKETPLACE else None
    caller = caller_of(source, model_server, clock)
    for day in sorted(DAYS):
        at = due_at(source, day, place)
        assert not due(source, day, at - timedelta(seconds=1), place)
        clock.now = at.timestamp()
        assert at - closes_at(source, day, place) >= timedelta(seconds=source.call.span.settle_seconds)
        for span in {1, source.window.max_days}:
            for task in for_window(source, day - timedelta(days=span - 1), day, place):
                caller.page(task, None, max_wait=1e6)
    model_server.legal()


@pytest.mark.parametrize("source", [s for s in WINDOWED if s.window.time_zone == "marketplace"], ids=lambda source: source.name)
@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 10, 26), 24)])
def test_a_marketplaces_day_is_as_long_as_its_clocks_say(source: ApiSource, day: date, hours: int) -> None:
    (task,) = for_window(source, day, day, "DE")
    start, end = (datetime.fromisoformat(part) for part in task.params["interval"].split("--"))
    assert (end - start).total_seconds() == hours * 3600
    assert (start.astimezone(BERLIN).date(), start.astimezone(BERLIN).hour) == (day, 0)
    assert start.utcoffset() == start.astimezone(BERLIN).utcoffset(), "Amazon names its answers' intervals by the offset"


@pytest.mark.parametrize(
    "source", [s for s in WINDOWED if s.call.span.before and s.call.span.form == "instants"], ids=lambda source: source.name
)
def test_neighbouring_days_leave_no_instant_out_and_share_none(source: ApiSource) -> None:
    assert source.call is not None
    span, place = source.call.span, "DE" if source.scope is Scope.MARKETPLACE else None
    assert span is not None
    assert span.before is not None
    for day in DAYS:
        first, second = (for_window(source, d, d, place)[0].params for d in (day, day + timedelta(days=1)))
        end = datetime.fromisoformat(first[span.before]) + (timedelta(microseconds=1) if span.inclusive else timedelta())
        assert end == datetime.fromisoformat(second[span.after]).astimezone(UTC)
