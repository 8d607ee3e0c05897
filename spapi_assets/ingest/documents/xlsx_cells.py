"""Cells of a workbook as the texts of flat files: numbers, dates and booleans come typed, texts as they were written.
Which sheet and which row is the header is `xlsx_document.py`."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from spapi_assets.datasets.model import Column, ColumnType
from spapi_assets.ingest.documents.locale import Locale

_NUMBERS = (ColumnType.INTEGER, ColumnType.DECIMAL)


def text_of(value: Any, number_format: str = "General") -> str:
    """A cell's value in the neutral spelling: a decimal point, ISO dates, true and false."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        number = Decimal(str(value))
        if "%" in number_format:
            return f"{_plain(number * 100)}%"
        return _plain(number)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ")
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value)


def cell_text(value: Any, number_format: str, column: Column, locale: Locale) -> str:
    """The text that `locale` reads as exactly this value: a typed number has one reading, whatever mark the texts have."""
    text = text_of(value, number_format)
    if column.type not in _NUMBERS or isinstance(value, str | bool | date | time | timedelta) or "." not in text:
        return text
    mark = locale.of(column.name).decimal
    if mark == ",":
        return text.replace(".", ",")
    if mark == ".":
        return text
    # Nobody knows the mark of this document's texts, and typed numbers prove nothing about it: so none is written.
    whole, _, digits = text.rstrip("%").partition(".")
    return f"{whole}{digits}E-{len(digits)}{'%' if text.endswith('%') else ''}"


def _plain(number: Decimal) -> str:
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
