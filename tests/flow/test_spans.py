"""Coverage for people: years of partitions as a few lines, each with its reason and what happens next and when."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from spapi_assets.ingest.coverage import CoverageRow
from spapi_assets.ingest.spans import spans
from spapi_assets.ingest.states import TruthState

DAY = date(2026, 3, 1)  # a Sunday
NOW = datetime(2026, 3, 20, tzinfo=UTC)


def row(n: int, state: str, reason: str = "Why.", action: str = "Next.", period: str = "day", **more: object) -> CoverageRow:
    length = {"day": 1, "week": 7}[period]
    first = DAY + timedelta(days=n * length)
    values: dict = {
        "dataset": "d",
        "report": "r",
        "account": "a",
        "marketplace": "DE",
        "date": first,
        "period": period,
        "period_end": first + timedelta(days=length - 1),
        "state": state,
        "rows": 2,
        "report_id": "1",
        "last_loaded_at": None,
        "reason": reason,
        "next_action": action,
        "next_at": None,
    }
    return CoverageRow(**values | more)


def test_days_that_differ_only_in_numbers_and_dates_are_one_line_with_what_comes_first() -> None:
    rows = [
        row(n, "provisional", f"{n} rows from a report made 2026-03-{n + 2:02}.", next_at=NOW + timedelta(hours=9 - n))
        for n in range(9)
    ]
    (span,) = spans(rows)
    assert (span.number, span.first, span.last, span.rows) == (9, DAY, DAY + timedelta(days=8), 18)
    assert span.reason == "8 rows from a report made 2026-03-10."
    assert span.next_at == NOW + timedelta(hours=1)


def test_another_reason_or_another_next_action_is_another_line() -> None:
    found = spans(
        [row(0, "missing", action="The sweep asks."), row(1, "missing", action="Back-fill it."), row(2, "missing", "Gap.")]
    )
    assert [(s.number, s.reason, s.next_action) for s in found] == [
        (1, "Why.", "The sweep asks."),
        (1, "Why.", "Back-fill it."),
        (1, "Gap.", "Next."),
    ]


def test_what_is_settled_is_one_line_whatever_its_reasons_and_stands_last() -> None:
    found = spans([row(0, "final", "One."), row(1, "final", "Two."), row(2, "denied"), row(3, "provisional")])
    assert [(s.state, s.number, s.settled) for s in found] == [
        ("denied", 1, False),
        ("provisional", 1, False),
        ("final", 2, True),
    ]


def test_accounts_and_marketplaces_stay_apart() -> None:
    found = spans([row(0, "missing"), row(0, "missing", marketplace="UK"), row(0, "missing", account="b", marketplace=None)])
    assert [s.account_key for s in found] == ["a.DE", "a.UK", "b"]


def test_periods_are_named_as_such() -> None:
    assert spans([row(0, "missing")])[0].when == "2026-03-01"
    assert spans([row(0, "missing", period="week")])[0].when == "week 2026-03-01 to 2026-03-07"
    assert spans([row(n, "missing", period="week") for n in range(3)])[0].when == "3 weeks from 2026-03-01 to 2026-03-21"


def test_every_state_has_its_place() -> None:
    assert {s.state for s in spans([row(n, state) for n, state in enumerate(TruthState)])} == set(TruthState)
