"""Plain bytes out of a received body: gzip by its magic bytes, several members, truncation noticed.
Where the body comes from and where it is archived is `receive.py`; text is `charset.py`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from isal import igzip_lib

MAGIC = b"\x1f\x8b"
_STEP = 1 << 20


class Truncated(Exception):
    """The compressed stream ended before its end marker."""


class Corrupt(Exception):
    """The compressed stream is not gzip, or its checksum is wrong."""


def peek(chunks: Iterable[bytes], size: int) -> tuple[bytes, Iterator[bytes]]:
    """The first `size` bytes (fewer at the end), and an iterator that still delivers all."""
    source, head = iter(chunks), b""
    for chunk in source:
        head += chunk
        if len(head) >= size:
            break

    def everything() -> Iterator[bytes]:
        if head:
            yield head
        yield from source

    return head[:size], everything()


def plain_bytes(chunks: Iterable[bytes], decision: dict[str, Any]) -> Iterator[bytes]:
    """Inflates as many gzip layers as the bytes themselves show: announcements only go on record.

    A flag GZIP together with Content-Encoding: gzip can mean one layer or two, and either can come with a plain body,
    so nothing but the magic bytes decides. No flat file, JSON or XML begins with them.
    """
    layers = 0
    while True:
        head, chunks = peek(chunks, 2)
        if head != MAGIC or layers == 2:
            break
        layers += 1
        chunks = _inflate(chunks)
    decision["gzip_layers"] = layers
    yield from chunks


def _inflate(chunks: Iterable[bytes]) -> Iterator[bytes]:
    member: Any = None
    for chunk in chunks:
        data = chunk
        while data:
            if member is None:
                # Between members: zero padding is allowed, anything else must be another member.
                data = data.lstrip(b"\0")
                if not data:
                    break
                if not MAGIC.startswith(data[:2]):
                    raise Corrupt("after the end of a gzip member comes something that is not gzip")
                member = igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)
            try:
                out = member.decompress(data, _STEP)
                if out:
                    yield out
                while not member.eof and not member.needs_input:
                    out = member.decompress(b"", _STEP)
                    if out:
                        yield out
            except igzip_lib.error as error:  # type: ignore[misc]
                raise Corrupt(f"gzip: {error}") from error
            data = b""
            if member.eof:
                data, member = member.unused_data, None
    if member is not None:
        raise Truncated("the gzip stream ends before its end marker")
