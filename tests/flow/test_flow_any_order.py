"""Whatever happens in whatever order (notifications lost, doubled, late; polls; crashes; lost answers), the end is the same:
every day loaded, and no day asked for twice."""

from __future__ import annotations

import uuid
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spapi_assets.aws.clients import AwsClients
from spapi_assets.aws.ledger import Ledger
from spapi_assets.aws.queue import NotificationQueue
from spapi_assets.aws.setup import _table
from spapi_assets.datasets.loader import load_registry
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.load import load_report
from spapi_assets.ingest.notifications.facts import ReportFinished
from spapi_assets.ingest.outcomes import record_outcome
from spapi_assets.ingest.requesting import ask
from spapi_assets.ingest.sweep import sweep
from spapi_assets.lake.layout import Partition
from spapi_assets.lake.store import Lake
from spapi_assets.settings import Settings
from spapi_assets.spapi.errors import OutcomeUnknown, Throttled, TransientError
from tests.flow.amazon import Amazon, Clock
from tests.flow.conftest import SELLER

ORDERS = "orders_by_last_update"
DAYS = [Partition("kestrel_eu", None, date(2026, 3, 1) + timedelta(days=n)) for n in range(4)]
BODY = b"amazon-order-id\tpurchase-date\tlast-updated-date\tsales-channel\tsku\r\nA\t2026-03-02T10:00:00+00:00\t2026-03-02T10:00:00+00:00\tAmazon.de\tS\r\n"  # noqa: E501

EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), st.integers(0, 3), st.integers(0, 3)),
        st.tuples(st.sampled_from(["lose the answer", "fail unknown", "fail unsent", "throttle"])),
        st.tuples(st.just("finish")),
        st.tuples(st.just("notify"), st.integers(0, 3), st.sampled_from(["IN_QUEUE", "IN_PROGRESS"])),
        st.tuples(st.just("sweep")),
        st.tuples(st.just("load")),
        st.tuples(st.just("wait"), st.sampled_from([1, 50, 400])),
    ),
    max_size=14,
)


def context(folder: Path) -> tuple[IngestContext, Amazon, Clock]:
    clock = Clock()
    amazon, clients = Amazon(clock), AwsClients()
    name = f"ledger-{uuid.uuid4().hex}"
    _table(clients, name, sort_key=True)
    _table(clients, f"{name}-quota", sort_key=False)
    _table(clients, f"{name}-identifiers", sort_key=True, index=False)
    deployment = Settings(
        accounts=(SELLER,),
        lake_uri=str(folder / name),
        ledger_table=name,
        quota_table=f"{name}-quota",
        identifiers_table=f"{name}-identifiers",
        first_date="2026-01-01",
    )
    ctx = IngestContext(
        settings=deployment,
        registry=load_registry(),
        ledger=Ledger(clients, name, clock),
        lake=Lake(deployment.lake_uri),
        throttle=amazon,
        make_apis=amazon.apis,
        clients=clients,
        queue=NotificationQueue(clients, "none"),
        now=clock,
        sleep=clock.sleep,
        monotonic=clock.monotonic,
    )
    return ctx, amazon, clock


def happen(ctx: IngestContext, amazon: Amazon, clock: Clock, event: tuple) -> None:
    made = amazon.made("kestrel_eu")
    match event:
        case ("ask", first, last):
            days = DAYS[min(first, last) : max(first, last) + 1]
            ask(ctx, ctx.registry.reports[ORDERS], days, deadline=ctx.monotonic() + 1)
        case ("lose the answer",):
            amazon.lost = [OutcomeUnknown("The answer was lost.")]
        case ("fail unknown",):
            amazon.faults["createReport"] = [OutcomeUnknown("HTTP 500")]
        case ("fail unsent",):
            amazon.faults["createReport"] = [TransientError("No connection.")]
        case ("throttle",):
            amazon.faults["createReport"] = [Throttled("The quota is spent.", retry_after=30)]
        case ("finish",):
            for info in made:
                if info.status == "IN_QUEUE":
                    amazon.finish(info.report_id, "DONE", BODY)
        case ("notify", n, status) if n < len(made):
            # Amazon tells the truth about finished reports; of the others a late or early message may say anything open.
            told = made[n].status if made[n].status == "DONE" else status
            record_outcome(
                ctx,
                "kestrel_eu",
                ReportFinished("A3KESTREL0EU0", None, made[n].report_id, made[n].report_type, told, made[n].document_id),
                "notification",
            )
        case ("sweep",):
            sweep(ctx, 60)
        case ("load",):
            for record in ctx.ledger.done_not_loaded():
                load_report(ctx, record)
        case ("wait", seconds):
            clock.forward(seconds=seconds)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(events=EVENTS)
def test_the_end_is_the_same_whatever_happened(aws: str, tmp_path: Path, events: list[tuple]) -> None:
    ctx, amazon, clock = context(tmp_path)
    for event in events:
        happen(ctx, amazon, clock, event)
    amazon.lost, amazon.faults = [], {}
    for _ in range(12):  # then life goes on as usual
        if len(ctx.ledger.partitions(ORDERS, "kestrel_eu", DAYS[0].day, DAYS[-1].day)) == len(DAYS):
            break
        ask(ctx, ctx.registry.reports[ORDERS], DAYS, deadline=ctx.monotonic() + 1)
        clock.forward(seconds=400)
        for event in (("finish",), ("sweep",), ("load",)):
            happen(ctx, amazon, clock, event)

    assert ctx.ledger.open_records() == ctx.ledger.done_not_loaded() == ctx.ledger.unjudged() == []
    found = ctx.ledger.partitions(ORDERS, "kestrel_eu", DAYS[0].day, DAYS[-1].day)
    assert [(f.day, f.rows) for f in found] == [(p.day, int(p.day.day == 2)) for p in DAYS]
    asked: Counter[date] = Counter()
    for info in amazon.made("kestrel_eu"):
        assert info.start is not None
        assert info.end is not None
        asked.update(info.start.date() + timedelta(days=n) for n in range((info.end - info.start).days + 1))
    assert asked == Counter({p.day: 1 for p in DAYS})
    records = ctx.ledger.records(ORDERS, "kestrel_eu", DAYS[0].day, DAYS[-1].day)
    assert {r.report_id for r in records} == {i.report_id for i in amazon.made("kestrel_eu")}
