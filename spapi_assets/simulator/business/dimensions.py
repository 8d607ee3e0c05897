"""How large and heavy a product is, in the units of the marketplace that asks, and what Amazon calls its size.
Weights and volumes are in catalog.py; a parcel is 1.6 : 1 : 0.625."""

from __future__ import annotations

from dataclasses import dataclass

from .catalog import Product
from .marketplaces import Marketplace


@dataclass(frozen=True, slots=True)
class Size:
    """Sides longest first, weight and volume with their units."""

    sides: tuple[float, float, float]
    side_unit: str
    weight: float
    weight_unit: str
    volume: float
    volume_unit: str
    tier: str
    storage_type: str

    @property
    def girth(self) -> float:
        """Longest side plus the girth around the two others."""
        return self.sides[0] + 2 * (self.sides[1] + self.sides[2])


def size(product: Product, m: Marketplace) -> Size:
    """The product's size as the marketplace prints it: inches, pounds and cubic feet in the US, metric elsewhere."""
    edge = (product.volume * 1_000) ** (1 / 3)
    sides = (edge * 1.6, edge, edge / 1.6)
    big = product.volume > 20 or product.weight > 9_000
    if m.code == "US":
        tier = "Large bulky" if big else "Large standard-size" if product.weight > 450 else "Small standard-size"
        inches = (sides[0] / 2.54, sides[1] / 2.54, sides[2] / 2.54)
        volume = product.volume * 0.0353147
        return Size(inches, "inches", product.weight / 453.592, "pounds", volume, "cubic feet", tier, _storage(big))
    tier = "Standard oversize" if big else "Standard parcel" if product.volume > 1.2 else "Large envelope"
    return Size(
        sides, "centimeters", product.weight / 1_000, "kilograms", product.volume / 1_000, "cubic meters", tier, _storage(big)
    )


def _storage(big: bool) -> str:
    return "Oversize" if big else "Standard"
