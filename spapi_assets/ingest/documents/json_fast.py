"""Blocks of plain JSON elements as typed tables, by pyarrow's JSON reader, where every value is certain.
Anything else is refused here and read one by one in `json_rows.py`, with the same result: tests compare the two."""

from __future__ import annotations

import re
from array import array
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pajson

from spapi_assets.datasets.model import Column, ColumnType
from spapi_assets.ingest.documents.cells import blank_to_null, convert
from spapi_assets.ingest.documents.days import DAY
from spapi_assets.ingest.documents.json_rows import JsonReader, Piece, inner_nodes
from spapi_assets.ingest.documents.json_values import ISO, text_of, typed
from spapi_assets.ingest.documents.locale import DoesNotFit
from spapi_assets.lake.parquet import arrow_type

REFUSED = (pa.ArrowInvalid, pa.ArrowNotImplementedError, UnicodeDecodeError)
_WIDE = pa.decimal128(38, 10)
_SPACE = "[ \\t\\r\\n]*"
_NUMBER = "-?(?:0|[1-9][0-9]*)(?:\\.[0-9]+)?(?:[eE][-+]?[0-9]+)?"
_ESCAPED_KEY = f'(?s)\\\\.(?:[^"\\\\]|\\\\.)*"{_SPACE}:'
_DAY, _CLOCK = "[12][0-9]{3}-[0-9]{2}-[0-9]{2}", "[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\\.[0-9]{1,6})?"
_ISO_INSTANT = f"^{_DAY}[T ]{_CLOCK}(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])$"


class Refused(Exception):
    """The block holds something that only the exact reader may judge."""


@dataclass(frozen=True)
class _Wire:
    """One column as pyarrow reads it: where it stands in the element, as which type, and what it becomes."""

    path: str
    type: pa.DataType
    column: Column | None
    name: str | None


class FastReader:
    """Reads what a sample of the document's elements showed. Safe to use from several threads.

    pyarrow is strict with an explicit schema: another JSON type, a key twice or unknown, a number that does not fit are
    errors. What it would let pass is looked for here: a text where a decimal should be, bytes that are not UTF-8, a decimal
    wider than its type, an element that is null.
    """

    def __init__(self, reader: JsonReader, wires: list[_Wire], quoted: Mapping[str, str]) -> None:
        self.reader, self._wires = reader, wires
        tree: dict[str, Any] = {}
        for wire in wires:
            node = tree
            *way, last = wire.path.split(".")
            for key in way:
                node = node.setdefault(key, {})
            node[last] = wire.type
        schema = pa.schema([("r", pa.list_(_struct(tree)))])
        self._parse = pajson.ParseOptions(explicit_schema=schema, newlines_in_values=False, unexpected_field_behavior="error")
        decimals = sorted({re.escape(w.path.rpartition(".")[2]) for w in wires if pa.types.is_decimal(w.type)})
        self._text_as_number = f'"(?:{"|".join(decimals)})"{_SPACE}:{_SPACE}"' if decimals else None
        self._quoted = [
            (f'("{re.escape(key)}"{_SPACE}:{_SPACE})({values})([ \\t\\r\\n,}}\\]])', '\\1"\\2"\\3')
            for key, values in quoted.items()
        ]
        self._waits = any(p.keys[0] not in reader.root for p in reader.shape.parents)
        self._constants: dict[str, Any] = {}
        for parent in reader.shape.parents:
            value = typed(parent.of([reader.root]), parent.column)
            before = self._constants.setdefault(parent.column.name, value)
            if before is None:
                self._constants[parent.column.name] = value
            elif value is not None and value != before:
                raise DoesNotFit("two spellings of one column, with two values")

    def read(self, text: bytes | memoryview) -> Piece:
        """Refused, or one of REFUSED, if not every value is certain."""
        values = self._values(text)
        arrays = dict(_flat(values, ""))
        columns: dict[str, pa.Array] = {}
        for wire in self._wires:
            converted = _convert(arrays[wire.path], wire)
            if wire.name is not None:
                columns[wire.name] = converted
        count = len(values)
        reader = self.reader
        for name, value in self._constants.items():
            columns[name] = pa.repeat(pa.scalar(value, arrow_type(reader.dataset.column(name))), count)
        for column in reader.shape.required:
            if columns[column.name].null_count:
                raise Refused
        present = [f for f in reader.schema if f.name != "_row"]
        table = pa.Table.from_arrays([columns.get(f.name, pa.nulls(count, f.type)) for f in present], schema=pa.schema(present))
        if reader.days.by_row and not reader.days.inside(reader.days.mark(table).column(DAY)):
            raise Refused
        met: dict[str, set[str]] = {w.path: set() for w in self._wires if arrays[w.path].null_count < count}
        return Piece(table, rows_in=count, kinds=met, waits=self._waits)

    def _values(self, text: bytes | memoryview) -> pa.StructArray:
        """The elements as one struct array."""
        # One object, so that only a list of whole values fits between its brackets: this proves where the block was cut.
        data = b"".join((b'{"r":[', text, b"]}\n"))
        whole = _as_array(data)
        whole.validate(full=True)  # refuses what is not UTF-8
        if self._text_as_number is not None:
            if _matches(whole, self._text_as_number):
                raise Refused
            if b"\\" in data and _matches(whole, _ESCAPED_KEY):
                raise Refused  # a key in another spelling, which the line above would not find
        for pattern, replacement in self._quoted:
            whole = pc.replace_substring_regex(whole, pattern, replacement)
        buffer = whole[0].as_buffer() if self._quoted else pa.py_buffer(data)
        table = pajson.read_json(
            buffer,
            read_options=pajson.ReadOptions(use_threads=False, block_size=buffer.size + 1),
            parse_options=self._parse,
        )
        if table.num_rows != 1:
            raise Refused
        values = table.column("r").chunk(0).values
        if values.null_count or not len(values):
            raise Refused  # not an object, or nothing at all between two commas
        return values


