"""Cuts a JSONL document into blocks of its lines, as the elements of one array that `json_document.py` reads like any other.
What a line means is `json_rows.py` and `json_fast.py`; a line too large for one look is dealt out in several."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NoReturn

from spapi_assets.ingest.documents.json_scan import BLOCK, Elements, Member, NotJson, Scanner

LINES = "lines"
"""The one member of a JSONL document: its lines. The registry's sections are written below a line (`shorthand.in_lines`)."""
LARGEST_LINE = 256 << 20
# A line larger than this is dealt out: vendors get a whole catalogue's day in one line (tens of MB, public issue thread).
LARGE_LINE = 8 << 20
_SPACE = b" \t\r\n"


class LineScanner:
    """The parts of one JSONL document in its order, as `Scanner` gives those of a JSON document.

    JSON never holds a bare line feed inside a value, so lines are cut without looking into them, and one that is not JSON is its
    own row's problem. `deal`: no dataset takes a row from a line itself, so a large line may come as several: each with the
    line's plain members and a part of one of its arrays, and its objects in the first.
    """

    is_array = False

    def __init__(self, chunks: Iterable[bytes], *, deal: bool = False) -> None:
        self._chunks, self._deal = chunks, deal
        self.plain_bytes = 0

    def back(self, wrong: Sequence[Elements]) -> NoReturn:
        """Lines are never cut by a guess."""
        raise AssertionError("a block of lines was cut wrongly")

    def parts(self) -> Iterator[Elements]:
        """Blocks of whole lines without the blank ones; at least one, so that an empty document is known to be one."""
        block: list[bytes] = []
        size, some = 0, False
        for line in self._lines():
            if len(line) > LARGE_LINE and self._deal:
                if block:
                    yield _elements(block)
                    block, size = [], 0
                yield from (_elements([dealt]) for dealt in _dealt(line))
                some = True
                continue
            block.append(line)
            size += len(line)
            if size >= BLOCK:
                yield _elements(block)
                block, size, some = [], 0, True
        if block or not some:
            yield _elements(block)

    def _lines(self) -> Iterator[bytes]:
        """Every line that is not blank. The last one must be whole: only an end in the middle of it shows a cut document."""
        begun: list[bytes] = []
        length = 0
        for chunk in self._chunks:
            self.plain_bytes += len(chunk)
            first, *others = chunk.split(b"\n")
            begun.append(first)
            length += len(first)
            if length > LARGEST_LINE:
                raise NotJson(f"one line is larger than {LARGEST_LINE >> 20} MiB")
            if others:
                *whole, rest = others
                for line in (b"".join(begun), *whole):
                    if line := line.strip(_SPACE):
                        yield line
                begun, length = [rest], len(rest)
        last = b"".join(begun).strip(_SPACE)
        if last:
            try:
                if len(last) > LARGE_LINE:
                    for _ in Scanner([last]).parts():  # only its structure: parsed, it would be many times as large
                        pass
                else:
                    json.loads(last)
            except (ValueError, RecursionError) as error:
                raise NotJson(f"its last line ends in the middle: {error}", cut_short=True) from error
            yield last


def _elements(lines: Sequence[bytes]) -> Elements:
    spans, at = [], 0
    for line in lines:
        spans.append((at, at + len(line)))
        at += len(line) + 1
    return Elements(LINES, b",".join(lines), spans)


def _dealt(line: bytes) -> Iterator[bytes]:
    """A line as several smaller ones that hold the same; the line itself where it cannot be taken apart."""
    members: list[Member] = []
    arrays: list[tuple[str, bytes]] = []
    try:
        for part in Scanner(line[at : at + BLOCK] for at in range(0, len(line), BLOCK)).parts():
            if isinstance(part, Member):
                members.append(part)
            elif isinstance(part, Elements) and part.name is not None and part.spans:
                arrays.append((part.name, bytes(part.text)))
    except NotJson:
        yield line  # whoever parses it says what is wrong
        return
    plain = [m for m in members if not isinstance(m.value, dict)]
    first: list[Member] = members
    for name, text in arrays or [("", b"")]:
        yield _object([*((m.name, m.text) for m in first), *([(name, b"[" + text + b"]")] if arrays else [])])
        first = plain


def _object(members: Iterable[tuple[str, Any]]) -> bytes:
    return b"{" + b",".join(json.dumps(name).encode() + b":" + text for name, text in members) + b"}"
