"""What Kestrel & Co sells: SKUs, ASINs in parent/child families, prices, unit costs, weights and FBA fees. No demand, no stock.
The SKUs are awkward on purpose (leading zeros, `1E5`, a slash, a leading `=`): spreadsheets and careless parsers break them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

from .marketplaces import Marketplace


@dataclass(frozen=True)
class Product:
    """One offer (SKU). Money in euro cents; `price` is the German list price of 2024 including tax; `weight` in grams."""

    sku: str
    asin: str
    parent: str
    fnsku: str
    line: str
    variant: str
    price: int
    cost: int
    weight: int
    volume: float  # litres
    popularity: float  # share of demand within the catalogue
    return_rate: float
    fba: bool
    index: int

    @property
    def fba_fee(self) -> int:
        """FBA fulfilment fee of one unit in euro cents, by weight and size."""
        return 245 + round(self.weight * 0.11) + round(self.volume * 14)


def _code(prefix: str, text: str, length: int) -> str:
    alphabet = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
    number = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")
    out = ""
    for _ in range(length):
        number, digit = divmod(number, len(alphabet))
        out += alphabet[digit]
    return prefix + out


#       SKU               line        variant     price  cost  grams litres  popularity returns fba
_ROWS = (
    ("00417",             "bottle",   "0.5",      2295,   830,  290,  1.3,   9.0, 0.03, True),
    ("KC-BOT-075-BLK",    "bottle",   "0.75",     2695,  1010,  360,  1.8,  11.0, 0.03, True),
    ("KC-BOT-100-GRN",    "bottle",   "1.0",      3195,  1230,  440,  2.4,   6.0, 0.03, True),
    ("1E5",               "headlamp", "300",      2995,  1090,   95,  0.5,   8.0, 0.06, True),
    ("KC/HL-500",         "headlamp", "500",      4495,  1720,  120,  0.6,   5.0, 0.07, True),
    ("KC-HL-900",         "headlamp", "900",      6995,  2690,  160,  0.8,   2.4, 0.08, True),
    ("KC-HAM-1P-RED",     "hammock",  "1",        4995,  1980,  620,  4.0,   4.0, 0.06, True),
    ("KC-HAM-2P-BLU",     "hammock",  "2",        6495,  2620,  880,  5.6,   3.0, 0.07, True),
    ("KC-DRY-05",         "drybag",   "5",        1595,   540,  110,  0.6,   5.0, 0.03, True),
    ("KC-DRY-10",         "drybag",   "10",       1995,   690,  150,  0.9,   6.5, 0.03, True),
    ("KC-DRY-20",         "drybag",   "20",       2595,   960,  210,  1.4,   5.5, 0.03, True),
    ("KC-DRY-40",         "drybag",   "40",       3595,  1460,  330,  2.2,   2.2, 0.04, True),
    ("KC-POLE-AL",        "poles",    "alu",      4995,  1990,  510,  3.4,   4.2, 0.07, True),
    ("KC-POLE-CB",        "poles",    "carbon",   8995,  3490,  390,  3.2,   2.1, 0.08, True),
    ("=KC-SOCK-M",        "socks",    "39-42",    2195,   690,   85,  0.7,   6.0, 0.11, True),
    ("KC-SOCK-L",         "socks",    "43-46",    2195,   690,   90,  0.7,   6.5, 0.12, True),
    ("KC-STV-1",          "stove",    "1",        3995,  1610,  240,  1.1,   3.4, 0.04, True),
    ("KC-STV-1-MFN",      "stove",    "1",        4195,  1610,  240,  1.1,   0.8, 0.05, False),
    ("KC-MUG-350",        "mug",      "350",      1895,   640,  210,  1.2,   6.0, 0.02, True),
    ("KC-MUG-350-WHT",    "mug",      "350w",     1895,   640,  210,  1.2,   4.0, 0.02, True),
    ("KC-ROPE-06",        "rope",     "6",         995,   470,  260,  0.8,   4.5, 0.02, True),
    ("KC-BLK-XL",         "blanket",  "xl",       3495,  1930, 1250,  9.5,   2.6, 0.08, True),
    ("KC-TNT-2P",         "tent",     "2",       18900,  9600, 2600, 14.0,   1.3, 0.09, True),
    ("KC-CHR-XL",         "chair",    "xl",       7995,  3950, 4100, 38.0,   1.1, 0.07, False),
)  # fmt: skip


def _products() -> tuple[Product, ...]:
    built = []
    for index, (sku, line, variant, price, cost, weight, volume, popularity, returns, fba) in enumerate(_ROWS):
        built.append(
            Product(
                sku=sku,
                asin=_code("B0", f"{line}/{variant}", 8),  # one article, FBA or not, has one ASIN
                parent=_code("B0", line, 8),
                fnsku=_code("X00", sku, 7) if fba else "",
                line=line,
                variant=variant,
                price=price,
                cost=cost,
                weight=weight,
                volume=volume,
                popularity=popularity,
                return_rate=returns,
                fba=fba,
                index=index,
            )
        )
    return tuple(built)


PRODUCTS = _products()
BY_SKU = {p.sku: p for p in PRODUCTS}
LINES = tuple(dict.fromkeys(p.line for p in PRODUCTS))


@lru_cache(maxsize=5_000)
def list_price(product: Product, marketplace: Marketplace, year: int) -> int:
    """The shelf price in minor units, tax included where the store shows it so: +3 % each January, rounded to x.95."""
    euros = product.price / 100 * 1.03 ** (year - 2024) * marketplace.per_euro
    if marketplace.digits == 0:
        return max(10, round(euros / 10) * 10 - 1)
    if marketplace.per_euro > 5:
        return round(euros) * 100
    return round(euros) * 100 - 5


@lru_cache(maxsize=5_000)
def net_price(product: Product, marketplace: Marketplace, year: int) -> int:
    """The price of one unit without tax, in minor units. Reports state prices net and the tax beside them."""
    shelf = list_price(product, marketplace, year)
    return shelf if marketplace.region == "na" else round(shelf / (1 + marketplace.vat))


@lru_cache(maxsize=2_000)
def fulfilment_fee(product: Product, marketplace: Marketplace) -> int:
    """FBA fulfilment fee of one unit in the marketplace's minor units."""
    return round(product.fba_fee / 100 * marketplace.per_euro * 10**marketplace.digits)


def unit_cost(product: Product, marketplace: Marketplace) -> int:
    """Landed cost of one unit in the marketplace's minor units, for judging margins."""
    return round(product.cost / 100 * marketplace.per_euro * 10**marketplace.digits)
