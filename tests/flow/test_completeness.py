"""The completeness check's judgement: a gap between loaded days is told, a back-fill nobody chose is not held against anyone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from spapi_assets.datasets.loader import load_registry
from spapi_assets.ingest.completeness import Verdict, judge
from spapi_assets.ingest.coverage import CoverageRow
from spapi_assets.ingest.windows import period

REGISTRY = load_registry()
NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
ORDERS, LISTINGS, TRAFFIC = "orders_by_last_update", "merchant_listings", "sales_and_traffic_by_asin"


def row(state: str, days_ago: int, dataset: str = ORDERS, account: str = "a", marketplace: str | None = None) -> CoverageRow:
    day = NOW.date() - timedelta(days=days_ago)
    report = REGISTRY.source_of(dataset)
    covers = report.window.period.value, period(report, day)[1]
    return CoverageRow(dataset, report.name, account, marketplace, day, *covers, state, 1, "1", NOW, "Why.", "Next.", None)


def verdict(*rows: CoverageRow) -> Verdict:
    (found,) = judge(rows, REGISTRY.reports, NOW).values()
    return found


def days(found: Verdict, account: str = "a") -> list[date]:
    return [day for day, _, _ in found.wrong.get(account, [])]


def ago(*numbers: int) -> list[date]:
    return [NOW.date() - timedelta(days=n) for n in numbers]


def test_a_missing_day_between_loaded_days_is_a_gap() -> None:
    found = verdict(row("final", 60), row("missing", 50), row("final", 40), row("final", 2))
    assert not found.passed
    assert days(found) == ago(50)
    assert "Due since" in found.wrong["a"][0][2]


def test_days_missing_after_the_last_loaded_one_are_a_standstill() -> None:
    assert days(verdict(row("final", 9), *(row("missing", n) for n in range(8, 0, -1)))) == ago(8, 7, 6, 5, 4, 3)


def test_yesterday_is_given_time_to_be_asked_for() -> None:
    assert verdict(row("final", 2), row("missing", 1)).passed


def test_days_before_the_first_loaded_one_are_counted_and_not_held_against_anyone() -> None:
    found = verdict(*(row("missing", n) for n in range(100, 5, -1)), row("final", 5), row("final", 4))
    assert found.passed
    assert found.never_asked == 95
    assert "Never asked for: 95 older days; back-fill them if they are wanted." in found.sentence


def test_where_nothing_was_ever_loaded_only_what_the_schedule_should_have_asked_for_is_told() -> None:
    found = verdict(*(row("missing", n) for n in range(100, 0, -1)))
    assert days(found) == ago(4, 3)
    assert found.never_asked == 96


def test_a_lost_snapshot_is_shown_for_two_weeks_and_then_counted() -> None:
    def listing(state: str, n: int) -> CoverageRow:
        return row(state, n, LISTINGS, "a", "DE")

    found = verdict(listing("unavailable", 50), listing("final", 40), listing("unavailable", 30), listing("unavailable", 3))
    assert days(found, "a.DE") == ago(3)
    assert found.lost == 1
    assert "Snapshots missed and lost: 1" in found.sentence


def test_a_day_whose_last_version_was_never_fetched_is_told() -> None:
    found = verdict(row("provisional", 40, TRAFFIC, "a", "DE"), row("provisional", 5, TRAFFIC, "a", "DE"))
    assert days(found, "a.DE") == ago(40)


def test_failures_are_told_by_account_with_their_reason() -> None:
    found = verdict(row("failed", 3), row("denied", 3, account="b"), row("final", 3, account="c"))
    assert set(found.wrong) == {"a", "b"}
    assert found.wrong["b"][0][1:] == ("denied", "Why.")


def test_weeks_are_named_as_weeks_and_everything_known_is_a_line_of_the_table() -> None:
    weekly = "search_terms_weekly"
    last = [n for n in range(40) if (NOW.date() - timedelta(days=n)).weekday() == 6]  # Sundays: a week's first day
    found = verdict(*(row("final", n, weekly, "a", "DE") for n in last[2:]), row("denied", last[1], weekly, "a", "DE"))
    assert found.sentence.startswith(f"{len(last) - 1} weeks: ")
    assert "a.DE: 1 week from" in found.sentence
    assert [(span.state, span.number) for span in found.spans] == [("denied", 1), ("final", len(last) - 2)]
    assert found.spans[0].when.startswith("week 2026-")
