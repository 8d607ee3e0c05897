"""How much customers want on a day: trend, seasons by product line, weekdays, events, promotions. Stock is not asked.
All rates are means; the draws that turn them into orders are in drafts.py."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from .catalog import LINES, PRODUCTS
from .seeds import unit

LAUNCH = date(2022, 3, 1)  # nothing was sold before
_REFERENCE = date(2026, 7, 1)
_GROWTH = 1.16  # a year
_WEEKDAY = (1.08, 1.03, 0.99, 0.97, 0.92, 0.91, 1.10)  # Monday first

# Means by month (January first), before the gift season that all lines share.
_SEASONS = {
    "bottle":   (0.9, 0.85, 0.9, 1.0, 1.1, 1.25, 1.3, 1.2, 1.0, 0.9, 0.9, 1.0),
    "headlamp": (1.2, 1.0, 0.8, 0.7, 0.65, 0.6, 0.65, 0.8, 1.1, 1.45, 1.5, 1.5),
    "hammock":  (0.3, 0.35, 0.6, 1.0, 1.6, 2.0, 1.9, 1.5, 0.8, 0.4, 0.4, 0.5),
    "drybag":   (0.5, 0.55, 0.7, 0.95, 1.3, 1.6, 1.7, 1.4, 0.9, 0.7, 0.7, 0.8),
    "poles":    (0.6, 0.7, 1.0, 1.3, 1.3, 1.1, 1.1, 1.15, 1.3, 1.1, 0.8, 0.9),
    "socks":    (1.35, 1.2, 1.0, 0.8, 0.6, 0.5, 0.5, 0.6, 0.95, 1.3, 1.5, 1.6),
    "stove":    (0.5, 0.55, 0.8, 1.1, 1.4, 1.5, 1.5, 1.3, 0.9, 0.7, 0.7, 0.9),
    "mug":      (0.9, 0.85, 0.85, 0.9, 0.95, 1.0, 1.0, 0.95, 1.0, 1.1, 1.3, 1.6),
    "rope":     (0.8, 0.85, 1.0, 1.1, 1.2, 1.2, 1.1, 1.1, 1.0, 0.9, 0.8, 0.8),
    "blanket":  (0.4, 0.5, 0.8, 1.3, 1.7, 1.6, 1.5, 1.2, 0.8, 0.5, 0.5, 0.7),
    "tent":     (0.3, 0.4, 0.8, 1.2, 1.6, 1.8, 1.7, 1.2, 0.6, 0.4, 0.4, 0.4),
    "chair":    (0.3, 0.4, 0.8, 1.3, 1.6, 1.7, 1.6, 1.2, 0.7, 0.4, 0.4, 0.5),
}  # fmt: skip


@dataclass(frozen=True)
class Promotion:
    """A price promotion over whole local days; `lines` None means the whole catalogue."""

    id: str
    start: date
    end: date  # inclusive
    lines: tuple[str, ...] | None
    discount: float
    lift: float  # demand multiplier

    def covers(self, line: str) -> bool:
        return self.lines is None or line in self.lines


@lru_cache(maxsize=64)
def calendar(seed: int, year: int) -> tuple[Promotion, ...]:
    """The year's promotions: fixed retail events and one five-day line promotion a month."""
    thanksgiving = next(date(year, 11, d) for d in range(22, 29) if date(year, 11, d).weekday() == 3)
    events = [
        Promotion(f"KC-SPRING-{year}", date(year, 4, 10), date(year, 4, 16), ("hammock", "poles", "tent", "drybag"), 0.15, 1.5),
        Promotion(f"KC-PRIMEDAY-{year}", date(year, 7, 8), date(year, 7, 9), None, 0.20, 2.6),
        Promotion(f"KC-TRAIL-{year}", date(year, 9, 20), date(year, 9, 26), ("poles", "headlamp", "socks"), 0.12, 1.5),
        Promotion(f"KC-BLACKWEEK-{year}", thanksgiving - timedelta(days=3), thanksgiving + timedelta(days=4), None, 0.20, 1.9),
        Promotion(f"KC-GIFTS-{year}", date(year, 12, 8), date(year, 12, 12), ("mug", "bottle", "socks"), 0.10, 1.4),
    ]
    for month in range(1, 13):
        line = LINES[int(unit(seed, "promotion line", year, month) * len(LINES))]
        start = date(year, month, 1 + int(unit(seed, "promotion day", year, month) * 22))
        events.append(Promotion(f"KC-{line.upper()}-{year}{month:02d}", start, start + timedelta(days=4), (line,), 0.15, 1.8))
    return tuple(events)


@lru_cache(maxsize=4_000)
def promotions(seed: int, day: date) -> tuple[Promotion, ...]:
    """Promotions that run on a local day."""
    return tuple(p for p in calendar(seed, day.year) if p.start <= day <= p.end)


def _season(line: str, day: date) -> float:
    """The line's seasonal factor, interpolated between mid-months."""
    months = _SEASONS[line]
    position = (day.month - 1) + (day.day - 15) / 30.4
    low = math.floor(position)
    return months[low % 12] + (months[(low + 1) % 12] - months[low % 12]) * (position - low)


def _gifts(day: date) -> float:
    if day.month == 11:
        return 1.05 + 0.015 * day.day
    if day.month == 12:
        return 1.7 if day.day <= 18 else 0.95
    return 1.0


@lru_cache(maxsize=8_000)
def rates(seed: int, account: int, code: str, volume: float, day: date) -> tuple[float, ...]:
    """Mean orders by product (catalogue order) of one account in one marketplace on a local day; zeros before the launch."""
    if day < LAUNCH:
        return (0.0,) * len(PRODUCTS)
    trend = _GROWTH ** ((day - _REFERENCE).days / 365.25)
    noise = 0.88 + 0.24 * unit(seed, "day", account, code, day.toordinal())
    level = volume * trend * _WEEKDAY[day.weekday()] * noise * _gifts(day)
    running = promotions(seed, day)
    factors = {}
    for line in LINES:
        lift = math.prod(p.lift for p in running if p.covers(line))
        factors[line] = _season(line, day) * min(lift, 3.2)
    shares = _shares(seed, code)
    return tuple(level * share * factors[p.line] for p, share in zip(PRODUCTS, shares, strict=True))


@lru_cache(maxsize=64)
def _shares(seed: int, code: str) -> tuple[float, ...]:
    """Each product's share of a marketplace's demand: popularity bent by local taste."""
    raw = [p.popularity * (0.7 + 0.6 * unit(seed, "taste", code, p.sku)) for p in PRODUCTS]
    return tuple(r / sum(raw) for r in raw)
