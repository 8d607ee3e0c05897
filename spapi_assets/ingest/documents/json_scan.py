"""Finds the top-level members of a JSON document while it streams, and cuts its arrays between elements, without parsing them.
Only structure is looked at, a block at a time; what an element means is `json_rows.py` and `json_fast.py`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

BLOCK = 1 << 20
LARGEST_MEMBER = 64 << 20
_WRONG_CUTS = 3  # guesses that may fail in one array before every cut of it is made exactly
_ESCAPE = re.compile(rb"\\.", re.DOTALL)
_DELTA = np.zeros(256, np.int8)
_DELTA[[ord("{"), ord("[")]] = 1
_DELTA[[ord("}"), ord("]")]] = -1
_STRUCTURE = _DELTA != 0
_STRUCTURE[[ord('"'), ord(",")]] = True
_SPACE = b" \t\r\n"

Span = tuple[int, int]


class NotJson(ValueError):
    """The text is not one JSON object (or array) of members; `cut_short` when it merely ends too early."""

    def __init__(self, what: str, *, cut_short: bool = False) -> None:
        super().__init__(what)
        self.cut_short = cut_short


@dataclass(frozen=True)
class Member:
    """A top-level member that is no array, parsed, and its text."""

    name: str
    value: Any
    text: bytes


@dataclass(frozen=True)
class Elements:
    """The text of consecutive elements of a top-level array, and where each stands in it; None if the cut is a guess."""

    name: str | None
    text: bytes | memoryview
    spans: list[Span] | None

    @property
    def elements(self) -> list[bytes]:
        return [bytes(self.text[a:b]).strip(_SPACE) for a, b in self.spans or ()]


class Settle:
    """Asks whoever reads to judge all guessed cuts that are still open: what follows depends on them."""


class _Buffer:
    """Bytes not consumed yet, refilled from the stream."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self.data = b""
        self.plain_bytes = 0
        self.ended = False

    def more(self, at_least: int = 0) -> bool:
        """Takes that much (a block, if less) more from the stream; false at its end."""
        parts, size = [self.data], 0
        while size < max(at_least, BLOCK):
            chunk = next(self._chunks, None)
            if chunk is None:
                self.ended = True
                break
            parts.append(chunk)
            size += len(chunk)
        self.plain_bytes += size
        self.data = b"".join(parts)
        return size > 0

    def peek(self) -> int | None:
        """The next byte that is not white space; None at the end."""
        while True:
            if self.data[:1] in (b" ", b"\t", b"\r", b"\n"):
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


class Scanner:
    """The parts of one document in its order.

    Arrays for which `guess` is true are cut at the last `},{` of a block without looking at what is before, five times as
    fast as an exact cut. A guess is right if and only if the text between two cuts is a list of whole values; whoever parses
    it knows. A wrong one is handed `back` together with all that follows it, and made exactly.
    """

    def __init__(self, chunks: Iterable[bytes], guess: Callable[[str | None], bool] = lambda name: False) -> None:
        self._buffer = _Buffer(chunks)
        self._guess = guess
        self._exactly = False
        self._wrong = 0
        self.is_array = False

    @property
    def plain_bytes(self) -> int:
        return self._buffer.plain_bytes

    def parts(self) -> Iterator[Member | Elements | Settle]:
        buffer = self._buffer
        opening = buffer.peek()
        if opening == ord("["):
            self.is_array = True
            yield from self._elements(None)
        elif opening == ord("{"):
            buffer.take("{")
            if buffer.peek() != ord("}"):
                yield from self._members()
            buffer.take("}")
        elif opening is not None:
            raise NotJson(f"it begins with {buffer.data[:40]!r}")
        if buffer.peek() is not None:
            raise NotJson(f"something follows its end: {buffer.data[:40]!r}")

    def _members(self) -> Iterator[Member | Elements | Settle]:
        buffer = self._buffer
        while True:
            if buffer.peek() != ord('"'):
                buffer.take('"')
            name = _parse(buffer.value())
            buffer.take(":")
            if buffer.peek() == ord("["):
                yield from self._elements(name)
            else:
                text = buffer.value()
                yield Member(name, _parse(text), text)
            if buffer.peek() != ord(","):
                return
            buffer.take(",")

    def back(self, wrong: Sequence[Elements]) -> None:
        """Takes back a guess that was wrong and all elements after it: they are cut again, exactly."""
        self._buffer.data = b",".join([*(e.text for e in wrong), self._buffer.data])
        self._exactly = True
        self._wrong += 1

    def _elements(self, name: str | None) -> Iterator[Elements | Settle]:
        """Yields at least once, so that an empty array is known to exist."""
        buffer = self._buffer
        buffer.take("[")
        self._wrong = 0
        some = unsettled = False
        while True:
            if self._guess(name) and some and not self._exactly and self._wrong < _WRONG_CUTS:
                if len(buffer.data) < BLOCK and not buffer.ended:
                    buffer.more()
                cut = None if buffer.ended else _last_cut(buffer.data)
                if cut is not None:
                    block, buffer.data = memoryview(buffer.data)[: cut[0]], buffer.data[cut[1] :]
                    unsettled = True
                    yield Elements(name, block, None)
                    continue
            if unsettled:
                unsettled = False
                yield Settle()
                continue
            if buffer.peek() is None:
                raise NotJson("it ends inside an array", cut_short=True)
            spans, end, closed = scan(buffer.data)
            if not closed and not spans:
                if len(buffer.data) > LARGEST_MEMBER:
                    raise NotJson(f"one element is larger than {LARGEST_MEMBER >> 20} MiB")
                if not buffer.more(len(buffer.data)):
                    raise NotJson("it ends inside an array", cut_short=True)
                continue
            text, buffer.data = buffer.data[: end - 1], buffer.data[end:]
            if closed and not some and len(spans) == 1 and not text.strip(_SPACE):
                spans = []
            self._exactly = False
            some = True
            yield Elements(name, text, spans)
            if closed:
                return
            if len(buffer.data) < BLOCK:
                buffer.more()


def _last_cut(data: bytes) -> tuple[int, int] | None:
    """The last place that looks like the comma between two objects: where the first ends, where the second begins."""
    at = len(data)
    while (at := data.rfind(b"{", 0, at)) > 0:
        before = data[max(0, at - 256) : at].rstrip(_SPACE)
        if before.endswith(b","):
            first = before[:-1].rstrip(_SPACE)
            if first.endswith(b"}"):
                return max(0, at - 256) + len(first), at
    return None


def scan(data: bytes) -> tuple[list[Span], int, bool]:
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


def spans_of(text: bytes | memoryview) -> list[Span] | None:
    """Spans of the elements of a guessed cut; None if the guess was wrong."""
    spans, end, closed = scan(b"".join((text, b",")))
    return None if closed or end != len(text) + 1 else spans


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
    except (ValueError, RecursionError) as error:
        raise NotJson(str(error)) from error
