"""Reads one comma-separated document with proper quoting, line ends inside quotes included: through Python's csv module.
Decisions, typing and quarantine are those of tab-separated documents (`tsv.py`, `flatfile.py`)."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

from spapi_assets.datasets.model import Dataset
from spapi_assets.ingest.documents import charset as charsets
from spapi_assets.ingest.documents.context import DocumentContext
from spapi_assets.ingest.documents.decisions import reader_for
from spapi_assets.ingest.documents.errors import UnreadableDocument
from spapi_assets.ingest.documents.findings import Findings
from spapi_assets.ingest.documents.flatfile import Batch, FlatReader
from spapi_assets.ingest.documents.lines import LONGEST_LINE, EndlessLine, Lines
from spapi_assets.ingest.documents.quarantine import MASK, Rejected
from spapi_assets.ingest.documents.sink import Sink
from spapi_assets.ingest.documents.tsv import open_text


def records(blocks: Iterable[bytes]) -> Iterator[tuple[bytes, int]]:
    """Blocks that end where no quote is open, with the number of records in each, counted without parsing them."""
    pending = b""
    for block in blocks:
        pending += block
        codes = np.frombuffer(pending, np.uint8)
        ends = np.flatnonzero((codes == 10) & (np.cumsum(codes == 34) & 1 == 0))
        if len(ends):
            cut = int(ends[-1]) + 1
            starts = np.concatenate(([0], ends[:-1] + 1))
            blank = sum(not pending[a:b].strip(b"\r") for a, b in zip(starts.tolist(), ends.tolist(), strict=True) if b - a < 2)
            yield pending[:cut], len(ends) - blank
            pending = pending[cut:]
        elif len(pending) > LONGEST_LINE:
            raise EndlessLine(f"a quote stays open for {LONGEST_LINE >> 20} MiB")
    if pending:
        yield pending, 1


def parse(block: bytes, charset: str) -> list[list[str]]:
    """The records of a block. Where bytes do not fit the charset they become U+FFFD, and `_batch` rejects their records."""
    try:
        text = charsets.decode(block, charset)
    except UnicodeDecodeError:
        text = block.decode(charset, "replace")
    return [record for record in csv.reader(io.StringIO(text, newline="")) if record]


def read_csv(
    chunks: Iterable[bytes],
    context: DocumentContext,
    open_sink: Callable[[Dataset, tuple[str, ...]], Sink],
    decisions: dict[str, Any],
    warnings: list[str],
    findings: Findings,
) -> int:
    """Feeds the sink of the report's dataset. Returns the number of plain bytes (without a byte order mark)."""
    dataset = context.report.datasets[0]
    chunks, charset = open_text(chunks, context, findings)
    lines = Lines(chunks)
    reader: FlatReader | None = None
    sink: Sink | None = None
    try:
        for block, count in records(lines.blocks()):
            if not count:
                continue
            found = parse(block, charset.of(block))
            if reader is None:
                reader = reader_for(found[0], found[1:], context, decisions, warnings, findings)
                sink = open_sink(dataset, reader.unknown)
                sink.missing = tuple(c.name for c in reader.plan.missing)
                found, count = found[1:], count - 1
            assert sink is not None
            sink.add(_batch(reader, found, sink.rows_in + 1, valid=_is_valid(block, charset.of(block))))
            sink.rows_in += count
    except (EndlessLine, csv.Error) as error:
        context.fail(UnreadableDocument, f"The document is no CSV file: {error}", "Look at the archived bytes.")
    if sink is None:
        open_sink(dataset, ()).missing = tuple(c.name for c in dataset.columns)
        warnings.append("The document is empty: it has not even a header.")
    decisions["charset"] = charset.record()
    decisions["dialect"] = {"delimiter": ",", "quoting": 'cells may stand in ", doubled inside', "line_end": lines.terminator}
    warnings.extend(charset.warnings)
    return lines.plain_bytes


def _is_valid(block: bytes, charset: str) -> bool:
    try:
        charsets.decode(block, charset)
    except UnicodeDecodeError:
        return False
    return True


def joined(record: Iterable[str]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(record)
    return text.getvalue()


def _batch(reader: FlatReader, found: list[list[str]], first: int, *, valid: bool) -> Batch:
    rejected: list[Rejected] = []
    good: list[list[str]] = []
    numbers: list[int] = []
    for number, record in enumerate(found, first):
        shown = MASK if reader.masks else joined(record)
        if len(record) != reader.width:
            what = "short" if len(record) < reader.width else "long"
            rejected.append(Rejected(number, None, None, f"{what} line: {len(record)} cells instead of {reader.width}", shown))
        elif not valid and any("\ufffd" in cell for cell in record):
            rejected.append(Rejected(number, None, None, "bytes that are not valid in the document's charset", shown))
        else:
            good.append(record)
            numbers.append(number)
    return reader.rows(good, numbers, rejected)
