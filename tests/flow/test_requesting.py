"""Asking: intent before the call, quota as a budget, and no window requested twice whatever happens in between."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
from datetime import date, timedelta
from pathlib import Path

import pytest
import requests

from spapi_assets.aws.ledger import ReportStatus, Verdict
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.requesting import ask
from spapi_assets.ingest.sweep import sweep
from spapi_assets.ingest.truth import TruthState, truth
from spapi_assets.lake.layout import Partition
from spapi_assets.simulator.server import Simulator
from spapi_assets.spapi.errors import (
    ConfigurationError,
    MissingRole,
    OutcomeUnknown,
    ReauthorizationNeeded,
    Throttled,
    TransientError,
)
from tests.flow.amazon import Amazon, Clock

ORDERS = "orders_by_last_update"
TODAY = date(2026, 3, 20)


def days(first: int, last: int, marketplace: str | None = None, account: str = "kestrel_eu") -> list[Partition]:
    return [Partition(account, marketplace, TODAY - timedelta(days=n)) for n in range(last, first + 1)]


def ask_for(ctx: IngestContext, name: str, partitions: list[Partition], seconds: float = 5.0, **how):
    return ask(ctx, ctx.registry.reports[name], partitions, deadline=ctx.monotonic() + seconds, **how)


def records(ctx: IngestContext, name: str = ORDERS, key: str = "kestrel_eu"):
    return ctx.ledger.records(name, key, date(2020, 1, 1), TODAY)


def test_asking_twice_makes_one_report(ctx: IngestContext, amazon: Amazon) -> None:
    first = ask_for(ctx, ORDERS, days(20, 2))
    again = ask_for(ctx, ORDERS, days(25, 2))
    assert [(r.start, r.end) for r in first.created] == [(TODAY - timedelta(days=20), TODAY - timedelta(days=2))]
    assert [(r.start, r.end) for r in again.created] == [(TODAY - timedelta(days=25), TODAY - timedelta(days=21))]
    assert amazon.calls["createReport"] == 2
    assert again.by_partition[days(5, 5)[0]].report_id == first.created[0].report_id


def test_processes_that_ask_at_the_same_time_make_each_report_once(ctx: IngestContext, amazon: Amazon) -> None:
    windows = [days(40, 2), days(30, 10), days(25, 1), days(40, 20)]
    threads = [threading.Thread(target=ask_for, args=(ctx, ORDERS, w)) for w in windows]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    made = sorted((r.start, r.end) for r in records(ctx))
    asked = [start + timedelta(days=n) for start, end in made for n in range((end - start).days + 1)]
    assert asked == sorted({p.day for w in windows for p in w})
    assert amazon.calls["createReport"] == len(made)


def test_what_does_not_fit_the_quota_stays_planned_and_the_sweep_continues(
    ctx: IngestContext, amazon: Amazon, clock: Clock
) -> None:
    amazon.tokens = 4
    asked = ask_for(ctx, "sales_and_traffic", days(12, 3, "DE"))
    assert (len(asked.created), len(asked.waiting)) == (4, 6)
    assert [r.start for r in asked.created] == [p.day for p in days(6, 3, "DE")]  # newest first
    assert {r.status for r in records(ctx, "sales_and_traffic", "kestrel_eu.DE")} == {ReportStatus.PLANNED, ReportStatus.IN_QUEUE}
    amazon.tokens = 100
    clock.forward(seconds=90)
    assert len(sweep(ctx, 30).created) == 6
    assert amazon.calls["createReport"] == 10


def test_a_back_fill_leaves_the_reserve_to_fresh_data(ctx: IngestContext, amazon: Amazon, clock: Clock) -> None:
    amazon.tokens = 5
    asked = ask_for(ctx, ORDERS, days(400, 100))
    assert len(asked.created) == 2  # three tokens are left for fresh data
    assert {r.priority for r in asked.waiting} == {"backfill"}
    clock.forward(seconds=90)
    ask_for(ctx, ORDERS, days(3, 1))
    assert amazon.tokens == 2
    assert amazon.reserved == [0.34, 0.34, 0.0]


def test_a_sweep_creates_fresh_requests_before_old_ones(ctx: IngestContext, amazon: Amazon, clock: Clock) -> None:
    amazon.tokens = 0
    ask_for(ctx, ORDERS, days(200, 100))
    ask_for(ctx, ORDERS, days(3, 1))
    amazon.tokens = 1
    clock.forward(seconds=90)
    (made,) = sweep(ctx, 30).created
    assert made.priority == "fresh"


def test_waiting_for_quota_ends_at_the_deadline(ctx: IngestContext, amazon: Amazon, clock: Clock) -> None:
    amazon.tokens = 0
    before = clock.monotonic()
    asked = ask_for(ctx, ORDERS, days(3, 1), seconds=45)
    assert asked.created == []
    assert clock.monotonic() - before < 45


def test_a_cool_down_is_waited_for_not_tried(ctx: IngestContext, amazon: Amazon, clock: Clock) -> None:
    ask_for(ctx, "fba_inventory", days(0, 0, "DE"))
    again = ask_for(ctx, "fba_inventory", days(0, 0, "DE"), force=True)
    assert again.created == []  # open, so not even by force
    amazon.finish(records(ctx, "fba_inventory", "kestrel_eu.DE")[0].report_id, "DONE")
    sweep(ctx, 30)
    clock.forward(seconds=30)
    again = ask_for(ctx, "fba_inventory", days(0, 0, "DE"), force=True)
    assert (again.created, amazon.calls["createReport"]) == ([], 1)
    clock.forward(minutes=31)
    assert len(sweep(ctx, 30).created) == 1


@pytest.mark.parametrize("error", [OutcomeUnknown("The answer was lost."), OutcomeUnknown("HTTP 500")])
def test_a_lost_answer_is_looked_up_before_anything_is_asked_again(
    ctx: IngestContext, amazon: Amazon, clock: Clock, error: Exception
) -> None:
    amazon.lost = [error]
    asked = ask_for(ctx, ORDERS, days(9, 5))
    assert asked.created == []
    assert ask_for(ctx, ORDERS, days(9, 5)).created == []
    clock.forward(seconds=60)
    swept = sweep(ctx, 30)
    assert [r.report_id for r in swept.recovered] == ["1001"]
    assert amazon.calls["createReport"] == 1


def test_an_intent_that_made_nothing_is_asked_again_only_after_it_has_settled(
    ctx: IngestContext, amazon: Amazon, clock: Clock
) -> None:
    amazon.faults["createReport"] = [OutcomeUnknown("HTTP 503")]
    ask_for(ctx, ORDERS, days(9, 5))
    clock.forward(seconds=60)
    assert sweep(ctx, 30).created == []
    clock.forward(seconds=ctx.times.settle)
    swept = sweep(ctx, 30)
    assert [r.attempt for r in swept.created] == [1]
    assert len(amazon.made("kestrel_eu")) == 1


def test_a_report_of_another_window_or_marketplace_is_not_taken_for_ours(
    ctx: IngestContext, amazon: Amazon, clock: Clock
) -> None:
    report = ctx.registry.reports["sales_and_traffic"]
    amazon.faults["createReport"] = [OutcomeUnknown("HTTP 503")]
    ask_for(ctx, "sales_and_traffic", days(5, 5, "DE"))
    (record,) = records(ctx, "sales_and_traffic", "kestrel_eu.DE")
    from spapi_assets.ingest.windows import to_instants

    start, end = to_instants(report, record.start, record.end, "DE")
    amazon.add("kestrel_eu", report.report_type, ["A1F83G8C2ARO7P"], start=start, end=end)
    amazon.add("kestrel_eu", report.report_type, ["A1PA6795UKMFR9"], start=start - timedelta(days=1), end=end)
    clock.forward(seconds=60)
    assert sweep(ctx, 30).recovered == []


@pytest.mark.parametrize(
    ("error", "state", "verdict"),
    [
        (MissingRole("Access is denied.", operation="createReport"), ReportStatus.FATAL, Verdict.MISSING_ROLE),
        (ConfigurationError("Bad options.", operation="createReport"), ReportStatus.FATAL, Verdict.CONFIGURATION),
        (ReauthorizationNeeded("invalid_grant", operation="lwa"), ReportStatus.PLANNED, Verdict.REAUTHORIZE),
        (ConfigurationError("invalid_client", operation="lwa"), ReportStatus.PLANNED, Verdict.REAUTHORIZE),
        (TransientError("No connection.", operation="createReport"), ReportStatus.PLANNED, None),
    ],
)
def test_refusals_are_kept_with_what_to_do(
    ctx: IngestContext, amazon: Amazon, clock: Clock, error: Exception, state: ReportStatus, verdict: Verdict | None
) -> None:
    amazon.faults["createReport"] = [error]
    asked = ask_for(ctx, ORDERS, days(9, 5))
    (record,) = records(ctx)
    assert (record.status, record.verdict) == (state, verdict)
    assert str(error) in asked.problems[0]
    clock.forward(minutes=20)
    assert len(sweep(ctx, 30).created) == (1 if state is ReportStatus.PLANNED else 0)
    assert ask_for(ctx, ORDERS, days(9, 5)).created == []


def test_one_accounts_lost_authorization_does_not_stop_the_others(ctx: IngestContext, amazon: Amazon, clock: Clock) -> None:
    amazon.tokens = 0
    ask_for(ctx, ORDERS, days(3, 1))
    ask_for(ctx, "vendor_sales", days(9, 5, "US", "kestrel_vendor_us"))
    amazon.tokens = None
    clock.forward(seconds=90)
    amazon.faults["createReport"] = [ReauthorizationNeeded("The refresh token is revoked.")]
    swept = sweep(ctx, 30)
    assert len(swept.created) == 1
    assert "revoked" in swept.problems[0]


def test_a_snapshot_that_waited_past_midnight_is_not_asked_for(ctx: IngestContext, amazon: Amazon, clock: Clock) -> None:
    amazon.tokens = 0
    ask_for(ctx, "merchant_listings", days(0, 0, "DE"))
    amazon.tokens = None
    clock.forward(days=1)
    assert sweep(ctx, 30).created == []
    report = ctx.registry.reports["merchant_listings"]
    found = truth(report, "merchant_listings", days(0, 0, "DE")[0], records(ctx, report.name, "kestrel_eu.DE"), [], ctx.now())
    assert found.state is TruthState.UNAVAILABLE


KILLED = """
    import os, signal, sys
    from datetime import date, timedelta, datetime, UTC
    sys.path.insert(0, {root!r})
    from spapi_assets.ingest.context import build_context
    from spapi_assets.ingest.requesting import ask
    from spapi_assets.lake.layout import Partition
    from spapi_assets.settings import load_settings

    ctx = build_context(load_settings())
    reports = ctx.apis("kestrel_eu").reports
    create = reports.create_report

    def create_and_die(*args, **kwargs):
        create(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)

    reports.create_report = create_and_die
    today = datetime.now(UTC).date()
    days = [Partition("kestrel_eu", None, today - timedelta(days=n)) for n in range(5, 10)]
    ask(ctx, ctx.registry.reports["orders_by_last_update"], days, deadline=ctx.monotonic() + 10)
