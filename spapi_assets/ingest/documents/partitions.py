"""Writes rows into one Parquet file per day, on local disk, in bounded memory: rows wait by day until a row group is worth it.
Nothing here is visible in the lake: `load.py` publishes the finished files."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from spapi_assets.ingest.documents.days import DAY
from spapi_assets.lake.parquet import small_writer_options, write_empty, writer_options

# Rows gathered before they are sorted into days; a few times this is in memory at most.
BUFFER_BYTES = 10 << 20
# Rows that may wait for more of their day. A row group costs as much as thousands of rows, so the days with the most rows are
# written first, and the others wait.
WAITING_BYTES = 8 << 20
ROW_GROUP = 32 * 1024
WRITERS = 2
# A Parquet page of a column with so few values is next to nothing; compressing it costs more than it saves.
FEW_VALUES = 100
SMALL_ROWS = 2000
_EPOCH = date(1970, 1, 1).toordinal()


@dataclass
class _Day:
    local: Path
    rows: int = 0
    writer: pq.ParquetWriter | None = None


class PartitionWriter:
    """Rows of one dataset, by day. `None` as the day is 'the document's day', which may be known only at the end.

    What fits the first buffer is written by the caller's thread at the end; from then on a thread sorts and two write.
    """

    def __init__(
        self, scratch: Callable[[], Path], schema: pa.Schema, lineage: Callable[[], Mapping[str, Any]], fixed: date | None
    ) -> None:
        self._scratch, self.schema, self._lineage, self._fixed = scratch, schema, lineage, fixed
        self._days: dict[date | None, _Day] = {}
        self._buffer: list[pa.Table] = []
        self._buffered = 0
        self._waiting: list[pa.Table] = []
        self._columns: _ColumnOptions | None = None
        self._first_write = threading.Lock()
        self._jobs: queue.Queue[list[pa.Table] | None] = queue.Queue(maxsize=1)
        self._error: BaseException | None = None
        self._pool: ThreadPoolExecutor | None = None
        self._sorter: threading.Thread | None = None
        self.rows = 0

    def add(self, table: pa.Table) -> None:
        """Takes the schema's columns without the constants and without those that are null; DAY, if there, is each row's day."""
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
        if self._sorter is None:
            self._pool = ThreadPoolExecutor(WRITERS, thread_name_prefix="parquet-writer")
            self._sorter = threading.Thread(target=self._sort, args=(self._pool,), name="parquet-sorter", daemon=True)
            self._sorter.start()
        if self._buffer:
            self._jobs.join()  # one buffer is filled while one is sorted; none lies in between
            self._jobs.put(self._buffer)
            self._buffer, self._buffered = [], 0

    def _sort(self, pool: ThreadPoolExecutor) -> None:
        memory = pa.default_memory_pool()
        writing: list[Future[None]] = []
        while (job := self._jobs.get()) is not None:
            try:
                if self._error is None:
                    due = self._due(job, WAITING_BYTES)
                    # Sorted while the last rows were written; a day's rows stay in order, as one writing follows the other.
                    self._finish(writing)
                    memory.release_unused()  # allocators keep what other threads freed; give it back
                    writing = [pool.submit(self._write, self._entry(day), rows) for day, rows in due]
                    del due
            except BaseException as error:  # handed to the producer's thread, which raises it
                self._error = error
            finally:
                self._jobs.task_done()
        try:
            self._finish(writing)
        except BaseException as error:
            self._error = self._error or error

    @staticmethod
    def _finish(writing: Iterable[Future[None]]) -> None:
        """Waits for all, so that nobody writes any more, then raises what the first of them met."""
        for future in wait(writing).done:
            future.result()

    def _due(self, tables: list[pa.Table], wait: int) -> list[tuple[date | None, pa.Table]]:
        """The days to be written now, each with its rows in the document's order; at most `wait` bytes of rows go on waiting.

        Empties the list, so that no table is held longer than it must."""
        table = _together([*self._waiting, *tables])
        tables.clear()
        self._waiting = []
        if DAY not in table.column_names:
            return [(self._fixed, table)]
        days = np.from_dlpack(table.column(DAY).cast(pa.int32()).combine_chunks())  # to_numpy() would import pandas
        if wait == 0 and int(days.min()) == int(days.max()):
            return [(date.fromordinal(_EPOCH + int(days[0])), table.drop_columns([DAY]))]
        present, counts = np.unique(days, return_counts=True)
        largest = np.argsort(-counts, kind="stable")
        enough = np.cumsum(counts[largest]) >= len(days) * (1 - wait / max(table.nbytes, 1))
        due = np.sort(largest[: int(np.argmax(enough)) + 1]) if wait < table.nbytes else largest[:0]
        if len(due) < len(present):
            now = np.isin(days, present[due])
            self._waiting = [table.take(pa.array(np.flatnonzero(~now)))]
            places = np.flatnonzero(now)
            days = days[places]
        else:
            places = np.arange(len(days))
        table = table.drop_columns([DAY])
        if len(due) > 1:
            # Sixteen bits are sorted by radix, many times faster; a window is never longer than that.
            places = places[np.argsort((days - present[0]).astype(np.uint16), kind="stable")]
        if len(places) < table.num_rows or len(due) > 1:
            table = table.take(pa.array(places))
        starts = np.cumsum(counts[due]) - counts[due]
        return [
            (date.fromordinal(_EPOCH + day), table.slice(start, count))
            for day, start, count in zip(present[due].tolist(), starts.tolist(), counts[due].tolist(), strict=True)
        ]

    def _entry(self, day: date | None) -> _Day:
        entry = self._days.get(day)
        if entry is None:
            entry = self._days[day] = _Day(self._scratch())
        return entry

    def _write(self, entry: _Day, rows: pa.Table) -> None:
        entry.rows += rows.num_rows
        table = self._complete(rows, entry.writer.schema if entry.writer else None)
        with self._first_write:
            if self._columns is None:
                self._columns = _ColumnOptions.of(table)
        if entry.writer is None:
            # The Arrow schema is left out of the file, so that readers see text where this process held dictionaries.
            entry.writer = pq.ParquetWriter(entry.local, table.schema, store_schema=False, **self._columns.options)
        entry.writer.write_table(table, row_group_size=ROW_GROUP)

    def _complete(self, table: pa.Table, begun: pa.Schema | None) -> pa.Table:
        """The schema's columns in its order, with the lineage that is the same for all rows, as the begun file holds them."""
        arrays: list[pa.Array | pa.ChunkedArray] = []
        lineage = self._lineage()
        present = set(table.column_names)
        for f in self.schema:
            if f.name in lineage:
                arrays.append(_constant(lineage[f.name], f.type, table.num_rows))
            elif f.name in present:
                arrays.append(table.column(f.name))
            else:
                arrays.append(_nulls(f.type, table.num_rows))
        complete = pa.table(arrays, names=self.schema.names)
        return complete if begun is None or begun.equals(complete.schema) else complete.cast(begun)

    def close(self) -> dict[date | None, tuple[Path, int]]:
        """Finishes all files: day -> (local file, rows)."""
        if self._sorter is not None:
            self._hand_over()
            self._stop()
            if self._error is not None:
                raise self._error
        rest = self._due(self._buffer, 0) if self._buffer or self._waiting else []
        if self._pool is None:
            for day, rows in rest:
                self._write(self._entry(day), rows)
        else:
            self._finish([self._pool.submit(self._write, self._entry(day), rows) for day, rows in rest])
            self._pool.shutdown()
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
        """Ends the writing threads after an error elsewhere; the files are the caller's to throw away."""
        self._error = self._error or RuntimeError("abandoned")
        self._stop()
        if self._pool is not None:
            self._pool.shutdown()
        for entry in self._days.values():
            if entry.writer is not None:
                entry.writer.close()

    def _stop(self) -> None:
        if self._sorter is not None and self._sorter.is_alive():
            self._jobs.put(None)
            self._sorter.join()


