"""A day that Amazon still changes is read again by the schedule at the ages of its registry entry, and then rests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

from model_server import ModelServer

from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.coverage import coverage
from spapi_assets.ingest.reading.run import read
from spapi_assets.ingest.truth import truth
from spapi_assets.ingest.windows import due_range
from spapi_assets.lake.layout import Partition

MONEY, KEY = "finance_transactions", "brand_eu"


def test_a_day_of_transactions_is_read_again_at_ages_that_double_and_then_rests(
    deployment: Callable[[], IngestContext], model_server: ModelServer
) -> None:
    """The schedule runs every morning for weeks; the day costs a reading at each age, and none between or afterwards."""
    model_server.answers.lean = True
    model_server.unlimited()
    ctx = deployment()
    ctx.catalog = None
    source = ctx.registry.apis[MONEY]
    minute, hour = (int(field) for field in source.schedule.split()[:2])
    day = ctx.now().date() - timedelta(days=50)
    dataset = source.datasets[0].name
    read_on: list[int] = []
    states: dict[int, str] = {}
    for age in range(45):
        at = datetime.combine(day + timedelta(days=age), time(hour, minute), UTC)
        ctx.now = lambda at=at: at  # type: ignore[misc]
        first, last = due_range(source, at.date(), day)
        if first <= day <= last:  # the schedule's own look
            facts = ctx.ledger.partitions(dataset, KEY, day, day)
            if truth(source, dataset, Partition.of(KEY, day), ctx.ledger.records(MONEY, KEY, day, day), facts, at).ask:
                assert len(read(ctx, source, KEY, [day]).loaded) == 1
                read_on.append(age)
        (row,) = [r for r in coverage(ctx, day, day, datasets=[dataset]) if r.account == KEY]
        states[age] = row.state
    closed = 1  # the day is over at the next midnight, and Amazon's answers are whole two days later
    ages = sorted({max(closed + age, 3) for age in source.window.restated_ages})
    assert read_on == ages
    assert ages == [3, 5, 9, 17, 33]
    assert [states[age] for age in (0, 1, 2)] == ["not_due", "not_published", "not_published"]
    assert {states[age] for age in range(3, 33)} == {"provisional"}
    assert {states[age] for age in range(33, 45)} == {"empty_confirmed"}, (
        "the model's answers are of no day of ours: final, and empty"
    )
    facts = ctx.ledger.partitions(dataset, KEY, day, day)
    assert len(facts[0].versions) == len(ages) - 1, "each reading replaced the one before"