"""


@pytest.mark.end_to_end
def test_a_process_killed_between_create_report_and_the_ledger_asks_once(
    real: IngestContext, simulator: Simulator, tmp_path: Path
) -> None:
    accounts = tmp_path / "accounts.yaml"
    accounts.write_text(
        "accounts: [{name: kestrel_eu, kind: seller, region: eu, selling_partner_id: A3KESTREL0EU0, "
        "marketplaces: [DE, UK], secret: spapi/kestrel_eu}]"
    )
    root = str(Path(__file__).resolve().parents[2])
    environment = {
        **os.environ,
        "SPAPI_ENDPOINT_URL": simulator.url,
        "LWA_ENDPOINT_URL": simulator.url,
        "SPAPI_ACCOUNTS_FILE": str(accounts),
        "SPAPI_LAKE_URI": real.settings.lake_uri,
    }
    killed = subprocess.run([sys.executable, "-c", textwrap.dedent(KILLED.format(root=root))], env=environment, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    (intent,) = [r for r in real.ledger.open_records() if r.account == "kestrel_eu"]
    assert (intent.status, intent.report_id) == (ReportStatus.CREATING, None)
    recovered = sweep(real, 10).recovered
    assert [r.request_id for r in recovered] == [intent.request_id]
    partitions = [Partition("kestrel_eu", None, intent.start + timedelta(days=n)) for n in range(5)]
    again = ask(real, real.registry.reports[ORDERS], partitions, deadline=real.monotonic() + 5)
    assert again.created == []
    log = requests.get(f"{simulator.url}/simulator/log", timeout=10).text
    assert log.count('"createReport"') == 1


def test_a_type_that_amazon_refuses_twice_waits_a_day_and_the_other_types_go_on(ctx: IngestContext, amazon: Amazon) -> None:
    """S&T fell from 'as many as you like' to 96 a day overnight: the platform must find out by itself, and only for this type."""
    traffic, orders = ctx.registry.reports["sales_and_traffic"], ctx.registry.reports["orders_by_last_update"]
    here = ctx.now().date()
    amazon.faults["createReport"] = [Throttled("429", retry_after=0.5, status=429), Throttled("429", retry_after=0.5, status=429)]
    days = [Partition("kestrel_eu", "DE", here - timedelta(days=n)) for n in range(3, 8)]
    refused = ask(ctx, traffic, days, deadline=ctx.monotonic() + 60)
    assert refused.created == []
    assert len(refused.waiting) == 5
    planned = [r for r in ctx.ledger.open_records() if r.report == "sales_and_traffic"]
    assert {r.status for r in planned} == {ReportStatus.PLANNED}
    assert all(r.retry_at and r.retry_at - ctx.now() > timedelta(hours=23) for r in planned)
    assert "in 24 h" in str(planned[0].reason)
    other = ask(ctx, orders, [Partition("kestrel_eu", None, here - timedelta(days=1))], deadline=ctx.monotonic() + 60)
    assert len(other.created) == 1