def _together(tables: Sequence[pa.Table]) -> pa.Table:
    if len(tables) == 1:
        return tables[0]
    same = all(t.schema.equals(tables[0].schema) for t in tables)
    return pa.concat_tables(tables, promote_options="none" if same else "default").unify_dictionaries()


def _nulls(type_: pa.DataType, rows: int) -> pa.Array:
    """Text as dictionary codes, which is what columns with few values (here: none yet) are held as."""
    if pa.types.is_string(type_):
        return pa.DictionaryArray.from_arrays(pa.nulls(rows, pa.int32()), pa.array([], type_))
    return pa.nulls(rows, type_)


def _constant(value: Any, type_: pa.DataType, rows: int) -> pa.Array:
    if pa.types.is_string(type_):
        return pa.DictionaryArray.from_arrays(pa.repeat(pa.scalar(0, pa.int32()), rows), pa.array([value], type_))
    return pa.repeat(pa.scalar(value, type_), rows)


@dataclass(frozen=True)
class _ColumnOptions:
    """How each column is written, judged by the first rows; the values are the same either way."""

    options: dict[str, Any]

    @classmethod
    def of(cls, table: pa.Table) -> _ColumnOptions:
        if table.num_rows < SMALL_ROWS:
            return cls(small_writer_options(table.schema))
        dictionary, few = [], []
        for name in table.column_names:
            column = table.column(name)
            present = table.num_rows - column.null_count
            coded = pa.types.is_dictionary(column.type)
            distinct = 0 if coded or not present else pc.count_distinct(column).as_py()
            if coded or distinct <= min(FEW_VALUES, present // 8):
                few.append(name)
            if name != "_row" and (coded or distinct <= present * 0.5):
                dictionary.append(name)  # smaller by it; for others it would only cost time
        return cls(writer_options(table.schema, dictionary=dictionary, few=few))
