"""The pages of a reading in progress, each durable in the lake before the next call, so that no answer is asked for twice.
A finished reading's pages become one archived document (`document.py`) and are then deleted here."""

from __future__ import annotations

import gzip
import threading
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
class Begun:
    """The head of a reading in progress: what is read, since when, and into which folder its pages go."""

    source: str
    account_key: str
    reading_id: str
    started: datetime
    start: date
    end: date
    options: Mapping[str, str]

    @property
    def of_some(self) -> bool:
        """It reads identifiers that changed, and no whole days."""
        return self.options.get(READ) == SOME

    @property
    def folder(self) -> str:
        return spool_folder(self.source, self.account_key, self.reading_id)


@dataclass(frozen=True)
class Spool(Begun):
    """One reading in progress: its head, what it asks, and the pages that came."""

    lake: Lake
    tasks: Sequence[Task]
    complete: Complete = field(default_factory=lambda: Complete(), compare=False, repr=False)

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
        spool = cls(source, account_key, reading_id, started, start, end, dict(options), lake, tuple(tasks))
        head = {"started": instant(started), "start": start.isoformat(), "end": end.isoformat(), "options": dict(options)}
        lake.write_json(f"{spool.folder}/{_HEAD}", {**head, "tasks": [task.as_item() for task in tasks]})
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


def begun(lake: Lake) -> Iterator[Begun]:
    """Every reading in progress of the deployment, without its tasks, which may be many."""
    return (head for head, _ in _heads(lake, lake.list("spool")))


def unfinished(lake: Lake, source: str, account_key: str) -> list[Spool]:
    """Readings that were begun and not finished, oldest first; what was left of cleared ones is removed."""
    paths = list(lake.list(spool_folder(source, account_key)))
    headed = {path.rpartition("/")[0] for path in paths if path.endswith(f"/{_HEAD}")}
    for rest in {path.rpartition("/")[0] for path in paths} - headed:
        lake.delete_folder(rest)
    found = [Spool(**vars(head), lake=lake, tasks=tuple(map(Task.of, tasks))) for head, tasks in _heads(lake, paths)]
    return sorted(found, key=lambda spool: spool.started)


def _heads(lake: Lake, paths: Iterable[str]) -> Iterator[tuple[Begun, list[Mapping[str, Any]]]]:
    """The heads among these files, with their tasks as they are written down."""
    for path in paths:
        folder, _, name = path.rpartition("/")
        if name != _HEAD:
            continue
        try:
            head: dict[str, Any] = lake.read_json(path)
        except FileNotFoundError:
            continue  # another process finished it since the folder was looked at
        source, account_key, reading_id = folder.split("/")[1:]
        started, start, end = (head[name] for name in ("started", "start", "end"))
        days = date.fromisoformat(start), date.fromisoformat(end)
        yield Begun(source, account_key, reading_id, datetime.fromisoformat(started), *days, head["options"]), head["tasks"]
