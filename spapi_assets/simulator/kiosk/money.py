"""Amounts of one store in the currency that a query asks for. The rates are the business's price levels and never move."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from spapi_assets.simulator.business.marketplaces import MARKETPLACES, Marketplace


@dataclass(frozen=True)
class Exchange:
    """From a store's minor units to Amazon's amount object; `year` is that of the prices."""

    marketplace: Marketplace
    currency: str
    year: int

    def amount(self, minor: float) -> dict[str, Any]:
        """Minor units of the store in the currency asked for."""
        m = self.marketplace
        if self.currency == m.currency:
            return {"amount": round(minor / 10**m.digits, m.digits), "currencyCode": m.currency}
        other = next(o for o in MARKETPLACES if o.currency == self.currency)
        value = minor / 10**m.digits / m.per_euro * other.per_euro
        return {"amount": round(value, other.digits), "currencyCode": self.currency}

    def units(self, count: int, minor: float) -> dict[str, Any]:
        """Units with what they are worth."""
        return {"units": count, "value": self.amount(minor)}
