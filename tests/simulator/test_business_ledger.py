"""The ledger of Amazon's warehouses: it balances day by day, agrees with the snapshots, and every movement has a cause."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest

from spapi_assets.simulator.business import Business
from spapi_assets.simulator.business.accounts import BY_SELLING_PARTNER
from spapi_assets.simulator.business.handling import damaged_on, replacements
from spapi_assets.simulator.business.inventory import positions
from spapi_assets.simulator.business.ledger import RECEIPT, REMOVAL, RETURN, SHIPMENT, days
from spapi_assets.simulator.business.marketplaces import day_start, local_day
from spapi_assets.simulator.business.returns import returned
from spapi_assets.simulator.business.settlements import credits_for_damage, periods
from spapi_assets.simulator.business.shipments import shipped_orders
from spapi_assets.simulator.business.stock import cycle_of, cycle_start

from .kestrel import EU, FE, NA

BUSINESS = Business()
FIRST, LAST = date(2026, 8, 20), date(2026, 11, 15)
POOLS = [(EU, "EU"), (EU, "UK"), (NA, "US"), (FE, "JP"), ("A3KESTREL0IN0", "IN")]


@pytest.mark.parametrize(("partner", "pool"), POOLS)
def test_the_ledger_balances_every_day_and_never_goes_below_zero(partner: str, pool: str) -> None:
    account = BY_SELLING_PARTNER[partner]
    before = None
    kinds: set[str] = set()
    for day in days(BUSINESS, account, pool, FIRST, LAST):
        moved: Counter = Counter()
        for e in day.events:
            moved[e.product, e.disposition, e.centre] += e.quantity
            kinds.add(e.kind + e.reason)
        for place in set(day.opening) | set(moved) | set(day.closing):
            assert day.opening.get(place, 0) + moved[place] == day.closing.get(place, 0) >= 0, (day.day, place)
        opening = {place: units for place, units in day.opening.items() if units}
        assert before in (None, opening), f"{day.day} does not begin as the day before ended"
        before = {place: units for place, units in day.closing.items() if units}
    assert kinds >= {RECEIPT, SHIPMENT, RETURN, REMOVAL, "AdjustmentsE", "AdjustmentsM", "AdjustmentsF", "AdjustmentsD"}


@pytest.mark.parametrize(("partner", "pool"), POOLS)
def test_the_ledger_agrees_with_the_snapshots_of_the_day_s_end(partner: str, pool: str) -> None:
    account = BY_SELLING_PARTNER[partner]
    zone = BUSINESS.pool(account, pool)[0].zone
    for day in (date(2026, 9, 9), date(2026, 10, 4), date(2026, 10, 5), date(2026, 11, 3)):
        ledger = next(days(BUSINESS, account, pool, day, day))
        by_state: Counter = Counter()
        for (product, disposition, _), units in ledger.closing.items():
            by_state[product.sku, disposition] += units
        for p in positions(BUSINESS, account, pool, day_start(zone, day + timedelta(days=1)) - 0.5):
            assert by_state[p.product.sku, "SELLABLE"] == p.fulfillable + p.reserved + p.researching
            assert by_state[p.product.sku, "DEFECTIVE"] == p.unsellable


def test_shipments_and_returns_in_the_ledger_are_those_of_the_orders_and_of_replacements() -> None:
    account = BY_SELLING_PARTNER[NA]
    us = account.marketplaces[0]
    begin, end = day_start(us.zone, FIRST), day_start(us.zone, LAST + timedelta(days=1))
    events = [e for day in days(BUSINESS, account, "US", FIRST, LAST) for e in day.events]
    sold: Counter = Counter()
    for order in shipped_orders(BUSINESS, account, us, begin, end):
        for line in order.lines:
            sold[line.product.sku] += line.units if line.product.fba else 0
    sent = [r for n in range(cycle_of(FIRST), cycle_of(LAST) + 1) for r in replacements(BUSINESS, account, us, n)]
    sent = [r for r in sent if begin <= r.at < end]
    assert sent
    assert all(r.original.shipped < r.at for r in sent)
    sold.update({r.line.product.sku: 0 for r in sent})
    for r in sent:
        sold[r.line.product.sku] += r.units
    shipped: Counter = Counter()
    for e in events:
        shipped[e.product.sku] -= e.quantity if e.kind == SHIPMENT else 0
    assert +shipped == +sold
    back = sum(r.line.refund_units for r in returned(BUSINESS, account, us, begin, end) if r.line.product.fba)
    assert back == sum(e.quantity for e in events if e.kind == RETURN) > 50


def test_every_damaged_unit_is_thrown_away_and_paid_for_by_one_credit_of_a_settlement() -> None:
    account = BY_SELLING_PARTNER[EU]
    found: Counter = Counter()
    for day in days(BUSINESS, account, "EU", cycle_start(cycle_of(FIRST)), cycle_start(cycle_of(FIRST) + 3) - timedelta(days=1)):
        for e in day.events:
            if e.disposition == "WAREHOUSE_DAMAGED" and e.reason == "E":
                found[e.product.sku, day.day] += e.quantity
        assert not any(units for (_, disposition, _), units in day.closing.items() if disposition == "WAREHOUSE_DAMAGED")
    paid: Counter = Counter()
    for m in BUSINESS.pool(account, "EU"):
        for p in periods(BUSINESS, account, m, day_start("UTC", date(2026, 6, 1)), day_start("UTC", date(2027, 2, 1))):
            for credit in credits_for_damage(BUSINESS, p):
                on = damaged_on(BUSINESS, account, "EU", credit)
                assert timedelta(days=5) <= local_day(m.zone, credit.posted) - on <= timedelta(days=40)
                paid[credit.product.sku, on] += 1
    first, last = cycle_start(cycle_of(FIRST)), cycle_start(cycle_of(FIRST) + 3)
    assert found == Counter({key: units for key, units in paid.items() if first <= key[1] < last})
    assert found.total() > 30
