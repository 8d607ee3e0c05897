"""The figures of docs/operations.md: `benchmarks/two_years.py` counts what the planner would really ask for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from benchmarks.two_years import COUNTED, costs_of, each_day, seller, total
from spapi_assets.datasets.loader import Registry, load_registry

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)


def _registry(*names: str) -> Registry:
    return Registry(load_registry().reports[name] for name in names)


def test_two_years_of_orders_are_25_requests_and_not_730() -> None:
    registry = _registry("orders_by_last_update")
    settings = seller(["DE"])
    (costs,) = costs_of(registry, settings, NOW, asins=0).values()
    assert total(registry, settings, costs, NOW, one_a_day=False).requests == 25
    assert total(registry, settings, costs, NOW, one_a_day=True).requests == 730


def test_the_hours_keep_to_a_limit_a_day_and_leave_what_new_days_need() -> None:
    registry = _registry("sales_and_traffic")
    settings = seller(["DE"])
    (costs,) = costs_of(registry, settings, NOW, asins=0).values()
    cost = total(registry, settings, costs, NOW, one_a_day=False)
    # 96 a day, of which the new day and its five renewals take 6.
    assert cost.hours == pytest.approx((cost.requests - 90) / 90 * 24)


def test_products_are_named_in_as_many_requests_as_their_ids_need() -> None:
    registry = _registry("search_query_performance_weekly")
    settings = seller(["DE"])
    counts = {n: sum(c.requests for c in next(iter(costs_of(registry, settings, NOW, n).values()))) for n in (18, 19, 100)}
    assert counts[19] == 2 * counts[18]
    assert counts[100] == 6 * counts[18]


@pytest.mark.parametrize(
    ("name", "planned", "single"),
    [
        ("orders_by_last_update", 1, 1),  # never restated: the new day, and that is all
        ("sales_and_traffic", 5, 14),  # published a day after it closed; then 2, 4, 8 and 14 days after
        ("merchant_listings", 1, 1),
    ],
)
def test_a_day_costs_the_new_day_and_the_ages_at_which_amazon_restates(name: str, planned: int, single: int) -> None:
    found = each_day(load_registry().reports[name], "seller.DE" if name != "orders_by_last_update" else "seller", NOW, 0)
    assert (found.planned / COUNTED, found.single / COUNTED) == (planned, single)


def test_a_day_of_a_report_that_amazon_makes_by_itself_costs_nothing() -> None:
    assert each_day(load_registry().reports["settlements"], "seller", NOW + timedelta(days=1), 0).planned == 0
