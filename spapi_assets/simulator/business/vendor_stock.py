"""Amazon's own stock of the vendor's goods: what it orders from the vendor and receives on Tuesdays, holds, and expects to sell.
Units only; opening + received - shipped = closing on every day."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from .accounts import Account
from .catalog import Product
from .demand import rates
from .marketplaces import Marketplace
from .seeds import unit
from .vendor import ASSORTMENT, ordered
from .vendor_hours import PROGRAMS, Hour

_RECEIVING_DAY = 2  # days after Sunday
_COVER_DAYS = 28


@dataclass(frozen=True, slots=True)
class StockDay:
    """One product on one local day. `asked` and `confirmed` are units of the purchase orders that arrived on the day."""

    opening: int
    received: int
    shipped: int
    asked: int
    confirmed: int
    open_orders: int
    waiting: int  # ordered by customers, not shipped yet

    @property
    def closing(self) -> int:
        return self.opening + self.received - self.shipped


def stock_day(seed: int, account: Account, marketplace: Marketplace, day: date, scale: float) -> dict[Product, StockDay]:
    """Stock of every product of the assortment on a local day."""
    sunday = day - timedelta(days=(day.weekday() + 1) % 7)
    return _week(seed, account, marketplace.code, sunday, scale)[(day - sunday).days]


def available(
    seed: int, account: Account, marketplace: Marketplace, product: Product, start: datetime, hour: Hour, scale: float
) -> int:
    """Units that can be sold at the end of the hour that begins at `start`."""
    today = stock_day(seed, account, marketplace, start.astimezone(marketplace.tz).date(), scale)[product]
    return max(0, today.opening + max(0, today.received) - hour.units_before - hour.units)


def daily_mean(seed: int, account: Account, code: str, product: Product, day: date, scale: float) -> float:
    """Units of a product that customers can be expected to order on a day."""
    return rates(seed, account.index, code, account.volume(code), day)[product.index] * scale


def forecast(
    seed: int, account: Account, marketplace: Marketplace, product: Product, sunday: date, made: date, scale: float
) -> tuple[float, float, float, float]:
    """Mean, 70th, 80th and 90th percentile of a future week's units, as expected on the day the forecast was made."""
    days = [sunday + timedelta(days=n) for n in range(7)]
    mean = sum(daily_mean(seed, account, marketplace.code, product, day, scale) for day in days)
    # Amazon does not know the future better than this: the farther, the worse.
    ahead = max(0, (sunday - made).days) / 364
    mean *= 1 + (0.1 + 0.25 * ahead) * (unit(seed, "forecast", product.sku, sunday.toordinal(), made.toordinal()) - 0.5)
    spread = math.sqrt(mean) * (1.2 + 1.5 * ahead)
    return mean, mean + 0.52 * spread, mean + 0.84 * spread, mean + 1.28 * spread


def _level(seed: int, account: Account, code: str, product: Product, sunday: date, scale: float) -> int:
    mean = daily_mean(seed, account, code, product, sunday, scale)
    return round(_COVER_DAYS * mean * (0.75 + 0.5 * unit(seed, "vendor level", product.sku, sunday.toordinal()))) + 6


@lru_cache(maxsize=600)
def _week(seed: int, account: Account, code: str, sunday: date, scale: float) -> tuple[dict[Product, StockDay], ...]:
    days = [sunday + timedelta(days=n - 1) for n in range(8)]  # the day before, then the week
    sales = [[ordered(seed, account, code, program, day, scale) for program in PROGRAMS] for day in days]
    week: tuple[dict[Product, StockDay], ...] = tuple({} for _ in range(7))
    following = sunday + timedelta(days=7)
    for n, product in enumerate(ASSORTMENT):
        units = [sum(program[n][0] for program in day) for day in sales]
        late = [sum(program[n][1] for program in day) for day in sales]
        shipped = [units[d] - late[d] + late[d - 1] for d in range(1, 8)]
        level = _level(seed, account, code, product, sunday, scale)
        arriving = _level(seed, account, code, product, following, scale) - level + sum(shipped)
        short = unit(seed, "vendor short", product.sku, sunday.toordinal())
        asked = max(0, arriving) + int(max(0, arriving) * 0.2 * short)
        confirmed = max(0, arriving) + int(max(0, arriving) * 0.06 * short)
        for d in range(7):
            today = d == _RECEIVING_DAY
            week[d][product] = StockDay(
                opening=level,
                received=arriving if today else 0,
                shipped=shipped[d],
                asked=asked if today else 0,
                confirmed=confirmed if today else 0,
                open_orders=confirmed if d < _RECEIVING_DAY else round(confirmed * 0.15 * (d - 1)),
                waiting=late[d + 1],
            )
            level = week[d][product].closing
    return week
