"""Documents made from a registry entry: seeded plausible values for every column, written as TSV, CSV, XML, XLSX or a file.
What reading them must give is returned beside the bytes; the readers themselves are tested in this folder's other files."""

from __future__ import annotations

import csv
import hashlib
import io
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from openpyxl import Workbook

from spapi_assets.datasets.model import Column, ColumnType, Dataset, DayOf, Report, WindowKind
from spapi_assets.ingest.documents.context import DocumentContext
from spapi_assets.ingest.windows import period

# Every value of a personal column holds it, so that a test can look for it wherever it must not be.
PERSON = "Erika Mustermann"
DAY = date(2026, 10, 14)
# Titles as sellers write them: quotes, a comma, letters of several languages; identifiers that look like other things.
_TEXTS = ('1/2" pipe, "new"', "Größe 40–42", "0042", "1E5", "=SUM(A1)", "N-0017", "déjà vu & co", "true", "Tasse")


@dataclass(frozen=True)
class Writing:
    """How a document writes numbers and dates: as Amazon's English documents, unless a store's habit is given."""

    decimal: str = "."
    day: str = "%Y-%m-%d"
    moment: str = "%Y-%m-%dT%H:%M:%S+00:00"

    def text(self, value: Any) -> str:
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, Decimal):
            return f"{value:f}".replace(".", self.decimal)
        if isinstance(value, datetime):
            return value.strftime(self.moment)
        if isinstance(value, date):
            return value.strftime(self.day)
        return "" if value is None else str(value)


ENGLISH = Writing()
GERMAN = Writing(decimal=",", day="%d.%m.%Y", moment="%d.%m.%Y %H:%M:%S UTC")


@dataclass(frozen=True)
class Sample:
    """A document, the context to load it in, and by dataset the typed rows that must come out (personal columns included)."""

    body: bytes
    context: DocumentContext
    rows: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)


def sample(
    report: Report,
    rows: int = 5,
    *,
    seed: int = 1,
    day: date = DAY,
    marketplace: str | None = None,
    writing: Writing = ENGLISH,
    encoding: str = "utf-8",
    headers: Mapping[str, Sequence[str]] | None = None,
    **context: Any,
) -> Sample:
    """A document of a report with so many rows a dataset. `headers`: the header line of a flat file instead of the registry's."""
    first, last = period(report, day)
    created = datetime.combine(last + timedelta(days=1), time(9), UTC)
    if report.window.kind is WindowKind.SNAPSHOT:
        first = last = created.date()
    values: dict[str, Any] = {
        "account": "acme",
        "marketplace": marketplace,
        "report_id": f"r{seed}",
        "document_id": f"d{seed}",
        "start": first,
        "end": last,
        "created": created,
        "loaded_at": created,
        "options": dict(report.options),
    }
    made = DocumentContext(report=report, **{**values, **context})
    random_values = random.Random(f"{report.name} {seed}")
    match report.format:
        case "tsv" | "csv":
            body, expected = _flat(report, rows, random_values, first, writing, encoding, headers)
        case "xml":
            body, expected = _xml(report, rows, random_values, first, writing)
        case "xlsx":
            body, expected = _workbook(report, rows, random_values, first)
        case "file":
            body = b"%PDF-1.4\n" + bytes(random_values.randrange(256) for _ in range(200)) + b"\n%%EOF\n"
            expected = {d.name: [{"sha256": hashlib.sha256(body).hexdigest(), "bytes": len(body)}] for d in report.datasets}
        case other:
            raise ValueError(f"no writer for {other}")
    return Sample(body, made, expected)


def value_of(column: Column, dataset: Dataset, random_values: random.Random, first: date, number: int) -> Any:
    """A value as the column's type holds it. Dates that decide the partition lie on the first day that was asked for."""
    moment = datetime.combine(first, time(), UTC) + timedelta(seconds=random_values.randrange(86_400))
    if column.name != dataset.date_column or dataset.day_of is DayOf.WINDOW:
        moment -= timedelta(days=random_values.randrange(3))
    blank = not column.required and column.name not in (*dataset.row_key, dataset.date_column) and random_values.random() < 0.15
    match column.type:
        case _ if blank:
            return None
        case ColumnType.TEXT if column.pii:
            return f"{PERSON} {number}"
        case ColumnType.TEXT:
            # Unique in its dataset, so that a row key of text identifies the row.
            return f"{random_values.choice(_TEXTS)} {number}"
        case ColumnType.INTEGER:
            return random_values.randrange(0, 1200)
        case ColumnType.DECIMAL:
            return Decimal(random_values.randrange(-99_999, 999_999)).scaleb(-2)
        case ColumnType.BOOLEAN:
            return random_values.random() < 0.5
        case ColumnType.TIMESTAMP:
            return moment
        case ColumnType.DATE:
            return moment.date()


