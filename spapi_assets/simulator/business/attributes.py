"""An article's attributes as Amazon keeps them: each a list of values with their store and language, shaped by product type.
The catalogue shows these; the seller's listing adds its offer to them."""

from __future__ import annotations

from typing import Any

from .business import Business
from .catalog import Product
from .dimensions import size
from .items import BRAND, Item, barcode, color, item_title, product_type, released
from .listings import Listing
from .marketplaces import Marketplace

_BULLETS = {
    "de": ("Für draußen gemacht, für jeden Tag gedacht", "Geprüft bei −10 °C", "2 Jahre Garantie"),
    "fr": ("Conçu pour le plein air, pensé pour tous les jours", "Testé à −10 °C", "Garantie 2 ans"),
    "it": ("Fatto per l'aria aperta, pensato per ogni giorno", "Testato a −10 °C", "Garanzia di 2 anni"),
    "es": ("Hecho para el aire libre, pensado para cada día", "Probado a −10 °C", "2 años de garantía"),
    "ja": ("アウトドアのために作られ、毎日のために考えられた", "マイナス10度でテスト済み", "2年保証"),
    "en": ("Made for the outdoors, meant for every day", "Tested at −10 °C", "2-year guarantee"),
}
Attributes = dict[str, list[dict[str, Any]]]


def language_tag(m: Marketplace, language: str = "") -> str:
    """`de_DE`, `es_MX`: how attributes name their language."""
    return f"{language or m.language}_{m.country}"


def item_attributes(business: Business, m: Marketplace, item: Item, language: str, now: float) -> Attributes:
    """What the catalogue holds of an article."""
    title = item_title(business, m, item, language, now)
    return _of_article(m, item.product, language, title, product_type(business, m, item, now), item)


def listing_attributes(m: Marketplace, listing: Listing) -> Attributes:
    """What the seller submitted: the article and his offer."""
    product = listing.product
    found = _of_article(m, product, m.language, listing.title, listing.product_type, None)
    price = listing.price / 10**m.digits
    found["condition_type"] = [{"value": "new_new", "marketplace_id": m.id}]
    found["merchant_suggested_asin"] = [{"value": product.asin, "marketplace_id": m.id}]
    found["purchasable_offer"] = [
        {
            "marketplace_id": m.id, "currency": m.currency, "audience": "ALL",
            "our_price": [{"schedule": [{"value_with_tax": price}]}],
        }
    ]  # fmt: skip
    if listing.quantity is not None:
        found["fulfillment_availability"] = [{"fulfillment_channel_code": "DEFAULT", "quantity": listing.quantity}]
    return found


def _of_article(m: Marketplace, product: Product, language: str, title: str, kind: str, item: Item | None) -> Attributes:
    tag, here = language_tag(m, language), {"marketplace_id": m.id}
    measured = size(product, m)
    found: Attributes = {
        "item_name": [{"value": title, "language_tag": tag, **here}],
        "brand": [{"value": BRAND, "language_tag": tag, **here}],
        "manufacturer": [{"value": f"{BRAND} Ltd", "language_tag": tag, **here}],
        "bullet_point": [{"value": text, "language_tag": tag, **here} for text in _BULLETS[language]],
        "product_description": [{"value": f'{title}… <b>Kestrel & Co</b>, "made to last".', "language_tag": tag, **here}],
        "item_type_name": [{"value": kind.replace("_", " ").title(), "language_tag": tag, **here}],
        "model_number": [{"value": f"KC{product.line[:3].upper()}{product.variant.upper()}", **here}],
        "item_weight": [{"value": round(measured.weight, 3), "unit": measured.weight_unit, **here}],
        "item_dimensions": [
            {
                name: {"value": round(side, 2), "unit": measured.side_unit}
                for name, side in zip(("length", "width", "height"), measured.sides, strict=True)
            }
            | here
        ],
        "country_of_origin": [{"value": "PT" if product.index % 2 else "VN", **here}],
        "batteries_required": [{"value": product.line == "headlamp", **here}],
        "number_of_items": [{"value": 2 if product.line in ("poles", "socks") else 1, **here}],
    }
    if item is None or not item.children:
        found["externally_assigned_product_identifier"] = [{"type": "upc", "value": barcode(product), **here}]
        found["size"] = [{"value": product.variant, "language_tag": tag, **here}]
        if shade := color(product):
            found["color"] = [{"value": shade, "standardized_values": [shade.title()], "language_tag": tag, **here}]
    if item is not None:
        found["product_site_launch_date"] = [{"value": f"{released(item).isoformat()}T00:00:00.000Z", **here}]
    return found
