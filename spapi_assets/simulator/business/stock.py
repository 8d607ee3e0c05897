"""FBA stock of a pool (the euro stores share one): four-week replenishment cycles that can each be simulated on their own.
A cycle opens at an order-up-to level whatever happened before, so any date costs at most 28 days. Money is elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from .accounts import Account
from .catalog import PRODUCTS
from .demand import rates
from .drafts import UNITS_PER_ORDER, Draft, attempts
from .marketplaces import Marketplace, day_bounds, local_day
from .seeds import unit

CYCLE = 28
_ANCHOR = date(2022, 1, 3)
_MID = (12, 13, 14, 15)


def cycle_of(day: date) -> int:
    """Number of the replenishment cycle that holds the day."""
    return (day - _ANCHOR).days // CYCLE


def cycle_start(cycle: int) -> date:
    """First day of the cycle: the day of the top-up delivery and of the stock review."""
    return _ANCHOR + timedelta(days=cycle * CYCLE)


@dataclass
class StockDay:
    """One pool day; lists are by product index. `opening` is sellable stock at local midnight after deliveries and releases."""

    opening: list[int]
    received: list[int]
    released: list[int]  # units of cancelled orders that became sellable again
    ordered: list[int]  # units committed to customers' orders
    closing: list[int]
    sold_out_at: dict[int, int] = field(default_factory=dict)  # product -> instant from which none was sellable
    drafts: dict[str, list[Draft]] = field(default_factory=dict)  # marketplace code -> orders that stock could serve
    lost: int = 0  # units that customers wanted and nobody had


@dataclass
class Cycle:
    """A simulated cycle of one pool."""

    level: list[int]  # order-up-to level at the start
    deliveries: dict[date, list[int]]
    days: dict[date, StockDay]


def plan(
    seed: int, account: Account, pool: str, marketplaces: tuple[Marketplace, ...], cycle: int, scale: float
) -> tuple[list[int], dict[date, list[int]]]:
    """Order-up-to level and mid-cycle deliveries. In some cycles a product's supply is disrupted: it will sell out."""
    start = cycle_start(cycle)
    expected = [0.0] * len(PRODUCTS)
    for offset in range(CYCLE):
        for m in marketplaces:
            day_rates = rates(seed, account.index, m.code, account.volume(m.code), start + timedelta(days=offset))
            for index, rate in enumerate(day_rates):
                expected[index] += rate
    level: list[int] = []
    deliveries: dict[date, list[int]] = {}
    for product in PRODUCTS:
        need = expected[product.index] * scale * UNITS_PER_ORDER
        key = (account.index, pool, product.sku, cycle)
        if not product.fba:
            level.append(0)
        elif unit(seed, "disrupted", *key) < 0.05:
            level.append(int(need * (0.3 + 0.4 * unit(seed, "shortage", *key))))
        else:
            safety = 2.5 * need**0.5 + 4
            level.append(round(need * (0.72 + 0.2 * unit(seed, "cover", *key)) + safety))
            day = start + timedelta(days=_MID[int(unit(seed, "mid", *key) * len(_MID))])
            deliveries.setdefault(day, [0] * len(PRODUCTS))[product.index] = round(need * 0.75 + safety)
    return level, deliveries


def simulate(seed: int, account: Account, pool: str, marketplaces: tuple[Marketplace, ...], cycle: int, scale: float) -> Cycle:
    """Let customers buy day by day; what is out of stock is not sold."""
    level, deliveries = plan(seed, account, pool, marketplaces, cycle, scale)
    count = len(PRODUCTS)
    nothing = [0] * count
    zone = marketplaces[0].zone
    stock = list(level)
    releases: dict[date, list[int]] = {}
    days: dict[date, StockDay] = {}
    fba = [p.fba for p in PRODUCTS]
    for offset in range(CYCLE):
        day = cycle_start(cycle) + timedelta(days=offset)
        received = deliveries.get(day, nothing)
        released = releases.pop(day, nothing)
        stock = [s + r + b for s, r, b in zip(stock, received, released, strict=True)]
        today = StockDay(list(stock), list(received), list(released), [0] * count, [])
        begin, _ = day_bounds(zone, day)
        today.sold_out_at = {i: begin for i in range(count) if fba[i] and stock[i] <= 0}
        merged = []
        for n, m in enumerate(marketplaces):
            today.drafts[m.code] = []
            merged += [(draft.instant, n, draft) for draft in attempts(seed, account, m, day, scale)]
        merged.sort()
        for instant, n, draft in merged:
            served = []
            for index, units in draft.lines:
                if fba[index]:
                    if stock[index] < units:
                        today.lost += units
                        continue
                    stock[index] -= units
                    today.ordered[index] += units
                    if stock[index] == 0:
                        today.sold_out_at[index] = instant
                served.append((index, units))
            if not served:
                continue
            if len(served) < len(draft.lines):
                draft = draft._replace(lines=tuple(served))
            today.drafts[marketplaces[n].code].append(draft)
            if draft.cancel_after:
                back = local_day(zone, instant + draft.cancel_after) + timedelta(days=1)
                row = releases.setdefault(back, [0] * count)
                for index, units in served:
                    if fba[index]:
                        row[index] += units
        today.closing = list(stock)
        days[day] = today
    return Cycle(level, deliveries, days)
