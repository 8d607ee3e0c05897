"""Reads one Excel workbook: each dataset's sheet, its header found among the first rows, rows typed as those of flat files.
Single cells are `xlsx_cells.py`; decisions and typing are shared with flat files."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import Any, BinaryIO

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from spapi_assets.datasets.model import Dataset
from spapi_assets.ingest.documents.context import DocumentContext
from spapi_assets.ingest.documents.decisions import SAMPLE_LINES, reader_for
from spapi_assets.ingest.documents.dialect import DECLARED
from spapi_assets.ingest.documents.errors import UnreadableDocument, WrongDocument
from spapi_assets.ingest.documents.findings import Findings
from spapi_assets.ingest.documents.flatfile import FlatReader
from spapi_assets.ingest.documents.header import match_header, normalise
from spapi_assets.ingest.documents.quarantine import MASK, Rejected
from spapi_assets.ingest.documents.sink import Sink
from spapi_assets.ingest.documents.xlsx_cells import cell_text, text_of

_HEADER_ROWS = 50
_ROWS = 2000
_NO_VALUE = "a formula without a stored value"

Cells = list[tuple[Any, str]]
"""A row: each cell's value and number format. `Unstored` stands for a formula nobody calculated."""


class Unstored:
    """The value of a formula that the workbook does not hold."""


def read_xlsx(
    chunks: Iterable[bytes],
    context: DocumentContext,
    open_sink: Callable[[Dataset, tuple[str, ...]], Sink],
    decisions: dict[str, Any],
    warnings: list[str],
    findings: Findings,
) -> int:
    """Feeds one sink per dataset. Returns the number of plain bytes."""
    with tempfile.TemporaryFile() as file:
        size = 0
        for chunk in chunks:
            file.write(chunk)
            size += len(chunk)
        if not size:
            for dataset in context.report.datasets:
                open_sink(dataset, ()).missing = tuple(c.name for c in dataset.columns)
            warnings.append("The document is empty: it has no byte.")
            return 0
        with _opened(file, context) as book:
            sheets = {dataset.name: _sheet_of(dataset, book.names, context) for dataset in context.report.datasets}
            for dataset in context.report.datasets:
                noted: dict[str, Any] = {"sheet": sheets[dataset.name]}
                _read_sheet(book, dataset, context, open_sink, noted, warnings, findings)
                decisions.setdefault("sheets", {})[dataset.name] = noted
            if unread := [name for name in book.names if name not in sheets.values()]:
                warnings.append(f"Sheets that no dataset reads, only in the archive: {', '.join(unread)}.")
    return size


class _Book:
    """The values of a workbook as Excel stored them, and its formulas where it has any."""

    def __init__(self, file: BinaryIO) -> None:
        self._values = openpyxl.load_workbook(file, read_only=True, data_only=True)
        self.names: list[str] = list(self._values.sheetnames)
        self._formulas = openpyxl.load_workbook(file, read_only=True) if _has_formulas(file) else None

    def __enter__(self) -> _Book:
        return self

    def __exit__(self, *error: object) -> None:
        self._values.close()
        if self._formulas is not None:
            self._formulas.close()

    def rows(self, sheet: str) -> Iterator[Cells]:
        values, formulas = _rows(self._values[sheet]), None
        if self._formulas is not None:
            formulas = _rows(self._formulas[sheet])
        for row in values:
            cells: Cells = [(c.value, getattr(c, "number_format", None) or "General") for c in row]
            if formulas is not None:
                for i, formula in enumerate(next(formulas, ())):
                    if formula.value is not None and i < len(cells) and cells[i][0] is None:
                        cells[i] = (Unstored, "General")
            while cells and cells[-1][0] in (None, ""):
                cells.pop()
            yield cells


def _rows(sheet: Any) -> Iterator[Any]:
    sheet.reset_dimensions()  # some writers state a range smaller than the sheet
    return iter(sheet.iter_rows())


def _has_formulas(file: BinaryIO) -> bool:
    file.seek(0)
    with zipfile.ZipFile(file) as parts:
        for name in parts.namelist():
            if name.startswith("xl/worksheets/") and name.endswith(".xml"):
                with parts.open(name) as part:
                    end = b""
                    while block := part.read(1 << 20):
                        if b"<f>" in (text := end + block) or b"<f " in text or b"<f/" in text:
                            return True
                        end = block[-2:]
    return False


