"""Columns of text as typed Arrow columns, with the values that do not fit named one by one.
How a single value reads is `locale.py`; which columns there are is `header.py`."""

from __future__ import annotations

from collections.abc import Callable, Collection
from decimal import Context, Decimal, InvalidOperation
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from spapi_assets.datasets.model import Column, ColumnType
from spapi_assets.ingest.documents.locale import Contradicted, DoesNotFit, Locale
from spapi_assets.ingest.documents.numbers import dress_of
from spapi_assets.lake.parquet import arrow_type

# The second lines: localised documents. No word is yes in one language and no in another.
TRUE = (
    "true", "True", "TRUE", "yes", "Yes", "YES", "y", "Y", "1", "t", "T",
    "ja", "Ja", "JA", "oui", "Oui", "OUI", "sí", "Sí", "sì", "Sì", "si", "Si", "SI", "sim", "Sim", "tak", "Tak", "evet", "Evet",
    "はい",
)  # fmt: skip
FALSE = (
    "false", "False", "FALSE", "no", "No", "NO", "n", "N", "0", "f", "F",
    "nein", "Nein", "NEIN", "non", "Non", "NON", "nee", "Nee", "nej", "Nej", "não", "Não", "nie", "Nie", "hayır", "Hayır",
    "いいえ",
)  # fmt: skip
# In a column of numbers or dates these have one meaning: there is no value. Seen in fee previews (--), restock advice (none)
# and inventory planning (N/A). Text columns keep them.
NO_VALUE = frozenset({"", "-", "--", "n/a", "none", "null"})
_INT64 = range(-(2**63), 2**63)

Parser = Callable[[str], Any]


def fit_decimal(value: Decimal, precision: int, scale: int) -> Decimal:
    """The same number with exactly `scale` digits after the point; DoesNotFit rather than rounding."""
    try:
        fitted = value.quantize(Decimal(1).scaleb(-scale), context=Context(prec=max(precision, 1)))
    except InvalidOperation:
        raise DoesNotFit(f"more digits than decimal({precision}, {scale}) holds") from None
    if fitted != value:
        raise DoesNotFit(f"more than {scale} digits after the decimal mark")
    return fitted


def fit_integer(value: Decimal) -> int:
    if value != value.to_integral_value():
        raise DoesNotFit("not a whole number")
    if int(value) not in _INT64:
        raise DoesNotFit("too large for a 64-bit integer")
    return int(value)


def fit_boolean(text: str) -> bool:
    word = text.strip()
    if word in TRUE:
        return True
    if word in FALSE:
        return False
    raise DoesNotFit("neither true nor false")


def parser_for(column: Column, locale: Locale) -> Parser | None:
    """How one text of this column becomes a value; None for text, which stays as it is."""
    match column.type:
        case ColumnType.TEXT | ColumnType.JSON:
            return None
        case ColumnType.INTEGER:
            dress = dress_of(column.unit, is_decimal=False, currencies=())
            return lambda text: fit_integer(locale.number(text, dress))
        case ColumnType.DECIMAL:
            money = dress_of(column.unit, is_decimal=True, currencies=locale.currencies)
            return lambda text: fit_decimal(locale.number(text, money), column.precision, column.scale)
        case ColumnType.BOOLEAN:
            return fit_boolean
        case ColumnType.TIMESTAMP:
            return lambda text: locale.moment(text)[0]
        case ColumnType.DATE:
            return locale.day


def blank_to_null(texts: pa.Array) -> pa.Array:
    return pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)


def convert(texts: pa.Array, column: Column, locale: Locale) -> tuple[pa.Array, dict[int, str]]:
    """Typed values, and by position the reason of each text that does not fit (its value is null).

    Each distinct text is read once, so that repeated dates and prices cost nothing. Raises Contradicted where the texts prove
    that the document's decimal mark or date order was decided wrongly.
    """
    locale = locale.of(column.name)
    parse = parser_for(column, locale)
    texts = blank_to_null(texts)
    reasons: dict[int, str] = {}
    if parse is None:
        values: pa.Array = texts
    else:
        coded = texts.dictionary_encode()
        parsed: list[Any] = []
        bad: dict[int, str] = {}
        for code, text in enumerate(coded.dictionary.to_pylist()):
            try:
                parsed.append(None if text.strip().casefold() in NO_VALUE else parse(text))
            except DoesNotFit as error:
                bad[code] = str(error)
                parsed.append(None)
        values = pa.array(parsed, arrow_type(column)).take(coded.indices)
        _ask_again(column, locale, coded.dictionary, bad)
        if bad:
            reasons = {i: bad[c] for i, c in enumerate(coded.indices.to_pylist()) if c in bad}
    if column.required and values.null_count:
        for i, missing in enumerate(values.is_null().to_pylist()):
            if missing:
                reasons.setdefault(i, "blank, and the column is required")
    return values, reasons


def _ask_again(column: Column, locale: Locale, texts: pa.Array, bad: Collection[int]) -> None:
    kind: Literal["numbers", "dates"]
    if column.type in (ColumnType.INTEGER, ColumnType.DECIMAL):
        kind = "numbers"
    elif column.type in (ColumnType.DATE, ColumnType.TIMESTAMP):
        kind = "dates"
    else:
        return
    # Where nothing is decided yet, a value that fits may be the first to prove something.
    asked = texts.to_pylist() if kind in locale.waiting else [texts[code].as_py() for code in bad]
    if asked and (against := locale.contradicted(kind, asked)):
        raise Contradicted(kind, column.name, against)
