"""Compares every cell that a method wrote with the document itself, cut and read by plain Python: no code of the platform.
Text must be equal, numbers and times must be the same value; blank must be null (or the empty text in a plain text file)."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

_CHUNK = 100_000


def _source(document: Path) -> Iterator[tuple[list[str], list[tuple[str, ...]]]]:
    """The header and, a chunk at a time, the document's columns as tuples of text."""
    with gzip.open(document, "rt", encoding="utf-8", newline="") as file:
        header = file.readline().rstrip("\r\n").split("\t")
        rows: list[list[str]] = []
        for line in file:
            rows.append(line.rstrip("\r\n").split("\t"))
            if len(rows) == _CHUNK:
                yield header, list(zip(*rows, strict=True))
                rows = []
        if rows:
            yield header, list(zip(*rows, strict=True))


@lru_cache(maxsize=1 << 18)
def _decimal(text: str) -> Decimal:
    return Decimal(text)


def _expected(text: str, type_: pa.DataType) -> object:
    if text == "":
        return None
    if pa.types.is_decimal(type_):
        return _decimal(text)
    if pa.types.is_timestamp(type_):
        return datetime.fromisoformat(text).astimezone(UTC)
    if pa.types.is_integer(type_):
        return int(text)
    if pa.types.is_boolean(type_):
        return {"true": True, "false": False}[text]
    return text


def typed_differences(document: Path, written: Path) -> tuple[int, int]:
    """(cells compared, cells that differ) of the day-split file or files, put back in the document's order by `_row`."""
    table = pq.read_table(written, partitioning=None)
    table = table.take(pc.sort_indices(table, sort_keys=[("_row", "ascending")]))
    cells = differing = start = 0
    for header, columns in _source(document):
        part = table.slice(start, len(columns[0]))
        start += len(columns[0])
        for name, texts in zip(header, columns, strict=True):
            column = part.column(name.replace("-", "_"))
            want = pa.array([_expected(t, column.type) for t in texts], column.type)
            same = pc.fill_null(pc.equal(column.combine_chunks(), want), False)
            both_null = pc.and_(column.combine_chunks().is_null(), want.is_null())
            differing += len(texts) - pc.or_(same, both_null).true_count
            cells += len(texts)
    return cells, differing + abs(start - table.num_rows) * len(table.column_names)


def text_differences(document: Path, folder: Path) -> tuple[int, int]:
    table = pq.read_table(folder / "orders.parquet")
    cells = differing = start = 0
    for header, columns in _source(document):
        part = table.slice(start, len(columns[0]))
        start += len(columns[0])
        for name, texts in zip(header, columns, strict=True):
            column = pc.fill_null(part.column(name).cast(pa.string()), "")
            differing += len(texts) - pc.sum(pc.equal(column, pa.array(texts))).as_py()
            cells += len(texts)
    return cells, differing + abs(start - table.num_rows) * len(table.column_names)