def _opened(file: Any, context: DocumentContext) -> _Book:
    file.seek(0)
    head = file.read(300)
    file.seek(0)
    if not head.startswith(b"PK"):
        text = head.decode("utf-8", "replace")
        context.fail(
            WrongDocument,
            f"The document is no Excel workbook (.xlsx); it begins: {text!r}",
            "If this is Amazon's explanation of an error, act on it, then request the report again.",
        )
    try:
        return _Book(file)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError, EOFError) as error:
        context.fail(
            UnreadableDocument, f"The workbook cannot be opened: {error}", "Download it again; if it repeats, look at the bytes."
        )


def _sheet_of(dataset: Dataset, names: list[str], context: DocumentContext) -> str:
    if dataset.section is None and names:
        return names[0]
    for name in names:
        if dataset.section is not None and normalise(name) == normalise(dataset.section):
            return name
    return context.fail(
        WrongDocument,
        f"The workbook has no sheet {dataset.section!r} for {dataset.name}; it has {', '.join(map(repr, names))}",
        "If the sheet was renamed, correct the dataset's section in the registry and replay.",
    )


def _read_sheet(
    book: _Book,
    dataset: Dataset,
    context: DocumentContext,
    open_sink: Callable[[Dataset, tuple[str, ...]], Sink],
    noted: dict[str, Any],
    warnings: list[str],
    findings: Findings,
) -> None:
    rows = book.rows(noted["sheet"])
    first = list(islice(rows, _HEADER_ROWS))
    if not any(first):
        open_sink(dataset, ()).missing = tuple(c.name for c in dataset.columns)
        warnings.append(f"{dataset.name}: the sheet {noted['sheet']!r} is empty: it has not even a header.")
        return
    place = _header_place(first, dataset, context)
    leading = [*first[place + 1 :], *islice(rows, SAMPLE_LINES)]
    headers = [text_of(v).strip() for v, _ in first[place]]
    # Typed cells prove nothing of how texts are written: only texts are evidence.
    texts = [[v if isinstance(v, str) else "" for v, _ in _padded(cells, len(headers))] for cells in leading if cells]
    reader = reader_for(headers, texts, context, noted, warnings, findings, dialect=DECLARED["tsv"], dataset=dataset)
    noted["title_rows"] = [[text_of(v) for v, _ in cells if v is not None] for cells in first[:place] if cells]
    noted["header_row"] = place + 1
    sink = open_sink(dataset, reader.unknown)
    sink.missing = tuple(c.name for c in reader.plan.missing)
    data = (cells for cells in chain(leading, rows) if cells)
    while block := list(islice(data, _ROWS)):
        _add(sink, reader, block)


def _header_place(first: list[Cells], dataset: Dataset, context: DocumentContext) -> int:
    """The row with most of the dataset's headers; titles may stand above it. Without any, the first row with cells."""
    known = [match_header([text_of(v) for v, _ in cells], dataset, context.dropped(dataset)).known for cells in first]
    if max(known):
        return known.index(max(known))
    return next(i for i, cells in enumerate(first) if cells)


def _padded(cells: Cells, width: int) -> Cells:
    return [*cells, *[(None, "General")] * (width - len(cells))]


def _add(sink: Sink, reader: FlatReader, block: list[Cells]) -> None:
    rejected: list[Rejected] = []
    good: list[list[str]] = []
    numbers: list[int] = []
    for number, row in enumerate(block, sink.rows_in + 1):
        cells = _padded(row, reader.width)
        shown = "\t".join("" if v is Unstored else text_of(v) for v, _ in cells)
        if any(v is Unstored for v, _ in cells):
            rejected.append(Rejected(number, None, None, _NO_VALUE, MASK if reader.masks else shown))
            continue
        fields = reader.plan.fields
        texts = [cell_text(v, form, f.column, reader.locale) for (v, form), f in zip(cells, fields, strict=False)]
        texts += [text_of(v) for v, _ in cells[len(fields) :]]
        if bad := reader.misfit(texts, number, shown):
            rejected.append(bad)
            continue
        good.append(texts)
        numbers.append(number)
    sink.add(reader.rows(good, numbers, rejected))
    sink.rows_in += len(block)
