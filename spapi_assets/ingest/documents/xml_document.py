"""Reads one XML report while it comes, in bounded memory: every dataset's rows, at whatever depth, typed as flat files are.
Where rows stand is `xml_shape.py`, walking the elements is `xml_rows.py`, bytes to text is `xml_text.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from lxml import etree

from spapi_assets.datasets.model import ColumnType, Dataset
from spapi_assets.ingest.documents.charset import Doubted
from spapi_assets.ingest.documents.context import DocumentContext
from spapi_assets.ingest.documents.days import Days
from spapi_assets.ingest.documents.decisions import locale_of
from spapi_assets.ingest.documents.dialect import DECLARED
from spapi_assets.ingest.documents.errors import TruncatedDocument, UnreadableDocument, WrongDocument
from spapi_assets.ingest.documents.findings import Findings
from spapi_assets.ingest.documents.flatfile import FlatReader
from spapi_assets.ingest.documents.header import Field, HeaderPlan, Names, snake_case
from spapi_assets.ingest.documents.inflate import peek
from spapi_assets.ingest.documents.json_rows import ReadAgain
from spapi_assets.ingest.documents.quarantine import MASK, Rejected
from spapi_assets.ingest.documents.sink import Sink
from spapi_assets.ingest.documents.xml_rows import DocumentType, Row, Unsettled, Walker, shown
from spapi_assets.ingest.documents.xml_shape import XmlDataset, XmlShape
from spapi_assets.ingest.documents.xml_text import REPLACED, utf8

ROWS = 2000
_INVALID_BYTES, _INVALID_CHARACTER = 81, 9
_STEP = 1 << 16


def read_xml(
    chunks: Iterable[bytes],
    context: DocumentContext,
    open_sink: Callable[[Dataset, tuple[str, ...]], Sink],
    findings: Findings,
    decisions: dict[str, Any],
    warnings: list[str],
) -> int:
    """Feeds one sink per dataset; returns the number of plain bytes. ReadAgain after it has added to the findings.

    Entities and document types are refused, nothing is fetched. An element that is there twice in a row is a JSON list in a text
    column; in a typed one the row goes to the quarantine.
    """
    counted = _Counted(chunks)
    head, plain = peek(counted, 512)
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text and not text.startswith((b"<", b"\xff\xfe", b"\xfe\xff", b"\0<")):
        context.fail(
            WrongDocument,
            f"The document is no XML; it begins: {text[:300].decode('utf-8', 'replace')!r}",
            "If this is Amazon's explanation of an error, act on it, then request the report again.",
        )
    tables = [_Table(d, context, findings, open_sink, warnings) for d in context.report.datasets]
    decisions["locale"] = {t.dataset.name: t.reader.locale.evidence for t in tables}
    if not text:
        warnings.append("The document is empty: it has not even a root element.")
        for table in tables:
            table.sink.missing = tuple(c.name for c in table.dataset.columns)
        return counted.size + sum(len(c) for c in plain)
    shape = XmlShape(context.report, [t.columns for t in tables])
    by_name = {t.dataset.name: t for t in tables}
    walker = Walker(shape, lambda row: by_name[row[0].dataset.name].add(row), hold=findings.hold_rows)
    _parse(utf8(plain, context, findings, decisions, warnings), walker, context, findings)
    _judge(walker, context, findings, warnings)
    for table in tables:
        table.close()
    decisions["root"] = walker.root
    return counted.size


class _Counted:
    """Chunks on their way, their bytes counted."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks, self.size = chunks, 0

    def __iter__(self) -> Iterator[bytes]:
        for chunk in self._chunks:
            self.size += len(chunk)
            yield chunk


def _parse(chunks: Iterable[bytes], walker: Walker, context: DocumentContext, findings: Findings) -> None:
    target: Any = walker
    # With False, libxml2 leaves &amp; in attributes as &#38;. Document types are refused as soon as it is met.
    entities: Any = "internal"
    parser: Any = etree.XMLParser(
        target=target,
        encoding="utf-8",
        huge_tree=True,
        resolve_entities=entities,
        no_network=True,
        load_dtd=False,
        recover=False,
    )
    try:
        for chunk in chunks:
            for start in range(0, len(chunk), _STEP):
                parser.feed(chunk[start : start + _STEP])
    except Unsettled:
        findings.hold_rows = True
        raise ReadAgain from None
    except DocumentType as error:
        what = "The document is an HTML page" if str(error).lower() == "html" else "The document declares a document type"
        context.fail(WrongDocument, f"{what}, which no report does", "Look at the archived bytes; then request the report again.")
    except UnicodeDecodeError:
        raise Doubted from None
    except etree.XMLSyntaxError as error:
        code = getattr(error, "code", None)
        if code == _INVALID_BYTES and findings.charset is None:
            raise Doubted from None
        if code == _INVALID_CHARACTER and not findings.broken_text:
            findings.broken_text = True
            raise ReadAgain from None
        context.fail(UnreadableDocument, f"The document is not well-formed XML: {error.msg}", "Look at the archived bytes.")
    try:
        parser.close()
    except etree.XMLSyntaxError as error:
        context.fail(TruncatedDocument, f"The XML document is cut short: {error.msg}", "Download it again with a new URL.")


