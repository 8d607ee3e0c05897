"""Writes rows into one Parquet file per day, on local disk, in bounded memory: a thread sorts rows into days, two write days.
Nothing here is visible in the lake: `load.py` publishes the finished files."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from spapi_assets.ingest.documents.days import DAY
from spapi_assets.lake.parquet import LINEAGE, write_empty, writer_options

# Rows gathered before they are sorted into days; a few times this is in memory at most.
BUFFER_BYTES = 16 << 20
SMALL_ROWS = 4096  # fewer rows of a day wait for more, so that stragglers do not make tiny row groups
ROW_GROUP = 32 * 1024
WRITERS = 2


@dataclass
class _Day:
    local: Path
    waiting: list[pa.Table] = field(default_factory=list)
    waiting_rows: int = 0
    rows: int = 0
    writer: pq.ParquetWriter | None = None


class PartitionWriter:
    """Rows of one dataset, by day. `None` as the day is 'the document's day', which may be known only at the end."""

    def __init__(
        self, scratch: Callable[[], Path], schema: pa.Schema, lineage: Callable[[], Mapping[str, Any]], fixed: date | None
    ) -> None:
        self._scratch, self.schema, self._lineage, self._fixed = scratch, schema, lineage, fixed
        self._days: dict[date | None, _Day] = {}
        self._buffer: list[pa.Table] = []
        self._buffered = 0
        self._dictionary: list[str] = []
        self._first_write = threading.Lock()
        self._jobs: queue.Queue[list[pa.Table] | None] = queue.Queue(maxsize=1)
        self._error: BaseException | None = None
        self._pool = ThreadPoolExecutor(WRITERS, thread_name_prefix="parquet-writer")
        self._sorter = threading.Thread(target=self._sort, name="parquet-sorter", daemon=True)
        self._sorter.start()
        self.rows = 0

    def add(self, table: pa.Table) -> None:
        """Takes the schema's columns without the constants; a column DAY, if there is one, tells each row's day."""
        if not table.num_rows:
            return
        self._buffer.append(table)
        self._buffered += table.nbytes
        self.rows += table.num_rows
        if self._buffered >= BUFFER_BYTES:
            self._hand_over()

    def _hand_over(self) -> None:
        if self._error is not None:
            raise self._error
        if self._buffer:
            self._jobs.put(self._buffer)
            self._buffer, self._buffered = [], 0

    def _sort(self) -> None:
        pool = pa.default_memory_pool()
        writing: list[Future[None]] = []
        while (job := self._jobs.get()) is not None:
            if self._error is not None:
                continue  # keep emptying the queue, so that the producer never blocks
            try:
                table = pa.concat_tables(job).unify_dictionaries()
                job.clear()
                days = list(self._split(table))
                del table
                # This job was sorted while the last one was written; a day's rows stay in order, as one follows the other.
                self._finish(writing)
                pool.release_unused()  # allocators keep what other threads freed; give it back
                writing = [self._pool.submit(self._take, self._entry(day), rows) for day, rows in days]
                del days
            except BaseException as error:  # handed to the producer's thread, which raises it
                self._error = error
        try:
            self._finish(writing)
        except BaseException as error:
            self._error = self._error or error

    @staticmethod
    def _finish(writing: Iterable[Future[None]]) -> None:
        """Waits for all, so that nobody writes any more, then raises what the first of them met."""
        for future in wait(writing).done:
            future.result()

    def _split(self, table: pa.Table) -> Iterator[tuple[date | None, pa.Table]]:
        """The rows of each day, in the document's order."""
        if DAY not in table.column_names:
            yield self._fixed, table
            return
        days = np.from_dlpack(table.column(DAY).cast(pa.int32()).combine_chunks())  # to_numpy() would import pandas
        table = table.drop_columns([DAY])
        first, last = int(days.min()), int(days.max())
        if first != last:
            # Sixteen bits are sorted by radix, many times faster; a window is never longer than that.
            table = table.take(pa.array(np.argsort((days - first).astype(np.uint16), kind="stable")))
        present, counts = np.unique(days, return_counts=True)
        start = 0
        for day, count in zip(present.tolist(), counts.tolist(), strict=True):
            yield date.fromordinal(date(1970, 1, 1).toordinal() + day), table.slice(start, count)
            start += count

    def _entry(self, day: date | None) -> _Day:
        entry = self._days.get(day)
        if entry is None:
            entry = self._days[day] = _Day(self._scratch())
        return entry

    def _take(self, entry: _Day, rows: pa.Table) -> None:
        entry.rows += rows.num_rows
        if entry.waiting_rows + rows.num_rows < SMALL_ROWS:
            # A copy, because a slice would keep the whole table it was cut from in memory.
            entry.waiting.append(rows.take(pa.array(np.arange(rows.num_rows))))
            entry.waiting_rows += rows.num_rows
            return
        self._write(entry, pa.concat_tables([*entry.waiting, rows]))
        entry.waiting, entry.waiting_rows = [], 0

    def _write(self, entry: _Day, table: pa.Table) -> None:
        table = self._complete(table)
        with self._first_write:
            if not self._dictionary:
                self._dictionary = _repetitive(table)
        if entry.writer is None:
            # The Arrow schema is left out of the file, so that readers see text where this process held dictionaries.
            entry.writer = pq.ParquetWriter(
                entry.local,
                table.schema,
                use_dictionary=self._dictionary,
                # Smallest and largest text of an unsorted column filter nothing and cost a third of the writing.
                write_statistics=[f.name for f in self.schema if not pa.types.is_string(f.type)],
                store_schema=False,
                **writer_options(),
            )
        entry.writer.write_table(table, row_group_size=ROW_GROUP)

    def _complete(self, table: pa.Table) -> pa.Table:
        """The schema's columns in its order, with the lineage that is the same for all rows."""
        arrays: list[pa.Array | pa.ChunkedArray] = []
        lineage = self._lineage()
        for f in self.schema:
            if f.name in lineage:
                arrays.append(_constant(lineage[f.name], f.type, table.num_rows))
            else:
                arrays.append(table.column(f.name))
        return pa.table(arrays, names=self.schema.names).unify_dictionaries()

    def close(self) -> dict[date | None, tuple[Path, int]]:
        """Finishes all files: day -> (local file, rows)."""
        self._hand_over()
        self._stop()
        if self._error is not None:
            raise self._error
        self._finish([self._pool.submit(self._close, entry) for entry in self._days.values()])
        self._pool.shutdown()
        return {day: (entry.local, entry.rows) for day, entry in self._days.items()}

    def _close(self, entry: _Day) -> None:
        if entry.waiting:
            self._write(entry, pa.concat_tables(entry.waiting))
            entry.waiting = []
        if entry.writer is not None:
            entry.writer.close()

    def empty(self) -> Path:
        """One more file with the schema and no row."""
        local = self._scratch()
        write_empty(local, self.schema)
        return local

    def abandon(self) -> None:
        """Ends the writing threads after an error elsewhere; the files are the caller's to throw away."""
        self._error = self._error or RuntimeError("abandoned")
        self._stop()
        self._pool.shutdown()
        for entry in self._days.values():
            if entry.writer is not None:
                entry.writer.close()

    def _stop(self) -> None:
        if self._sorter.is_alive():
            self._jobs.put(None)
            self._sorter.join()


def _constant(value: Any, type_: pa.DataType, rows: int) -> pa.Array:
    if pa.types.is_string(type_):
        return pa.DictionaryArray.from_arrays(pa.repeat(pa.scalar(0, pa.int32()), rows), pa.array([value], type_))
    return pa.repeat(pa.scalar(value, type_), rows)


def _repetitive(table: pa.Table) -> list[str]:
    """Columns that a Parquet dictionary makes smaller, judged by the first rows; for others it only costs time."""
    constant = {f.name for f in LINEAGE} - {"_row"}
    names = []
    for name in table.column_names:
        if name == "_row":
            continue
        column = table.column(name)
        present = table.num_rows - column.null_count
        if (
            name in constant
            or pa.types.is_dictionary(column.type)
            or present == 0
            or pc.count_distinct(column).as_py() < present * 0.5
        ):
            names.append(name)
    return names
