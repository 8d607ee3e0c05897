"""The lake as one URI, a folder or s3://bucket/prefix: atomic writes, reads, listings, and staging of many files at once.
What the paths mean is `layout.py`; what is in the files is their writers' business."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import threading
import time
import uuid
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import unquote, urlsplit

import pyarrow.fs as pafs

STAGING = ".staging"
_STALE_SECONDS = 24 * 3600
_SWEEP_SECONDS = 600
_IDLE_SECONDS = 3600


class LakeError(OSError):
    """The lake's root cannot be used; the message names the URI and the fix."""


def s3_filesystem(environ: Mapping[str, str] = os.environ) -> pafs.S3FileSystem:
    """S3 as boto3 would find it: credentials of the default chain, AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL, and the region."""
    options: dict[str, Any] = {"background_writes": True}
    region = environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION")
    if region:
        options["region"] = region
    endpoint = environ.get("AWS_ENDPOINT_URL_S3") or environ.get("AWS_ENDPOINT_URL")
    if endpoint:
        parts = urlsplit(endpoint)
        options["endpoint_override"] = parts.netloc
        options["scheme"] = parts.scheme
    return pafs.S3FileSystem(**options)


class Lake:
    """Files below one root. Paths are relative to it, with forward slashes."""

    def __init__(self, uri: str | os.PathLike[str]) -> None:
        text = os.fspath(uri)
        self._next_sweep = 0.0
        self._folder: Path | None = None
        self._folder_used = 0.0
        self._lock = threading.Lock()
        self.fs: pafs.FileSystem
        if text.startswith("s3://"):
            bucket, _, prefix = text[5:].partition("/")
            if not bucket:
                raise LakeError(f"The lake's URI {text!r} names no bucket; write s3://bucket or s3://bucket/prefix.")
            self.is_local = False
            self.root = f"{bucket}/{prefix}".rstrip("/")
            self.fs = s3_filesystem()
            self.root_uri = f"s3://{self.root}"
        elif "://" in text and not text.startswith("file://"):
            raise LakeError(
                f"The lake's URI {text!r} is neither s3://bucket/prefix nor a folder; set SPAPI_LAKE_URI to one of them."
            )
        else:
            folder = Path(unquote(urlsplit(text).path) if text.startswith("file://") else text).expanduser().resolve()
            self.is_local = True
            self.root = str(folder)
            self.fs = pafs.LocalFileSystem()
            self.root_uri = str(folder)

    def __repr__(self) -> str:
        return f"Lake({self.root_uri!r})"

    def uri(self, path: str) -> str:
        """Where a path lies, as a reader outside writes it: an absolute file name or s3://."""
        return f"{self.root_uri}/{path}"

    def _full(self, path: str) -> str:
        return f"{self.root}/{path}" if path else self.root

    def exists(self, path: str) -> bool:
        return self.fs.get_file_info(self._full(path)).type is pafs.FileType.File

    def size(self, path: str) -> int:
        return self.fs.get_file_info(self._full(path)).size

    def list(self, prefix: str = "") -> Iterator[str]:
        """Files below a folder, recursively and sorted; none if the folder is missing."""
        selector = pafs.FileSelector(self._full(prefix), recursive=True, allow_not_found=True)
        names = sorted(i.path for i in self.fs.get_file_info(selector) if i.type is pafs.FileType.File)
        for name in names:
            path = name[len(self.root) + 1 :]
            if not path.startswith(STAGING):
                yield path

    def open_input(self, path: str):
        """A seekable pyarrow file. FileNotFoundError if there is none."""
        return self.fs.open_input_file(self._full(path))

    def read_bytes(self, path: str) -> bytes:
        with self.open_input(path) as file:
            return file.read()

    def read_json(self, path: str) -> Any:
        return json.loads(self.read_bytes(path))

    def write_json(self, path: str, value: Any) -> None:
        with self.open_output(path) as file:
            file.write(json_bytes(value))

    def delete(self, path: str) -> None:
        """Removes a file if it is there."""
        if self.exists(path):
            self.fs.delete_file(self._full(path))

    def delete_folder(self, path: str) -> None:
        """Removes a folder and all in it, if it is there; on S3 a thousand objects a call."""
        if self.fs.get_file_info(self._full(path)).type is pafs.FileType.Directory:
            self.fs.delete_dir(self._full(path))

    @contextmanager
    def open_output(self, path: str) -> Iterator[BinaryIO]:
        """A file that becomes visible, whole, when the block ends without an error; otherwise nothing changes."""
        with self.stage() as stage:
            local = stage.file(path)
            with local.open("wb") as file:
                yield file
            stage.publish()

    @contextmanager
    def stage(self) -> Iterator[Stage]:
        """A private folder for files that shall become visible later. What is not published is thrown away."""
        make: Callable[[], str | Path]
        if self.is_local:
            area = Path(self.root) / STAGING
            if time.monotonic() > self._next_sweep:
                self._next_sweep = time.monotonic() + _SWEEP_SECONDS
                _sweep(area)
            make = partial(_private_folder, area)
        else:
            make = partial(tempfile.mkdtemp, prefix="spapi-lake-")
        stage = Stage(self, self._staging_folder(make))
        try:
            yield stage
        finally:
            stage.clear()

    def _staging_folder(self, make: Callable[[], str | Path]) -> Path:
        """This process's folder for all its stages: a folder a document costs more than the document's own files.

        One that lay idle for an hour is not used again: it might be swept as a dead process's the moment it is needed.
        """
        with self._lock:
            now = time.monotonic()
            if self._folder is None or now - self._folder_used > _IDLE_SECONDS or not self._folder.is_dir():
                self._folder = Path(make())
                weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
            self._folder_used = now
            return self._folder

    def _put(self, local: Path, path: str) -> None:
        full = self._full(path)
        if self.is_local:
            Path(full).parent.mkdir(parents=True, exist_ok=True)
            local.replace(full)
            return
        # An S3 object appears when its upload completes: the old one is served until then. Without compression=None
        # pyarrow would compress whatever is named .gz once more.
        with local.open("rb") as source, self.fs.open_output_stream(full, compression=None) as target:
            shutil.copyfileobj(source, target, 8 << 20)


