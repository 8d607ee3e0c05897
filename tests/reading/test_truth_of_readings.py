"""What is known about a day of an API: the states and sentences of readings, refreshes, snapshots and messages."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from spapi_assets.aws.denials import Denial
from spapi_assets.aws.ledger_records import PartitionFacts, ReportRecord, ReportStatus, Verdict
from spapi_assets.datasets.loader import load_registry
from spapi_assets.datasets.model import ApiSource, WindowKind
from spapi_assets.ingest.completeness import judge
from spapi_assets.ingest.coverage import _row
from spapi_assets.ingest.fanout import READ, SOME, fan_of
from spapi_assets.ingest.reading.document import record_of
from spapi_assets.ingest.truth import Truth, TruthState, truth
from spapi_assets.ingest.windows import due_at, scheduled_on
from spapi_assets.lake.layout import Partition

APIS = load_registry().apis
READ_ONES = [source for source in APIS.values() if source.call is not None]
TOLD = [source for source in APIS.values() if source.notification is not None]
NOW = datetime(2026, 3, 11, 12, tzinfo=UTC)
TODAY = NOW.date()


def known(
    name: str,
    day: date,
    records: list[ReportRecord] | None = None,
    facts: list[PartitionFacts] | None = None,
    now: datetime = NOW,
) -> Truth:
    source = APIS[name]
    return truth(source, source.datasets[0].name, Partition("brand_eu", None, day), records or [], facts or [], now)


def reading(source: ApiSource, at: datetime, start: date, end: date | None = None, **options: str) -> ReportRecord:
    return record_of(source, "brand_eu", f"read-{at:%Y%m%dT%H%M%S}-0000", at, start, end or start, options)


def fact(record: ReportRecord, rows: int, part: str = "data") -> PartitionFacts:
    at = record.created_at or NOW
    return PartitionFacts(rows, str(record.report_id), record.request_id, "h", at, at, part=part, day=record.start)


def every_truth(source: ApiSource) -> list[Truth]:
    """All that can be told of a source's days: never read, read young and old, refused, failed to renew, too old."""
    old = TODAY - timedelta(days=source.window.lookback_days + 30)
    days = [TODAY + timedelta(days=1), TODAY, *(TODAY - timedelta(days=n) for n in (1, 2, 3, 6, 13, 30, 60)), old]
    found = []
    for day in days:
        partition = Partition("brand_eu", None, day)
        at = min(
            NOW, datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=90 if source.window.kind != "snapshot" else 6)
        )
        loaded = replace(reading(source, at, day), loaded_at=at, rows={source.datasets[0].name: 5})
        refusals = [
            replace(reading(source, NOW, day), status=ReportStatus.FATAL, verdict=verdict, reason="Amazon said no.")
            for verdict in (Verdict.MISSING_ROLE, Verdict.CONFIGURATION, Verdict.RETRYABLE)
        ]
        for records, facts in (
            ([], []),
            ([loaded], [fact(loaded, 5)]),
            ([loaded], [fact(loaded, 0)]),
            *(([refusal], []) for refusal in refusals),
            *(([loaded, refusal], [fact(loaded, 5)]) for refusal in refusals),
        ):
            dataset = source.datasets[0].name
            found += [truth(source, dataset, partition, records, facts, NOW, since) for since in (None, day - timedelta(days=9))]
        denied = replace(fan_of(source, None), denial=Denial(NOW, "Access to requested resource is denied."))
        found.append(truth(source, source.datasets[0].name, partition, [], [], NOW, None, denied))
    return found


@pytest.mark.parametrize("source", READ_ONES, ids=lambda source: source.name)
def test_nothing_that_is_told_of_an_api_speaks_of_reports_requests_or_the_sweep(source: ApiSource) -> None:
    for told in every_truth(source):
        said = f"{told.reason} {told.next_action}"
        assert not {w for w in ("report", "sweep", "request/", "createReport", "force", "spapi plan") if w in said}, said
        if told.ask:
            assert f"read_{source.name}" in said or f"raw/{source.datasets[0].name}" in said, said


