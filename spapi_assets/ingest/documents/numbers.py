"""How one text reads as a number with a decimal point, and how with a decimal comma: signs, thousands marks, currency signs.
Which of the two readings holds in a document is decided in `locale.py`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal


class DoesNotFit(ValueError):
    """The text is no value of the type, or could be two different ones; the message says which."""


_SPACES = r" '\u00a0\u202f\u2009’"
_DOT = re.compile(
    rf"[+-]?(?:\d+|[1-9]\d{{0,2}}(?:(?P<g>[{_SPACES}])\d{{3}})(?:(?P=g)\d{{3}})*|[1-9]\d{{0,2}}(?:,\d{{2,3}})*,\d{{3}})?"
    r"(?:\.\d*)?",
    re.ASCII,
)
_COMMA = re.compile(rf"[+-]?(?:\d+|[1-9]\d{{0,2}}(?:(?P<g>[{_SPACES}.])\d{{3}})(?:(?P=g)\d{{3}})*)?(?:,\d*)?", re.ASCII)
_PLAIN = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?", re.ASCII)
_GROUPS = re.compile(rf"[{_SPACES}]")
# Whole lines of texts joined by line feeds: nearly every number there is. The first kind proves a point, the others nothing.
_POINTED = re.compile(r"^[+-]?[0-9]+\.(?:[0-9]{1,2}|[0-9]{4,})$", re.MULTILINE)
_WHOLE = re.compile(r"^[+-]?[0-9]+$", re.MULTILINE)

# Signs beside amounts, and the currencies they can mean.
CURRENCY_SIGNS: dict[str, frozenset[str]] = {
    "€": frozenset({"EUR"}), "£": frozenset({"GBP", "EGP"}), **dict.fromkeys("¥￥円", frozenset({"JPY"})),
    "$": frozenset({"USD", "CAD", "MXN", "AUD", "SGD"}), "US$": frozenset({"USD"}), "CA$": frozenset({"CAD"}),
    "C$": frozenset({"CAD"}), "CDN$": frozenset({"CAD"}), "MX$": frozenset({"MXN"}), "A$": frozenset({"AUD"}),
    "AU$": frozenset({"AUD"}), "S$": frozenset({"SGD"}), "R$": frozenset({"BRL"}), "zł": frozenset({"PLN"}),
    "kr": frozenset({"SEK"}), "₹": frozenset({"INR"}), "₺": frozenset({"TRY"}),
}  # fmt: skip
_SIGN = "|".join(re.escape(s) for s in sorted(CURRENCY_SIGNS, key=len, reverse=True))
_DRESSED = re.compile(
    rf"(?P<open>\()?(?P<m1>[+-]?)\s?(?P<c1>{_SIGN})?\s?(?P<m2>[+-]?)(?P<n>[\d.,][\d.,{_SPACES}]*(?:[eE][+-]?\d{{1,3}})?)"
    rf"(?P<m3>[+-]?)\s?(?:(?P<c2>{_SIGN})|(?P<p>%))?(?P<m4>[+-]?)(?P<close>\))?"
)


@dataclass(frozen=True)
class Dress:
    """What beside digits a column may hold: a percent sign, or the signs of these currencies (empty: any)."""

    percent: bool = False
    money: bool = False
    currencies: frozenset[str] = frozenset()


PLAIN = Dress()


def undressed(text: str, dress: Dress = PLAIN) -> str:
    """The number alone, its sign in front: `(1.00)`, `1.00-` and `−1.00` are negative. DoesNotFit for a sign that may not be."""
    value = text.strip()
    if _PLAIN.fullmatch(value):
        return value
    match = _DRESSED.fullmatch(value.replace("\u2212", "-").replace("\uff0d", "-"))
    if match is None:
        return value
    signs = [s for s in match.group("m1", "m2", "m3", "m4") if s]
    bracketed = match["open"] is not None
    if bracketed != (match["close"] is not None) or len(signs) + bracketed > 1:
        raise DoesNotFit("not a number")
    if match["p"] and not dress.percent:
        raise DoesNotFit("a percentage where the registry declares another unit")
    if match["c1"] and match["c2"]:
        raise DoesNotFit("not a number: two currency signs")
    if sign := match["c1"] or match["c2"]:
        if not dress.money:
            raise DoesNotFit(f"a currency sign, {sign}, where no amount of money is declared")
        if dress.currencies and not dress.currencies & CURRENCY_SIGNS[sign]:
            raise DoesNotFit(f"the currency sign {sign} is of none of the document's marketplaces")
    negative = bracketed or signs == ["-"]
    return f"{'-' if negative else ''}{match['n'].strip()}"


def is_plain(text: str) -> bool:
    """Digits with at most a decimal point: how programs write numbers, and pyarrow reads them."""
    return _PLAIN.fullmatch(text) is not None


def with_point(text: str) -> Decimal | None:
    """The undressed text's value if a point is the decimal mark; None if it cannot be read so."""
    if _PLAIN.fullmatch(text):
        return Decimal(text)
    if not any(c.isdigit() for c in text) or _DOT.fullmatch(text) is None:
        return None
    return Decimal(_GROUPS.sub("", text).replace(",", ""))


