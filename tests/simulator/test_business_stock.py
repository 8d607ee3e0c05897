"""Stock: what was there, came, went and came back adds up; what is sold out is not sold and shows as such."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest

from spapi_assets.simulator.business import Business
from spapi_assets.simulator.business.catalog import PRODUCTS
from spapi_assets.simulator.business.inventory import movement, positions
from spapi_assets.simulator.business.marketplaces import day_bounds
from spapi_assets.simulator.business.stock import cycle_of, cycle_start

from .kestrel import EU, INVENTORY, TRAFFIC, ask, table

BUSINESS = Business()
ACCOUNT = BUSINESS.account(EU)
FIRST = date(2026, 8, 1)
DAYS = [FIRST + timedelta(days=n) for n in range(75)]


@pytest.mark.parametrize("pool", ["EU", "UK"])
def test_opening_plus_received_plus_returned_minus_sold_is_closing_every_day(pool: str) -> None:
    kinds: Counter = Counter()
    for product in PRODUCTS:
        if not product.fba:
            continue
        closing = None
        for day in DAYS:
            m = movement(BUSINESS, ACCOUNT, pool, product, day)
            assert m.opening + m.received + m.released + m.returned - m.sold == m.closing, (product.sku, day, m)
            assert closing in (None, m.opening)
            assert m.closing >= 0
            closing = m.closing
            kinds.update(name for name in ("received", "released", "returned", "sold") if getattr(m, name) > 0)
            if m.received < 0:
                assert day == cycle_start(cycle_of(day)), "only a stock review takes a surplus away"
    assert set(kinds) == {"received", "released", "returned", "sold"}


@pytest.mark.parametrize("pool", ["EU", "UK"])
def test_stock_sold_is_exactly_the_units_of_the_orders(pool: str) -> None:
    for day in DAYS[:40]:
        sold: Counter = Counter()
        for m in BUSINESS.pool(ACCOUNT, pool):
            for order in BUSINESS.orders(ACCOUNT, m, day):
                for line in order.lines:
                    sold[line.product.sku] += line.units
        for product in PRODUCTS:
            if product.fba:
                assert movement(BUSINESS, ACCOUNT, pool, product, day).sold == sold[product.sku]


def _sold_out() -> tuple[str, int, date]:
    """A marketplace code, product index and day that began without stock."""
    for day in DAYS:
        for pool, code in (("UK", "UK"), ("EU", "DE")):
            today = BUSINESS.stock_day(ACCOUNT, pool, day)
            for index in today.sold_out_at:
                if today.opening[index] == 0:
                    return code, index, day
    raise AssertionError("75 days without a single stock-out: the demo would have nothing to show")


def test_a_stock_out_lasts_days_costs_sales_and_shows_in_inventory_and_traffic() -> None:
    code, index, day = _sold_out()
    sku = PRODUCTS[index].sku
    m = next(m for m in ACCOUNT.marketplaces if m.code == code)
    run = 0
    while (
        index in (today := BUSINESS.stock_day(ACCOUNT, m.pool, day + timedelta(days=run))).sold_out_at
        and today.opening[index] == 0
    ):
        run += 1
    assert run >= 2
    orders = BUSINESS.purchased_between(ACCOUNT, m, day, day + timedelta(days=run - 1))
    assert not any(line.product.index == index for o in orders for line in o.lines)
    assert sum(BUSINESS.stock_day(ACCOUNT, m.pool, day + timedelta(days=n)).lost for n in range(run)) > 0
    noon = datetime.fromtimestamp(day_bounds(m.zone, day)[0] + 43_200, tz=UTC)
    row = next(r for r in table(ask(BUSINESS, INVENTORY, [code], "2026-08-01", "2026-08-02", now=noon)) if r["sku"] == sku)
    assert row["afn-fulfillable-quantity"] == "0"
    document = ask(BUSINESS, TRAFFIC, [code], day.isoformat(), day.isoformat(), options={"asinGranularity": "SKU"})
    by_sku = {r["sku"]: r for r in json.loads(document.body)["salesAndTrafficByAsin"]}
    assert by_sku[sku]["trafficByAsin"]["buyBoxPercentage"] == 0
    assert by_sku[sku]["salesByAsin"]["unitsOrdered"] == 0


@pytest.mark.parametrize("pool", ["EU", "UK"])
def test_a_snapshot_agrees_with_the_orders_and_the_stock_of_its_instant(pool: str) -> None:
    for day in (DAYS[10], DAYS[33], cycle_start(cycle_of(DAYS[40]))):
        begin, end = day_bounds(BUSINESS.pool(ACCOUNT, pool)[0].zone, day)
        open_units: Counter = Counter()
        for m in BUSINESS.pool(ACCOUNT, pool):
            for order in BUSINESS.purchased_between(ACCOUNT, m, day - timedelta(days=9), day):
                if order.status(end) == "Pending":
                    for line in order.lines:
                        open_units[line.product.sku] += line.units if line.product.fba else 0
        for p in positions(BUSINESS, ACCOUNT, pool, end - 1):
            assert p.fulfillable == BUSINESS.stock_day(ACCOUNT, pool, day).closing[p.product.index]
            assert p.fulfillable >= 0
            assert p.reserved >= open_units[p.product.sku]
            assert p.total >= p.warehouse >= p.fulfillable
        for p in positions(BUSINESS, ACCOUNT, pool, begin):
            sold_at_midnight = sum(
                line.units
                for m in BUSINESS.pool(ACCOUNT, pool)
                for o in BUSINESS.orders(ACCOUNT, m, day)
                if o.purchased == begin
                for line in o.lines
                if line.product is p.product
            )
            assert p.fulfillable == BUSINESS.stock_day(ACCOUNT, pool, day).opening[p.product.index] - sold_at_midnight


def test_reserved_units_are_those_of_orders_not_yet_shipped_or_released() -> None:
    day = DAYS[20]
    noon = day_bounds("Europe/London", day)[0] + 43_200
    reserved = Counter()
    uk = next(m for m in ACCOUNT.marketplaces if m.code == "UK")
    for order in BUSINESS.purchased_between(ACCOUNT, uk, day - timedelta(days=9), day):
        if order.purchased <= noon and (order.shipped > noon or (order.cancelled and order.cancelled > noon - 43_200)):
            for line in order.lines:
                reserved[line.product.sku] += line.units if line.product.fba else 0
    found = {p.product.sku: p.reserved for p in positions(BUSINESS, ACCOUNT, "UK", noon) if p.reserved}
    assert found == {sku: units for sku, units in reserved.items() if units}


def test_any_date_is_reached_without_simulating_the_years_before() -> None:
    fresh = Business()
    fresh.orders(ACCOUNT, ACCOUNT.marketplaces[0], date(2031, 5, 5))
    assert len(fresh._cycles.entries) == 1
