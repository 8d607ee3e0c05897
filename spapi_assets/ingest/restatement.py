"""What a newer report of a day changed: rows added, removed and changed, and the totals that moved.
Two Parquet objects in, plain numbers out; where they are kept is the ledger's partition facts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from spapi_assets.datasets.model import ColumnType, Dataset

# Above this rows are not matched one by one: totals and counts still tell what moved, in bounded memory.
MATCHED_ROWS = 50_000
# The history lies in one DynamoDB item; the largest movements are kept.
KEPT_TOTALS = 12
FETCHED_AT = "/fetched_at"  # path of the column `read_at`
_SUMMED = (ColumnType.INTEGER, ColumnType.DECIMAL)


@dataclass(frozen=True)
class Changes:
    """The newer content against the older one. `totals`: sums of a numeric column before and after, where they differ.

    Rows are matched by the dataset's row key; without one, or among equal keys, a changed row counts as removed and added.
    None for `added`, `removed` and `changed`: too many rows to match.
    """

    rows_before: int
    rows_after: int
    added: int | None = None
    removed: int | None = None
    changed: int | None = None
    totals: dict[str, tuple[Decimal, Decimal]] = field(default_factory=dict)

    @property
    def nothing(self) -> bool:
        """Certainly the same rows."""
        return not self.totals and (self.added, self.removed, self.changed) == (0, 0, 0)

    def as_item(self) -> dict[str, Any]:
        """For the ledger: numbers as DynamoDB and JSON can hold them."""
        item: dict[str, Any] = {"rows_before": self.rows_before, "rows_after": self.rows_after}
        if self.added is not None:
            item |= {"added": self.added, "removed": self.removed, "changed": self.changed}
        if self.totals:
            item["totals"] = {name: [str(before), str(after)] for name, (before, after) in self.totals.items()}
        return item


def compare(dataset: Dataset, before: BinaryIO | Path, after: BinaryIO | Path) -> Changes:
    """What the newer Parquet object changed against the older one of the same partition."""
    old, new = pq.ParquetFile(before), pq.ParquetFile(after)
    rows = old.metadata.num_rows, new.metadata.num_rows
    if max(rows) > MATCHED_ROWS:
        return Changes(*rows, totals=_totals(_sums(dataset, old), _sums(dataset, new)))
    # When an API answered is no content: each reading has its own time, and a day read again would be all changed rows.
    columns = [c.name for c in dataset.columns if c.path != FETCHED_AT]
    # In this thread: handing dozens of tiny columns to a pool costs more than reading them.
    had, have = (f.read([n for n in columns if n in f.schema_arrow.names], use_threads=False) for f in (old, new))
    totals = _totals(_sums_of(dataset, had), _sums_of(dataset, have))
    names = [n for n in had.column_names if n in have.column_names]
    added, removed, changed = _matched(dataset, had.select(names), have.select(names))
    return Changes(*rows, added, removed, changed, totals)


def _totals(before: dict[str, Decimal], after: dict[str, Decimal]) -> dict[str, tuple[Decimal, Decimal]]:
    zero = Decimal(0)
    names = [name for name in {**before, **after} if before.get(name, zero) != after.get(name, zero)]
    moved = {name: (before.get(name, zero), after.get(name, zero)) for name in names}
    largest = sorted(moved.items(), key=lambda item: -abs(item[1][1] - item[1][0]) / (abs(item[1][0]) or 1))
    return dict(largest[:KEPT_TOTALS])


def _sums(dataset: Dataset, file: pq.ParquetFile) -> dict[str, Decimal]:
    """The same for a file of any size, a batch at a time."""
    totals: dict[str, Decimal] = {}
    names = [c.name for c in dataset.columns if c.type in _SUMMED and c.name in file.schema_arrow.names]
    for batch in file.iter_batches(columns=names):
        for name, part in _sums_of(dataset, pa.Table.from_batches([batch])).items():
            totals[name] = totals.get(name, Decimal(0)) + part
    return {name: total.normalize() + 0 for name, total in totals.items()}


def _sums_of(dataset: Dataset, table: pa.Table) -> dict[str, Decimal]:
    totals = {}
    for column in dataset.columns:
        if column.type in _SUMMED and column.name in table.column_names:
            values = table.column(column.name)
            if values.null_count == len(values):
                totals[column.name] = Decimal(0)
                continue
            if pa.types.is_decimal(values.type):
                values = values.cast(pa.decimal256(60, values.type.scale))
            totals[column.name] = Decimal(pc.sum(values).as_py() or 0).normalize() + 0
    return totals


def _matched(dataset: Dataset, old: pa.Table, new: pa.Table) -> tuple[int, int, int]:
    """Rows added, removed, changed. Equal rows cancel out first, as often as they occur."""
    before, after = Counter(_rows(old)), Counter(_rows(new))
    gone, come = list((before - after).elements()), list((after - before).elements())
    key = [old.column_names.index(name) for name in dataset.row_key if name in old.column_names]
    if not key or len(key) != len(dataset.row_key):
        return len(come), len(gone), 0
    keys_gone, keys_come = Counter(_key(row, key) for row in gone), Counter(_key(row, key) for row in come)
    changed = (keys_gone & keys_come).total()
    return len(come) - changed, len(gone) - changed, changed


def _rows(table: pa.Table) -> list[tuple[Any, ...]]:
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True)) if table.num_columns else []


def _key(row: tuple[Any, ...], positions: Sequence[int]) -> tuple[Any, ...]:
    return tuple(row[p] for p in positions)
