"""Fulfilment centres of each stock pool: where deliveries arrive, and where products lie. How much lies there is in ledger.py.
A product has one home; what arrives at the dock is moved there on the same day."""

from __future__ import annotations

from dataclasses import dataclass

from .catalog import Product


@dataclass(frozen=True)
class Centre:
    """One fulfilment centre and its address as tax reports print it."""

    code: str
    country: str
    city: str
    state: str
    postal_code: str


POOLS: dict[str, tuple[Centre, ...]] = {
    "EU": (
        Centre("LEJ1", "DE", "Leipzig", "", "04347"), Centre("DTM2", "DE", "Dortmund", "", "44145"),
        Centre("WRO5", "PL", "Okmiany", "", "59-225"), Centre("BVA1", "FR", "Boves", "", "80440"),
        Centre("MXP5", "IT", "Castel San Giovanni", "PC", "29015"), Centre("BCN1", "ES", "El Prat de Llobregat", "", "08820"),
    ),
    "UK": (Centre("BHX4", "GB", "Coventry", "", "CV5 9PF"), Centre("LBA4", "GB", "Doncaster", "", "DN11 0BF")),
    "US": (
        Centre("ONT8", "US", "Moreno Valley", "CA", "92551"), Centre("PHX7", "US", "Phoenix", "AZ", "85043"),
        Centre("TEB9", "US", "Somerset", "NJ", "08873"), Centre("FTW1", "US", "Dallas", "TX", "75241"),
    ),
    "CA": (Centre("YYZ4", "CA", "Brampton", "ON", "L6Y 0B2"), Centre("YVR4", "CA", "Tsawwassen", "BC", "V4M 4G8")),
    "MX": (Centre("MEX1", "MX", "Tepotzotlán", "MEX", "54605"),),
    "JP": (Centre("FSZ1", "JP", "小田原市", "神奈川県", "250-8560"), Centre("KIX2", "JP", "藤井寺市", "大阪府", "583-8520")),
    "IN": (Centre("BLR7", "IN", "Bengaluru", "KARNATAKA", "562149"), Centre("DEL4", "IN", "Gurgaon", "HARYANA", "122413")),
}  # fmt: skip


def dock(pool: str) -> Centre:
    """Where a pool's deliveries arrive."""
    return POOLS[pool][0]


def home(pool: str, product: Product) -> Centre:
    """Where a pool keeps a product, ships it from and takes it back."""
    centres = POOLS[pool]
    return centres[product.index * 5 % len(centres)] if product.index >= 0 else centres[0]