def json_bytes(value: Any) -> bytes:
    """An object has one line a key: to be read by people, yet written by the encoder in C, which cannot indent."""
    if isinstance(value, dict):
        lines = (f"{_json(str(key))}: {_json(member)}" for key, member in value.items())
        return ("{\n" + ",\n".join(lines) + "\n}").encode()
    return _json(value).encode()


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


class Stage:
    """Files on local disk on their way into the lake: written in any order, published one after the other."""

    def __init__(self, lake: Lake, folder: Path) -> None:
        self.lake, self.folder = lake, folder
        self._waiting: dict[str, Path] = {}
        self._made: list[Path] = []
        self._name = uuid.uuid4().hex

    def scratch(self) -> Path:
        """A file name for anything that may never be published."""
        self._made.append(self.folder / f"{self._name}-{len(self._made):06d}")
        return self._made[-1]

    def clear(self) -> None:
        """Throws away what was not published."""
        for path in self._made:
            path.unlink(missing_ok=True)
        self._made, self._waiting = [], {}

    def file(self, path: str) -> Path:
        """The local file that `publish` will put at `path`."""
        self._waiting[path] = self.scratch()
        return self._waiting[path]

    def assign(self, local: Path, path: str) -> None:
        """Says where an already written scratch file belongs."""
        self._waiting[path] = local

    def publish(self, *paths: str) -> None:
        """Makes the given files (default: all that wait) visible, each atomically, in the order they were named."""
        for path in paths or tuple(self._waiting):
            self.lake._put(self._waiting.pop(path), path)


def _private_folder(area: Path) -> Path:
    folder = area / uuid.uuid4().hex
    folder.mkdir(parents=True)
    return folder


def _sweep(area: Path) -> None:
    """Removes what killed processes left behind, when it is a day old."""
    limit = time.time() - _STALE_SECONDS
    for folder in area.iterdir() if area.is_dir() else ():
        try:
            if folder.stat().st_mtime < limit:
                shutil.rmtree(folder, ignore_errors=True)
        except FileNotFoundError:
            continue  # another process ended and cleaned up after itself
