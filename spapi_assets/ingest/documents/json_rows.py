"""JSON elements as typed rows, one by one and exactly: dotted paths to columns, nested arrays to rows of their own.
Finding the elements is `json_scan.py`; blocks of plain elements take the shorter way in `json_fast.py`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from spapi_assets.datasets.model import Column
from spapi_assets.ingest.documents.days import Days
from spapi_assets.ingest.documents.header import Names, snake_case
from spapi_assets.ingest.documents.json_paths import Shape
from spapi_assets.ingest.documents.json_reach import Found
from spapi_assets.ingest.documents.json_values import Number, dump, leaves, parse, readable, text_of, typed
from spapi_assets.ingest.documents.locale import DoesNotFit
from spapi_assets.ingest.documents.quarantine import MASK, Rejected
from spapi_assets.lake.parquet import arrow_type

Problem = tuple[str | None, str | None, str]


class ReadAgain(Exception):
    """Columns were fixed before all keys were known: the findings now hold them, and the document is to be read once more."""


@dataclass
class Piece:
    """What became of consecutive elements. Rows are counted from 1 here; the document's count is added in its order."""

    table: pa.Table
    rejected: list[Rejected] = field(default_factory=list)
    rows_in: int = 0
    kinds: dict[str, set[str]] = field(default_factory=dict)
    """By path, the JSON types that were met: what the shorter way must be prepared for."""
    new: set[str] = field(default_factory=set)
    """Paths that neither the registry nor an earlier reading knows."""
    lost: set[str] = field(default_factory=set)
    """Paths above the rows that no dataset holds."""
    waits: bool = False
    """A column of the document's own members was read before that member came."""


