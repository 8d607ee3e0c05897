"""Amazon's catalogue item of each article: titles, product types, barcodes, pictures, ranks, and in which stores there is one.
Some listed articles have no item, some only now and then; offers and prices are in listings.py and competition.py."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from .business import Business
from .catalog import PRODUCTS, Product
from .extra import MISSING_EVERY, article, number_of, number_of_asin, title_of
from .marketplaces import Marketplace, day_start, local_day
from .seeds import derive, letters, unit
from .stock import cycle_of, cycle_start

BRAND = "Kestrel & Co"
_TYPES = {
    "bottle": "WATER_BOTTLE", "headlamp": "HEADLAMP", "hammock": "HAMMOCK", "drybag": "DRY_BAG", "poles": "HIKING_POLE",
    "socks": "SOCKS", "stove": "CAMPING_STOVE", "mug": "DRINKING_CUP", "rope": "CORD_ROPE", "blanket": "BLANKET",
    "tent": "TENT", "chair": "CHAIR",
}  # fmt: skip
_COLORS = {"KC-BOT-075-BLK": "black", "KC-BOT-100-GRN": "green", "KC-HAM-1P-RED": "red", "KC-HAM-2P-BLU": "blue",
           "KC-MUG-350-WHT": "white"}  # fmt: skip
# Listed, but Amazon merged the page away: there is no catalogue item in these stores.
_MERGED = {"chair": frozenset({"IT", "CA", "JP"})}
_REVISION = 40 * 86_400  # a page's content is edited about so often


@dataclass(frozen=True, slots=True)
class Item:
    """One ASIN. `product` stands for it: of a variation parent its first child, whose ASIN is among `children`."""

    asin: str
    product: Product
    parent: str
    children: tuple[str, ...] = ()


def product_type_of_line(line: str) -> str:
    """Amazon's product type of a product line."""
    return _TYPES[line]


@lru_cache(maxsize=1)
def _own() -> dict[str, Item]:
    found: dict[str, Item] = {}
    for product in PRODUCTS:
        found.setdefault(product.asin, Item(product.asin, product, product.parent))
    for product in PRODUCTS:
        children = tuple(dict.fromkeys(p.asin for p in PRODUCTS if p.parent == product.parent))
        found.setdefault(product.parent, Item(product.parent, product, "", children))
    return found


def own_items() -> tuple[Item, ...]:
    """The items of the business's own goods and their variation parents, extra articles aside."""
    return tuple(_own().values())


def item_of(business: Business, m: Marketplace, asin: str, now: float) -> Item | None:
    """The catalogue item of an ASIN in a marketplace at an instant; None if there is none then."""
    found = _own().get(asin)
    if found is None and (number := number_of_asin(asin)) is not None and number < business.most_extra_articles():
        found = Item(asin, article(number), "")
    return found if found and _present(business, m, found, now) else None


