"""How numbers, money, shares and days are written: the same everywhere on the page."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

SYMBOLS = {"EUR": "€", "GBP": "£", "USD": "$", "JPY": "¥", "INR": "₹", "TRY": "₺", "PLN": "zł\u00a0", "SEK": "kr\u00a0",
           "CAD": "CA$", "AUD": "A$", "MXN": "MX$", "BRL": "R$"}  # fmt: skip
Number = float | Decimal
MINUS = "\u2212"


def _signed(value: Number, text: str) -> str:
    return f"{MINUS}{text}" if value < 0 and any(c in "123456789" for c in text) else text


def money(value: Number | None, currency: str, decimals: int = 0) -> str:
    if value is None:
        return "–"
    return _signed(value, f"{SYMBOLS.get(currency, currency + chr(160))}{abs(float(value)):,.{decimals}f}")


def short_money(value: Number, currency: str) -> str:
    """For axes: €1.2k, €3M."""
    size = abs(float(value))
    for limit, unit in ((1_000_000, "M"), (1_000, "k")):
        if size >= limit:
            return _signed(value, f"{SYMBOLS.get(currency, currency + chr(160))}{size / limit:.1f}".removesuffix(".0") + unit)
    return money(value, currency)


def count(value: Number | None) -> str:
    return "–" if value is None else _signed(value, f"{abs(float(value)):,.0f}")


def decimal(value: Number | None, places: int = 1) -> str:
    return "–" if value is None else _signed(value, f"{abs(float(value)):,.{places}f}")


def share(value: Number | None, places: int = 1) -> str:
    """A ratio as a percentage."""
    return "–" if value is None else _signed(value, f"{abs(float(value)) * 100:,.{places}f}\u00a0%")


def day(value: date) -> str:
    return f"{value.day} {value:%b %Y}"


def span(first: date, last: date) -> str:
    """Two days as briefly as clear: 3–9 Nov 2026."""
    if first == last:
        return day(first)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{day(last)}"
    if first.year == last.year:
        return f"{first.day} {first:%b} – {day(last)}"
    return f"{day(first)} – {day(last)}"


def change(now: Number | None, before: Number | None) -> float | None:
    """Relative change; None when there is nothing to compare with."""
    if now is None or not before:
        return None
    return float(now) / float(before) - 1
