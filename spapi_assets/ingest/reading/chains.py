"""The pages of a reading's tasks: chains asked for side by side within the quota, each page kept before the next is asked for.
What a call is stands in `call.py`; what becomes of the pages in `run.py`."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace

from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.reading.call import Caller, Page
from spapi_assets.ingest.reading.outcome import Progress
from spapi_assets.ingest.reading.spool import Kept, Spool
from spapi_assets.ingest.reading.tasks import Task
from spapi_assets.spapi.errors import ConfigurationError, Throttled
from spapi_assets.spapi.operations import BY_NAME

LATENCY = 2.0  # seconds a slow answer takes: so much of the quota's rate is kept in flight
MOST_THREADS = 16
LONGEST_WAIT = 900.0  # for one call's quota; searchOrders grows one call in three minutes
_MARGIN = 60.0  # a token that ends within a minute is not tried
IN_HALVES = ""  # instead of a token: the rest of a refused call follows, which a later process asks for anew


class Paused(Exception):
    """The deadline came. What was read is kept, and the next reading goes on from there."""


def ask_all(
    ctx: IngestContext,
    caller: Caller,
    spool: Spool,
    kept: Mapping[int, Kept],
    progress: Progress,
    deadline: float | None,
    stop: threading.Event,
) -> None:
    """Every chain that is not complete to its end, as many at once as the quota's rate can use.

    The first failure, or `stop`, ends the others at their next page; what is kept stays. Raises Paused and SpApiError.
    """
    tasks = [task for task in spool.tasks if not (task.number in kept and kept[task.number].complete)]
    if not tasks:
        return
    rate = BY_NAME[caller.source.report_type].plan.rate
    threads = max(1, min(MOST_THREADS, len(tasks), math.ceil(rate * LATENCY) + 1))

    def chain(task: Task) -> None:
        if not stop.is_set():
            _Chain(ctx, caller, spool, task, progress, deadline, stop).run(kept.get(task.number))

    with ThreadPoolExecutor(threads, thread_name_prefix="reading") as pool:
        futures = [pool.submit(chain, task) for task in tasks]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
            if any(future.done() and future.exception() for future in futures):
                stop.set()
            wait(futures)
        finally:
            stop.set()
            for future in futures:
                future.cancel()
    failures = [error for future in futures if future.done() and not future.cancelled() and (error := future.exception())]
    if failures:
        # What somebody must act on says more than that the time was up.
        raise next((error for error in failures if not isinstance(error, (Paused, Throttled))), failures[0])


@dataclass
class _Chain:
    """One task's pages. A call that Amazon refuses is made again in halves, until it is known which identifier it refuses."""

    ctx: IngestContext
    caller: Caller
    spool: Spool
    task: Task
    progress: Progress
    deadline: float | None
    stop: threading.Event
    number: int = 0
    found: set[str] = field(default_factory=set)

    def run(self, kept: Kept | None) -> None:
        """From where it stopped, or from its start where the next page's token has ended."""
        token = self._resume(kept)
        resumed = token is not None
        waiting = [self.task]
        while waiting:
            part = waiting[0]
            try:
                page = self._ask(part, token)
            except ConfigurationError as error:
                if (
                    resumed
                ):  # the token was kept while the process was dead, and Amazon no longer takes it: once more from the start
                    self.spool.forget(self.task, self.number)
                    self.number, self.found, token, resumed = 0, set(), None, False
                elif token is None and len(part.identifiers) > 1 and self.progress.split():
                    half = len(part.identifiers) // 2
                    waiting[:1] = [
                        replace(part, identifiers=part.identifiers[:half]),
                        replace(part, identifiers=part.identifiers[half:]),
                    ]
                elif token is None and len(self.task.identifiers) > 1 and len(part.identifiers) == 1 and self.progress.spare >= 0:
                    self.progress.problems.append(f"Amazon refuses to be asked about {part.identifiers[0]}: {error}")
                    page = Page({"identifiers": list(part.identifiers)}, self.ctx.now(), "null", None, 0)
                    token = self._keep(page, waiting)
                else:
                    raise
                continue
            resumed = False
            token = self._keep(page, waiting)

    def _resume(self, kept: Kept | None) -> str | None:
        """The token of the next page, with the pages before it counted; None: from the start."""
        if kept is None:
            return None
        paging = self.caller.source.call.paging if self.caller.source.call else None
        life = paging.seconds if paging else None
        age = (self.ctx.now() - kept.fetched_at).total_seconds()
        if kept.next_token == IN_HALVES or (life is not None and age > life - min(_MARGIN, life / 2)):
            self.spool.forget(self.task, kept.pages)
            return None
        self.number = kept.pages
        for page in range(1, kept.pages + 1):
            self.found |= set(self.caller.found_in(self.spool.page(self.task.number, page), self.task))
        return kept.next_token

    def _ask(self, part: Task, token: str | None) -> Page:
        if self.stop.is_set() or (self.deadline is not None and self.ctx.monotonic() > self.deadline):
            raise Paused
        left = LONGEST_WAIT if self.deadline is None else max(0.0, self.deadline - self.ctx.monotonic())
        try:
            return self.caller.page(part, token, max_wait=min(LONGEST_WAIT, left))
        except Throttled as error:
            if self.deadline is not None:
                raise Paused from error
            raise

    def _keep(self, page: Page, waiting: list[Task]) -> str | None:
        """Keep a page; the token of the next one of its part. A part without one is done, the last part ends the chain."""
        self.number += 1
        self.found |= set(page.found)
        if page.next_token is None:
            waiting.pop(0)
        last = not waiting
        batch = self.caller.source.call.batch if self.caller.source.call else None
        asks = last and batch is not None and batch.found is not None
        missing = tuple(one for one in self.task.identifiers if one not in self.found) if asks else ()
        between = page.next_token is None and not last
        self.spool.keep(self.task, self.number, replace(page, next_token=IN_HALVES) if between else page, missing)
        self.progress.called(f"{self.caller.source.name} of {self.spool.account_key}", finished=last)
        return page.next_token
