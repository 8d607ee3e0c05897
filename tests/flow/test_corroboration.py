"""What a report without data means: the decision on all evidence, and how the evidence is gathered with few requests."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from spapi_assets.aws.ledger import ReportRecord, ReportStatus, Verdict
from spapi_assets.datasets.loader import Registry, load_registry
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.corroboration import CONTRADICTED, Evidence, decide
from spapi_assets.ingest.outcomes import RETRIES, UNKNOWN_TEXT
from spapi_assets.ingest.requesting import ask
from spapi_assets.lake.layout import Partition
from tests.flow.amazon import Amazon, Clock
from tests.flow.outcome_steps import DE, UK, at, end, held, request, state


@pytest.mark.parametrize(
    ("evidence", "verdict", "says"),
    [
        (Evidence(), Verdict.EMPTY_SUSPECTED, "asked once more"),
        (Evidence(before="1"), Verdict.EMPTY_CONFIRMED, "report 1"),
        (Evidence(too_soon="report 2 was made 3 min before."), Verdict.THROTTLED, "report 2"),
        (Evidence(too_soon="report 2.", before="1", held=9), Verdict.THROTTLED, "within the cool-down"),
        (Evidence(held=7), Verdict.THROTTLED, "7 rows"),
        (Evidence(held=7, before="1"), Verdict.THROTTLED, "7 rows"),
        (Evidence(sibling="orders has 8 rows of these days"), Verdict.THROTTLED, "orders has 8 rows"),
        (Evidence(sibling="orders has 8 rows of these days", before="1"), Verdict.THROTTLED, "orders has 8 rows"),
        (Evidence(held=7, contradicted=CONTRADICTED - 1), Verdict.THROTTLED, "7 rows"),
        (Evidence(held=7, contradicted=CONTRADICTED), Verdict.AMAZON_FAULT, "4 times"),
        (Evidence(contradicted=9), Verdict.EMPTY_SUSPECTED, "asked once more"),
        (Evidence(neighbours=(40, 40, 40)), Verdict.EMPTY_SUSPECTED, "asked once more"),
        (Evidence(before="1", neighbours=(40, 40, 40)), Verdict.EMPTY_SUSPECTED, "all 3 loaded days"),
        (Evidence(before="1", neighbours=(40, 40)), Verdict.EMPTY_CONFIRMED, "do not contradict"),  # too few witnesses
        (Evidence(before="1", neighbours=(40, 0, 40, 40)), Verdict.EMPTY_CONFIRMED, "do not contradict"),  # empty days occur
        (Evidence(before="1", neighbours=(1, 3, 2, 1)), Verdict.EMPTY_CONFIRMED, "do not contradict"),  # a slow seller
        (Evidence(before="1", neighbours=(5, 5, 5)), Verdict.EMPTY_SUSPECTED, "5 on average"),
    ],
)
def test_every_combination_of_evidence_has_one_verdict(evidence: Evidence, verdict: Verdict, says: str) -> None:
    found, sentence = decide(evidence)
    assert found is verdict
    assert says in sentence
    assert sentence.startswith("CANCELLED")


def cancelled_inventory(
    ctx: IngestContext, amazon: Amazon, clock: Clock, others: str = "CANCELLED", before: float = 10, place: str = DE
) -> ReportRecord:
    """A snapshot that was cancelled, `before` minutes after somebody else had Amazon make the same type."""
    document = "d" if others == "DONE" else None
    amazon.add("kestrel_eu", "GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA", [place], status=others, document_id=document)
    clock.forward(minutes=before)
    return end(ctx, amazon, clock, "CANCELLED", request(ctx, "fba_inventory", at(0)))


def test_a_report_cancelled_because_others_asked_is_throttled(ctx: IngestContext, amazon: Amazon, clock: Clock) -> None:
    record = cancelled_inventory(ctx, amazon, clock)
    assert record.verdict is Verdict.THROTTLED
    assert "another application or Seller Central" in record.reason
    assert "adopted" not in record.reason
    assert record.retry_at - ctx.now() >= timedelta(minutes=29)
    assert record.quota == {"createReport": 1, "getReports": 1}


def test_the_report_of_the_others_is_adopted_instead(ctx: IngestContext, amazon: Amazon, clock: Clock) -> None:
    record = cancelled_inventory(ctx, amazon, clock, others="DONE")
    assert record.verdict is Verdict.THROTTLED
    assert record.reason.endswith("and is adopted.")
    records = ctx.ledger.records("fba_inventory", "kestrel_eu.DE", at(0).day, at(0).day)
    assert [r.adopted for r in records if r.status is ReportStatus.DONE] == [True]


@pytest.mark.parametrize(("before", "place"), [(45, DE), (10, UK)], ids=["long ago", "another marketplace"])
def test_what_others_asked_does_not_explain_everything(
    ctx: IngestContext, amazon: Amazon, clock: Clock, before: float, place: str
) -> None:
    assert cancelled_inventory(ctx, amazon, clock, before=before, place=place).verdict is Verdict.EMPTY_SUSPECTED


def test_types_without_a_cool_down_cost_no_list(ctx: IngestContext, amazon: Amazon, clock: Clock) -> None:
    record = end(ctx, amazon, clock, "CANCELLED", request(ctx))
    assert record.quota == {"createReport": 1}
    clock.forward(hours=2)
    second = end(ctx, amazon, clock, "CANCELLED", request(ctx))
    assert second.verdict is Verdict.EMPTY_CONFIRMED  # in all: one createReport more than a day with data
    assert second.quota == {"createReport": 1}


def with_sibling(ctx: IngestContext, name: str, sibling: str) -> None:
    reports = ctx.registry.reports.values()
    ctx.registry = Registry([r.model_copy(update={"siblings": (sibling,)}) if r.name == name else r for r in reports])


def test_a_sibling_with_rows_contradicts_and_in_the_end_it_is_amazons_fault(
    ctx: IngestContext, amazon: Amazon, clock: Clock
) -> None:
    with_sibling(ctx, "orders_by_order_date", "orders_by_last_update")
    held(ctx, at(5, None), 12, "orders_by_last_update")
    for _ in range(CONTRADICTED):
        record = end(ctx, amazon, clock, "CANCELLED", request(ctx, "orders_by_order_date", at(5, None)))
        assert record.verdict is Verdict.THROTTLED
        assert "orders_by_last_update has 12 rows" in record.reason
        clock.now = record.retry_at
    record = end(ctx, amazon, clock, "CANCELLED", request(ctx, "orders_by_order_date", at(5, None)))
    assert record.verdict is Verdict.AMAZON_FAULT
    clock.forward(days=3)
    assert request(ctx, "orders_by_order_date", at(5, None)) is None


def test_a_sibling_by_another_clock_counts_only_with_the_days_beside(ctx: IngestContext, amazon: Amazon, clock: Clock) -> None:
    with_sibling(ctx, "ledger_summary", "customer_returns")
    account = ctx.settings.accounts[0].model_copy(update={"marketplaces": ("DE",)})
    ctx.settings = ctx.settings.model_copy(update={"accounts": (account, ctx.settings.accounts[1])})
    day = at(12)
    for n in (12, 13):
        held(ctx, at(n, None), 5, "customer_returns")
    first = end(ctx, amazon, clock, "CANCELLED", request(ctx, "ledger_summary", day))
    assert first.verdict is Verdict.EMPTY_SUSPECTED
    clock.forward(hours=5)
    held(ctx, at(11, None), 5, "customer_returns")
    second = end(ctx, amazon, clock, "CANCELLED", request(ctx, "ledger_summary", day))
    assert second.verdict is Verdict.THROTTLED


def test_rows_of_other_marketplaces_contradict_nothing(ctx: IngestContext, amazon: Amazon, clock: Clock) -> None:
    with_sibling(ctx, "ledger_summary", "customer_returns")
    for n in (11, 12, 13):
        held(ctx, at(n, None), 5, "customer_returns")
    record = end(ctx, amazon, clock, "CANCELLED", request(ctx, "ledger_summary", at(12)))
    assert record.verdict is Verdict.EMPTY_SUSPECTED


def test_a_slow_sellers_empty_day_is_believed(ctx: IngestContext, amazon: Amazon, clock: Clock) -> None:
    for n in (3, 4, 6, 7):
        held(ctx, at(n), 2)
    end(ctx, amazon, clock, "CANCELLED", request(ctx))
    clock.forward(hours=2)
    assert end(ctx, amazon, clock, "CANCELLED", request(ctx)).verdict is Verdict.EMPTY_CONFIRMED


def test_fatal_without_a_reason_within_the_cool_down_is_throttled(ctx: IngestContext, amazon: Amazon, clock: Clock) -> None:
    amazon.add("kestrel_eu", "GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA", [DE])
    clock.forward(minutes=5)
    record = end(ctx, amazon, clock, "FATAL", request(ctx, "fba_inventory", at(0)))
    assert record.verdict is Verdict.THROTTLED
    assert record.reason.startswith("FATAL without a reason within the cool-down")


CLIENT_ERROR = json.dumps({"errorDetails": "A client error occurred. Please double check that your parameters."}).encode()


def test_a_text_that_may_mean_not_yet_is_asked_again_for_new_days(ctx: IngestContext, amazon: Amazon, clock: Clock) -> None:
    record = end(ctx, amazon, clock, "FATAL", request(ctx), CLIENT_ERROR)
    assert record.verdict is Verdict.NOT_PUBLISHED
    for _ in range(RETRIES[Verdict.NOT_PUBLISHED].times):
        clock.now = record.retry_at
        record = end(ctx, amazon, clock, "FATAL", request(ctx), CLIENT_ERROR)
    assert record.verdict is Verdict.CONFIGURATION


def test_the_same_text_about_old_days_is_an_error_at_once(ctx: IngestContext, amazon: Amazon, clock: Clock) -> None:
    record = end(ctx, amazon, clock, "FATAL", request(ctx, partition=at(60)), CLIENT_ERROR)
    assert record.verdict is Verdict.CONFIGURATION


def test_a_text_about_no_data_is_corroborated_like_cancelled(ctx: IngestContext, amazon: Amazon, clock: Clock) -> None:
    body = b"Report generation failed: no data"
    first = end(ctx, amazon, clock, "FATAL", request(ctx), body)
    assert first.verdict is Verdict.EMPTY_SUSPECTED
    clock.forward(hours=2)
    second = end(ctx, amazon, clock, "FATAL", request(ctx), body)
    assert (second.verdict, second.ready) == (Verdict.EMPTY_CONFIRMED, True)
    assert "no data" in second.reason


def test_an_unknown_text_is_shown_and_repeated_only_twice(ctx: IngestContext, amazon: Amazon, clock: Clock) -> None:
    for _ in range(UNKNOWN_TEXT):
        record = end(ctx, amazon, clock, "FATAL", request(ctx), "Etwas völlig Neues".encode("cp1252"))
        assert record.verdict is Verdict.RETRYABLE
        assert "Etwas völlig Neues" in state(ctx, at(5)).reason
        clock.now = record.retry_at
    record = end(ctx, amazon, clock, "FATAL", request(ctx), "Etwas völlig Neues".encode("cp1252"))
    assert record.verdict is Verdict.AMAZON_FAULT
    assert record.reason.startswith("Failed 3 times in a row.")
    assert record.retry_at is None


def test_the_requests_of_one_day_do_not_bear_witness_for_each_other(ctx: IngestContext, amazon: Amazon, clock: Clock) -> None:
    both = {"distributorView": ("MANUFACTURING", "SOURCING"), "sellingProgram": ("RETAIL",)}
    vendor = ctx.settings.accounts[1].model_copy(update={"fan_out": both})
    ctx.settings = ctx.settings.model_copy(update={"accounts": (ctx.settings.accounts[0], vendor)})
    day = Partition("kestrel_vendor_us", "US", at(9).day)
    report = ctx.registry.reports["vendor_sales"]
    made = ask(ctx, report, [day], deadline=ctx.monotonic() + 1).created
    assert len(made) == 2
    ended = [end(ctx, amazon, clock, "CANCELLED", record) for record in made]
    assert [r.verdict for r in ended] == [Verdict.EMPTY_SUSPECTED] * 2
    clock.forward(hours=2)
    again = ask(ctx, report, [day], deadline=ctx.monotonic() + 1).created
    ended = [end(ctx, amazon, clock, "CANCELLED", record) for record in again]
    assert [r.verdict for r in ended] == [Verdict.EMPTY_CONFIRMED] * 2


def test_siblings_are_reports_of_the_registry() -> None:
    reports = load_registry().reports
    for report in reports.values():
        for sibling in report.siblings:
            assert sibling in reports, report.name
            assert sibling != report.name
            assert reports[sibling].kind is report.kind
