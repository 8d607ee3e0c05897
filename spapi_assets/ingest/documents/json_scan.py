"""Finds the top-level members of a JSON document while it streams, and the elements of its arrays, without parsing them.
Only structure is looked at, with numpy, a block at a time; what an element means is `json_rows.py`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

BLOCK = 1 << 20
LARGEST_MEMBER = 64 << 20
_ESCAPE = re.compile(rb"\\.", re.DOTALL)
_DELTA = np.zeros(256, np.int8)
_DELTA[[ord("{"), ord("[")]] = 1
_DELTA[[ord("}"), ord("]")]] = -1
_STRUCTURE = _DELTA != 0
_STRUCTURE[[ord('"'), ord(",")]] = True
_SPACE = b" \t\r\n"


class NotJson(ValueError):
    """The text is not one JSON object (or array) of members; `cut_short` when it merely ends too early."""

    def __init__(self, what: str, *, cut_short: bool = False) -> None:
        super().__init__(what)
        self.cut_short = cut_short


@dataclass(frozen=True)
class Member:
    """A top-level member that is no array, parsed."""

    name: str
    value: Any


@dataclass(frozen=True)
class Elements:
    """Consecutive elements of a top-level array: the bytes of each, and the number of the first (from 1)."""

    name: str | None
    first: int
    elements: list[bytes]


class _Buffer:
    """Bytes not consumed yet, refilled from the stream."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self.data = b""
        self.plain_bytes = 0

    def more(self, at_least: int = BLOCK) -> bool:
        parts, size = [self.data], 0
        for chunk in self._chunks:
            parts.append(chunk)
            size += len(chunk)
            if size >= at_least:
                break
        self.plain_bytes += size
        self.data = b"".join(parts)
        return size > 0

    def peek(self) -> int | None:
        """The next byte that is not white space; None at the end."""
        while True:
            self.data = self.data.lstrip(_SPACE)
            if self.data:
                return self.data[0]
            if not self.more():
                return None

    def take(self, expected: str) -> None:
        byte = self.peek()
        if byte is None:
            raise NotJson(f"it ends where {expected!r} should follow", cut_short=True)
        if chr(byte) not in expected:
            raise NotJson(f"{self.data[:40]!r} stands where {expected!r} should")
        self.data = self.data[1:]

    def value(self) -> bytes:
        """The bytes of the value that begins here, whole."""
        while True:
            end = _value_end(self.data)
            if end is not None:
                value, self.data = self.data[:end], self.data[end:]
                return value
            if len(self.data) > LARGEST_MEMBER:
                raise NotJson(f"one member is larger than {LARGEST_MEMBER >> 20} MiB")
            if not self.more(len(self.data)):
                raise NotJson("it ends in the middle of a value", cut_short=True)


def members(chunks: Iterable[bytes], counts: dict[str, int]) -> Iterator[Member | Elements]:
    """The document's members in its order. `counts['plain_bytes']` is kept up to date."""
    buffer = _Buffer(chunks)
    opening = buffer.peek()
    if opening == ord("["):
        yield from _elements(buffer, None)
    elif opening == ord("{"):
        buffer.take("{")
        if buffer.peek() != ord("}"):
            while True:
                if buffer.peek() != ord('"'):
                    buffer.take('"')
                name = json.loads(buffer.value())
                buffer.take(":")
                if buffer.peek() == ord("["):
                    yield from _elements(buffer, name)
                else:
                    yield Member(name, _parse(buffer.value()))
                if buffer.peek() != ord(","):
                    break
                buffer.take(",")
        buffer.take("}")
    elif opening is not None:
        raise NotJson(f"it begins with {buffer.data[:40]!r}")
    if buffer.peek() is not None:
        raise NotJson(f"something follows its end: {buffer.data[:40]!r}")
    counts["plain_bytes"] = buffer.plain_bytes


def _elements(buffer: _Buffer, name: str | None) -> Iterator[Elements]:
    """Yields at least once, so that an empty array is known to exist."""
    buffer.take("[")
    first = 1
    while True:
        if buffer.peek() is None:
            raise NotJson("it ends inside an array", cut_short=True)
        spans, end, closed = _scan(buffer.data)
        if not closed and not spans:
            if len(buffer.data) > LARGEST_MEMBER:
                raise NotJson(f"one element is larger than {LARGEST_MEMBER >> 20} MiB")
            if not buffer.more(max(BLOCK, len(buffer.data))):
                raise NotJson("it ends inside an array", cut_short=True)
            continue
        data = buffer.data
        elements = [data[a:b].strip(_SPACE) for a, b in spans]
        if closed and len(elements) == 1 and first == 1 and not elements[0]:
            elements = []
        yield Elements(name, first, elements)
        first += len(elements)
        buffer.data = data[end:]
        if closed:
            return
        buffer.more()


def _scan(data: bytes) -> tuple[list[tuple[int, int]], int, bool]:
    """Spans of the elements that end in `data` (which begins inside an array), how much they use, whether the array ends."""
    text = data
    if b"\\" in data:
        text = _ESCAPE.sub(b"__", data)  # same length; an escaped quote is no structure
        if text.endswith(b"\\"):
            text = text[:-1] + b"_"
    codes = np.frombuffer(text, np.uint8)
    places = np.flatnonzero(_STRUCTURE[codes])
    marks = codes[places]
    quotes = marks == ord('"')
    outside = (np.cumsum(quotes) & 1 == 0) & ~quotes
    places, marks = places[outside], marks[outside]
    depth = np.cumsum(_DELTA[marks], dtype=np.int64)
    closing = np.flatnonzero(depth < 0)
    stop = int(closing[0]) if closing.size else None
    commas = np.flatnonzero((marks == ord(",")) & (depth == 0))
    if stop is not None:
        commas = commas[commas < stop]
    ends = places[commas].tolist()
    starts = [0, *(e + 1 for e in ends)]
    if stop is None:
        return list(zip(starts, ends, strict=False)), starts[-1], False
    last = int(places[stop])
    return list(zip(starts, [*ends, last], strict=True)), last + 1, True


def _value_end(data: bytes) -> int | None:
    """Where the value at the start of `data` ends; None if it does not end there."""
    if not data:
        return None
    if data[0] == ord('"'):
        match = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL).match(data)
        return match.end() if match else None
    if data[0] in b"{[":
        text = _ESCAPE.sub(b"__", data)
        depth = 0
        inside = False
        for match in re.finditer(rb'["{}\[\]]', text):
            mark = match.group()
            if mark == b'"':
                inside = not inside
            elif not inside:
                depth += 1 if mark in b"{[" else -1
                if depth == 0:
                    return match.end()
        return None
    match = re.search(rb"[,}\]\s]", data)
    return match.start() if match else None


def _parse(value: bytes) -> Any:
    try:
        return json.loads(value)
    except ValueError as error:
        raise NotJson(str(error)) from error
