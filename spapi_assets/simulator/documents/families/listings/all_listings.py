"""GET_MERCHANT_LISTINGS_ALL_DATA: every offer of one marketplace as it is now, in the store's language and charset.
The option preferredReportDocumentLocale=en_US turns the header (not the titles) English."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from ....business.listings import channel, listings
from ....business.marketplaces import Marketplace
from ....business.seeds import derive
from ...flat import money, named_file
from ...model import Document, Request
from .headers import LISTINGS, localised

_OPEN_DATE = {"eu": "%d/%m/%Y %H:%M:%S", "na": "%Y-%m-%d %H:%M:%S", "fe": "%Y/%m/%d %H:%M:%S"}
_ZONE_NAMES = {"CET": "MET", "CEST": "MEST"}  # Amazon's spelling, as in "23/09/2021 10:34:38 MEST" (jrl84/amazon-sp-api#55)


def render(request: Request) -> Document:
    """Offers of the first marketplace named; further ones are ignored, as Amazon does."""
    m = request.marketplaces[0]
    return named_file(LISTINGS, offers(request, m), m, localised(LISTINGS, locale_of(request)))


def locale_of(request: Request) -> str:
    """The language of the header: the store's, English if asked for. `en_GB` differs from `en_US` in one name."""
    m = request.marketplaces[0]
    wanted = request.options.get("preferredReportDocumentLocale")
    return "en_US" if wanted == "en_US" or m.region == "na" else "en_GB" if m.language == "en" else m.language


def _open_date(m: Marketplace, opened: datetime) -> str:
    local = opened.astimezone(m.tz)
    name = local.tzname() or "UTC"
    return f"{local.strftime(_OPEN_DATE[m.region])} {_ZONE_NAMES.get(name, name)}"


def offers(request: Request, m: Marketplace) -> Iterator[dict[str, str | int]]:
    """Every offer of the marketplace by column, as it is now."""
    for offer in listings(request.business, request.account, m, request.now):
        product, name = offer.product, offer.title
        yield {
            "item-name": name,
            "item-description": f'{name}… <b>Kestrel & Co</b>, "made to last". {product.weight} g',
            "listing-id": f"{derive(request.business.seed, 'listing', m.code, product.sku) % 10**8:08d}QX",
            "seller-sku": product.sku,
            "price": money(offer.price, m.digits),
            "quantity": "" if offer.quantity is None else str(offer.quantity),
            "open-date": _open_date(m, offer.opened),
            "item-is-marketplace": "y",
            "product-id-type": "1",
            "item-condition": "11",
            "asin1": product.asin,
            "will-ship-internationally": "1" if product.fba else "",
            "product-id": product.asin,
            "pending-quantity": str(offer.pending),
            "fulfillment-channel": channel(m) if product.fba else "DEFAULT",
            "merchant-shipping-group": "" if product.fba else "Kestrel Standard",
            "status": "Active" if offer.buyable else "Inactive",
        }
