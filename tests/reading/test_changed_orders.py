"""A burst of changed orders: searched for page by page where getOrder would take longer, and every mark is read in the end."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from model_server import ModelServer

from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.order_reading import is_planned, orders_plan, read_changed
from spapi_assets.ingest.reading.run import read
from tests.reading.test_resuming import Killed, in_the_lake, kill_after

KEY = "brand_eu"


def order(number: int, at: datetime) -> dict[str, Any]:
    return {
        "orderId": f"302-{number:07d}-0000000",
        "createdTime": at.isoformat(),
        "lastUpdatedTime": at.isoformat(),
        "salesChannel": {"channelName": "AMAZON"},
        "fulfillment": {"fulfillmentStatus": "UNSHIPPED"},
        "orderItems": [],
    }


def ids(ctx: IngestContext, numbers: range) -> list[str]:
    return [order(n, ctx.now())["orderId"] for n in numbers]


def mark(ctx: IngestContext, numbers: range, minutes: int = 30) -> None:
    ctx.refreshes.ask("orders_api", KEY, ids(ctx, numbers), "ORDER_CHANGE", ctx.now() - timedelta(minutes=minutes))


def found_by_search(ctx: IngestContext, model_server: ModelServer, numbers: range, **ago: int) -> None:
    model_server.items("searchOrders", [order(n, ctx.now() - timedelta(**ago)) for n in numbers])


@pytest.fixture
def kept_up(ctx: IngestContext, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch) -> IngestContext:
    """The newest day that is due was read, with 150 orders: what a usual day has is known."""
    # A hundred marks show what a thousand would, and cost the AWS emulator a tenth of the time.
    monkeypatch.setattr("spapi_assets.ingest.order_planning.PATIENCE", 60.0)
    model_server.unlimited()
    model_server.answers.lean = True
    newest = (ctx.now() - timedelta(hours=26)).date()  # the two hours of lag
    noon = ctx.now().replace(hour=12) - (ctx.now().date() - newest)
    model_server.items("searchOrders", [order(n, noon) for n in range(150)])
    read(ctx, ctx.registry.apis["orders_api"], KEY, [newest])
    assert model_server.calls["searchOrders"] == 2
    return ctx


def test_a_burst_is_searched_for_and_what_the_search_lacks_is_asked_for_by_its_id(
    kept_up: IngestContext, model_server: ModelServer
) -> None:
    ctx, source = kept_up, kept_up.registry.apis["orders_api"]
    mark(ctx, range(1000, 1120))
    found_by_search(ctx, model_server, range(1000, 1117), minutes=40)
    told: list[str] = []
    outcome = read_changed(ctx, source, KEY, tell=told.append)
    model_server.legal()
    assert model_server.calls["searchOrders"] == 2 + 2, "117 orders are two pages"
    assert model_server.calls["getOrder"] == 3, "three marked orders were on no page"
    (why,) = [s for s in outcome.notes if s.startswith("120 marked orders: searchOrders from ")]
    assert "getOrder would need 120 calls = 3 min" in why
    assert set(outcome.notes) <= set(told)
    assert (outcome.calls, outcome.problems) == (5, [])
    assert ctx.refreshes.pending("orders_api", KEY) == []
    found = in_the_lake(ctx, "api_orders", "order_id")
    assert {found[one] for one in ids(ctx, range(1000, 1120))} == {1}


def test_a_killed_search_goes_on_and_is_not_begun_a_second_time(
    kept_up: IngestContext, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ctx, source = kept_up, kept_up.registry.apis["orders_api"]
    mark(ctx, range(1000, 1120))
    found_by_search(ctx, model_server, range(1000, 1117), minutes=40)
    with monkeypatch.context() as patch:
        kill_after(patch, 1)
        with pytest.raises(Killed):
            read_changed(ctx, source, KEY)
    assert len(ctx.refreshes.pending("orders_api", KEY)) == 120
    read_changed(ctx, source, KEY)
    assert (model_server.calls["searchOrders"], model_server.calls["getOrder"]) == (2 + 2, 3)
    assert ctx.refreshes.pending("orders_api", KEY) == []


def test_a_mark_that_came_after_the_searchs_end_stays(kept_up: IngestContext, model_server: ModelServer) -> None:
    ctx, source = kept_up, kept_up.registry.apis["orders_api"]
    mark(ctx, range(1000, 1120))
    found_by_search(ctx, model_server, range(1000, 1120), minutes=40)
    model_server.on("searchOrders", lambda request: mark(ctx, range(1000, 1002), minutes=0))
    read_changed(ctx, source, KEY)
    assert [m.identifier for m in ctx.refreshes.pending("orders_api", KEY)] == ids(ctx, range(1000, 1002))
    assert model_server.calls["getOrder"] == 0


def test_some_marks_are_asked_for_one_by_one_and_the_daily_search_takes_off_what_it_brings(
    kept_up: IngestContext, model_server: ModelServer
) -> None:
    ctx, source = kept_up, kept_up.registry.apis["orders_api"]
    mark(ctx, range(1000, 1010))
    read_changed(ctx, source, KEY)
    assert (model_server.calls["searchOrders"], model_server.calls["getOrder"]) == (2, 10)
    mark(ctx, range(3))
    found_by_search(ctx, model_server, range(2, 50), days=4)
    read(ctx, source, KEY, [(ctx.now() - timedelta(days=4)).date()])
    assert [m.identifier for m in ctx.refreshes.pending("orders_api", KEY)] == ids(ctx, range(2))


def test_the_plan_knows_gaps_but_calls_no_back_fill_a_gap(kept_up: IngestContext) -> None:
    ctx = kept_up
    plan = orders_plan(ctx, ctx.registry.apis["orders_api"], KEY)
    newest = (ctx.now() - timedelta(hours=26)).date()
    (step,) = plan.steps
    assert (step.operation, step.end) == ("searchOrders", newest - timedelta(days=1))
    assert (newest - step.start).days <= 4, "days before it was kept up with are a person's decision"
    assert step.calls == -(-150 * ((step.end - step.start).days + 1) // 100)


def test_only_orders_have_a_choice_of_operations(ctx: IngestContext) -> None:
    assert [name for name, source in ctx.registry.apis.items() if is_planned(source)] == ["orders_api"]
