"""Rows sorted into days: the same files whether they fit one buffer, wait for more of their day, or come in many pieces."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spapi_assets.ingest.documents import partitions
from spapi_assets.ingest.documents.partitions import PartitionWriter
from spapi_assets.lake.parquet import LINEAGE

FIRST = date(2026, 11, 1)
CODED = pa.dictionary(pa.int32(), pa.string())
SCHEMA = pa.schema([("word", pa.string()), ("amount", pa.decimal128(18, 4)), ("flag", pa.bool_()), *LINEAGE])
CONSTANTS = {"_report_id": "r1", "_document_sha256": "ab", "_loaded_at": datetime(2026, 11, 4, tzinfo=UTC)}

Row = tuple[int, str | None, int | None, bool | None]
ROWS = st.lists(
    st.tuples(
        st.integers(0, 6),
        st.one_of(st.none(), st.sampled_from(["", "a", "ß", "long " * 9])),
        st.one_of(st.none(), st.integers(-9, 9)),
        st.one_of(st.none(), st.booleans()),
    ),
    max_size=60,
)


def table(rows: list[Row], first: int, word: pa.DataType) -> pa.Table:
    """A batch as readers make them: columns without any value are left out, few words may be codes."""
    columns: dict[str, Any] = {
        "word": pa.array([r[1] for r in rows], pa.string()).cast(word),
        "amount": pa.array([r[2] for r in rows], pa.decimal128(18, 4)),
        "flag": pa.array([r[3] for r in rows], pa.bool_()),
    }
    kept = {name: values for name, values in columns.items() if values.null_count < len(rows)}
    days = pa.array([FIRST + timedelta(days=r[0]) for r in rows], pa.date32())
    return pa.table({**kept, "_row": pa.array(range(first, first + len(rows)), pa.int64()), "_day": days})


@contextmanager
def limits(buffer: int, waiting: int) -> Iterator[None]:
    before = partitions.BUFFER_BYTES, partitions.WAITING_BYTES
    partitions.BUFFER_BYTES, partitions.WAITING_BYTES = buffer, waiting
    try:
        yield
    finally:
        partitions.BUFFER_BYTES, partitions.WAITING_BYTES = before


def written(batches: list[pa.Table], folder: Path) -> dict[date | None, list[dict[str, Any]]]:
    names = (folder / f"{n}" for n in range(1000))
    writer = PartitionWriter(lambda: next(names), SCHEMA, lambda: CONSTANTS, None)
    for batch in batches:
        writer.add(batch)
    result = {}
    for day, (local, count) in writer.close().items():
        content = pq.read_table(local)
        assert content.schema.names == SCHEMA.names
        assert [f.type for f in content.schema] == [f.type for f in SCHEMA]
        assert content.num_rows == count
        result[day] = content.to_pylist()
    return result


@settings(max_examples=60, deadline=None)
@given(st.lists(ROWS, max_size=6), st.sampled_from([1, 300, 3000]), st.sampled_from([0, 500, 5000]), st.booleans())
def test_every_day_gets_its_rows_in_document_order_whatever_waits(pieces, buffer, waiting, coded):
    batches, expected, count = [], {}, 0
    for rows in pieces:
        batches.append(table(rows, count + 1, CODED if coded else pa.string()))
        for number, (day, word, amount, flag) in enumerate(rows, count + 1):
            row = {"word": word, "amount": amount, "flag": flag, "_row": number, **CONSTANTS}
            expected.setdefault(FIRST + timedelta(days=day), []).append(row)
        count += len(rows)
    with tempfile.TemporaryDirectory() as folder, limits(buffer, waiting):
        assert written(batches, Path(folder)) == expected


def test_small_days_wait_until_they_are_worth_a_row_group(tmp_path):
    # Each batch has 2,000 rows of one day and one row of another: the single rows must not become row groups of their own.
    batches = [table([(0, "a", n, True)] * 2000 + [(1, "b", n, False)], 1 + 2001 * n, CODED) for n in range(20)]
    with limits(50_000, 20_000):
        names = iter([tmp_path / "large", tmp_path / "small"])
        writer = PartitionWriter(lambda: next(names), SCHEMA, lambda: CONSTANTS, None)
        for batch in batches:
            writer.add(batch)
        files = writer.close()
    assert {day: count for day, (_, count) in files.items()} == {FIRST: 40_000, FIRST + timedelta(days=1): 20}
    assert pq.read_metadata(files[FIRST][0]).num_row_groups > 3
    assert pq.read_metadata(files[FIRST + timedelta(days=1)][0]).num_row_groups == 1


def test_an_error_while_writing_reaches_the_reader(tmp_path):
    def lineage() -> dict[str, Any]:
        raise OSError("the disk is full")

    with limits(1, 0):
        writer = PartitionWriter(lambda: tmp_path / "x", SCHEMA, lineage, None)
        with pytest.raises(OSError, match="disk is full"):  # noqa: PT012 - by the first, a later one, or at the end
            for n in range(5):
                writer.add(table([(0, "a", n, True)], n, CODED))
            writer.close()
        writer.abandon()
