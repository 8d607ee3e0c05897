"""Takes a document's body from the socket to local disk, exactly as it came, hashing on the way.
The archive gets this file, and reading follows it while it grows: one download, however often the document is read."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_STEP = 1 << 20
SMALL = 1 << 18  # a body that ends before is taken by the caller's thread


class _Stopped(Exception):
    """The load was ended before its document had come whole."""


@dataclass(frozen=True)
class Received:
    """A whole body on local disk: sha256 in hexadecimal, size in bytes."""

    local: Path
    sha256: str
    size: int


class Receiver:
    """A body on its way to local disk: from SMALL bytes on in a thread of its own, which never waits for whoever reads.

    An error of the download is raised to everyone who asks for more than has come. As a context, it ends the thread.
    """

    def __init__(self, chunks: Iterable[bytes], local: Path) -> None:
        self._local = local
        self._size = 0
        self._whole: Received | None = None
        self._error: BaseException | None = None
        self._stopped = False
        self._change = threading.Condition()
        self._digest = hashlib.sha256()
        self._thread: threading.Thread | None = None
        self._file = local.open("wb", buffering=0)
        source = iter(chunks)
        if not self._take(source, SMALL):
            self._thread = threading.Thread(target=self._take, args=(source, None), name="document-receiver", daemon=True)
            self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def _take(self, chunks: Iterator[bytes], limit: int | None) -> bool:
        """Takes chunks until `limit` bytes have come; True when no more will come, be it by the end or by an error."""
        try:
            for chunk in chunks:
                self._check()
                self._digest.update(chunk)
                view = memoryview(chunk)
                while view:
                    view = view[self._file.write(view) :]
                with self._change:
                    self._size += len(chunk)
                    self._change.notify_all()
                if limit is not None and self._size >= limit:
                    return False
            self._file.close()
            whole = Received(self._local, self._digest.hexdigest(), self._size)
            with self._change:
                self._whole = whole
                self._change.notify_all()
        except BaseException as error:  # raised to those who wait for bytes or for the end
            self._file.close()
            with self._change:
                self._error = error
                self._change.notify_all()
        return True

    def _check(self) -> None:
        if self._stopped:
            raise _Stopped

    def chunks(self) -> Iterator[bytes]:
        """The body from its first byte; waits for bytes that have not come yet."""
        if self.is_empty():
            return
        taken = 0
        with self._local.open("rb") as file:
            while True:
                if data := file.read(_STEP):
                    taken += len(data)
                    yield data
                elif self._ended(taken):
                    return

    def _ended(self, taken: int) -> bool:
        """Waits until there are more bytes than those taken, or none will come."""
        with self._change:
            self._change.wait_for(lambda: self._size > taken or self._whole is not None or self._error is not None)
            if self._size > taken:
                return False
            if self._error is not None:
                raise self._error
            return True

    def whole(self) -> Received:
        """Waits for the end; raises what broke the download off."""
        with self._change:
            self._change.wait_for(lambda: self._whole is not None or self._error is not None)
            if self._whole is None:
                assert self._error is not None
                raise self._error
            return self._whole

    def sha256(self) -> str:
        """SHA-256 of the whole body, hexadecimal; waits for the end."""
        return self.whole().sha256

    def is_empty(self) -> bool:
        """True when the body ended before its first byte."""
        return self._ended(0)

    def stop(self) -> None:
        """Takes no more bytes; whoever waits for them is told. Returns when the source is not used any more."""
        self._stopped = True
        if self._thread is not None:
            self._thread.join()