def _judge(walker: Walker, context: DocumentContext, findings: Findings, warnings: list[str]) -> None:
    if not any(walker.rows.values()):
        said = {**walker.lost, **{leaf: "" for leaves in walker.new.values() for leaf in leaves}}
        if said or (walker.root or "").lower() == "html":
            text = "; ".join(f"{leaf}: {value}" for leaf, value in walker.lost.items()) or ", ".join(sorted(said))
            context.fail(
                WrongDocument,
                f"Instead of the report's rows the document {walker.root!r} says: {text[:500]}",
                "If this is Amazon's explanation of an error, act on it; if elements were renamed, correct the registry"
                " and replay.",
            )
        warnings.append("The document is empty: it has none of the elements that hold rows.")
    for path, count in walker.barren.items():
        warnings.append(f"{count} elements {path} have no rows below them: what they say is only in the archive.")
    if walker.new:
        for name, leaves in walker.new.items():
            findings.unknown[name] = (*findings.unknown.get(name, ()), *sorted(leaves))
        raise ReadAgain
    if walker.lost:
        keys = ", ".join(sorted(walker.lost))
        warnings.append(f"Elements above all rows that the registry does not know, only in the archive: {keys}.")


class _Table:
    """Rows of one dataset, gathered and typed a few thousand at a time."""

    def __init__(
        self,
        dataset: Dataset,
        context: DocumentContext,
        findings: Findings,
        open_sink: Callable[[Dataset, tuple[str, ...]], Sink],
        warnings: list[str],
    ) -> None:
        self.dataset = dataset
        unknown = findings.unknown.get(dataset.name, ())
        names = Names({c.name for c in dataset.columns})
        self._names = {path: names.unique(snake_case(path) or "element") for path in unknown}
        self.columns = XmlDataset(dataset, unknown, self._names)
        dropped = context.dropped(dataset)
        fields = [
            Field(column.path or name, name, column, column.name != "unknown", name not in dropped, name in dropped)
            for column, name in self.columns.columns
        ]
        self.reader = FlatReader(
            HeaderPlan(tuple(fields), ()),
            locale_of(dataset, {}, context, findings, localised=()),
            Days(dataset, context),
            direct={},
            repetitive=(),
            swapped=False,
            dialect=DECLARED["tsv"],
        )
        self.sink = open_sink(dataset, tuple(self._names.values()))
        if self._names:
            warnings.append(
                f"{dataset.name}: elements that the registry does not know, kept as text: {', '.join(self._names.values())}."
            )
        self._broken = findings.broken_text or findings.charset is not None
        self._seen: set[int] = set()
        self._cells: list[list[str]] = []
        self._numbers: list[int] = []
        self._leaves: dict[int, dict[str, list[str]]] = {}
        self._rejected: list[Rejected] = []

    def add(self, row: Row) -> None:
        _, number, cells, leaves, several = row
        self._seen.update(i for i, cell in enumerate(cells) if cell is not None)
        if reason := self._misfit(cells, several):
            column, value, why = reason
            self._rejected.append(Rejected(number, column, value, why, self._shown(leaves)))
        else:
            self._cells.append([cell or "" for cell in cells])
            self._numbers.append(number)
            self._leaves[number] = leaves
        if len(self._cells) + len(self._rejected) >= ROWS:
            self._flush()

    def _misfit(self, cells: list[str | None], several: set[int]) -> tuple[str, str | None, str] | None:
        for i in several:
            field = self.reader.plan.fields[i]
            if field.column.type is not ColumnType.TEXT:
                return field.name, MASK if field.column.pii else cells[i], "several values where the registry has one"
        if self._broken:
            for field, cell in zip(self.reader.plan.fields, cells, strict=True):
                if cell and REPLACED in cell:
                    return field.name, MASK if field.column.pii else cell, "bytes or characters that are no text"
        return None

    def _flush(self) -> None:
        count = len(self._cells) + len(self._rejected)
        batch = self.reader.rows(self._cells, self._numbers, [])
        rejected = [Rejected(r.row, r.column, r.value, r.reason, self._shown(self._leaves[r.row])) for r in batch.rejected]
        batch.rejected[:] = sorted([*rejected, *self._rejected], key=lambda r: r.row)
        self.sink.add(batch)
        self.sink.rows_in += count
        self._cells, self._numbers, self._leaves, self._rejected = [], [], {}, []

    def _shown(self, leaves: dict[str, list[str]]) -> str:
        """The row's own elements; personal data masked, and where some must not be kept, what the registry does not know, too."""
        fields = self.reader.plan.fields

        def masked(leaf: str) -> str | None:
            column = self.columns.own.get(leaf)
            hidden = self.reader.masks if column is None else fields[column].personal
            return MASK if hidden else None

        return shown(leaves, masked)

    def close(self) -> None:
        if self._cells or self._rejected:
            self._flush()
        self.sink.missing = tuple(f.name for i, f in enumerate(self.reader.plan.fields) if f.known and i not in self._seen)