def _as_array(data: bytes) -> pa.StringArray:
    """One text, without a copy."""
    ends = pa.py_buffer(array("i", (0, len(data))))
    return pa.Array.from_buffers(pa.string(), 1, [None, ends, pa.py_buffer(data)])


def _matches(whole: pa.StringArray, pattern: str) -> bool:
    return pc.match_substring_regex(whole, pattern)[0].as_py()


def plan(reader: JsonReader, kinds: Mapping[str, set[str]]) -> FastReader | None:
    """The way to read elements like those that `kinds` were met in; None if they need the exact reader."""
    shape = reader.shape
    if shape.steps or not shape.path or "." in shape.columns or shape.whole or any(p.up < 1 for p in shape.parents):
        return None
    wires: dict[str, _Wire] = {}
    quoted: dict[str, str] = {}
    for column in shape.kept:
        paths = [p for p, c in shape.columns.items() if c is column]
        met = [p for p in paths if p in kinds]
        if len(met) > 1:
            return None
        if paths:
            path = (met or paths)[0]
            wire_type = _type(column, path, kinds.get(path, set()), quoted)
            if wire_type is None:
                return None
            wires[path] = _Wire(path, wire_type, column, column.name)
    excluded = [p for p in kinds if p not in wires and p not in reader.inner and shape.is_claimed(p)]
    for path in (*reader.unknown_names, *excluded):
        unknown_type = _unknown_type(path, kinds.get(path, set()), quoted)
        if unknown_type is None:
            return None
        wires[path] = _Wire(path, unknown_type, None, reader.unknown_names.get(path))
    inner = {node for path in wires for node in inner_nodes(path)}
    words = {p.rpartition(".")[2] for p, w in wires.items() if w.column is not None and w.column.type is ColumnType.BOOLEAN}
    if any(_NUMBER in quoted.get(key, "") for key in words):
        return None  # a number in quotes could be taken for a word that means true
    if inner & set(wires) or any("" in p.split(".") for p in wires) or not all(map(_plain, quoted)):
        return None
    try:
        return FastReader(reader, list(wires.values()), quoted)
    except DoesNotFit:
        return None  # a value of the document itself does not fit, so no row does


def _type(column: Column, path: str, kinds: set[str], quoted: dict[str, str]) -> pa.DataType | None:
    match column.type:
        case ColumnType.TEXT | ColumnType.JSON:
            _quote(path, f"{_NUMBER}|true|false", kinds & {"integer", "number", "boolean"}, quoted)
        case ColumnType.BOOLEAN if "text" not in kinds:
            return pa.bool_()
        case ColumnType.BOOLEAN:
            _quote(path, "true|false", kinds & {"boolean"}, quoted)
        case ColumnType.INTEGER:
            return _WIDE if "number" in kinds else pa.int64()
        case ColumnType.DECIMAL:
            return arrow_type(column)
    return pa.string()


def _unknown_type(path: str, kinds: set[str], quoted: dict[str, str]) -> pa.DataType | None:
    """How values without a column are read, to become text as they were written."""
    if "texts" in kinds and kinds <= {"null", "texts"}:
        return pa.list_(pa.string())
    if not kinds <= {"null", "text", "integer", "number", "boolean"}:
        return None
    _quote(path, f"{_NUMBER}|true|false", kinds - {"null", "text"}, quoted)
    return pa.string()


def _quote(path: str, values: str, needed: Collection[str], quoted: dict[str, str]) -> None:
    """Values other than texts are put in quotes before pyarrow reads them, so that they come as they were written."""
    if needed:
        key = path.rpartition(".")[2]
        quoted[key] = values if quoted.get(key, values) == values else f"{_NUMBER}|true|false"


def _plain(key: str) -> bool:
    """Only one spelling of the key in JSON is likely."""
    return key.isprintable() and not set(key) & set('"\\/')


def _struct(tree: Mapping[str, Any]) -> pa.StructType:
    return pa.struct([(key, _struct(inner) if isinstance(inner, dict) else inner) for key, inner in tree.items()])


def _flat(values: pa.StructArray, prefix: str) -> list[tuple[str, pa.Array]]:
    """Leaves by path; those of an object that is null are null."""
    found: list[tuple[str, pa.Array]] = []
    for f, inner in zip(values.type, values.flatten(), strict=True):
        if pa.types.is_struct(f.type):
            found.extend(_flat(inner, f"{prefix}{f.name}."))
        else:
            found.append((prefix + f.name, inner))
    return found


def _convert(array: pa.Array, wire: _Wire) -> pa.Array:
    column = wire.column
    if pa.types.is_decimal(wire.type):
        array.validate(full=True)  # pyarrow reads 19 digits into decimal(18, 4) when none stands after the point
        return array.cast(pa.int64()) if column is not None and column.type is ColumnType.INTEGER else array
    if pa.types.is_list(wire.type):
        return pa.array([text_of(value) for value in array.to_pylist()], pa.string())
    if column is None or not pa.types.is_string(wire.type):
        return array
    if column.type is ColumnType.TEXT:
        return blank_to_null(array) if pc.min(pc.binary_length(array)).as_py() == 0 else array
    if column.type is ColumnType.TIMESTAMP and pc.all(pc.match_substring_regex(array, _ISO_INSTANT), min_count=0).as_py():
        return array.cast(arrow_type(column))
    converted, reasons = convert(array, column, ISO)
    if reasons:
        raise Refused
    return converted
