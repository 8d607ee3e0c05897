"""Writes rows into one Parquet file per day, on local disk, in bounded memory and with an encoder thread of its own.
Nothing here is visible in the lake: `load.py` publishes the finished files."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from spapi_assets.lake.parquet import LINEAGE, write_empty, writer_options

BUFFER_BYTES = 48 << 20
ROW_GROUP = 32 * 1024


@dataclass
class _Day:
    local: Path
    tables: list[pa.Table] = field(default_factory=list)
    bytes: int = 0
    rows: int = 0
    writer: pq.ParquetWriter | None = None


class PartitionWriter:
    """Rows of one dataset, by day. `None` as the day is 'the document's day', which may be known only at the end."""

    def __init__(self, scratch: Callable[[], Path], schema: pa.Schema, lineage: dict[str, Any]) -> None:
        self._scratch, self.schema, self._lineage = scratch, schema, lineage
        self._days: dict[date | None, _Day] = {}
        self._buffered = 0
        self._dictionary: list[str] | None = None
        self._jobs: queue.Queue[tuple[_Day, pa.Table] | None] = queue.Queue(maxsize=2)
        self._error: BaseException | None = None
        self._encoder = threading.Thread(target=self._encode, name="parquet-encoder", daemon=True)
        self._encoder.start()
        self.rows = 0

    def add(self, parts: Iterable[tuple[date | None, pa.Table]]) -> None:
        """Takes tables that hold the schema's columns up to and including `_row`'s own, without the constants."""
        for day, table in parts:
            if not table.num_rows:
                continue
            entry = self._days.get(day)
            if entry is None:
                entry = self._days[day] = _Day(self._scratch())
            size = table.get_total_buffer_size() if table.num_rows > 4096 else table.nbytes
            entry.tables.append(table)
            entry.bytes += size
            entry.rows += table.num_rows
            self._buffered += size
            self.rows += table.num_rows
        while self._buffered > BUFFER_BYTES:
            self._hand_over(max(self._days.values(), key=lambda d: d.bytes))

    def _hand_over(self, entry: _Day) -> None:
        if self._error is not None:
            raise self._error
        table = pa.concat_tables(entry.tables)
        self._buffered -= entry.bytes
        entry.tables, entry.bytes = [], 0
        self._jobs.put((entry, table))

    def _encode(self) -> None:
        while (job := self._jobs.get()) is not None:
            if self._error is not None:
                continue  # keep emptying the queue, so that the producer never blocks
            try:
                self._write(*job)
            except BaseException as error:  # handed to the producer's thread, which raises it
                self._error = error

    def _write(self, entry: _Day, table: pa.Table) -> None:
        table = self._with_lineage(table)
        if self._dictionary is None:
            self._dictionary = _repetitive(table)
        if entry.writer is None:
            entry.writer = pq.ParquetWriter(entry.local, self.schema, use_dictionary=self._dictionary, **writer_options())
        entry.writer.write_table(table, row_group_size=ROW_GROUP)

    def _with_lineage(self, table: pa.Table) -> pa.Table:
        arrays: list[pa.Array | pa.ChunkedArray] = []
        for f in self.schema:
            if f.name in self._lineage:
                arrays.append(pa.repeat(pa.scalar(self._lineage[f.name], f.type), table.num_rows))
            else:
                arrays.append(table.column(f.name))
        return pa.table(arrays, schema=self.schema)

    def close(self) -> dict[date | None, tuple[Path, int]]:
        """Finishes all files: day -> (local file, rows)."""
        for entry in self._days.values():
            if entry.tables:
                self._hand_over(entry)
        self._stop()
        if self._error is not None:
            raise self._error
        for entry in self._days.values():
            if entry.writer is not None:
                entry.writer.close()
        return {day: (entry.local, entry.rows) for day, entry in self._days.items()}

    def empty(self) -> Path:
        """One more file with the schema and no row."""
        local = self._scratch()
        write_empty(local, self.schema)
        return local

    def abandon(self) -> None:
        """Ends the encoder after an error elsewhere; the files are the caller's to throw away."""
        self._error = self._error or RuntimeError("abandoned")
        self._stop()
        for entry in self._days.values():
            if entry.writer is not None:
                entry.writer.close()

    def _stop(self) -> None:
        if self._encoder.is_alive():
            self._jobs.put(None)
            self._encoder.join()


def _repetitive(table: pa.Table) -> list[str]:
    """Columns that a Parquet dictionary makes smaller, judged by the first rows; for others it only costs time."""
    sample = table.slice(0, 4096)
    constant = {f.name for f in LINEAGE} - {"_row"}
    names = []
    for name in sample.column_names:
        if name == "_row":
            continue
        column = sample.column(name)
        present = sample.num_rows - column.null_count
        if name in constant or present == 0 or pc.count_distinct(column).as_py() < present * 0.4:
            names.append(name)
    return names
