"""The selling partners of the business: a seller in each region, one in India, and one vendor group, with their volumes.
No credentials: the server owns those."""

from __future__ import annotations

from dataclasses import dataclass

from .marketplaces import BY_CODE, Marketplace


@dataclass(frozen=True)
class Account:
    """One selling partner. `orders_per_day` is the long-run mean in 2026 for each marketplace it sells in."""

    selling_partner_id: str
    kind: str  # seller | vendor
    region: str
    index: int
    orders_per_day: tuple[tuple[str, float], ...]

    @property
    def marketplaces(self) -> tuple[Marketplace, ...]:
        return tuple(BY_CODE[code] for code, _ in self.orders_per_day)

    def volume(self, code: str) -> float:
        """Mean orders a day in the marketplace; 0 where the account does not sell."""
        return dict(self.orders_per_day).get(code, 0.0)


ACCOUNTS = (
    Account("A3KESTREL0EU0", "seller", "eu", 0, (("DE", 40.0), ("UK", 26.0), ("FR", 11.0), ("IT", 8.0), ("ES", 6.0))),
    Account("A3KESTREL0NA0", "seller", "na", 1, (("US", 46.0), ("CA", 8.0), ("MX", 4.0))),
    Account("A3KESTREL0FE0", "seller", "fe", 2, (("JP", 15.0),)),
    Account("amzn1.vg.1000001", "vendor", "na", 3, (("US", 160.0),)),
    Account("A3KESTREL0IN0", "seller", "eu", 4, (("IN", 12.0),)),
)
BY_SELLING_PARTNER = {a.selling_partner_id: a for a in ACCOUNTS}
