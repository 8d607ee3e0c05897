"""Reads one document whose cells may be quoted, line ends inside quotes included: tidy blocks through pyarrow, others record by
record. Decisions, typing and quarantine are those of tab-separated documents (`tsv.py`, `flatfile.py`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from spapi_assets.datasets.model import Dataset
from spapi_assets.ingest.documents import charset as charsets
from spapi_assets.ingest.documents.context import DocumentContext
from spapi_assets.ingest.documents.csv_records import Record, records, tidy_end
from spapi_assets.ingest.documents.decisions import SAMPLE_BYTES, SAMPLE_LINES, reader_for
from spapi_assets.ingest.documents.dialect import DECLARED, Dialect
from spapi_assets.ingest.documents.errors import UnreadableDocument
from spapi_assets.ingest.documents.findings import Findings
from spapi_assets.ingest.documents.flatfile import Batch, FlatReader
from spapi_assets.ingest.documents.lines import LONGEST_LINE, Block, EndlessLine, Lines
from spapi_assets.ingest.documents.quarantine import MASK, Rejected
from spapi_assets.ingest.documents.sink import Sink
from spapi_assets.ingest.documents.tsv import open_text

_SWAP = str.maketrans("\r\n", "\n\r")


def read_csv(
    chunks: Iterable[bytes],
    context: DocumentContext,
    open_sink: Callable[[Dataset, tuple[str, ...]], Sink],
    decisions: dict[str, Any],
    warnings: list[str],
    findings: Findings,
    dialect: Dialect = DECLARED["csv"],
) -> int:
    """Feeds the sink of the report's dataset. Returns the number of plain bytes (without a byte order mark)."""
    dataset = context.report.datasets[0]
    chunks, charset = open_text(chunks, context, findings)
    lines = Lines(chunks)
    document = _Quoted(lines, charset, dialect)

    def start(found: list[Record]) -> FlatReader:
        cells = [r.cells if r.cells is not None else [r.raw] for r in found]
        reader = reader_for(cells[0], cells[1:], context, decisions, warnings, findings, dialect=dialect, swapped=lines.swapped)
        document.sink = open_sink(dataset, reader.unknown)
        document.sink.missing = tuple(c.name for c in reader.plan.missing)
        return reader

    try:
        document.read(start)
    except EndlessLine as error:
        context.fail(UnreadableDocument, f"The document is no CSV file: {error}", "Look at the archived bytes.")
    if document.sink is None:
        open_sink(dataset, ()).missing = tuple(c.name for c in dataset.columns)
        warnings.append("The document is empty: it has not even a header.")
    decisions["charset"] = charset.record()
    decisions["dialect"] = {**dialect.record(), "line_end": lines.terminator}
    warnings.extend(charset.warnings)
    return lines.plain_bytes


class _Quoted:
    """The records of one document in order, from its blocks of whole lines."""

    def __init__(self, lines: Lines, charset: charsets.CharsetDecision, dialect: Dialect) -> None:
        self.lines, self.charset, self.dialect = lines, charset, dialect
        self.reader: FlatReader | None = None
        self.sink: Sink | None = None

    def read(self, start: Callable[[list[Record]], FlatReader]) -> None:
        pending = b""
        for block in self.lines.blocks():
            pending += block
            while used := self._take(pending, start, final=len(pending) > LONGEST_LINE):
                pending = pending[used:]
        while pending:
            pending = pending[self._take(pending, start, final=True) :]

    def _take(self, data: bytes, start: Callable[[list[Record]], FlatReader], *, final: bool) -> int:
        """Reads whole records at the beginning of the data; returns how many bytes they are."""
        if self.reader is None and not final and len(data) < SAMPLE_BYTES and data.count(b"\n") < SAMPLE_LINES:
            return 0
        tidy = tidy_end(data, self.dialect.delimiter) if data else (0, 0)
        if tidy is not None:
            cut, count = tidy
            # Where carriage returns end lines, the two changed places: only the careful way changes them back inside cells.
            if cut and self.reader is not None and not (self.lines.swapped and b"\r" in data):
                block = Block(data[:cut], self._next_row, count, untidy=False)
                if batch := self.reader.quick(block, self.charset.of(block.data)):
                    self._add(batch, count)
                    return cut
            if cut or not final:
                data, final = data[:cut], True
        if not data:
            return 0
        charset, delimiter = self.charset.of(data), self.dialect.delimiter
        # Bytes that do not fit become lone surrogates: their records are told from others, and the bytes can be had back.
        text = charsets.decode(data, charset) if charsets.is_valid(data, charset) else data.decode(charset, "surrogateescape")
        if self.reader is None:
            leading, used = records(text, delimiter, width=None, final=final, most=SAMPLE_LINES + 1)
            if leading:
                self.reader = start(leading)
                _, used = records(text, delimiter, width=None, final=True, most=1)
            return _bytes_of(text, used, data)
        found, used = records(text, delimiter, width=self.reader.width, final=final)
        if found:
            self._add(self._careful(self.reader, found), len(found))
        return _bytes_of(text, used, data)

    @property
    def _next_row(self) -> int:
        return (self.sink.rows_in if self.sink else 0) + 1

    def _add(self, batch: Batch, count: int) -> None:
        assert self.sink is not None
        self.sink.add(batch)
        self.sink.rows_in += count

    def _careful(self, reader: FlatReader, found: list[Record]) -> Batch:
        rejected: list[Rejected] = []
        good: list[list[str]] = []
        numbers: list[int] = []
        for number, record in enumerate(found, self._next_row):
            raw = record.raw.translate(_SWAP) if self.lines.swapped else record.raw
            shown = MASK if reader.masks else raw.encode("utf-8", "backslashreplace").decode()
            if record.cells is None:
                rejected.append(Rejected(number, None, None, record.reason, shown))
                continue
            cells = [c.translate(_SWAP) for c in record.cells] if self.lines.swapped else list(record.cells)
            if any("\udc80" <= c <= "\udcff" for c in raw):
                rejected.append(Rejected(number, None, None, "bytes that are not valid in the document's charset", shown))
            elif bad := reader.misfit(cells, number, shown):
                rejected.append(bad)
            else:
                good.append(cells)
                numbers.append(number)
        return reader.rows(good, numbers, rejected)


def _bytes_of(text: str, used: int, data: bytes) -> int:
    """How many bytes the first `used` characters were; they end with a line, and a line end is one byte in every charset here."""
    if used == len(text):
        return len(data)
    lines = text.count("\n", 0, used)
    return int(np.flatnonzero(np.frombuffer(data, np.uint8) == 10)[lines - 1]) + 1 if lines else 0
