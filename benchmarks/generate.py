"""Seeded synthetic documents: an orders flat file with the 33 columns of the all-orders report, gzip, nothing real in it.
Serving and loading it is `server.py` and `methods.py`."""

from __future__ import annotations

import gzip
import random
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

DAYS = 30
FIRST_DAY = datetime(2026, 10, 1, tzinfo=UTC)
HEADER = [
    "amazon-order-id",
    "merchant-order-id",
    "purchase-date",
    "last-updated-date",
    "order-status",
    "fulfillment-channel",
    "sales-channel",
    "order-channel",
    "ship-service-level",
    "product-name",
    "sku",
    "asin",
    "item-status",
    "quantity",
    "currency",
    "item-price",
    "item-tax",
    "shipping-price",
    "shipping-tax",
    "gift-wrap-price",
    "gift-wrap-tax",
    "item-promotion-discount",
    "ship-promotion-discount",
    "ship-city",
    "ship-state",
    "ship-postal-code",
    "ship-country",
    "promotion-ids",
    "cpf",
    "is-business-order",
    "purchase-order-number",
    "price-designation",
    "signature-confirmation-recommended",
]
_CHANNELS = [("Amazon.de", "EUR", "DE"), ("Amazon.co.uk", "GBP", "GB"), ("Amazon.fr", "EUR", "FR"), ("Amazon.it", "EUR", "IT")]
_CITIES = ["München", "Köln", "Leeds", "Orléans", "Forlì", "Berlin", "York", "Düsseldorf", "Saint-Étienne", "Łódź"]
_WORDS = [
    "Kettle",
    "Größe",
    '1/2"',
    "Rüttler",
    "Café",
    '"Classic"',
    "Travel",
    "Mug",
    "Edelstahl",
    "crème",
    "set",
    "24",
    "cm",
    "für",
    "Küche",
    "–",
    "neu",
    "spare",
    "lid",
]


def orders_document(path: Path, rows: int, seed: int = 7, first: datetime = FIRST_DAY, days: int = DAYS) -> Path:
    """Writes `rows` order lines as gzip (level 6), unless the file is there. Line ends are CR LF, nothing is quoted.

    The orders were updated on `days` days from `first` on."""
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    rnd = random.Random(seed)
    products = [_product(rnd, i) for i in range(4000)]
    deflate = zlib.compressobj(6, zlib.DEFLATED, 31)
    temporary = path.with_suffix(".tmp")
    with temporary.open("wb") as file:
        file.write(deflate.compress(("\t".join(HEADER) + "\r\n").encode()))
        for start in range(0, rows, 20_000):
            lines = [_line(rnd, products, i / rows, first, days) for i in range(start, min(start + 20_000, rows))]
            file.write(deflate.compress("".join(lines).encode()))
        file.write(deflate.flush())
    temporary.replace(path)
    return path


def repeated(path: Path, document: Path, times: int) -> Path:
    """The document with its lines several times, each time as another gzip member, unless the file is there."""
    if path.exists():
        return path
    temporary = path.with_suffix(".tmp")
    lines = zlib.compressobj(6, zlib.DEFLATED, 31)
    with gzip.open(document) as plain, temporary.open("wb") as file:
        plain.readline()
        file.write(document.read_bytes())
        start = file.tell()
        while data := plain.read(1 << 22):
            file.write(lines.compress(data))
        file.write(lines.flush())
        size = file.tell() - start
    with temporary.open("r+b") as file:
        file.seek(start)
        member = file.read(size)
        for _ in range(times - 2):
            file.write(member)
    temporary.replace(path)
    return path


def _product(rnd: random.Random, number: int) -> tuple[str, str, str, float]:
    name = " ".join(rnd.choice(_WORDS) for _ in range(rnd.randint(5, 12)))
    return name, f"{number:06d}-KST", f"B0{number:08X}", round(rnd.uniform(3, 180), 2)


def _line(rnd: random.Random, products: list[tuple[str, str, str, float]], part: float, first: datetime, days: int) -> str:
    # Updates of an order come in the document's order only roughly, so most blocks hold several days.
    updated = first + timedelta(seconds=rnd.randrange(days * 86_400))
    if rnd.random() < 0.8:
        middle = part * days * 86_400
        updated = first + timedelta(seconds=min(days * 86_400 - 1, max(0, int(middle + rnd.gauss(0, 40_000)))))
    bought = updated - timedelta(seconds=rnd.randrange(0, 900_000))
    channel, currency, country = rnd.choice(_CHANNELS)
    name, sku, asin, price = rnd.choice(products)
    quantity = 1 if rnd.random() < 0.9 else rnd.randint(2, 9)
    total = price * quantity
    cancelled = rnd.random() < 0.03
    money = "" if cancelled else f"{total:.2f}"
    cells = (
        f"{rnd.randrange(300, 309)}-{rnd.randrange(10**7):07d}-{rnd.randrange(10**7):07d}",
        f"{rnd.randrange(10**9):09d}" if rnd.random() < 0.1 else "",
        bought.isoformat(),
        updated.isoformat(),
        "Cancelled" if cancelled else "Shipped",
        "Amazon" if rnd.random() < 0.8 else "Merchant",
        channel,
        "",
        "Expedited" if rnd.random() < 0.3 else "Standard",
        name,
        sku,
        asin,
        "Cancelled" if cancelled else "Shipped",
        "0" if cancelled else str(quantity),
        currency,
        money,
        "" if cancelled else f"{total * 0.19:.2f}",
        "" if rnd.random() < 0.7 else "3.99",
        "" if rnd.random() < 0.7 else "0.64",
        "",
        "",
        f"{total * 0.1:.2f}" if rnd.random() < 0.1 else "",
        "",
        rnd.choice(_CITIES),
        "",
        f"{rnd.randrange(100_000):05d}",
        country,
        f"PAWS-V2-{rnd.randrange(10**12):012d}" if rnd.random() < 0.1 else "",
        "",
        "true" if rnd.random() < 0.05 else "false",
        "",
        "",
        "false",
    )
    return "\t".join(cells) + "\r\n"
