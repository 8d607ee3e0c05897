"""JSON values as the registry's types: numbers exact from their text, dotted paths for nested objects, text for the unknown.
Single Python values only; whole elements are `json_rows.py`, whole blocks `json_fast.py`."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any

from spapi_assets.datasets.model import Column, ColumnType
from spapi_assets.ingest.documents.cells import NO_VALUE, fit_boolean, fit_decimal, fit_integer
from spapi_assets.ingest.documents.locale import DoesNotFit, Locale

ISO = Locale()
_PLAIN_NUMBER = re.compile(r"-?\d+(\.\d+)?")
DEEPEST = 200  # levels of one element; Amazon's have five


class Number(str):
    """A JSON number as it stands in the text, so that no digit is lost."""

    __slots__ = ()


def parse(data: bytes) -> Any:
    """json.loads with exact numbers; ValueError for anything else than JSON (NaN included) in UTF-8, and for an object that
    has two values for one key: RFC 8259 leaves open which one is meant."""
    try:
        value = json.loads(
            data.decode("utf-8"), parse_float=Number, parse_int=Number, parse_constant=_refuse, object_pairs_hook=_object
        )
    except RecursionError:
        raise ValueError("nested too deep") from None
    if data.count(b"{") + data.count(b"[") > DEEPEST and _depth(value) > DEEPEST:
        raise ValueError("nested too deep")
    return value


def _depth(value: Any) -> int:
    level, depth = [value], 0
    while level := [v for v in level if isinstance(v, dict | list) and v]:
        level = [i for v in level for i in (v.values() if isinstance(v, dict) else v)]
        depth += 1
    return depth


def _refuse(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        for key, value in pairs:
            if result[key] != value or type(result[key]) is not type(value):
                raise ValueError(f"the key {readable(key)!r} has two values")
    return result


def leaves(value: dict[str, Any], prefix: str = "", whole: Collection[str] = ()) -> dict[str, Any]:
    """Nested objects as dotted paths. Arrays are leaves, and so are objects without a key and those at the paths `whole`."""
    flat: dict[str, Any] = {}
    for key, inner in value.items():
        path = prefix + key
        if isinstance(inner, dict) and inner and path not in whole:
            flat.update(leaves(inner, f"{path}.", whole))
        else:
            flat[path] = inner
    return flat


def typed(value: Any, column: Column) -> Any:
    """A JSON value as the column's type. DoesNotFit for the wrong JSON type, too: '5' is not 5."""
    if value is None:
        return None
    kind = column.type
    if column.part and isinstance(value, str):
        start, separator, end = value.partition("--")
        if not separator:
            raise DoesNotFit("not an interval start--end")
        value = start if column.part == "start" else end
    if kind is ColumnType.JSON:
        return whole(dump(value))
    if kind is ColumnType.TEXT:
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, str):
            return whole(str(value)) or None
        raise DoesNotFit("an array where a text should be" if isinstance(value, list) else "an object where a text should be")
    if column.quoted and isinstance(value, str) and _PLAIN_NUMBER.fullmatch(value):
        value = Number(value)
    is_text = isinstance(value, str) and not isinstance(value, Number)
    if is_text and value.strip().casefold() in NO_VALUE:
        return None
    if kind in (ColumnType.INTEGER, ColumnType.DECIMAL):
        if not isinstance(value, Number):
            raise DoesNotFit("not a JSON number")
        number = Decimal(value)
        return fit_integer(number) if kind is ColumnType.INTEGER else fit_decimal(number, column.precision, column.scale)
    if kind is ColumnType.BOOLEAN:
        if isinstance(value, bool):
            return value
        if is_text:
            return fit_boolean(value)
        raise DoesNotFit("neither true nor false")
    if not is_text:
        raise DoesNotFit("not a date in a JSON string")
    return ISO.day(value) if kind is ColumnType.DATE else _moment(value)


@lru_cache(maxsize=4096)
def _moment(text: str) -> datetime:
    """An instant. All rows of a page have the same one of its call, and events come in whole hours."""
    return ISO.moment(text)[0]


def text_of(value: Any) -> str | None:
    """Any value as text, without loss: numbers as they were written, arrays and objects as JSON."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return whole(str(value)) if isinstance(value, str) else whole(dump(value))


def dump(value: Any) -> str:
    """JSON of a parsed value, numbers as they were written."""
    if isinstance(value, str):
        return str(value) if isinstance(value, Number) else encode_basestring(value)
    if isinstance(value, dict):
        return "{" + ", ".join([f"{encode_basestring(k)}: {dump(v)}" for k, v in value.items()]) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(dump, value)) + "]"
    return json.dumps(value)


def whole(text: str) -> str:
    """The text itself. DoesNotFit for one that UTF-8 cannot hold: half of a surrogate pair is no character."""
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise DoesNotFit("half of a surrogate pair, which is no character") from None
    return text


def readable(text: str) -> str:
    """The text with halves of surrogate pairs spelt out, for messages and the quarantine."""
    return text.encode("utf-8", "backslashreplace").decode()
