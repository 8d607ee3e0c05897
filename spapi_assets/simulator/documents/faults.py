"""Oddities that real documents show, as pure functions: on documents (TRANSFORMS), on compressed bytes (WIRE_TRANSFORMS).
When to apply one is the server's business; documents of a format that an oddity does not fit are left as they are."""

from __future__ import annotations

import codecs
import gzip
from collections.abc import Callable
from email.message import Message

from . import whole_faults
from .model import Document
from .whole_faults import format_of

UNKNOWN_COLUMN = "amazon-internal-flag"
BAD_VALUE = "n/a*"
_PYTHON_NAMES = {"windows-31j": "cp932", "cp1252": "cp1252"}
# Columns that hold numbers or instants in one flat file or another; bad_value damages the first that a document has.
_TYPED = ("item-price", "amount", "price", "Preis", "prix", "Prezzo", "Precio", "価格", "your-price")


def charset_of(document: Document) -> str:
    """The Python codec that the document's Content-Type names; UTF-8 where it names none."""
    message = Message()
    message["Content-Type"] = document.content_type
    name = str(message.get_param("charset") or "utf-8").lower()
    return codecs.lookup(_PYTHON_NAMES.get(name, name)).name


def _with_charset(document: Document, charset: str) -> str:
    return f"{document.content_type.split(';')[0]}; charset={charset}"


def _lines(document: Document) -> tuple[list[str], str]:
    """The flat file's lines without their ends, and its codec."""
    codec = charset_of(document)
    return document.body.decode(codec).removesuffix("\r\n").split("\r\n"), codec


def _rebuilt(lines: list[str], codec: str, document: Document, ending: str = "\r\n") -> Document:
    return Document((ending.join(lines) + ending).encode(codec, errors="replace"), document.content_type)


def extra_column(document: Document) -> Document:
    """A column that no one announced, at the end of every row."""
    lines, codec = _lines(document)
    return _rebuilt([f"{line}\t{UNKNOWN_COLUMN if n == 0 else n}" for n, line in enumerate(lines)], codec, document)


def missing_column(document: Document) -> Document:
    """The last column is gone from header and rows."""
    lines, codec = _lines(document)
    return _rebuilt([line.rpartition("\t")[0] for line in lines], codec, document)


def repeated_header(document: Document) -> Document:
    """Two columns with the same name, as Amazon's `Deprecated column` is."""
    lines, codec = _lines(document)
    return _rebuilt(
        [f"{line}\tDeprecated column\tDeprecated column" if n == 0 else f"{line}\t1\t2" for n, line in enumerate(lines)],
        codec,
        document,
    )


def bad_value(document: Document) -> Document:
    """Text in a number's place in the second data row that has a number there (the first one if there is only one)."""
    lines, codec = _lines(document)
    header = lines[0].split("\t")
    column = next((header.index(name) for name in _TYPED if name in header), None)
    if column is None:
        raise ValueError(f"The document has none of the columns that bad_value damages: {', '.join(_TYPED)}.")
    filled = [n for n, line in enumerate(lines) if n and line.split("\t")[column]]
    if not filled:
        raise ValueError(f"No row of the document has a value in {header[column]}, so there is nothing to damage.")
    row = filled[1 if len(filled) > 1 else 0]
    cells = lines[row].split("\t")
    cells[column] = BAD_VALUE
    lines[row] = "\t".join(cells)
    return _rebuilt(lines, codec, document)


def short_row(document: Document) -> Document:
    """The last row has lost its last two fields."""
    lines, codec = _lines(document)
    lines[-1] = "\t".join(lines[-1].split("\t")[:-2])
    return _rebuilt(lines, codec, document)


def stray_quotes(document: Document) -> Document:
    """Every first field begins with a quote that nothing closes: a parser with quoting swallows rows."""
    lines, codec = _lines(document)
    return _rebuilt([line if n == 0 else f'"{line}' for n, line in enumerate(lines)], codec, document)


def other_charset(document: Document) -> Document:
    """The body is UTF-8 (UTF-16 if it was), the Content-Type still says what it said."""
    if format_of(document) == "other":
        return document
    codec = charset_of(document)
    return Document(document.body.decode(codec).encode("utf-16" if codec == "utf-8" else "utf-8"), document.content_type)


