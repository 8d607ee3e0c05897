"""Who else offers an article and at what price, who holds the buy box, and what Amazon compares prices with; new every hour.
The seller's own offer is in listings.py; prices are minor units as the store shows them."""

from __future__ import annotations

from dataclasses import dataclass

from .accounts import Account
from .business import Business
from .catalog import Product, list_price
from .extra import number_of
from .listings import Listing
from .marketplaces import Marketplace, local_day, utc
from .seeds import derive, letters, unit

NEW, USED = "New", "Used"


@dataclass(frozen=True, slots=True)
class Offer:
    """One seller's offer of an article. `eligible`: for the buy box; `prime`: NATIONAL, REGIONAL or NONE."""

    seller_id: str
    condition: str
    sub_condition: str
    amazon: bool
    price: int
    shipping: int
    prime: str
    eligible: bool
    feedback: int
    rating: int

    @property
    def landed(self) -> int:
        return self.price + self.shipping


@dataclass(frozen=True, slots=True)
class References:
    """Prices that Amazon holds an offer against."""

    threshold: int  # CompetitivePriceThreshold: above it the offer may lose the buy box
    competitive: int  # CompetitivePrice: seen outside Amazon
    was: int  # WasPrice: what customers paid of late


def own_offer(account: Account, listing: Listing) -> Offer:
    """The seller's own offer; eligible while it can be bought."""
    product = listing.product
    shipping = 0 if product.fba else round(3.36 * listing.marketplace.per_euro * 10**listing.marketplace.digits)
    prime = "NATIONAL" if product.fba else "NONE"
    return Offer(account.selling_partner_id, NEW, NEW, product.fba, listing.price, shipping, prime, listing.buyable, 4_812, 97)


def others(business: Business, m: Marketplace, product: Product, now: float) -> list[Offer]:
    """Other sellers' offers, cheapest first. Extra articles have none."""
    if number_of(product) is not None:
        return []
    own = list_price(product, m, utc(now).year)
    count = derive(business.seed, "competitors", m.code, product.asin) % 4
    if product.line == "rope":
        count = max(2, count)
    found = []
    for n in range(count):
        draw = derive(business.seed, "competitor", m.code, product.asin, n)
        used = n == 3 or (n == 2 and draw % 2 == 0)
        amazon = draw // 2 % 3 == 0
        now_at = unit(business.seed, "competitor price", m.code, product.asin, n, int(now // 3_600))
        factor = (0.55 + 0.1 * now_at) if used else (0.9 if product.line == "rope" else 0.97) + 0.16 * now_at
        step = 1 if m.digits == 0 else 10
        shipping = 0 if amazon else round(2.99 * m.per_euro * 10**m.digits)
        prime = "NATIONAL" if amazon else ("REGIONAL", "NONE")[draw // 6 % 2]
        found.append(
            Offer(
                "A" + letters(draw, 13), USED if used else NEW, ("Good", "VeryGood")[draw % 2] if used else NEW, amazon,
                max(step, round(own * factor / step) * step), shipping, prime, not used, draw % 900, 80 + draw // 900 % 20,
            )
        )  # fmt: skip
    return sorted(found, key=lambda o: (o.landed, o.seller_id))


def featured(own: Offer | None, competitors: list[Offer]) -> Offer | None:
    """Who holds the buy box: the own offer, unless it cannot be bought or a new one is more than two percent cheaper."""
    new = [o for o in competitors if o.condition == NEW and o.eligible]
    if own is None or not own.eligible:
        return new[0] if new else None
    return new[0] if new and new[0].landed < own.landed * 0.98 else own


def references(business: Business, m: Marketplace, product: Product, now: float) -> References:
    """Reference prices of the day."""
    own = list_price(product, m, utc(now).year)
    day = local_day(m.zone, now).toordinal()
    draws = [unit(business.seed, name, m.code, product.asin, day // 7) for name in ("threshold", "competitive", "was")]
    return References(
        round(own * (1.0 + 0.1 * draws[0])), round(own * (0.96 + 0.08 * draws[1])), round(own * (1.0 + 0.05 * draws[2]))
    )


def expected_price(own: Offer | None, competitors: list[Offer]) -> tuple[str, int | None]:
    """(result status, price at which the own offer would be the featured one)."""
    if own is None or not own.eligible:
        return "OFFER_NOT_ELIGIBLE", None
    new = [o for o in competitors if o.condition == NEW and o.eligible]
    if not new:
        return "NO_COMPETING_OFFERS", None
    return "VALID_FOEP", max(1, round(new[0].landed / 0.98) - own.shipping)
