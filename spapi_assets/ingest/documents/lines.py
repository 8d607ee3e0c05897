"""Lines of a flat file as blocks of bytes: the line terminator decided once, lines counted, never cut in the middle.
What is inside a line is `flatfile.py`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

BLOCK = 1 << 20
# One line longer than this is no flat file of Amazon's; it bounds the memory of a document without line ends.
LONGEST_LINE = 64 << 20
_SWAP = bytes.maketrans(b"\r\n", b"\n\r")


class EndlessLine(ValueError):
    """No line end within LONGEST_LINE bytes."""


@dataclass(frozen=True)
class Block:
    """Whole lines, each ended by LF (perhaps CR LF). `first` is the number of the first data line, counted from 1."""

    data: bytes
    first: int
    rows: int
    untidy: bool
    """True when there are blank lines or carriage returns inside lines: the quick reader must not see it."""


class Lines:
    """Cuts a stream of plain bytes. `swapped` tells that CR ends lines, so that CR and LF changed places in every block."""

    def __init__(self, chunks: Iterable[bytes], block_size: int = BLOCK) -> None:
        self._chunks = iter(chunks)
        self._size = block_size
        self.swapped = False
        self.terminator = "none"
        self.rows = 0
        self.plain_bytes = 0

    def blocks(self) -> Iterator[bytes]:
        """Blocks of whole lines; the first holds the header. A missing last line end is added."""
        pending: list[bytes] = []
        waiting = 0
        decided = False
        for chunk in self._chunks:
            self.plain_bytes += len(chunk)
            data = chunk
            if not decided:
                data = b"".join((*pending, chunk))
                pending, waiting = [], 0
                decided = self._decide(data)
            if self.swapped:
                data = data.translate(_SWAP)
            pending.append(data)
            waiting += len(data)
            cut = data.rfind(b"\n") + 1 if decided and waiting >= self._size else 0
            if not cut:
                if waiting > LONGEST_LINE:
                    raise EndlessLine(f"no line end within {LONGEST_LINE >> 20} MiB")
                continue
            yield b"".join((*pending[:-1], data[:cut]))
            pending = [data[cut:]] if cut < len(data) else []
            waiting = len(data) - cut
        rest = b"".join(pending)
        if not decided and rest.endswith(b"\r"):
            self.swapped, self.terminator = True, "CR"
            rest = rest.translate(_SWAP)
        if rest:
            yield rest if rest.endswith(b"\n") else rest + b"\n"

    def _decide(self, data: bytes) -> bool:
        """The first line end decides: LF (with or without CR before it) or CR alone."""
        feed, carriage = data.find(b"\n"), data.find(b"\r")
        if carriage != -1 and carriage + 1 == len(data):
            return False
        if feed == -1 and carriage == -1:
            return False
        if carriage != -1 and carriage + 1 != feed and (feed == -1 or carriage < feed):
            self.swapped, self.terminator = True, "CR"
        else:
            self.terminator = "CR LF" if carriage + 1 == feed and carriage != -1 else "LF"
        return True

    def data_blocks(self, blocks: Iterable[bytes]) -> Iterator[Block]:
        """Blocks with their lines counted. This count, not the parser's, is the document's number of rows."""
        for data in blocks:
            # Positions instead of searches for two-byte patterns: several times faster.
            codes = np.frombuffer(data, np.uint8)
            places = np.flatnonzero(codes == 10)
            ends = len(places)
            after_return = int(np.count_nonzero(codes[places - 1] == 13)) - (places[0] == 0 and codes[-1] == 13)
            blank = places[0] == 0 or (places[0] == 1 and data[0] == 13) or (ends > 1 and int(np.diff(places).min()) <= 2)
            untidy = bool(blank) or int(np.count_nonzero(codes == 13)) != after_return
            if untidy:
                ends = sum(1 for line in data.split(b"\n") if line.strip(b"\r"))
            if ends:
                yield Block(data, self.rows + 1, ends, untidy)
                self.rows += ends


def first_line(block: bytes) -> tuple[bytes, bytes]:
    """The first line that is not blank, without its end, and what follows."""
    rest = block
    while rest:
        line, _, rest = rest.partition(b"\n")
        line = line.removesuffix(b"\r")
        if line.strip():
            return line, rest
    return b"", b""
