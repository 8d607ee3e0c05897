"""One block of a tab-separated document to a typed Arrow table: pyarrow's CSV reader where the block is tidy, line by line
where it is not. Cutting the document into blocks is `lines.py`; the same rules hold on both ways, and tests compare them."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from spapi_assets.datasets.model import Column, ColumnType
from spapi_assets.ingest.documents import charset as charsets
from spapi_assets.ingest.documents.cells import FALSE, TRUE, convert
from spapi_assets.ingest.documents.days import DAY, Days
from spapi_assets.ingest.documents.dialect import Dialect
from spapi_assets.ingest.documents.header import Field, HeaderPlan
from spapi_assets.ingest.documents.lines import Block
from spapi_assets.ingest.documents.locale import Locale
from spapi_assets.ingest.documents.numbers import all_plain
from spapi_assets.ingest.documents.quarantine import MASK, Rejected
from spapi_assets.lake.parquet import arrow_type

CODED = pa.dictionary(pa.int32(), pa.string())


class _NeedsCare(Exception):
    """The quick reader met something that only the careful one may judge."""


@dataclass(frozen=True)
class Batch:
    """What became of one block: its rows (with their day, where rows decide it), and the lines that were rejected.

    The table may lack columns of the dataset: those are null in all of its rows."""

    table: pa.Table
    rejected: list[Rejected]
    first_day: date | None


class FlatReader:
    """All decisions about one document, applied to its blocks. Safe to use from several threads."""

    def __init__(
        self,
        plan: HeaderPlan,
        locale: Locale,
        days: Days,
        *,
        direct: dict[str, pa.DataType],
        repetitive: Collection[str],
        swapped: bool,
        dialect: Dialect,
    ) -> None:
        self.plan, self.locale, self.days = plan, locale, days
        self.swapped, self.dialect = swapped, dialect
        self.masks = any(f.personal for f in plan.fields)
        # Text with few distinct values is held as codes into a dictionary: less memory, and quicker to sort and to write.
        self._repetitive = frozenset(repetitive)
        self.width = len(plan.fields)
        self._wire = [f"{i}" for i in range(self.width)]
        self._kept = [(self._wire[i], f) for i, f in enumerate(plan.fields) if f.kept]
        # Typed columns whose values pyarrow reads exactly as `locale` would; the others come as text and are converted.
        self._direct = {wire: direct[f.name] for wire, f in self._kept if f.known and f.name in direct}
        types = {wire: CODED if f.name in self._repetitive else pa.string() for wire, f in self._kept}
        types.update({w: t for w, t in self._direct.items() if not pa.types.is_string(t)})
        types.update({w: CODED for w, f in self._kept if f.column.type is ColumnType.INTEGER})
        self._options = {
            "parse_options": pacsv.ParseOptions(
                delimiter=dialect.delimiter,
                quote_char='"' if dialect.quoted else False,
                newlines_in_values=dialect.quoted,
                ignore_empty_lines=False,
            ),
            "convert_options": pacsv.ConvertOptions(
                column_types=types,
                include_columns=[w for w, _ in self._kept],
                null_values=[""],
                strings_can_be_null=True,
                true_values=list(TRUE),
                false_values=list(FALSE),
                timestamp_parsers=[pacsv.ISO8601],
            ),
        }

    @property
    def unknown(self) -> tuple[str, ...]:
        """Names of the columns that reach the lake as text because the registry does not know them."""
        return tuple(f.name for f in self.plan.kept if not f.known)

    def read(self, block: Block, charset: str) -> Batch:
        return self.quick(block, charset) or self._careful(block, charset)

    def quick(self, block: Block, charset: str) -> Batch | None:
        """The rows of a tidy block that hold no surprise, through pyarrow; None if only the careful way may judge."""
        # A byte order mark inside the document is data, but pyarrow would skip it.
        if block.untidy or block.data.startswith(b"\xef\xbb\xbf"):
            return None
        try:
            return self._quick(block, charset)
        except (_NeedsCare, pa.ArrowInvalid, UnicodeDecodeError):
            return None  # not an error: the careful reader says which line it is

    def _quick(self, block: Block, charset: str) -> Batch:
        data = block.data
        if charset != "utf-8":
            data = charsets.decode(data, charset).encode()
        raw = pacsv.read_csv(
            pa.py_buffer(data),
            read_options=pacsv.ReadOptions(column_names=self._wire, use_threads=False, block_size=len(data) + 1),
            **self._options,
        )
        if raw.num_rows != block.rows:
            raise _NeedsCare
        arrays: list[pa.Array | pa.ChunkedArray] = []
        for wire, f in self._kept:
            values = raw.column(wire)
            if wire in self._direct:
                if f.column.type is ColumnType.INTEGER:
                    values = _integers(values.combine_chunks())
                if values.type == pa.timestamp("us"):  # no zone in the document: UTC, as decided
                    values = values.cast(pa.timestamp("us", tz="UTC"))
                if f.column.required and values.null_count:
                    raise _NeedsCare
            elif f.column.type is not ColumnType.TEXT or f.column.required:
                values, reasons = convert(values.combine_chunks(), f.column, self.locale)
                if reasons:
                    raise _NeedsCare
            arrays.append(values)
        table = self._table([f for _, f in self._kept], arrays, range(block.first, block.first + block.rows))
        return self._batch(table, [], strict=True)

    def _careful(self, block: Block, charset: str) -> Batch:
        rejected: list[Rejected] = []
        good: list[list[str]] = []
        numbers: list[int] = []
        number = block.first - 1
        for raw in block.data.split(b"\n"):
            line = raw.removesuffix(b"\r")
            if self.swapped:
                line = raw.removeprefix(b"\r")
            if not line.strip(b"\r"):
                continue
            number += 1
            try:
                text = charsets.decode(line, charset)
            except UnicodeDecodeError as error:
                shown = MASK if self.masks else line.decode("ascii", "backslashreplace")
                rejected.append(Rejected(number, None, None, f"bytes that are not valid {charset}: {error.reason}", shown))
                continue
            if self.swapped:
                text = text.replace("\r", "\n")
            cells = text.split("\t")
            if bad := self.misfit(cells, number, text):
                rejected.append(bad)
                continue
            good.append(cells)
            numbers.append(number)
        return self.rows(good, numbers, rejected)

    def misfit(self, cells: list[str], number: int, raw: str) -> Rejected | None:
        """Why a line cannot be a row, if it has too few or too many cells. Delimiters at its end hold no value: off with them."""
        if len(cells) > self.width and not any(cells[self.width :]):
            del cells[self.width :]
        if len(cells) == self.width:
            return None
        # A short line may have lost trailing tabs, or be half a line broken inside a value: nobody can tell.
        what = "short" if len(cells) < self.width else "long"
        reason = f"{what} line: {len(cells)} cells instead of {self.width}"
        return Rejected(number, None, None, reason, MASK if self.masks else raw)

    def rows(self, good: Sequence[Sequence[str]], numbers: Sequence[int], rejected: list[Rejected]) -> Batch:
        """Rows of text cells, already cut, as a batch. Every value is judged; a row with one that does not fit is rejected."""
        bad: dict[int, tuple[Field, str]] = {}
        fields = [(i, f) for i, f in enumerate(self.plan.fields) if f.kept]
        arrays: list[pa.Array] = []
        for i, f in fields:
            texts = pa.array([cells[i] for cells in good], pa.string())
            values, reasons = convert(texts, f.column, self.locale)
            for position, reason in reasons.items():
                bad.setdefault(position, (f, reason))
            arrays.append(values)
        for position, (f, reason) in bad.items():
            value = MASK if f.column.pii else good[position][self.plan.fields.index(f)]
            rejected.append(Rejected(numbers[position], f.name, value, reason, self._raw(good[position])))
        table = self._table([f for _, f in fields], arrays, numbers)
        if bad:
            keep = pa.array([i for i in range(len(good)) if i not in bad], pa.int64())
            table = table.take(keep)
            good = [cells for i, cells in enumerate(good) if i not in bad]
        if self.days.by_row and table.num_rows:
            days = self.days.of(table)
            inside = self.days.asked_for(days)
            name = self.days.dataset.date_column
            for position, ok in enumerate(inside.to_pylist()):
                if not ok:
                    day = days[position].as_py()
                    asked = f"{self.days.context.start} to {self.days.context.end}"
                    reason = f"the day {day} is outside the window asked for, {asked}" if day else "no date, so no day"
                    row = table.column("_row")[position].as_py()
                    rejected.append(Rejected(row, name, str(day) if day else None, reason, self._raw(good[position])))
            table = table.filter(inside)
        rejected.sort(key=lambda r: r.row)
        return self._batch(table, rejected, strict=False)

    def _raw(self, cells: Sequence[str]) -> str:
        """The line as it was, personal data masked."""
        shown = [MASK if cell and f.personal else cell for f, cell in zip(self.plan.fields, cells, strict=True)]
        if not self.dialect.quoted:
            return "\t".join(shown)
        text = io.StringIO()
        csv.writer(text, delimiter=self.dialect.delimiter, lineterminator="").writerow(shown)
        return text.getvalue()

    def _table(self, fields: Sequence[Field], arrays: Sequence[pa.Array | pa.ChunkedArray], numbers: Sequence[int]) -> pa.Table:
        """Columns without any value are left out (the writer adds them), except the one that decides the day."""
        day = self.days.dataset.date_column
        names, columns = [], []
        for f, values in zip(fields, arrays, strict=True):
            if values.null_count < len(values) or f.name == day:
                names.append(f.name)
                coded = f.name not in self._repetitive or pa.types.is_dictionary(values.type)
                columns.append(values if coded else values.dictionary_encode())
        rows = _range(numbers) if isinstance(numbers, range) else pa.array(numbers, pa.int64())
        return pa.Table.from_arrays([*columns, rows], names=[*names, "_row"])

    def _batch(self, table: pa.Table, rejected: list[Rejected], *, strict: bool) -> Batch:
        first = self.days.first(table) if self.days.by_document else None
        table = self.days.mark(table)
        if strict and self.days.by_row and not self.days.inside(table.column(DAY)):
            raise _NeedsCare
        return Batch(table, rejected, first)


def _integers(texts: pa.DictionaryArray) -> pa.Array:
    """Whole numbers; _NeedsCare (or ArrowInvalid) for any other spelling. pyarrow alone would read 0x10 as sixteen."""
    distinct = texts.dictionary
    if any(pc.any(pc.match_substring(distinct, x)).as_py() for x in "xX"):
        raise _NeedsCare
    return distinct.cast(pa.int64()).take(texts.indices)


def _range(numbers: range) -> pa.Array:
    import numpy as np

    return pa.array(np.arange(numbers.start, numbers.stop, dtype=np.int64))


def direct_types(columns: Sequence[Column], samples: Mapping[str, list[str]], locale: Locale) -> dict[str, pa.DataType]:
    """Arrow types that pyarrow's own text conversion reads exactly as the locale does, judged by leading values.

    A later value that it cannot read sends its block to the careful reader, so this choice only affects speed.
    """
    result: dict[str, pa.DataType] = {}
    for column in columns:
        texts = samples.get(column.name, [])
        match column.type:
            case ColumnType.TEXT | ColumnType.BOOLEAN | ColumnType.INTEGER:
                # An integer reads the same in every locale unless it has a mark, which pyarrow refuses.
                result[column.name] = arrow_type(column)
            case ColumnType.DECIMAL if locale.of(column.name).decimal == "." and all_plain(texts):
                result[column.name] = arrow_type(column)
            case ColumnType.DATE if all(len(t) == 10 and t[4] == t[7] == "-" for t in texts):
                result[column.name] = arrow_type(column)
            case ColumnType.TIMESTAMP:
                iso = [t for t in texts if len(t) >= 16 and t[4] == t[7] == "-" and t[13] == ":"]
                if len(iso) == len(texts) and texts:
                    zoned = [t for t in texts if t.endswith("Z") or t[-6] in "+-"]
                    if len(zoned) == len(texts):
                        result[column.name] = pa.timestamp("us", tz="UTC")
                    elif not zoned and all(t[-1].isdigit() for t in texts):
                        result[column.name] = pa.timestamp("us")
    return result
