"""Cuts delimited text with quoting into records: tidy blocks by their quotes alone, others cell by cell with a way back.
Decisions, typing and quarantine are `flatfile.py`; which dialect a document has is `dialect.py`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import numpy as np


@dataclass(frozen=True)
class Record:
    """One record: its cells, or why its first line has none; `raw` is the text without its line end."""

    cells: list[str] | None
    raw: str
    reason: str = ""


def tidy_end(data: bytes, delimiter: str) -> tuple[int, int] | None:
    """Where the last whole record ends, and how many there are, if every quote opens or closes a cell as it should.

    None if any does not, or there are blank lines or carriage returns that end no line: then only `records` may judge.
    (0, 0) if no record ends here.
    """
    codes = np.frombuffer(data, np.uint8)
    quotes = np.flatnonzero(codes == 34)
    mark = ord(delimiter)
    if len(quotes):
        before = np.where(quotes > 0, codes[quotes - 1], 10)
        after = codes[np.minimum(quotes + 1, len(codes) - 1)]
        after[quotes + 1 == len(codes)] = 10
        opens, closes = before[0::2], after[1::2]
        # A doubled quote inside a cell is a closing and an opening one side by side.
        if not np.isin(opens, (mark, 10, 34)).all() or not np.isin(closes, (mark, 10, 13, 34)).all():
            return None
    ends = np.flatnonzero(codes == 10)
    returns = np.flatnonzero(codes == 13)
    if len(quotes):
        ends = ends[np.searchsorted(quotes, ends) % 2 == 0]
        returns = returns[np.searchsorted(quotes, returns) % 2 == 0]
    if not len(ends):
        return (0, 0)
    cut = int(ends[-1]) + 1
    returns = returns[returns < cut]
    if len(returns) and not (codes[returns + 1] == 10).all():
        return None
    lengths = np.diff(ends, prepend=-1)
    if int(lengths.min()) <= 2:
        return None  # perhaps a blank line
    return cut, len(ends)


@cache
def _patterns(delimiter: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    end = re.escape(delimiter)
    return re.compile(rf'"([^"]*+(?:""[^"]*+)*+)"(?={end}|\r?\n|\r?\Z)'), re.compile(rf"[^{end}\n]*")


def records(text: str, delimiter: str, *, width: int | None, final: bool, most: int | None = None) -> tuple[list[Record], int]:
    """The records of a text that begins at a record, and how much of it they use. Blank lines are no records.

    A quote that does not close as it should, or closes lines later into a record of another width, is a stray one: its own
    line is bad, and reading goes on at the next line. Ends after `most` records. Without `final`, a cell that is still open at
    the end waits for more.
    """
    quoted, bare = _patterns(delimiter)
    found: list[Record] = []
    start, size = 0, len(text)
    while start < size and (most is None or len(found) < most):
        cells, position, problem = [], start, ""
        while True:
            if text.startswith('"', position):
                match = quoted.match(text, position)
                if match is None:
                    if not final and _is_open(text, position):
                        return found, start
                    problem = "a quote that does not close where the cell ends"
                    break
                cells.append(match[1].replace('""', '"') if '""' in match[1] else match[1])
            else:
                match = bare.match(text, position)
                assert match is not None  # it matches nothing at all, too
                cells.append(match[0])
            position = match.end()
            if not text.startswith(delimiter, position):
                break
            position += 1
        line_end = _line_end(text, start)
        if not problem and width is not None and position > line_end and len(cells) != width:
            problem = "a quote that closes only lines later, in a record of another width"
        if problem:
            found.append(Record(None, text[start:line_end].removesuffix("\r"), problem))
            start = line_end + 1
            continue
        end = position + (text.startswith("\r\n", position))
        if not text.startswith('"', position - 1):
            cells[-1] = cells[-1].removesuffix("\r")  # a bare cell takes the carriage return of its line end
        raw = text[start:end].removesuffix("\r")
        if raw.strip("\r"):
            found.append(Record(cells, raw))
        start = end + 1
    return found, min(start, size)


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end == -1 else end


_CLOSED = re.compile(r'"[^"]*+(?:""[^"]*+)*+"(?!\Z)')


def _is_open(text: str, position: int) -> bool:
    return _CLOSED.match(text, position) is None