def test_a_refresh_alone_leaves_a_day_unread_and_does_not_look_newer_than_the_whole() -> None:
    source = APIS["listings_items"]
    some = replace(reading(source, NOW, TODAY, **{READ: SOME}), loaded_at=NOW, rows={"listings": 7})
    facts = [fact(some, 7, part=str(some.report_id))]
    place = Partition("brand_eu", "DE", TODAY)
    row = _row(source, "listings", place, [some], facts, NOW, None, fan_of(source, "DE"))
    assert (row.state, row.rows, row.report_id, row.last_loaded_at) == (TruthState.MISSING, None, None, None)
    morning = NOW - timedelta(hours=6)
    whole = replace(reading(source, morning, TODAY), loaded_at=morning, rows={"listings": 90})
    row = _row(source, "listings", place, [whole, some], [fact(whole, 90), *facts], NOW, None, fan_of(source, "DE"))
    assert (row.state, row.rows, row.report_id) == (TruthState.FINAL, 90, whole.report_id)
    assert row.reason == f"90 rows from the snapshot of 2026-03-11 06:00 UTC (reading {whole.report_id})."


def test_snapshot_days_before_the_first_reading_are_not_missing_and_wake_nobody() -> None:
    source = APIS["catalog_items"]
    first = reading(source, NOW, TODAY)
    loaded = replace(first, loaded_at=NOW)
    rows = []
    for n in range(40):
        day = TODAY - timedelta(days=n)
        held = [fact(loaded, 9)] if n == 0 else []
        rows.append(_row(source, "catalog_items", Partition("brand_eu", "DE", day), [loaded] if n == 0 else [], held, NOW, None,
                         fan_of(source, "DE")))  # fmt: skip
    assert {row.state for row in rows[1:]} == {TruthState.UNAVAILABLE}
    verdict = judge(rows, APIS, NOW)["catalog_items"]
    assert verdict.passed
    assert (verdict.lost, verdict.never_asked) == (0, 0)


def test_a_snapshot_that_is_read_on_sundays_misses_no_monday() -> None:
    source = APIS["finance_invoice_lines"]
    sunday = date(2026, 3, 8)
    assert [scheduled_on(source, sunday + timedelta(days=n)) for n in range(8)] == [True] + [False] * 6 + [True]
    now = datetime(2026, 3, 12, 12, tzinfo=UTC)
    for n in (1, 3):
        told = known(source.name, sunday + timedelta(days=n), now=now)
        assert (told.state, told.ask) == (TruthState.NOT_DUE, False)
    today = known(source.name, sunday + timedelta(days=4), now=now)
    assert (today.state, today.ask) == (TruthState.NOT_DUE, True), "a person who wants it reads it all the same"
    assert known(source.name, sunday, now=now).state is TruthState.UNAVAILABLE


@pytest.mark.parametrize("source", TOLD, ids=lambda source: source.name)
def test_a_source_of_messages_is_calm_on_days_without_any(source: ApiSource) -> None:
    rows = [
        _row(source, source.datasets[0].name, Partition("brand_eu", None, TODAY - timedelta(days=n)), [], [], NOW, None,
             fan_of(source, None))
        for n in range(60)
    ]  # fmt: skip
    assert {row.state for row in rows} == {TruthState.NOT_DUE}
    assert not {w for w in ("report", "sweep") if w in rows[3].next_action.lower()}
    assert judge(rows, APIS, NOW)[source.datasets[0].name].passed


def test_a_day_of_messages_counts_all_its_documents_in_a_short_sentence() -> None:
    source = APIS["any_offer_changed"]
    made = [reading(source, NOW - timedelta(hours=n), TODAY) for n in range(8)]
    told = known(source.name, TODAY, made, [fact(record, 3, part=str(record.report_id)) for record in made])
    assert told.state is TruthState.FINAL
    assert told.reason == "24 rows from 8 documents of messages ANY_OFFER_CHANGED, the last of 2026-03-11 12:00 UTC."


def test_a_reading_whose_load_was_killed_is_read_again_and_not_waited_for() -> None:
    source = APIS["finance_transactions"]
    day = TODAY - timedelta(days=5)
    told = known(source.name, day, [reading(source, NOW - timedelta(hours=3), day)])
    assert (told.state, told.ask) == (TruthState.MISSING, True)


def test_every_schedule_of_an_api_names_days_that_can_be_told() -> None:
    for source in READ_ONES:
        assert any(scheduled_on(source, TODAY + timedelta(days=n)) for n in range(7)), source.name
        if source.window.kind is WindowKind.DAYS:
            assert all(scheduled_on(source, TODAY + timedelta(days=n)) for n in range(40)), source.name


def test_a_closed_day_that_amazon_is_still_counting_says_which_schedule_reads_it_and_when() -> None:
    source = APIS["finance_transactions"]
    told = known(source.name, TODAY - timedelta(days=1))
    due = due_at(source, TODAY - timedelta(days=1), None)
    assert told.state is TruthState.NOT_PUBLISHED
    assert told.next_action == f"Schedule read_finance_transactions reads it from {due:%Y-%m-%d %H:%M} UTC."
