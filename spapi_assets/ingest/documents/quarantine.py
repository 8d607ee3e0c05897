"""Lines and values that did not fit, as Parquet: row, raw line, column, value and reason. Personal data is masked.
Deciding what does not fit happens where values are read; this only keeps it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from spapi_assets.lake.parquet import TIMESTAMP, writer_options

MASK = "[personal data]"
_FLUSH = 5000

SCHEMA = pa.schema(
    [
        ("row", pa.int64()),
        ("column", pa.string()),
        ("value", pa.string()),
        ("reason", pa.string()),
        ("raw", pa.string()),
        ("_report_id", pa.string()),
        ("_document_sha256", pa.string()),
        ("_loaded_at", TIMESTAMP),
    ]
)


@dataclass(frozen=True)
class Rejected:
    """One line (or JSON element) that stays out of the dataset. `row` counts as `_row` does."""

    row: int
    column: str | None
    value: str | None
    reason: str
    raw: str


class Quarantine:
    """Collects rejected lines of one dataset into one local file, a few thousand at a time."""

    def __init__(self, local: Path, lineage: Callable[[], Mapping[str, Any]]) -> None:
        self.local = local
        self.count = 0
        self.reasons: dict[str, int] = {}
        self._lineage = lineage
        self._rows: list[Rejected] = []
        self._writer: pq.ParquetWriter | None = None

    def add(self, rejected: Sequence[Rejected]) -> None:
        self._rows.extend(rejected)
        self.count += len(rejected)
        for r in rejected:
            key = f"{r.column}: {r.reason}" if r.column else r.reason
            if key in self.reasons or len(self.reasons) < 20:
                self.reasons[key] = self.reasons.get(key, 0) + 1
        if len(self._rows) >= _FLUSH:
            self._flush()

    def _flush(self) -> None:
        if not self._rows:
            return
        if self._writer is None:
            self._writer = pq.ParquetWriter(self.local, SCHEMA, **writer_options())
        lineage = self._lineage()
        rows = [{**vars(r), **lineage} for r in self._rows]
        self._writer.write_table(pa.Table.from_pylist(rows, schema=SCHEMA))
        self._rows = []

    def close(self) -> Path | None:
        """The finished file, or None if nothing was rejected."""
        self._flush()
        if self._writer is None:
            return None
        self._writer.close()
        return self.local

    def abandon(self) -> None:
        if self._writer is not None:
            self._writer.close()
