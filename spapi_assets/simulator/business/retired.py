"""Articles that are no longer offered: their listings are deleted, and what is left of them lies in the warehouses, stranded.
They never sell; the catalogue of what is offered is catalog.py."""

from __future__ import annotations

from datetime import date

from .accounts import Account
from .business import Business
from .catalog import Product, _code
from .seeds import derive

CLOSED = date(2024, 9, 30)  # when the offers were deleted


def _retired(sku: str, line: str, variant: str, price: int, weight: int, volume: float, index: int) -> Product:
    return Product(
        sku, _code("B0", f"retired {sku}", 8), _code("B0", line, 8), _code("X00", sku, 7), line, variant, price, price // 3,
        weight, volume, 0.0, 0.0, True, index,
    )  # fmt: skip


RETIRED = (
    _retired("00398", "mug", "350", 1695, 230, 1.3, -1),
    _retired("KC-BOT-050-OLD", "bottle", "0.5", 1995, 300, 1.4, -2),
)


def units(business: Business, account: Account, pool: str, product: Product) -> int:
    """Sellable units of a retired article that still lie in the pool's warehouse; the number does not change."""
    return 3 + derive(business.seed, "retired", account.index, pool, product.sku) % 9
