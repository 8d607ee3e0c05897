"""One top-level member of a JSON document and the datasets it feeds: a sample decides how it is read, then block after block.
The document around it is `json_document.py`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spapi_assets.datasets.model import ColumnType, Dataset
from spapi_assets.ingest.documents.context import DocumentContext
from spapi_assets.ingest.documents.days import Days
from spapi_assets.ingest.documents.errors import UnreadableDocument
from spapi_assets.ingest.documents.findings import Findings
from spapi_assets.ingest.documents.flatfile import Batch
from spapi_assets.ingest.documents.json_fast import REFUSED, FastReader, Refused, plan
from spapi_assets.ingest.documents.json_paths import Shape
from spapi_assets.ingest.documents.json_rows import JsonReader, Piece, inner_nodes
from spapi_assets.ingest.documents.json_scan import Elements, spans_of
from spapi_assets.ingest.documents.json_values import parse
from spapi_assets.ingest.documents.sink import Sink

SAMPLE = 64  # elements that are read exactly before anything else
ENOUGH = 2000  # rows that show which texts repeat themselves
FEW = 32  # elements among which a refused one is looked for one by one
MOST_UNKNOWN = 500

OpenSink = Callable[[Dataset, tuple[str, ...]], Sink]


class Feed:
    """One dataset's way from elements to its sink."""

    def __init__(self, shape: Shape, context: DocumentContext, findings: Findings, root: Mapping[str, Any] | None) -> None:
        self.shape, self.context, self.findings, self.root = shape, context, findings, root
        self.days = Days(shape.dataset, context)
        self.dropped = context.dropped(shape.dataset)
        self.kinds: dict[str, set[str]] = {}
        self.new: set[str] = set()
        self.lost: set[str] = set()
        self.waits = False
        self._repetitive: tuple[str, ...] | None = None
        self._held: list[Batch] = []
        self.reader = self._reader(findings.unknown.get(shape.dataset.name, ()))
        self.sink: Sink | None = None

    def _reader(self, unknown: Sequence[str]) -> JsonReader:
        if len(unknown) > MOST_UNKNOWN:
            self.context.fail(
                UnreadableDocument,
                f"The rows of {self.shape.dataset.name} have more than {MOST_UNKNOWN} keys that the registry does not know, such"
                f" as {', '.join(sorted(unknown)[:5])}",
                "If the keys are values themselves, describe the section in the registry in another way, and replay.",
            )
        return JsonReader(self.shape, self.days, self.dropped, unknown, self.root)

    def open(self, open_sink: OpenSink, raws: Sequence[bytes], elements: Sequence[Any]) -> Piece:
        """Fixes the columns by the first elements, and reads these."""
        piece = self.reader.read(raws, elements)
        if piece.new:
            self._note(piece)
            self.reader = self._reader(self.unknown())
            self.new = set()
            piece = self.reader.read(raws, elements)
        self.sink = open_sink(self.shape.dataset, self.reader.unknown)
        return piece

    def unknown(self) -> tuple[str, ...]:
        """All paths met that the registry does not know, but for nodes that were only ever null or empty objects."""
        known = self.reader.unknown_paths
        met = {*known, *self.new}
        inner = {node for path in met for node in inner_nodes(path)}
        empty = {p for p in self.new & inner if self.kinds[p] <= {"null", "object"}}
        return (*known, *sorted(self.new - empty))

    def _note(self, piece: Piece) -> bool:
        """Remembers what the piece showed; true if it showed a kind of value that was not seen before."""
        changed = False
        for path, kinds in piece.kinds.items():
            before = self.kinds.setdefault(path, set())
            if not kinds <= before:
                before |= kinds
                changed = True
        self.new |= piece.new
        self.lost |= piece.lost
        self.waits = self.waits or (piece.waits and self.findings.root is None)
        return changed

    def accept(self, piece: Piece, *, discard: bool) -> bool:
        """Takes the next piece in the document's order. True if blocks should be read in another way from now on."""
        assert self.sink is not None
        changed = self._note(piece)
        if discard or self.new or self.waits:
            return changed
        before = self.sink.rows_in
        table = _numbered(piece.table, before)
        first = self.days.first(table) if self.days.by_document else None
        rejected = [replace(r, row=r.row + before) for r in piece.rejected] if before else piece.rejected
        self.sink.rows_in = before + piece.rows_in
        self._held.append(Batch(self.days.mark(table), rejected, first))
        if self._repetitive is not None or self.sink.rows_in >= ENOUGH:
            self.flush()
        return changed

    def flush(self) -> None:
        """Hands over what was held back until it could be seen which columns repeat themselves."""
        assert self.sink is not None
        if self._repetitive is None:
            self._repetitive = _repetitive(pa.concat_tables([b.table for b in self._held])) if self._held else ()
        for batch in self._held:
            self.sink.add(replace(batch, table=_encoded(batch.table, self._repetitive)))
        self._held = []

    def odd_kinds(self) -> list[str]:
        """Text columns in which the document has numbers or words: kept as they were written, and said."""
        odd = []
        for path, column in self.shape.columns.items():
            if column.type is ColumnType.TEXT and self.kinds.get(path, set()) & {"integer", "number", "boolean"}:
                odd.append(column.name)
        return odd

    @property
    def missing(self) -> tuple[str, ...]:
        seen = {c.name for p, c in self.shape.columns.items() if p in self.kinds}
        seen |= {p.column.name for p in self.shape.parents if p.keys[0] in (self.root or {}) or p.up <= len(self.shape.steps)}
        seen |= {r.column.name for r in self.shape.reaches}
        return tuple(c.name for c in self.shape.kept if c.name not in seen)


