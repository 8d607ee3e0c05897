"""Reads one JSON report: each top-level member into the sinks of its datasets, blocks in two threads, in the document's order.
Structure is `json_scan.py`, rows are `json_rows.py` and `json_fast.py`, what the document says of itself `json_judge.py`."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

from spapi_assets.ingest.documents import charset as charsets
from spapi_assets.ingest.documents.context import DocumentContext
from spapi_assets.ingest.documents.errors import TruncatedDocument, UnreadableDocument
from spapi_assets.ingest.documents.findings import Findings
from spapi_assets.ingest.documents.inflate import peek
from spapi_assets.ingest.documents.json_judge import judge
from spapi_assets.ingest.documents.json_lines import LineScanner
from spapi_assets.ingest.documents.json_paths import SPECIFICATION, Shape, covered
from spapi_assets.ingest.documents.json_rows import Piece, ReadAgain
from spapi_assets.ingest.documents.json_scan import LARGEST_MEMBER, Elements, Member, NotJson, Scanner, Settle
from spapi_assets.ingest.documents.json_sections import SAMPLE, Feed, OpenSink, Section
from spapi_assets.ingest.documents.json_values import dump, leaves, parse

THREADS = 2


def read_json(
    chunks: Iterable[bytes],
    context: DocumentContext,
    open_sink: OpenSink,
    findings: Findings,
    decisions: dict[str, Any],
    warnings: list[str],
) -> int:
    """Feeds one sink per dataset; returns the number of plain bytes. ReadAgain after it has added to the findings."""
    head, chunks = peek(chunks, 4)
    mark = charsets.byte_order_mark(head)
    decisions["charset"] = {"charset": "utf-8", "evidence": "JSON is UTF-8"}
    if mark:
        chunks = charsets.from_utf16(chunks, mark[1]) if mark[1] != "utf-8" else chunks
        chunks = _without_bom(chunks)
        decisions["charset"] = {"charset": mark[1], "evidence": "byte order mark"}
    reading = _Reading(chunks, context, open_sink, findings, warnings)
    try:
        reading.run()
    except NotJson as error:
        if error.cut_short:
            context.fail(TruncatedDocument, f"The JSON document is cut short: {error}", "Download it again with a new URL.")
        context.fail(
            UnreadableDocument, f"The document is not the JSON that was expected: {error}", "Look at the archived bytes."
        )
    judge(context, reading.found, list(reading.sections), reading.others, warnings)
    reading.conclude()
    decisions["specification"] = reading.others.get(SPECIFICATION)
    return reading.scanner.plain_bytes


def _without_bom(chunks: Iterable[bytes]) -> Iterable[bytes]:
    _, chunks = peek(chunks, 3)
    source = iter(chunks)
    first = next(source, b"")
    yield first.removeprefix(b"\xef\xbb\xbf")
    yield from source


class _Reading:
    """One reading of one document, from its first byte to its last."""

    def __init__(
        self, chunks: Iterable[bytes], context: DocumentContext, open_sink: OpenSink, findings: Findings, warnings: list[str]
    ) -> None:
        self.context, self.findings, self.warnings, self._open_sink = context, findings, warnings, open_sink
        self.found: set[str | None] = set()
        self.others: dict[str, Any] = {}
        self._root: dict[str, Any] = {}
        """The document's members with exact numbers, for rows that refer to them."""
        shapes = [Shape(d, context.report) for d in context.report.datasets]
        self.sections: dict[str | None, Section] = {}
        for name in dict.fromkeys(s.section for s in shapes):
            feeds = [Feed(s, context, findings, findings.root or self._root) for s in shapes if s.section == name]
            self.sections[name] = Section(feeds)
        self._feeds = [f for s in self.sections.values() for f in s.feeds]
        self.scanner: Scanner | LineScanner
        if context.report.format == "jsonl":
            self.scanner = LineScanner(chunks, deal=all(s.steps for s in shapes))
        else:
            self.scanner = Scanner(chunks, guess=lambda name: (s := self.sections.get(name)) is not None and s.fast is not None)
        self._refers = {str(p.keys[0]) for s in shapes for p in s.parents if p.up > 0}
        self._excluded = {p for s in shapes for p in s.excluded}
        self._waiting: deque[tuple[Section, Elements, Future[list[list[Piece]] | None]]] = deque()
        self._gathered = 0

    @property
    def _discards(self) -> bool:
        """Once a second reading is certain, this one only looks for what else that one must know."""
        return any(f.new or f.waits for f in self._feeds)

    def run(self) -> None:
        with ThreadPoolExecutor(THREADS, thread_name_prefix="json-reader") as pool:
            try:
                for part in self.scanner.parts():
                    if isinstance(part, Member):
                        self._member(part)
                    elif isinstance(part, Elements):
                        self._elements(part, pool)
                    else:
                        assert isinstance(part, Settle)
                        while self._waiting:
                            self._take()
                while self._waiting:
                    self._take()
            finally:
                for _, _, future in self._waiting:
                    future.cancel()
        if None in self.sections and not self.scanner.is_array:
            self._document()

    def _member(self, part: Member) -> None:
        try:
            value = parse(part.text)
        except ValueError as error:
            raise NotJson(str(error)) from error
        if self._root.setdefault(part.name, value) != value:
            raise NotJson(f"its member {part.name!r} has two values")
        self.others[part.name] = part.value
        section = self.sections.get(part.name)
        if section is not None:
            if part.name in self.found:
                raise NotJson(f"its member {part.name!r} has two values")
            self.found.add(part.name)
            if part.value is not None:
                section.open([part.text], self._open_sink, discard=self._discards)

    def _elements(self, part: Elements, pool: ThreadPoolExecutor) -> None:
        section = self.sections.get(part.name)
        if section is None:
            self._unclaimed(part)
            return
        self.found.add(part.name)
        if not section.opened:
            raws = part.elements
            if not raws:
                return
            section.open(raws[:SAMPLE], self._open_sink, discard=self._discards)
            assert part.spans is not None  # the first elements of an array are never a guess
            if len(part.spans) <= SAMPLE:
                return
            start = part.spans[SAMPLE][0]
            part = Elements(part.name, part.text[start:], [(a - start, b - start) for a, b in part.spans[SAMPLE:]])
            pieces = section.read(part, section.fast)
            assert pieces is not None
            section.accept(pieces, discard=self._discards)
            return
        self._waiting.append((section, part, pool.submit(section.read, part, section.fast)))
        if len(self._waiting) > THREADS + 1:
            self._take()

    def _take(self) -> None:
        """The oldest block that waits; if its cut was wrong, all that follows is cut again."""
        section, part, future = self._waiting.popleft()
        pieces = future.result()
        if pieces is not None:
            section.accept(pieces, discard=self._discards)
            return
        later = list(self._waiting)
        self._waiting.clear()
        wait([f for _, _, f in later])
        self.scanner.back([part, *(p for _, p, _ in later)])

    def _unclaimed(self, part: Elements) -> None:
        """An array without a dataset of its own: the document's row, or nobody's."""
        name = part.name
        if name is None or self._is_excluded(name):
            if name is None:
                self.others["the whole document"] = [e.decode("utf-8", "replace")[:200] for e in part.elements[:3]]
            return
        if None in self.sections:
            self._gathered += len(part.text)
            if self._gathered > LARGEST_MEMBER:
                raise NotJson(f"it is one row of more than {LARGEST_MEMBER >> 20} MiB")
            try:
                self._root.setdefault(name, []).extend(parse(e) for e in part.elements)
            except ValueError as error:
                raise NotJson(str(error)) from error
            return
        note = f"The document has an array {name!r} that the registry does not know; it is only in the archive."
        if note not in self.warnings:
            self.warnings.append(note)
            self.others[name] = [e.decode("utf-8", "replace")[:200] for e in part.elements[:3]]

    def _is_excluded(self, name: str) -> bool:
        return name in self.context.report.excluded_sections or covered(name, self._excluded)

    def _document(self) -> None:
        """The document itself as the one row of the datasets without a section."""
        section = self.sections[None]
        paths = set(leaves(self._root))
        if any(paths & set(feed.shape.columns) for feed in section.feeds):
            self.found.add(None)
            section.open([dump(self._root).encode("utf-8", "backslashreplace")], self._open_sink, discard=self._discards)

    def conclude(self) -> None:
        """After the last byte: another reading if it is needed, else what the operator should know."""
        if self._discards:
            for feed in self._feeds:
                self.findings.unknown[feed.shape.dataset.name] = feed.unknown()
            self.findings.root = self._root
            raise ReadAgain
        for feed in self._feeds:
            name = feed.shape.dataset.name
            if feed.sink is None:
                feed.sink = self._open_sink(feed.shape.dataset, ())
            feed.flush()
            feed.sink.missing = feed.missing
            if unknown := feed.reader.unknown:
                self.warnings.append(f"{name}: keys that the registry does not know, kept as text: {', '.join(unknown)}.")
            if feed.lost:
                keys = ", ".join(sorted(feed.lost)[:20])
                self.warnings.append(f"{name}: keys above its rows that the registry does not know, only in the archive: {keys}.")
            if odd := feed.odd_kinds():
                self.warnings.append(f"{name}: numbers or words where the registry has text, kept as written: {', '.join(odd)}.")
        if None not in self.sections:
            for key in self.others:
                if key not in {SPECIFICATION, *self._refers, *self.sections} and not self._is_excluded(key):
                    note = f"The document has a member {key!r} that the registry does not know; it is only in the archive."
                    if f"array {key!r}" not in " ".join(self.warnings):
                        self.warnings.append(note)
