"""JSON objects as typed rows: dotted paths to columns, numbers exact from their text, unknown keys kept as text.
Finding the objects in the document is `json_scan.py`; day and partition are decided as for flat files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa

from spapi_assets.datasets.model import Column, ColumnType, Dataset
from spapi_assets.ingest.documents.cells import fit_boolean, fit_decimal, fit_integer
from spapi_assets.ingest.documents.days import Days
from spapi_assets.ingest.documents.flatfile import Batch
from spapi_assets.ingest.documents.header import Names, snake_case
from spapi_assets.ingest.documents.locale import DoesNotFit, Locale
from spapi_assets.ingest.documents.quarantine import MASK, Rejected
from spapi_assets.lake.parquet import arrow_type

_ISO = Locale()


class Number(str):
    """A JSON number as it stands in the text, so that no digit is lost."""

    __slots__ = ()


class UnknownPaths(Exception):
    """Keys that the registry does not know, met after columns were fixed: the document is read again with them."""

    def __init__(self, dataset: str, paths: set[str]) -> None:
        super().__init__(f"{dataset}: {', '.join(sorted(paths))}")
        self.dataset, self.paths = dataset, paths


def parse(data: bytes) -> Any:
    """json.loads with exact numbers; ValueError for anything else than JSON (NaN included) in UTF-8."""

    def refuse(word: str) -> Any:
        raise ValueError(f"{word} is not JSON")

    return json.loads(data.decode("utf-8"), parse_float=Number, parse_int=Number, parse_constant=refuse)


def leaves(value: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested objects as dotted paths. Arrays are leaves."""
    flat: dict[str, Any] = {}
    for key, inner in value.items():
        if isinstance(inner, dict):
            flat.update(leaves(inner, f"{prefix}{key}."))
        else:
            flat[prefix + key] = inner
    return flat


def typed(value: Any, column: Column) -> Any:
    """A JSON value as the column's type. DoesNotFit for the wrong JSON type, too: '5' is not 5."""
    if value is None:
        return None
    kind = column.type
    if kind is ColumnType.TEXT:
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, str):
            return str(value) or None
        raise DoesNotFit("an array where a text should be")
    if kind in (ColumnType.INTEGER, ColumnType.DECIMAL):
        if not isinstance(value, Number):
            raise DoesNotFit("not a JSON number")
        number = Decimal(value)
        return fit_integer(number) if kind is ColumnType.INTEGER else fit_decimal(number, column.precision, column.scale)
    if kind is ColumnType.BOOLEAN:
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and not isinstance(value, Number):
            return fit_boolean(value)
        raise DoesNotFit("neither true nor false")
    if not isinstance(value, str) or isinstance(value, Number):
        raise DoesNotFit("not a date in a JSON string")
    if not value.strip():
        return None
    return _ISO.day(value) if kind is ColumnType.DATE else _ISO.moment(value)[0]


class JsonReader:
    """Elements of one section to batches of one dataset. `unknown` grows through re-reading only."""

    def __init__(self, dataset: Dataset, days: Days, dropped: frozenset[str], unknown: Sequence[str] = ()) -> None:
        self.dataset, self.days, self.dropped = dataset, days, dropped
        self.unknown_paths = tuple(unknown)
        self._columns: dict[str, Column] = {}
        for column in dataset.columns:
            for path in (column.path or "", *column.aliases):
                self._columns.setdefault(path, column)
        names = Names({c.name for c in dataset.columns})
        self._unknown_names = {p: names.unique(snake_case(p) or "column") for p in self.unknown_paths}
        # An object that is null, or an inner node that is a leaf by mistake, must not look like an unknown column.
        self._inner = {p[: i.start()] for p in self._columns for i in _dots(p)}
        self.seen: set[str] = set()

    @property
    def unknown(self) -> tuple[str, ...]:
        return tuple(self._unknown_names.values())

    @property
    def missing(self) -> tuple[str, ...]:
        return tuple(c.name for c in self.dataset.columns if c.name not in self.seen)

    def read(self, elements: Sequence[bytes], first: int) -> Batch:
        rows: list[dict[str, Any]] = []
        raws: list[bytes] = []
        rejected: list[Rejected] = []
        new: set[str] = set()
        for number, raw in enumerate(elements, first):
            row, problem = self._row(raw, new)
            if problem is None and self.days.by_row:
                problem = self._day_problem(row)
            if problem is not None:
                column, value, reason = problem
                rejected.append(Rejected(number, column, value, reason, self._masked(raw)))
                continue
            row["_row"] = number
            rows.append(row)
            raws.append(raw)
        if new:
            raise UnknownPaths(self.dataset.name, new)
        table = pa.Table.from_pylist(rows, schema=self._schema())
        first_day = self.days.first(table) if self.days.by_document else None
        return Batch(self.days.mark(table), rejected, first_day)

    def _schema(self) -> pa.Schema:
        fields = [(c.name, arrow_type(c)) for c in self.dataset.columns if c.name not in self.dropped]
        fields += [(name, pa.string()) for name in self._unknown_names.values()]
        return pa.schema([*fields, ("_row", pa.int64())])

    def _row(self, raw: bytes, new: set[str]) -> tuple[dict[str, Any], tuple[str | None, str | None, str] | None]:
        try:
            element = parse(raw)
        except ValueError as error:
            return {}, (None, None, f"not valid JSON: {error}")
        if not isinstance(element, dict):
            return {}, (None, None, "not a JSON object")
        row: dict[str, Any] = {}
        problem: tuple[str | None, str | None, str] | None = None
        for path, value in leaves(element).items():
            column = self._columns.get(path)
            if column is None:
                if path in self._inner:
                    if value is not None:
                        problem = problem or (path, _text(value), "a single value where an object should be")
                elif path in self._unknown_names:
                    row[self._unknown_names[path]] = _text(value)
                else:
                    new.add(path)
                continue
            self.seen.add(column.name)
            try:
                row[column.name] = typed(value, column)
            except DoesNotFit as error:
                problem = problem or (column.name, MASK if column.pii else _text(value), str(error))
        for column in self.dataset.columns:
            if column.required and problem is None and row.get(column.name) is None:
                problem = (column.name, None, "blank, and the column is required")
        for name in self.dropped:
            row.pop(name, None)
        return row, problem

    def _day_problem(self, row: dict[str, Any]) -> tuple[str | None, str | None, str] | None:
        name = self.days.dataset.date_column
        assert name is not None
        value = row.get(name)
        if value is None:
            return name, None, "no date, so no day"
        table = pa.table({name: pa.array([value], arrow_type(self.dataset.column(name)))})
        day = self.days.of(table)[0].as_py()
        if self.days.context.start <= day <= self.days.context.end:
            return None
        asked = f"{self.days.context.start} to {self.days.context.end}"
        return name, str(day), f"the day {day} is outside the window asked for, {asked}"

    def _masked(self, raw: bytes) -> str:
        """The element's text; where the dataset has dropped personal data, its leaves with those masked."""
        if not self.dropped:
            return raw.decode("utf-8", "backslashreplace")
        try:
            element = parse(raw)
        except ValueError:
            return MASK
        if not isinstance(element, dict):
            return MASK
        flat = leaves(element)
        for path in flat:
            column = self._columns.get(path)
            if column is None or column.name in self.dropped:
                flat[path] = MASK
        return json.dumps(flat, ensure_ascii=False)


def _dots(path: str) -> list[Any]:
    import re

    return list(re.finditer(r"\.", path))


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