class Section:
    """All datasets of one top-level member."""

    def __init__(self, feeds: Sequence[Feed]) -> None:
        self.feeds = feeds
        self.fast: FastReader | None = None
        self.opened = False

    @property
    def single(self) -> bool:
        """Whether blocks may be read as a whole: one dataset, whose rows are the member's own elements."""
        return len(self.feeds) == 1 and not self.feeds[0].shape.steps

    def open(self, raws: Sequence[bytes], open_sink: OpenSink, *, discard: bool) -> None:
        """Fixes the columns by the member's first elements, and reads these."""
        elements = _parsed(raws)
        self.opened = True
        for feed in self.feeds:
            feed.accept(feed.open(open_sink, raws, elements), discard=discard)
        self._replan()

    def _replan(self) -> None:
        if self.single:
            self.fast = plan(self.feeds[0].reader, self.feeds[0].kinds)

    def read(self, part: Elements, fast: FastReader | None) -> list[list[Piece]] | None:
        """Per dataset, the pieces of one block; None if the block was cut where it must not be. For any thread."""
        if fast is not None:
            try:
                piece = fast.read(part.text)
                if part.spans is None or piece.rows_in == len(part.spans):
                    return [[piece]]  # else two lines that are not JSON were one value together
            except (Refused, *REFUSED):
                pass  # no error yet: the exact reader judges
        spans = part.spans if part.spans is not None else spans_of(part.text)
        if spans is None:
            return None
        raws = Elements(part.name, bytes(part.text), spans).elements
        if fast is not None:
            return [self._halves(raws, fast)]
        elements = _parsed(raws)
        return [[feed.reader.read(raws, elements)] for feed in self.feeds]

    def _halves(self, raws: list[bytes], fast: FastReader) -> list[Piece]:
        """One odd element must not make its block slow: the rest still goes the short way."""
        if len(raws) <= FEW:
            return [self.feeds[0].reader.read(raws)]
        pieces: list[Piece] = []
        for half in (raws[: len(raws) // 2], raws[len(raws) // 2 :]):
            try:
                piece = fast.read(b",".join(half))
                pieces.extend([piece] if piece.rows_in == len(half) else self._halves(half, fast))
            except (Refused, *REFUSED):
                pieces.extend(self._halves(half, fast))
        return pieces

    def accept(self, pieces: Sequence[Sequence[Piece]], *, discard: bool) -> None:
        changed = False
        for feed, own in zip(self.feeds, pieces, strict=True):
            for piece in own:
                changed = feed.accept(piece, discard=discard) or changed
        if changed:
            self._replan()


def _parsed(raws: Sequence[bytes]) -> list[Any]:
    """Each element, or the ValueError that it is not one."""
    elements: list[Any] = []
    for raw in raws:
        try:
            elements.append(parse(raw))
        except ValueError as error:
            elements.append(error)
    return elements


def _numbered(table: pa.Table, before: int) -> pa.Table:
    """The rows with their number in the document as the last column."""
    if "_row" in table.column_names:
        if not before:
            return table
        rows = pc.add(table.column("_row"), before)
        return table.drop_columns(["_row"]).append_column("_row", rows)
    return table.append_column("_row", pa.array(np.arange(before + 1, before + 1 + table.num_rows, dtype=np.int64)))


def _repetitive(table: pa.Table) -> tuple[str, ...]:
    """Text columns with few distinct values: held as codes, they are quicker to sort and to write."""
    if table.num_rows < ENOUGH // 2:
        return ()
    names = [f.name for f in table.schema if pa.types.is_string(f.type)]
    few = min(100, table.num_rows // 8)
    return tuple(n for n in names if pc.count_distinct(table.column(n)).as_py() <= few)


def _encoded(table: pa.Table, names: Sequence[str]) -> pa.Table:
    for name in names:
        i = table.column_names.index(name)
        table = table.set_column(i, name, table.column(name).dictionary_encode())
    return table