def with_comma(text: str) -> Decimal | None:
    """The undressed text's value if a comma is the decimal mark; None if it cannot be read so."""
    if not any(c.isdigit() for c in text) or _COMMA.fullmatch(text) is None:
        return None
    return Decimal(_GROUPS.sub("", text).replace(".", "").replace(",", "."))


def mark_shown(text: str) -> str | None:
    """The decimal mark that this text alone proves, because it has no reading with the other; None if it proves none."""
    try:
        value = undressed(text, Dress(percent=True, money=True))
    except DoesNotFit:
        return None
    if "." not in value and "," not in value:
        return None  # 1E+2 has one reading, too
    point, comma = with_point(value), with_comma(value)
    if (point is None) == (comma is None):
        return None
    return "." if comma is None else ","


def marks_shown(texts: Sequence[str]) -> dict[str, int]:
    """How many of the texts prove each decimal mark: `mark_shown` of all of them, in one go where they are written as usual."""
    joined = "\n".join(texts)
    points = len(_POINTED.findall(joined))
    if points + len(_WHOLE.findall(joined)) == len(texts) == joined.count("\n") + 1:
        return {".": points} if points else {}
    return dict(Counter(mark for text in texts if (mark := mark_shown(text)) is not None))


def all_plain(texts: Sequence[str]) -> bool:
    """`is_plain` of all of them."""
    joined = "\n".join(texts)
    usual = len(_POINTED.findall(joined)) + len(_WHOLE.findall(joined)) == len(texts) == joined.count("\n") + 1
    return usual or all(map(is_plain, texts))


def read(text: str, mark: str | None, dress: Dress = PLAIN) -> Decimal:
    """The number with that decimal mark; with None, only if the text has one reading. DoesNotFit says why not."""
    value = undressed(text, dress)
    if mark == "." and _PLAIN.fullmatch(value):
        return Decimal(value)
    point, comma = with_point(value), with_comma(value)
    reading = {".": point, ",": comma, None: point if comma is None else comma}[mark]
    if mark is None and point is not None and comma is not None and point != comma:
        raise DoesNotFit(f"could be {point} or {comma}: the document does not show its decimal mark")
    if reading is None:
        raise DoesNotFit(f"not a number with the decimal mark {mark!r}" if mark else "not a number")
    return reading


def dress_of(unit: str | None, *, is_decimal: bool, currencies: Collection[str]) -> Dress:
    """What a column's unit allows beside its digits. A column without a unit may hold either, as written."""
    word = (unit or "").casefold()
    return Dress(
        percent=unit is None or "percent" in word or "%" in word,
        money=is_decimal and (unit is None or "money" in word or "currenc" in word or (len(word) == 3 and unit.isupper())),
        currencies=frozenset(currencies),
    )