def _present(business: Business, m: Marketplace, item: Item, now: float) -> bool:
    """Whether the item is there: pages vanish for some days when Amazon merges and splits them."""
    changed = [c.value for c in business.changes.of_item(m.code, item.asin, now) if c.field == "present"]
    if changed:
        return bool(changed[-1])
    number = number_of(item.product)
    if number is not None:
        return number % MISSING_EVERY != MISSING_EVERY - 1
    if item.children:
        return True
    if m.code in _MERGED.get(item.product.line, ()):
        return False
    cycle = cycle_of(local_day(m.zone, now))
    draw = derive(business.seed, "page gone", m.code, item.asin, cycle)
    gone = day_start(m.zone, cycle_start(cycle) + timedelta(days=draw // 12 % 20))
    return draw % 12 != 0 or not gone <= now < gone + 5 * 86_400


def item_title(business: Business, m: Marketplace, item: Item, language: str, now: float) -> str:
    """The page's title: the seller's, with what editors add to it from time to time."""
    changed = [c.value for c in business.changes.of_item(m.code, item.asin, now) if c.field == "title"]
    if changed:
        return str(changed[-1])
    plain = title_of(item.product, language)
    if item.children:
        plain = plain.split(" – ")[0].split(",")[0]
    return plain + ("", " | Outdoor", " | Camping & Trekking")[revision(business, m, item, now) % 3]


def revision(business: Business, m: Marketplace, item: Item, now: float) -> int:
    """How often the page's content has been edited; extra articles keep theirs."""
    if number_of(item.product) is not None:
        return 0
    return int(now + derive(business.seed, "revision", m.code, item.asin) % _REVISION) // _REVISION


def product_type(business: Business, m: Marketplace, item: Item, now: float) -> str:
    """Amazon's product type of the item."""
    changed = [c.value for c in business.changes.of_item(m.code, item.asin, now) if c.field == "product_type"]
    return str(changed[-1]) if changed else _TYPES[item.product.line]


def color(product: Product) -> str:
    """The colour; empty for goods that have only one."""
    return _COLORS.get(product.sku, "")


def variation_attributes(line: str) -> tuple[str, str]:
    """(attribute, theme) by which a line's variations differ."""
    return {"poles": ("material", "MATERIAL_TYPE"), "mug": ("color", "COLOR_NAME")}.get(line, ("size", "SIZE_NAME"))


def barcode(product: Product) -> str:
    """The UPC (12 digits, from the range for internal use). Both mugs carry one barcode: one code, two ASINs."""
    number = number_of(product)
    if number is not None:
        digits = f"49{number:09d}"
    else:
        name = "mug" if product.line == "mug" else product.asin
        digits = f"4{derive(0, 'barcode', name) % (9 * 10**9):010d}"
    odd, even = (sum(int(d) for d in digits[n::2]) for n in (0, 1))
    return digits + str(-(3 * odd + even) % 10)


def products_of_barcode(business: Business, code: str) -> list[Product]:
    """The articles that carry a UPC, or an EAN or GTIN (a UPC with leading zeros), extra articles included."""
    upc = code.lstrip("0").zfill(12)
    found = [p for p in PRODUCTS if barcode(p) == upc]
    if (
        upc.startswith("49")
        and upc.isdecimal()
        and len(upc) == 12
        and (number := int(upc[2:11])) < business.most_extra_articles()
    ):
        found += [article(number)] if barcode(article(number)) == upc else []
    return found


def barcodes(product: Product, m: Marketplace) -> tuple[tuple[str, str], ...]:
    """(type, code) of an article as the store names them."""
    upc = barcode(product)
    codes = (("EAN", "0" + upc), ("GTIN", "00" + upc), ("UPC", upc))
    return codes if m.region == "na" else codes[:2]


def families() -> dict[str, Item]:
    """The variation parents with several children, by product line."""
    return {i.product.line: i for i in own_items() if len(i.children) > 1}


def images(business: Business, m: Marketplace, item: Item, now: float) -> Iterator[tuple[str, str, int, int]]:
    """(variant, file name, height, width): the main picture and some others, each in two sizes; edited pages change the first."""
    edited = revision(business, m, item, now)
    count = derive(business.seed, "images", item.asin) % 5
    for n in range(count + 2):
        draw = derive(business.seed, "image", item.asin, n, edited if n == 0 else 0)
        height, width = 1_000 + draw % 1_501, 1_500 + draw // 1_501 % 1_001
        variant = "MAIN" if n == 0 else f"PT{n:02d}"
        yield variant, letters(draw, 11), height, width
        yield variant, letters(draw // 7, 11), round(500 * height / width), 500
    if item.parent and len(_own()[item.parent].children) > 1:
        yield "SWCH", letters(derive(business.seed, "swatch", item.asin), 11), 30, 30


def ranks(business: Business, m: Marketplace, item: Item, now: float) -> tuple[int, int] | None:
    """(in the leaf category, in the department), new every hour; parents and goods that nobody buys have none."""
    if item.children or not item.product.popularity:
        return None
    noise = 0.7 + 0.6 * unit(business.seed, "rank", m.code, item.asin, int(now // 3_600))
    leaf = max(1, round(60 / item.product.popularity * noise))
    return leaf, leaf * 31 + derive(business.seed, "rank", item.asin, int(now // 3_600)) % 31


def released(item: Item) -> date:
    """When the article came to market."""
    return date(2022, 3, 1) + timedelta(days=derive(0, "released", item.asin) % 300)
