"""Reads one tab-separated document: the decisions from its first block, then all blocks through two reading threads.
What happens inside a block is `flatfile.py`; where rows go is `sink.py`."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain
from typing import Any

from spapi_assets.datasets.model import Dataset
from spapi_assets.ingest.documents import charset as charsets
from spapi_assets.ingest.documents.context import DocumentContext
from spapi_assets.ingest.documents.decisions import SAMPLE_BYTES, SAMPLE_LINES, reader_for
from spapi_assets.ingest.documents.dialect import DECLARED, Dialect
from spapi_assets.ingest.documents.errors import UnreadableDocument
from spapi_assets.ingest.documents.findings import Findings
from spapi_assets.ingest.documents.flatfile import Batch, FlatReader
from spapi_assets.ingest.documents.inflate import peek
from spapi_assets.ingest.documents.lines import EndlessLine, Lines, first_line
from spapi_assets.ingest.documents.sink import Sink

THREADS = 2


def read_tsv(
    chunks: Iterable[bytes],
    context: DocumentContext,
    open_sink: Callable[[Dataset, tuple[str, ...]], Sink],
    decisions: dict[str, Any],
    warnings: list[str],
    findings: Findings,
    dialect: Dialect = DECLARED["tsv"],
) -> int:
    """Feeds the sink of the report's dataset. Returns the number of plain bytes."""
    dataset = context.report.datasets[0]
    chunks, charset = open_text(chunks, context, findings)
    lines = Lines(chunks)
    blocks = lines.blocks()
    try:
        first = next(blocks, b"")
        header, rest = first_line(first)
        if not header:
            sink = open_sink(dataset, ())
            sink.missing = tuple(c.name for c in dataset.columns)
            warnings.append("The document is empty: it has not even a header.")
            decisions["charset"] = charset.record()
            return lines.plain_bytes
        while rest.count(b"\n") < SAMPLE_LINES and len(rest) < SAMPLE_BYTES and (block := next(blocks, b"")):
            rest += block
        headers = charsets.decode(header, "utf-8" if header.isascii() else charset.of(first)).split("\t")
        leading = _leading(rest, charset.of(rest))
        reader = reader_for(headers, leading, context, decisions, warnings, findings, dialect=dialect, swapped=lines.swapped)
        sink = open_sink(dataset, reader.unknown)
        sink.missing = tuple(c.name for c in reader.plan.missing)
        for batch in _batches(reader, lines, rest, blocks, charset):
            sink.add(batch)
    except EndlessLine as error:
        context.fail(UnreadableDocument, f"The document is no flat file: {error}", "Look at the archived bytes.")
    sink.rows_in = lines.rows
    decisions["charset"] = charset.record()
    decisions["dialect"] = {**dialect.record(), "line_end": lines.terminator}
    warnings.extend(charset.warnings)
    return lines.plain_bytes


def open_text(
    chunks: Iterable[bytes], context: DocumentContext, findings: Findings
) -> tuple[Iterable[bytes], charsets.CharsetDecision]:
    """The stream without its byte order mark and in a charset whose line ends are single bytes, and the charset decision."""
    head, chunks = peek(chunks, 4)
    mark = charsets.byte_order_mark(head)
    evidence = f"byte order mark of {mark[1]}" if mark else ""
    name = mark[1] if mark else "utf-8"
    if mark:
        chunks = _without(chunks, mark[0])
    elif wide := charsets.wide_charset(head, context.content_type):
        name, evidence = wide
    if name != "utf-8":
        charset = charsets.CharsetDecision(None, context.marketplaces)
        charset.transcoded(name, evidence)
        return charsets.from_utf16(chunks, name), charset
    return chunks, charsets.CharsetDecision(
        context.content_type, context.marketplaces, findings.charset, mark[1] if mark else None
    )


def _without(chunks: Iterable[bytes], mark: bytes) -> Iterator[bytes]:
    _, chunks = peek(chunks, len(mark))
    source = iter(chunks)
    yield next(source)[len(mark) :]
    yield from source


def _leading(data: bytes, charset: str) -> Iterator[list[str]]:
    lines = data.split(b"\n", SAMPLE_LINES)[:SAMPLE_LINES]
    try:  # one call for all lines where it can be: small documents are many
        for line in charsets.decode(b"\n".join(lines), charset).split("\n"):
            yield line.removesuffix("\r").split("\t")
    except UnicodeDecodeError:
        for raw in lines:
            try:
                yield charsets.decode(raw.removesuffix(b"\r"), charset).split("\t")
            except UnicodeDecodeError:
                continue  # this line will be quarantined


def _batches(
    reader: FlatReader, lines: Lines, rest: bytes, blocks: Iterator[bytes], charset: charsets.CharsetDecision
) -> Iterator[Batch]:
    """Batches in document order; at most a few blocks are in memory."""

    def remaining() -> Iterator[bytes]:
        if rest:
            yield rest
        yield from blocks

    data = lines.data_blocks(remaining())
    first, second = next(data, None), next(data, None)
    if first is None:
        return
    if second is None:  # no threads for a document of one block
        yield reader.read(first, charset.of(first.data))
        return
    waiting: deque[Future[Batch]] = deque()
    with ThreadPoolExecutor(THREADS, thread_name_prefix="tsv-reader") as pool:
        try:
            for block in chain((first, second), data):
                waiting.append(pool.submit(reader.read, block, charset.of(block.data)))
                if len(waiting) > THREADS + 1:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