class JsonReader:
    """Elements of one top-level member to rows of one dataset. Safe to use from several threads."""

    def __init__(
        self, shape: Shape, days: Days, dropped: frozenset[str], unknown: Sequence[str], root: Mapping[str, Any] | None
    ) -> None:
        self.shape, self.dataset, self.days, self.dropped = shape, shape.dataset, days, dropped
        self.unknown_paths = tuple(unknown)
        self.root = root if root is not None else {}
        names = Names({c.name for c in self.dataset.columns})
        self.unknown_names = {p: names.unique(snake_case(readable(p)) or "column") for p in self.unknown_paths}
        # An object that is null, or an inner node that is a leaf by mistake, must not look like an unknown column.
        self.inner = {p for path in (*shape.columns, *self.unknown_paths) for p in inner_nodes(path)}
        fields = [(c.name, arrow_type(c)) for c in shape.kept if c.name not in dropped]
        self.schema = pa.schema([*fields, *((name, pa.string()) for name in self.unknown_names.values()), ("_row", pa.int64())])

    @property
    def unknown(self) -> tuple[str, ...]:
        return tuple(self.unknown_names.values())

    def read(self, raws: Sequence[bytes], elements: Sequence[Any] | None = None) -> Piece:
        """Every value is judged; a row with one that does not fit is rejected. `elements` spares parsing `raws` again."""
        piece = Piece(self.schema.empty_table())
        rows: list[dict[str, Any]] = []
        for i, raw in enumerate(raws):
            try:
                element = parse(raw) if elements is None else elements[i]
                if isinstance(element, ValueError):
                    raise element
            except ValueError as error:
                piece.rows_in += 1
                shown = MASK if self.dropped else readable(raw.decode("utf-8", "backslashreplace"))
                piece.rejected.append(Rejected(piece.rows_in, None, None, f"not valid JSON: {error}", shown))
                continue
            outermost = Found(element, [self.root], (), (element,), (0,))
            for found in self._descend(element, outermost, self.shape.steps, piece):
                piece.rows_in += 1
                row, problem = self._row(found, element, piece)
                if problem is None and self.days.by_row:
                    problem = self._day_problem(row)
                if problem is None:
                    row["_row"] = piece.rows_in
                    rows.append(row)
                    continue
                text = raw if found.value is element else None
                piece.rejected.append(Rejected(piece.rows_in, *problem, self._shown(found.value, text)))
        piece.table = pa.Table.from_pylist(rows, schema=self.schema)
        return piece

    def _descend(self, value: Any, current: Found, steps: Sequence[str], piece: Piece) -> Iterator[Found]:
        """The innermost elements. `current` is the array's element in which the value stands, or is itself."""
        if not steps or not isinstance(value, dict):  # what is no object has no row: it is rejected with its text
            yield current._replace(value=value, chain=(value,))
            return
        if value is current.value and not self.shape.is_dataset(steps):
            # Nobody takes rows from this level, so what it holds beside the way down must be claimed from below.
            level = self.shape.path[: len(self.shape.path) - len(steps)]
            piece.lost.update(".".join((*level, p)) for p in leaves(value) if not self.shape.claimed_above(p, steps))
        inner = value.get(steps[0])
        nested = self.shape.nested if len(steps) == 1 else None
        if isinstance(inner, list) or (nested and inner is not None):
            above, numbers = [*current.above, current.value], (*current.numbers, current.places[-1])
            for number, each in enumerate(inner if isinstance(inner, list) else [inner], 1):
                found = Found(each, above, numbers, (each,), (number,))
                if nested:
                    yield from _nested(found, nested)
                else:
                    yield from self._descend(each, found, steps[1:], piece)
        elif inner is not None:
            yield from self._descend(inner, current, steps[1:], piece)

    def _row(self, found: Found, page: Any, piece: Piece) -> tuple[dict[str, Any], Problem | None]:
        element, above = found.value, found.above
        row: dict[str, Any] = {}
        problem: Problem | None = None
        shape = self.shape
        if isinstance(element, dict):
            try:
                flat = leaves(element, whole=shape.whole)
            except ValueError as error:
                return row, (None, None, str(error))
        elif "." in shape.columns and not isinstance(element, list):
            flat = {".": element}
        else:
            return row, (None, None, "not a JSON object")
        for path, value in flat.items():
            kinds = piece.kinds.get(path)
            if kinds is None:
                kinds = piece.kinds[path] = set()
            kinds.add(kind_of(value))
            column = shape.columns.get(path)
            if column is None:
                if path in self.unknown_names:
                    try:
                        row[self.unknown_names[path]] = text_of(value)
                    except DoesNotFit as error:
                        problem = problem or (self.unknown_names[path], readable(dump(value)), str(error))
                elif path in self.inner:
                    if value is not None and value != {}:
                        problem = problem or (path, self._value(value, None), "a single value where an object should be")
                elif not shape.is_claimed(path):
                    piece.new.add(path)
                continue
            problem = self._put(row, column, value, problem)
        for parent in shape.parents:
            if parent.up == len(above) and parent.keys[0] not in self.root:
                piece.waits = True
            problem = self._put(row, parent.column, parent.of(above, element, page), problem)
        for special in shape.reaches:
            if special.word == "top" and row.get(special.column.name) is not None:
                continue  # the row's own value counts; the outermost element's stands in where it has none
            problem = self._put(row, special.column, special.of(found), problem)
        for column in shape.required:
            if problem is None and row.get(column.name) is None:
                problem = (column.name, None, "blank, and the column is required")
        for name in self.dropped:
            row.pop(name, None)
        return row, problem

    def _put(self, row: dict[str, Any], column: Column, value: Any, problem: Problem | None) -> Problem | None:
        try:
            fitted = typed(value, column)
        except DoesNotFit as error:
            return problem or (column.name, self._value(value, column), str(error))
        # Another spelling of the column may have come before. Null says nothing, so it contradicts nothing.
        before = row.get(column.name)
        if before is None:
            row[column.name] = fitted
        elif fitted is not None and fitted != before:
            return problem or (column.name, self._value(value, column), "another value of the same column came before")
        return problem

    def _value(self, value: Any, column: Column | None) -> str | None:
        if (column.pii if column is not None else self.dropped) and value is not None:
            return MASK
        return None if value is None else readable(value if isinstance(value, str) else dump(value))

    def _day_problem(self, row: dict[str, Any]) -> Problem | None:
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

    def _shown(self, value: Any, raw: bytes | None) -> str:
        """The row's text; where the dataset has dropped personal data, its leaves with those masked."""
        if not self.dropped:
            return readable(dump(value) if raw is None else raw.decode("utf-8", "backslashreplace"))
        if not isinstance(value, dict):
            return MASK
        try:
            flat = leaves(value)
        except ValueError:
            return MASK
        for path in flat:
            column = self.shape.columns.get(path)
            if column is None or column.name in self.dropped:
                flat[path] = MASK
        return readable(dump(flat))


def _nested(found: Found, key: str) -> Iterator[Found]:
    """The element, and those of the arrays `key` in it and below, each before its own."""
    yield found
    inner = found.value.get(key) if isinstance(found.value, dict) else None
    for number, each in enumerate(inner if isinstance(inner, list) else [] if inner is None else [inner], 1):
        yield from _nested(found._replace(value=each, chain=(*found.chain, each), places=(*found.places, number)), key)


def inner_nodes(path: str) -> Iterator[str]:
    """`a.b` and `a` of `a.b.c`."""
    at = path.find(".", 1)
    while at > 0:
        yield path[:at]
        at = path.find(".", at + 1)


def kind_of(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, Number):
        return "integer" if value.lstrip("-").isdigit() else "number"
    if isinstance(value, str):
        return "text"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, dict):
        return "object"
    return "texts" if all(type(v) is str for v in value) else "array"
