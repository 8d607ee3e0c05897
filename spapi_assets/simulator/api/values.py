"""Values as the JSON of the newer APIs writes them: instants, decimal text, amounts as numbers.
Each API says where they stand."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from spapi_assets.simulator.business.marketplaces import Marketplace, utc


def stamp(instant: float) -> str:
    """An epoch second as `2026-11-23T18:00:00Z`."""
    return utc(instant).strftime("%Y-%m-%dT%H:%M:%SZ")


def local_stamp(instant: float, m: Marketplace) -> str:
    """An epoch second in the store's own time, with its offset."""
    return datetime.fromtimestamp(int(instant), m.tz).isoformat()


def decimal_text(minor: int, m: Marketplace) -> str:
    """Minor units as the decimal text that orders and purchase orders hold, without rounding."""
    if m.digits == 0:
        return str(minor)
    sign, digits = "-" if minor < 0 else "", f"{abs(minor):0{m.digits + 1}d}"
    return f"{sign}{digits[: -m.digits]}.{digits[-m.digits :]}"


def money(minor: int, m: Marketplace) -> dict[str, str]:
    """`amount` as text beside its currency: orders and vendor APIs."""
    return {"amount": decimal_text(minor, m), "currencyCode": m.currency}


def currency(minor: int, m: Marketplace) -> dict[str, Any]:
    """`currencyAmount` as a number beside its currency: the finance APIs."""
    number = round(minor / 10**m.digits, m.digits) if m.digits else minor
    return {"currencyCode": m.currency, "currencyAmount": number}