def _rows(dataset: Dataset, rows: int, random_values: random.Random, first: date) -> list[dict[str, Any]]:
    columns = [c for c in dataset.columns if c.option is None]
    return [{c.name: value_of(c, dataset, random_values, first, n) for c in columns} for n in range(1, rows + 1)]


def _flat(
    report: Report,
    rows: int,
    random_values: random.Random,
    first: date,
    writing: Writing,
    encoding: str,
    headers: Mapping[str, Sequence[str]] | None,
) -> tuple[bytes, dict[str, list[dict[str, Any]]]]:
    (dataset,) = report.datasets
    columns = [c for c in dataset.columns if c.header is not None]
    line = (headers or {}).get(dataset.name) or [c.header or "" for c in columns]
    expected = _rows(dataset, rows, random_values, first)
    lines = [line, *([writing.text(row[c.name]) for c in columns] for row in expected)]
    if report.format == "tsv":  # Amazon's tab-separated documents know no quoting
        return "".join("\t".join(cells) + "\r\n" for cells in lines).encode(encoding), {dataset.name: expected}
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(lines)
    return text.getvalue().encode(encoding), {dataset.name: expected}


def _xml(
    report: Report, rows: int, random_values: random.Random, first: date, writing: Writing
) -> tuple[bytes, dict[str, list[dict[str, Any]]]]:
    """One branch below the root a row number; the datasets' sections share elements in it, so parents' values agree."""
    root = Element("AmazonEnvelope")
    expected: dict[str, list[dict[str, Any]]] = {d.name: [] for d in report.datasets}
    for number in range(1, rows + 1):
        leaves: dict[tuple[str, ...], Any] = {}
        for dataset in report.datasets:
            section = (dataset.section or "").split(".")
            row: dict[str, Any] = {}
            for column in (c for c in dataset.columns if c.path is not None):
                place = _place(section, column.path or "")
                if leaves.get(place) is None:  # a parent's value that one dataset may leave blank another may need
                    leaves[place] = value_of(column, dataset, random_values, first, number)
            expected[dataset.name].append(row)
        for dataset in report.datasets:
            section = (dataset.section or "").split(".")
            for column in (c for c in dataset.columns if c.path is not None):
                expected[dataset.name][-1][column.name] = leaves[_place(section, column.path or "")]
        elements: dict[tuple[str, ...], Element] = {(): root}
        for dataset in report.datasets:
            _element(elements, tuple((dataset.section or "").split(".")))
        for place, value in leaves.items():
            if value is None:
                continue
            *above, leaf = place
            if leaf.startswith("@"):
                _element(elements, tuple(above)).set(leaf[1:], writing.text(value))
            else:
                _element(elements, tuple(above) if leaf == "." else place).text = writing.text(value)
    return tostring(root, "utf-8", xml_declaration=True), expected


def _place(section: Sequence[str], path: str) -> tuple[str, ...]:
    """Where a path of a dataset stands below the root: `../` leaves one element of the section."""
    up = 0
    while path.startswith("../"):
        up, path = up + 1, path[3:]
    above = tuple(section[: len(section) - up])
    return (*above, ".") if path == "." else (*above, *path.split("."))


def _element(elements: dict[tuple[str, ...], Element], place: tuple[str, ...]) -> Element:
    if place not in elements:
        elements[place] = SubElement(_element(elements, place[:-1]), place[-1])
    return elements[place]


def _workbook(
    report: Report, rows: int, random_values: random.Random, first: date
) -> tuple[bytes, dict[str, list[dict[str, Any]]]]:
    """Cells hold numbers and dates as such; an instant has no zone in Excel, so it is the UTC one."""
    book, expected = Workbook(), {}
    for number, dataset in enumerate(report.datasets):
        sheet = book.active if number == 0 else book.create_sheet()
        assert sheet is not None
        sheet.title = dataset.section or f"Sheet{number + 1}"
        columns = [c for c in dataset.columns if c.header is not None]
        sheet.append([c.header for c in columns])
        expected[dataset.name] = _rows(dataset, rows, random_values, first)
        for row in expected[dataset.name]:
            cells = [row[c.name] for c in columns]
            sheet.append([c.replace(tzinfo=None) if isinstance(c, datetime) else c for c in cells])
            for cell in sheet[sheet.max_row]:
                if cell.data_type == "f":  # a text like =SUM(A1) is no formula
                    cell.data_type = "s"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue(), expected
