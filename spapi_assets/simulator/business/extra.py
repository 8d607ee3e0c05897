"""Any number of further articles that a seller lists beside the business's own: for benchmarks of large catalogues.
Each is computed from its number when asked for, and costs nothing until then; none is ever sold or stored at Amazon."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from .catalog import PRODUCTS, Product
from .titles import title

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_DIGIT = {letter: value for value, letter in enumerate(_ALPHABET)}
_SPACE = len(_ALPHABET) ** 6
_STEP = 618_033_989  # coprime to the number of codes, so that neighbours look unlike each other
_BACK = pow(_STEP, -1, _SPACE)
_FIRST_INDEX = -1_000_000
_FIRST_LISTED = datetime(2023, 1, 1, tzinfo=UTC)
MOST = 1_000_000
MISSING_EVERY = 50  # one of so many is listed but has no catalogue item


@lru_cache(maxsize=20_000)
def article(number: int) -> Product:
    """Article `number` (from 0)."""
    base = PRODUCTS[number % len(PRODUCTS)]
    return Product(
        sku=sku(number), asin=asin(number), parent="", fnsku="", line=base.line, variant=base.variant,
        price=base.price + 10 * (number % 37), cost=base.cost, weight=base.weight, volume=base.volume, popularity=0.0,
        return_rate=0.0, fba=False, index=_FIRST_INDEX - number,
    )  # fmt: skip


def number_of(product: Product) -> int | None:
    """The article's number; None for the business's own goods."""
    return _FIRST_INDEX - product.index if product.index <= _FIRST_INDEX else None


def asin(number: int) -> str:
    """`B0Z`, six letters and a check letter: the number can be read back, and few other ASINs are taken for one of these."""
    code, letters = (number * _STEP) % _SPACE, ""
    for _ in range(6):
        code, digit = divmod(code, len(_ALPHABET))
        letters += _ALPHABET[digit]
    return f"B0Z{letters}{_check(letters)}"


def number_of_asin(text: str) -> int | None:
    """The number that an ASIN was made from; None if it is not one of these."""
    letters = text[3:9]
    if len(text) != 10 or not text.startswith("B0Z") or not set(letters) <= set(_DIGIT) or text[9] != _check(letters):
        return None
    code = 0
    for letter in reversed(letters):
        code = code * len(_ALPHABET) + _DIGIT[letter]
    return code * _BACK % _SPACE


def sku(number: int) -> str:
    """The SKU of an article."""
    return f"KX-{number:07d}"


def number_of_sku(text: str) -> int | None:
    """The number in a SKU; None if it is not one of these."""
    digits = text.removeprefix("KX-")
    return int(digits) if len(digits) == 7 and digits != text and digits.isdecimal() else None


def listed_at(number: int) -> datetime:
    """When the article was listed, and last changed: one a minute."""
    return _FIRST_LISTED + timedelta(minutes=number)


def first_listed_from(instant: float) -> int:
    """The number of the first article that was listed at an instant or after it; 0 or more."""
    return max(0, -int(-(instant - _FIRST_LISTED.timestamp()) // 60))


def title_of(product: Product, language: str) -> str:
    """The seller's title of any article, the business's own included."""
    number = number_of(product)
    return title(product if number is None else PRODUCTS[number % len(PRODUCTS)], language) + (
        "" if number is None else f" #{number}"
    )


def _check(letters: str) -> str:
    return _ALPHABET[sum((n + 3) * _DIGIT[letter] for n, letter in enumerate(letters)) % len(_ALPHABET)]
