"""Which character parts the cells of a flat file, and whether quotes quote: decided from its header against the registry.
Cutting lines and records by that decision is `lines.py` and `csv_records.py`."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from spapi_assets.datasets.model import Dataset
from spapi_assets.ingest.documents import charset as charsets
from spapi_assets.ingest.documents.header import match_header

HEAD = 1 << 16
_LEADING = 50
_NAMES = {"\t": "TAB", ",": ",", ";": ";", "|": "|"}


@dataclass(frozen=True)
class Dialect:
    """`quoted`: a cell that begins with a quote ends with one, and may hold delimiters and line ends."""

    delimiter: str
    quoted: bool
    evidence: str

    def record(self) -> dict[str, Any]:
        quoting = 'cells may stand in ", doubled inside' if self.quoted else "none: quotes are data"
        return {"delimiter": _NAMES[self.delimiter], "quoting": quoting, "evidence": self.evidence}


DECLARED = {
    "tsv": Dialect("\t", False, "the registry says tab-separated"),
    "csv": Dialect(",", True, "the registry says comma-separated"),
}


def dialect_of(head: bytes, declared: str, dataset: Dataset, dropped: Collection[str]) -> Dialect:
    """The registry's dialect, unless the header has none of the dataset's columns in it and has them in another one."""
    first, leading = _lines(head)
    usual = DECLARED[declared]
    others = [Dialect(d, d != "\t", f"the header has its columns parted by {_NAMES[d]}") for d in _NAMES if d != usual.delimiter]
    found = usual
    if not _known(first, usual, dataset, dropped):
        best = max(others, key=lambda other: _known(first, other, dataset, dropped))
        found = best if _known(first, best, dataset, dropped) > 1 else usual
    if not found.quoted and _all_quoted(first, found.delimiter):
        return Dialect(found.delimiter, True, "every header stands in quotes")
    if not found.quoted and leading and all(_all_quoted(line, found.delimiter) for line in leading):
        return Dialect(found.delimiter, True, f"every cell of the first {len(leading)} lines stands in quotes")
    return found


def _lines(head: bytes) -> tuple[str, list[str]]:
    """The header, and the whole lines that follow it in the document's first bytes."""
    mark = charsets.byte_order_mark(head)
    wide = mark[1] if mark else (charsets.wide_charset(head, None) or ("utf-8",))[0]
    text = head.removeprefix(mark[0] if mark else b"").decode(wide, "replace")
    # Only these end lines: str.splitlines would end them at U+0085 and U+2028, too.
    lines = [line for line in text.replace("\r", "\n").split("\n", _LEADING)[:_LEADING] if line.strip()]
    if len(head) == HEAD and len(lines) > 1:
        lines.pop()  # perhaps cut
    return (lines[0], lines[1:]) if lines else ("", [])


def _known(line: str, dialect: Dialect, dataset: Dataset, dropped: Collection[str]) -> int:
    cells: Sequence[str] = line.split(dialect.delimiter)
    if dialect.quoted:
        try:
            cells = next(csv.reader([line], delimiter=dialect.delimiter), [])
        except csv.Error:
            return 0
    return match_header(cells, dataset, dropped).known


def _all_quoted(line: str, delimiter: str) -> bool:
    """Several cells, and well-formed quotes around each that is not blank."""
    cell = '(?:"[^"]*+(?:""[^"]*+)*+")?'
    cells = re.fullmatch(f"{cell}(?:{re.escape(delimiter)}{cell})+", line)
    return cells is not None and line.count('"') > 3
