"""The pages of a reading in progress, each durable in the lake before the next call, so that no answer is asked for twice.
A finished reading's pages become one archived document (`document.py`) and are then deleted here."""

from __future__ import annotations

import gzip
import threading
import uuid
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from spapi_assets.ingest.fanout import READ, SOME
from spapi_assets.ingest.reading.call import Page, facts_of_page, page_text
from spapi_assets.ingest.reading.tasks import Task, instant
from spapi_assets.lake.layout import spool_folder
from spapi_assets.lake.store import Lake

_HEAD = "reading.json"


@dataclass(frozen=True)
class Kept:
    """How far a task got: pages kept, the token of the next one (None: there is none) and when it was given."""

    pages: int
    next_token: str | None
    fetched_at: datetime

    @property
    def complete(self) -> bool:
        return self.next_token is None


class Complete:
    """Which chains are complete, and how many pages they have: the document is made while later chains are still asked for."""

    def __init__(self) -> None:
        self._pages: dict[int, int] = {}
        self._changed = threading.Condition()

    def add(self, task: int, pages: int) -> None:
        with self._changed:
            self._pages[task] = pages
            self._changed.notify_all()

    def wait(self, task: int, calling: Future[None]) -> int:
        """The chain's number of pages, once it is complete."""
        with self._changed:
            while task not in self._pages:
                if calling.done():
                    calling.result()
                    raise AssertionError(f"all calls were made, and task {task} has no last page")
                self._changed.wait(0.2)
            return self._pages[task]


@dataclass(frozen=True)
class Spool:
    """One reading in progress: what it asks, and the folder its pages lie in."""

    lake: Lake
    source: str
    account_key: str
    reading_id: str
    started: datetime
    start: date
    end: date
    options: Mapping[str, str]
    tasks: Sequence[Task]
    complete: Complete = field(default_factory=lambda: Complete(), compare=False, repr=False)

    @property
    def folder(self) -> str:
        return spool_folder(self.source, self.account_key, self.reading_id)

    @classmethod
    def begin(
        cls,
        lake: Lake,
        source: str,
        account_key: str,
        started: datetime,
        start: date,
        end: date,
        options: Mapping[str, str],
        tasks: Sequence[Task],
    ) -> Spool:
        """A new reading, written down before its first call."""
        reading_id = f"read-{started.astimezone(UTC):%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}"
        spool = cls(lake, source, account_key, reading_id, started, start, end, dict(options), tuple(tasks))
        lake.write_json(
            f"{spool.folder}/{_HEAD}",
            {
                "started": instant(started),
                "start": start.isoformat(),
                "end": end.isoformat(),
                "options": dict(options),
                "tasks": [task.as_item() for task in tasks],
            },
        )
        return spool

    def keep(self, task: Task, number: int, page: Page, missing: tuple[str, ...]) -> None:
        """Write one page; it is there whole or not at all."""
        with self.lake.open_output(self._page(task.number, number)) as file:
            file.write(gzip.compress(page_text(page, missing), 1))
        if page.next_token is None:
            self.complete.add(task.number, number)

    def kept(self) -> dict[int, Kept]:
        """How far each task got that has any page, by the task's number."""
        last: dict[int, int] = {}
        for name in self._names():
            of_task, _, of_page = name.partition(".")[0].partition("-")
            last[int(of_task)] = max(last.get(int(of_task), 0), int(of_page))
        found = {}
        for task_number, number in last.items():
            facts = facts_of_page(self.page(task_number, number))
            found[task_number] = kept = Kept(number, facts["next_token"], datetime.fromisoformat(facts["fetched_at"]))
            if kept.complete:
                self.complete.add(task_number, number)
        return found

    def page(self, task: int, number: int) -> bytes:
        return gzip.decompress(self.lake.read_bytes(self._page(task, number)))

    def pages(self, calling: Future[None]) -> Iterator[bytes]:
        """All pages in the order of the tasks, each chain as soon as it is complete, while `calling` asks for them. Raises what
        ended the calls too early."""
        for task in self.tasks:
            for number in range(1, self.complete.wait(task.number, calling) + 1):
                yield self.page(task.number, number)

    def forget(self, task: Task, pages: int) -> None:
        """Throw a chain away whose next page can no longer be asked for; the last page goes first, so that no gap can remain."""
        for number in range(pages, 0, -1):
            self.lake.delete(self._page(task.number, number))

    def clear(self) -> None:
        """The pages are in the archive, or nobody wants them any more. The head goes first: a reading without one is over, and
        whatever remains of it is thrown away when its source is looked at next."""
        self.lake.delete(f"{self.folder}/{_HEAD}")
        self.lake.delete_folder(self.folder)

    def _page(self, task: int, number: int) -> str:
        return f"{self.folder}/{task:06d}-{number:06d}.json.gz"

    def _names(self) -> list[str]:
        return sorted(name for path in self.lake.list(self.folder) if (name := path.rsplit("/", 1)[-1]) != _HEAD)


@dataclass(frozen=True)
class Begun:
    """The head of a reading in progress. `of_some`: it reads identifiers that changed, and no whole days."""

    source: str
    account_key: str
    reading_id: str
    started: datetime
    start: date
    end: date
    of_some: bool


def begun(lake: Lake) -> Iterator[Begun]:
    """Every reading in progress of the deployment, without its tasks, which may be many."""
    for path in lake.list("spool"):
        folder, _, name = path.rpartition("/")
        if name == _HEAD:
            source, account_key, reading_id = folder.split("/")[1:]
            head: dict[str, Any] = lake.read_json(path)
            yield Begun(
                source,
                account_key,
                reading_id,
                datetime.fromisoformat(head["started"]),
                date.fromisoformat(head["start"]),
                date.fromisoformat(head["end"]),
                head["options"].get(READ) == SOME,
            )


def unfinished(lake: Lake, source: str, account_key: str) -> list[Spool]:
    """Readings that were begun and not finished, oldest first; what was left of cleared ones is removed."""
    found = []
    files = [path.rpartition("/") for path in lake.list(spool_folder(source, account_key))]
    headed = {folder for folder, _, name in files if name == _HEAD}
    for rest in {folder for folder, _, _ in files} - headed:
        lake.delete_folder(rest)
    for folder, _, name in files:
        if name == _HEAD:
            path = f"{folder}/{name}"
            head: dict[str, Any] = lake.read_json(path)
            found.append(
                Spool(
                    lake,
                    source,
                    account_key,
                    folder.rpartition("/")[2],
                    datetime.fromisoformat(head["started"]),
                    date.fromisoformat(head["start"]),
                    date.fromisoformat(head["end"]),
                    head["options"],
                    tuple(Task.of(item) for item in head["tasks"]),
                )
            )
    return sorted(found, key=lambda spool: spool.started)
