"""What is asked for and what is not: pure planning over records, facts and a clock."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from spapi_assets.aws.ledger import PartitionFacts, ReportRecord, ReportStatus, Verdict
from spapi_assets.datasets.loader import load_registry
from spapi_assets.ingest.fanout import fan_of, part_of
from spapi_assets.ingest.planning import plan_requests
from spapi_assets.ingest.truth import Truth, TruthState, truth
from spapi_assets.ingest.windows import closes_at, final_at, plan_windows
from spapi_assets.lake.layout import Partition

REPORTS = load_registry().reports
NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)
TODAY = NOW.date()
ONE = {"distributorView": ["MANUFACTURING"], "sellingProgram": ["RETAIL"]}
OPTIONS = dict(fan_of(REPORTS["vendor_sales"], "US", limits=ONE).units[0].options)


def day(n: int) -> date:
    return TODAY - timedelta(days=n)


def at(n: int, marketplace: str | None = None, account: str = "kestrel") -> Partition:
    return Partition(account, marketplace, day(n))


def request(name: str, start: date, end: date | None = None, marketplace: str | None = None, **changes) -> ReportRecord:
    report = REPORTS[name]
    record = ReportRecord(
        "kestrel",
        name,
        report.report_type,
        marketplace,
        start,
        end or start,
        dict(report.options),
        requested_at=changes.pop("requested_at", NOW - timedelta(hours=5)),
    )
    return replace(record, **changes)


def facts(made: datetime, rows: int = 5, report_id: str = "1") -> PartitionFacts:
    return PartitionFacts(rows, report_id, "r", "sha", made, made)


def truth_of(name: str, partition: Partition, records=(), held=(), now: datetime = NOW) -> Truth:
    return truth(REPORTS[name], REPORTS[name].datasets[0].name, partition, records, held, now)


def plan(name: str, partitions, records=(), held=None, now: datetime = NOW, **how):
    return plan_requests(REPORTS[name], partitions, list(records), held or {}, now, **how)


def test_a_year_of_orders_for_one_account_is_thirteen_requests_fresh_first() -> None:
    made = plan("orders_by_last_update", [at(n) for n in range(1, 366)]).create
    assert len(made) == 13
    assert [r.priority for r in made].count("fresh") == 1
    assert made[0].end == day(1)
    assert [r.end for r in made] == sorted((r.end for r in made), reverse=True)


def test_sales_and_traffic_is_one_day_a_request() -> None:
    made = plan("sales_and_traffic", [at(n, "DE") for n in range(3, 13)]).create
    assert len(made) == 10
    assert all(r.start == r.end for r in made)


def test_today_and_unpublished_days_are_not_asked_for() -> None:
    found = plan("vendor_sales", [at(n, "US") for n in range(-1, 6)])
    assert [r.start for r in found.create] == [day(5)] * 6  # two views of three programmes
    assert [found.truths[at(n, "US")].state for n in (-1, 0, 1, 3, 5)] == [
        TruthState.NOT_DUE,
        TruthState.NOT_DUE,
        TruthState.NOT_PUBLISHED,
        TruthState.NOT_PUBLISHED,
        TruthState.MISSING,
    ]
    assert found.truths[at(2, "US")].next_at is not None


@pytest.mark.parametrize("status", [s for s in ReportStatus if not s.finished])
def test_a_day_with_an_open_request_is_never_asked_again_not_even_by_force(status: ReportStatus) -> None:
    open_one = request("orders_by_last_update", day(9), day(5), status=status, report_id="7")
    found = plan("orders_by_last_update", [at(n) for n in range(3, 12)], [open_one], force=True)
    assert sorted((r.start, r.end) for r in found.create) == [(day(11), day(10)), (day(4), day(3))]


def test_final_days_are_never_asked_again_unless_forced() -> None:
    held = {at(30, "DE"): [facts(NOW - timedelta(days=3))]}
    assert plan("sales_and_traffic", [at(30, "DE")], held=held).create == []
    forced = plan("sales_and_traffic", [at(30, "DE")], held=held, force=True).create
    assert len(forced) == 1


def test_force_takes_no_rows_away_from_a_day_whose_orders_have_moved_on() -> None:
    held = {at(9): [facts(NOW - timedelta(days=3), rows=7)], at(8): [facts(NOW - timedelta(days=3), rows=0)]}
    found = plan("orders_by_last_update", [at(10), at(9), at(8)], held=held, force=True)
    assert sorted((r.start, r.end) for r in found.create) == [(day(10), day(10)), (day(8), day(8))]
    assert "7 rows" in found.skipped[at(9)]
    assert "spapi replay" in found.skipped[at(9)]


def test_a_provisional_day_is_renewed_at_growing_distances_and_once_more_when_it_is_final() -> None:
    partition, report = at(20, "DE"), REPORTS["sales_and_traffic"]
    closed = closes_at(report, partition.day, "DE")
    final, made, asked_at = final_at(report, partition.day, "DE"), closed + timedelta(hours=33), []
    now = made
    while now < final + timedelta(days=40):
        done = request(
            "sales_and_traffic", partition.day, marketplace="DE", status=ReportStatus.DONE, report_id="1", created_at=made,
            loaded_at=made, requested_at=made, rows={"sales_and_traffic_by_asin": 5},
        )  # fmt: skip
        found = truth_of("sales_and_traffic", partition, [done], [facts(made)], now)
        assert found.state is (TruthState.FINAL if made >= final else TruthState.PROVISIONAL)
        if found.ask:
            asked_at.append((now - closed).days)
            made = now
        now += timedelta(hours=24)
    assert asked_at == [2, 4, 8, 14]  # the first load saw the first age; daily repetition would have cost 13 reports


def test_days_to_renew_share_a_request_across_days_that_amazon_still_changes() -> None:
    """Ages 1, 2, 4, 8 ... are not neighbours: a request each would be six a day where one does."""
    ages = list(range(5, 19))
    held, records = {}, []
    for n in ages:
        made = closes_at(REPORTS["vendor_sales"], day(n), "US") + timedelta(hours=80 if n in (6, 9, 14) else 24 * n - 24)
        record = request("vendor_sales", day(n), marketplace="US", status=ReportStatus.DONE, report_id=str(n), created_at=made,
                         loaded_at=made, requested_at=made, options=OPTIONS)  # fmt: skip
        records.append(record)
        held[at(n, "US")] = [replace(facts(made, report_id=str(n)), part=part_of(REPORTS["vendor_sales"], OPTIONS))]
    fans = {"kestrel.US": fan_of(REPORTS["vendor_sales"], "US", limits=ONE)}
    made = plan("vendor_sales", [at(n, "US") for n in ages], records, held, fans=fans).create
    assert [(r.start, r.end) for r in made] == [(day(14), day(6))]


def test_a_window_never_reaches_over_a_final_day() -> None:
    report = REPORTS["vendor_sales"]
    assert plan_windows(report, [day(9), day(6)], bridges=[day(8)]) == [(day(9), day(9)), (day(6), day(6))]
    assert plan_windows(report, [day(9), day(6)], bridges=[day(8), day(7)]) == [(day(9), day(6))]


def test_the_next_request_of_a_window_has_the_next_number() -> None:
    failed = request("orders_by_last_update", day(5), status=ReportStatus.FATAL, verdict=Verdict.RETRYABLE, retry_at=NOW)
    (again,) = plan("orders_by_last_update", [at(5)], [failed]).create
    assert again.attempt == 2
    assert again.request_id != failed.request_id


@pytest.mark.parametrize(
    ("verdict", "state"),
    [
        (Verdict.CONFIGURATION, TruthState.FAILED),
        (Verdict.MISSING_ROLE, TruthState.DENIED),
        (Verdict.EMPTY_SUSPECTED, TruthState.EMPTY_SUSPECTED),
        (Verdict.THROTTLED, TruthState.THROTTLED),
        (Verdict.NOT_PUBLISHED, TruthState.NOT_PUBLISHED),
        (Verdict.AMAZON_FAULT, TruthState.FAILED),
    ],
)
def test_what_ended_without_a_retry_time_is_left_to_people(verdict: Verdict, state: TruthState) -> None:
    ended = request("orders_by_last_update", day(5), status=ReportStatus.FATAL, verdict=verdict, reason="Because.", report_id="1")
    found = truth_of("orders_by_last_update", at(5), [ended], now=NOW + timedelta(days=60))
    assert (found.state, found.ask, found.reason) == (state, False, "Because.")
    assert "force" in found.next_action


def test_a_retry_waits_for_its_time() -> None:
    later = NOW + timedelta(hours=2)
    ended = request("orders_by_last_update", day(5), status=ReportStatus.FATAL, verdict=Verdict.RETRYABLE, retry_at=later)
    assert plan("orders_by_last_update", [at(5)], [ended]).create == []
    assert truth_of("orders_by_last_update", at(5), [ended]).next_at == later
    assert len(plan("orders_by_last_update", [at(5)], [ended], now=later).create) == 1


def test_a_cancelled_report_is_not_asked_again_before_it_is_judged() -> None:
    ended = request("orders_by_last_update", day(5), status=ReportStatus.CANCELLED, report_id="1")
    assert plan("orders_by_last_update", [at(5)], [ended], force=True).create == []
    assert truth_of("orders_by_last_update", at(5), [ended]).state is TruthState.REQUESTED


def test_a_failed_renewal_keeps_the_day_provisional_and_says_why() -> None:
    made = NOW - timedelta(days=1)
    ended = request(
        "sales_and_traffic",
        day(5),
        marketplace="DE",
        status=ReportStatus.CANCELLED,
        verdict=Verdict.THROTTLED,
        reason="Too soon.",
    )
    found = truth_of("sales_and_traffic", at(5, "DE"), [ended], [facts(made)])
    assert (found.state, found.ask) == (TruthState.PROVISIONAL, False)
    assert "Too soon." in found.reason


def test_only_todays_snapshot_is_asked_for_and_a_missed_one_is_unavailable() -> None:
    found = plan("merchant_listings", [at(0, "DE"), at(1, "DE"), at(-1, "DE")], force=True)
    assert [r.start for r in found.create] == [TODAY]
    assert found.truths[at(1, "DE")].state is TruthState.UNAVAILABLE
    assert found.truths[at(-1, "DE")].state is TruthState.NOT_DUE


def test_settlements_are_never_requested_and_a_day_without_one_is_no_gap() -> None:
    found = plan("settlements", [at(n) for n in range(120)], force=True)
    assert found.create == []
    assert found.truths[at(5)].state is TruthState.NOT_DUE
    assert found.truths[at(100)].state is TruthState.UNAVAILABLE
    held = truth_of("settlements", at(5), held=[facts(NOW, 10, "1"), replace(facts(NOW, 7, "2"), part="2")])
    assert held.state is TruthState.FINAL
    assert "17 rows" in held.reason


def test_days_beyond_the_look_back_are_unavailable_but_loaded_ones_stay_final() -> None:
    old = at(REPORTS["orders_by_last_update"].window.lookback_days + 10)
    assert truth_of("orders_by_last_update", old).state is TruthState.UNAVAILABLE
    assert plan("orders_by_last_update", [old], force=True).create == []
    assert truth_of("orders_by_last_update", old, held=[facts(NOW - timedelta(days=300))]).state is TruthState.FINAL


def test_a_finished_day_without_rows_is_confirmed_empty() -> None:
    found = truth_of("orders_by_last_update", at(5), held=[facts(NOW, rows=0)])
    assert found.state is TruthState.EMPTY_CONFIRMED
    assert truth_of("sales_and_traffic", at(5, "DE"), held=[facts(NOW, rows=0)]).state is TruthState.PROVISIONAL


def test_waiting_for_quota_a_cool_down_or_an_authorization_is_told_apart() -> None:
    waiting = request("orders_by_last_update", day(5), reason="Waits for the createReport quota.")
    assert truth_of("orders_by_last_update", at(5), [waiting]).state is TruthState.THROTTLED
    gone = replace(waiting, verdict=Verdict.REAUTHORIZE, reason="The refresh token is revoked.")
    assert truth_of("orders_by_last_update", at(5), [gone]).state is TruthState.DENIED
    fine = replace(waiting, reason=None)
    assert truth_of("orders_by_last_update", at(5), [fine]).state is TruthState.REQUESTED


def test_a_report_stuck_for_days_is_called_stuck() -> None:
    stuck = request(
        "orders_by_last_update", day(5), status=ReportStatus.IN_QUEUE, report_id="1", created_at=NOW - timedelta(days=3)
    )
    found = truth_of("orders_by_last_update", at(5), [stuck])
    assert found.state is TruthState.REQUESTED
    assert "72 h" in found.reason
    assert "cancel" in found.next_action
