"""Takes a document's body from the socket to local disk, exactly as it came, hashing on the way.
The archive gets this file, and reading starts from it: one download, however often the document is read."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

_STEP = 1 << 20


@dataclass(frozen=True)
class Received:
    """A whole body on local disk: sha256 in hexadecimal, size in bytes."""

    local: Path
    sha256: str
    size: int

    def chunks(self) -> Iterator[bytes]:
        with self.local.open("rb") as file:
            while data := file.read(_STEP):
                yield data


def receive(chunks: Iterable[bytes], local: Path) -> Received:
    digest, size = hashlib.sha256(), 0
    with local.open("wb") as file:
        for chunk in chunks:
            digest.update(chunk)
            file.write(chunk)
            size += len(chunk)
    return Received(local, digest.hexdigest(), size)
