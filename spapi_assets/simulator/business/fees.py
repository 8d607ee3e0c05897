"""What Amazon would take of a sale at a given price: the fees that settlements charge and the fee previews print.
How an API or a report names them is theirs."""

from __future__ import annotations

from dataclasses import dataclass

from .catalog import Product, fulfilment_fee
from .marketplaces import Marketplace
from .settlements import COMMISSION


@dataclass(frozen=True, slots=True)
class Fees:
    """Fees of one unit in minor units; all but the referral fee are 0 unless Amazon fulfils."""

    referral: int
    fulfilment: int

    @property
    def total(self) -> int:
        return self.referral + self.fulfilment


def estimate(product: Product, m: Marketplace, price: int, shipping: int, *, amazon: bool) -> Fees:
    """Fees of one unit sold at `price` plus `shipping` (minor units)."""
    return Fees(round((price + shipping) * COMMISSION), fulfilment_fee(product, m) if amazon else 0)