def undeclared_charset(document: Document) -> Document:
    """The Content-Type says nothing of a charset."""
    return Document(document.body, document.content_type.split(";")[0])


def utf8_bom(document: Document) -> Document:
    """UTF-8 with a byte-order mark, and declared as UTF-8."""
    if format_of(document) == "other":
        return document
    return Document(codecs.BOM_UTF8 + document.body.decode(charset_of(document)).encode(), _with_charset(document, "UTF-8"))


def cr_newlines(document: Document) -> Document:
    """Lines end with a carriage return only."""
    lines, codec = _lines(document)
    return _rebuilt(lines, codec, document, "\r")


def lf_newlines(document: Document) -> Document:
    """Lines end with a line feed only."""
    lines, codec = _lines(document)
    return _rebuilt(lines, codec, document, "\n")


def tab_in_field(document: Document) -> Document:
    """The last row has a tab inside its first field, which nothing escapes: one field too many."""
    lines, codec = _lines(document)
    lines[-1] = f"two\t{lines[-1]}" if len(lines) > 1 else lines[-1]
    return _rebuilt(lines, codec, document)


def next_line_in_field(document: Document) -> Document:
    """Every first field ends with the byte 0x85 (U+0085 in UTF-8), at which careless readers break lines; Japan's has none."""
    lines, codec = _lines(document)
    mark = {"utf-8": "\x85", "cp1252": "…"}.get(codec, "")
    return _rebuilt([line if n == 0 else line.replace("\t", f"{mark}\t", 1) for n, line in enumerate(lines)], codec, document)


def blank_lines(document: Document) -> Document:
    """An empty line after every row."""
    lines, codec = _lines(document)
    return _rebuilt([text for line in lines for text in (line, "")], codec, document)


def header_only(document: Document) -> Document:
    """DONE, and not one row: the header of a flat file, the frame of JSON and XML."""
    if format_of(document) != "flat":
        return whole_faults.nothing_in_it(document)
    lines, codec = _lines(document)
    return _rebuilt(lines[:1], codec, document)


def _flat_only(change: Callable[[Document], Document]) -> Callable[[Document], Document]:
    """The change for tab-separated documents; others stay as they are."""
    return lambda document: change(document) if document.content_type.startswith("text/plain") else document


TRANSFORMS: dict[str, Callable[[Document], Document]] = {
    f.__name__: _flat_only(f)
    for f in (
        extra_column, missing_column, repeated_header, bad_value, short_row, stray_quotes, cr_newlines, lf_newlines,
        tab_in_field, next_line_in_field, blank_lines,
    )
} | {
    f.__name__: f
    for f in (
        header_only, other_charset, undeclared_charset, utf8_bom, whole_faults.empty_body, whole_faults.provisional,
        whole_faults.cut_off, whole_faults.mislabelled_charset, whole_faults.error_as_document,
    )
}  # fmt: skip


def truncated_gzip(compressed: bytes) -> bytes:
    """A download that broke off: the first two thirds of the compressed bytes."""
    return compressed[: max(20, len(compressed) * 2 // 3)]


def gzip_members(compressed: bytes) -> bytes:
    """The same content as three concatenated gzip members; decoders that stop after the first lose two thirds."""
    plain = gzip.decompress(compressed)
    third = len(plain) // 3 or 1
    parts = (plain[:third], plain[third : 2 * third], plain[2 * third :])
    return b"".join(gzip.compress(part, mtime=0) for part in parts)


def gzip_trailing_garbage(compressed: bytes) -> bytes:
    """Zero padding after the gzip stream, which gzip's own tool ignores with a warning."""
    return compressed + b"\0" * 64


def garbled_gzip(compressed: bytes) -> bytes:
    """Bytes in the middle that a bad disk or cable changed: decompression fails or the checksum does not fit."""
    middle = max(18, len(compressed) // 2)  # behind the header
    return compressed[:middle] + bytes(byte ^ 0x5A for byte in compressed[middle : middle + 16]) + compressed[middle + 16 :]


WIRE_TRANSFORMS: dict[str, Callable[[bytes], bytes]] = {
    f.__name__: f for f in (truncated_gzip, garbled_gzip, gzip_members, gzip_trailing_garbage)
}
