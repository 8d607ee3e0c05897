"""Reads one tab-separated document: the decisions from its first block, then all blocks through two reading threads.
What happens inside a block is `flatfile.py`; where rows go is `sink.py`."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from spapi_assets.datasets.model import ColumnType, Dataset, DayOf
from spapi_assets.ingest.documents import charset as charsets
from spapi_assets.ingest.documents.context import DocumentContext
from spapi_assets.ingest.documents.days import Days
from spapi_assets.ingest.documents.errors import UnreadableDocument, WrongDocument
from spapi_assets.ingest.documents.flatfile import Batch, FlatReader, direct_types
from spapi_assets.ingest.documents.header import HeaderPlan, match_header
from spapi_assets.ingest.documents.inflate import peek
from spapi_assets.ingest.documents.lines import EndlessLine, Lines, first_line
from spapi_assets.ingest.documents.locale import Locale, decide_locale
from spapi_assets.ingest.documents.sink import Sink

THREADS = 2
SAMPLE_LINES = 2000


def read_tsv(
    chunks: Iterable[bytes],
    context: DocumentContext,
    open_sink: Callable[[Dataset, tuple[str, ...]], Sink],
    decisions: dict[str, Any],
    warnings: list[str],
) -> int:
    """Feeds the sink of the report's dataset. Returns the number of plain bytes."""
    dataset = context.report.datasets[0]
    head, chunks = peek(chunks, 4)
    mark = charsets.byte_order_mark(head)
    charset = charsets.CharsetDecision(context.content_type, context.marketplaces)
    if mark:
        chunks = _without(chunks, mark[0])
        if mark[1] != "utf-8":
            chunks = charsets.from_utf16(chunks, mark[1])
        charset.settle("utf-8", f"byte order mark of {mark[1]}")
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
        plan = _plan(charsets.decode(header, _header_charset(header, first, charset)), dataset, context, warnings)
        samples = _samples(rest, charset.of(rest), plan)
        locale = _locale(dataset, samples, context)
        reader = FlatReader(
            plan,
            locale,
            Days(dataset, context),
            direct=direct_types([f.column for f in plan.fields if f.known], samples, locale),
            masks=any(not f.kept for f in plan.fields),
            swapped=lines.swapped,
        )
        sink = open_sink(dataset, tuple(f.name for f in plan.kept if not f.known))
        sink.missing = tuple(c.name for c in plan.missing)
        for batch in _batches(reader, lines, rest, blocks, charset):
            sink.add(batch)
    except EndlessLine as error:
        context.fail(UnreadableDocument, f"The document is no flat file: {error}", "Look at the archived bytes.")
    sink.rows_in = lines.rows
    decisions["charset"] = charset.record()
    decisions["dialect"] = {"delimiter": "TAB", "quoting": "none: quotes are data", "line_end": lines.terminator}
    decisions["header"] = plan.record()
    decisions["locale"] = {**locale.evidence, **_zone_record(dataset, samples, locale, warnings)}
    warnings.extend(charset.warnings)
    return lines.plain_bytes + (len(mark[0]) if mark else 0)


def _without(chunks: Iterable[bytes], mark: bytes) -> Iterator[bytes]:
    _, chunks = peek(chunks, len(mark))
    source = iter(chunks)
    yield next(source)[len(mark) :]
    yield from source


def _header_charset(header: bytes, block: bytes, charset: charsets.CharsetDecision) -> str:
    """An ASCII header decides nothing; another one is evidence together with its block."""
    return "utf-8" if header.isascii() else charset.of(block)


def _plan(header: str, dataset: Dataset, context: DocumentContext, warnings: list[str]) -> HeaderPlan:
    plan = match_header(header.split("\t"), dataset, context.dropped(dataset))
    if plan.known == 0:
        text = header.strip()
        if text.startswith("{"):
            try:
                text = json.dumps(json.loads(text), ensure_ascii=False)
            except ValueError:
                text = header.strip()
        context.fail(
            WrongDocument,
            f"The document has none of the columns of {dataset.name}; it begins: {text[:300]!r}",
            "If this is Amazon's explanation of an error, act on it; if it is a header in another language, add its spellings as"
            " aliases to the registry and replay.",
        )
    if dataset.day_of in (DayOf.COLUMN, DayOf.DOCUMENT) and dataset.column(dataset.date_column or "") in plan.missing:
        context.fail(
            UnreadableDocument,
            f"The document has no column {dataset.date_column!r}, which decides the day of {dataset.name};"
            f" its header is {header[:300]!r}",
            "Add the header's spelling as an alias to the registry and replay the archived document.",
        )
    if plan.unknown:
        warnings.append(f"Columns that the registry does not know, kept as text: {', '.join(plan.unknown)}.")
    if plan.missing:
        warnings.append(f"Columns that the document does not have, left null: {', '.join(c.name for c in plan.missing)}.")
    return plan


def _samples(data: bytes, charset: str, plan: HeaderPlan) -> dict[str, list[str]]:
    """Leading values of the typed columns, blanks left out."""
    typed = [(i, f.name) for i, f in enumerate(plan.fields) if f.known and f.column.type is not ColumnType.TEXT]
    samples: dict[str, list[str]] = {name: [] for _, name in typed}
    for raw in data.split(b"\n", SAMPLE_LINES)[:SAMPLE_LINES]:
        cells = raw.removesuffix(b"\r").split(b"\t")
        if len(cells) != len(plan.fields):
            continue
        for i, name in typed:
            if value := cells[i].strip():
                try:
                    samples[name].append(charsets.decode(value, charset))
                except UnicodeDecodeError:
                    continue  # its line will be quarantined
    return samples


def _locale(dataset: Dataset, samples: dict[str, list[str]], context: DocumentContext) -> Locale:
    def of(*types: ColumnType) -> Iterator[str]:
        for column in dataset.columns:
            if column.type in types:
                yield from samples.get(column.name, ())

    return decide_locale(
        of(ColumnType.DECIMAL, ColumnType.INTEGER), of(ColumnType.DATE, ColumnType.TIMESTAMP), context.marketplaces
    )


def _zone_record(dataset: Dataset, samples: dict[str, list[str]], locale: Locale, warnings: list[str]) -> dict[str, Any]:
    bare: list[str] = []
    for column in dataset.columns:
        if column.type is ColumnType.TIMESTAMP:
            for text in samples.get(column.name, [])[:50]:
                try:
                    if not locale.moment(text)[1]:
                        bare.append(column.name)
                        break
                except ValueError:
                    continue
    if not bare:
        return {}
    warnings.append(f"Times without a time zone were read as UTC in: {', '.join(bare)}.")
    return {"utc_assumed": bare}


def _batches(
    reader: FlatReader, lines: Lines, rest: bytes, blocks: Iterator[bytes], charset: charsets.CharsetDecision
) -> Iterator[Batch]:
    """Batches in document order; at most a few blocks are in memory."""

    def remaining() -> Iterator[bytes]:
        if rest:
            yield rest
        yield from blocks

    waiting: deque[Future[Batch]] = deque()
    with ThreadPoolExecutor(THREADS, thread_name_prefix="tsv-reader") as pool:
        try:
            for block in lines.data_blocks(remaining()):
                waiting.append(pool.submit(reader.read, block, charset.of(block.data)))
                if len(waiting) > THREADS + 1:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
