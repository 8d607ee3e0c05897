"""Keeps messages before they are deleted from the queue: spooled for their table, or on a shelf of the archive, many an object.
Rows are made of the spool in `tables.py`; messages that may hold a client secret never come here."""

from __future__ import annotations

import gzip
import json
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from spapi_assets.aws.queue import Message
from spapi_assets.ingest.notifications.route import Row, Shelf
from spapi_assets.lake.store import Lake

SPOOL = "spool/notifications"
ARCHIVE = "archive/notifications"


@dataclass(frozen=True)
class Kept:
    """A message as it was received. `sent_at`: when SQS got it."""

    message_id: str
    sent_at: datetime
    body: str


@dataclass(frozen=True, order=True)
class Batch:
    """A spooled object: messages of one source and account key, taken together. `hour`: UTC, in which they were taken."""

    source: str
    account_key: str
    hour: str
    name: str

    @property
    def path(self) -> str:
        return f"{SPOOL}/{self.source}/{self.account_key}/{self.hour}/{self.name}"

    @property
    def messages(self) -> int:
        return int(self.name.split(".")[0].rsplit("-", 1)[1])

    @property
    def kib(self) -> int:
        """KiB of the messages' bodies; 0 for a batch that was spooled before its name told."""
        told = self.name.split(".")[1]
        return int(told) if told.isdigit() else 0

    @property
    def taken_at(self) -> datetime:
        return datetime.strptime(self.name.partition("-")[0], "%Y%m%dT%H%M%S%fZ").replace(tzinfo=UTC)

    @classmethod
    def of(cls, path: str) -> Batch:
        return cls(*path[len(SPOOL) + 1 :].split("/"))


def spool(lake: Lake, rows: Iterable[tuple[Row, Message]], now: datetime) -> list[Batch]:
    """One object for each source and account key. Raises OSError: then some may lie there already, and be spooled once more."""
    grouped: dict[Row, list[Message]] = defaultdict(list)
    for row, message in rows:
        grouped[row].append(message)
    made = []
    for row, messages in grouped.items():
        kib = sum(len(m.body) for m in messages) // 1024
        batch = Batch(
            row.source, row.account_key, f"{now.astimezone(UTC):%Y-%m-%dT%H}", f"{_stamp(now)}-{len(messages)}.{kib}.jsonl.gz"
        )
        _write(lake, batch.path, [_kept(m, now) for m in messages])
        made.append(batch)
    return made


def shelve(lake: Lake, shelved: Iterable[tuple[Shelf, Message]], now: datetime) -> list[str]:
    """One object of the archive for each shelf and type; returns their paths. Raises OSError."""
    grouped: dict[Shelf, list[Message]] = defaultdict(list)
    for shelf, message in shelved:
        grouped[shelf].append(message)
    made = []
    for shelf, messages in grouped.items():
        made.append(shelve_kept(lake, shelf.name, shelf.type, [_kept(m, now) for m in messages], now))
    return made


def shelve_kept(lake: Lake, shelf: str, kind: str, messages: Sequence[Kept], now: datetime) -> str:
    """One object of the archive, for messages of one type; returns its path. Raises OSError."""
    day = f"{now.astimezone(UTC):%Y-%m-%d}"
    path = f"{ARCHIVE}/{shelf}/type={kind}/date={day}/{_stamp(now)}-{len(messages)}.jsonl.gz"
    _write(lake, path, messages)
    return path


def batches(lake: Lake) -> Iterator[Batch]:
    """What is spooled, the oldest of each source and account key first."""
    for path in lake.list(SPOOL):
        parts = path[len(SPOOL) + 1 :].split("/")
        if len(parts) == 4 and path.endswith(".jsonl.gz"):
            yield Batch.of(path)


def read(lake: Lake, batch: Batch) -> list[Kept]:
    """The messages of a spooled object, in the order they were taken."""
    lines = gzip.decompress(lake.read_bytes(batch.path)).decode("utf-8").splitlines()
    return [Kept(m["message_id"], datetime.fromisoformat(m["sent_at"]), m["body"]) for m in map(json.loads, lines)]


def _stamp(now: datetime) -> str:
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%S%fZ}-{uuid.uuid4().hex[:8]}"


def _kept(message: Message, now: datetime) -> Kept:
    return Kept(message.message_id, (message.sent_at or now).astimezone(UTC), message.body)


def _write(lake: Lake, path: str, messages: Iterable[Kept]) -> None:
    lines = (json.dumps({"message_id": m.message_id, "sent_at": m.sent_at.isoformat(), "body": m.body}) for m in messages)
    with lake.open_output(path) as file:
        file.write(gzip.compress("\n".join(lines).encode(), compresslevel=3, mtime=0))
