"""The pages of a reading's tasks: chains asked for side by side within the quota, each page kept before the next is asked for.
What a call is stands in `call.py`; what becomes of the pages in `finish.py`."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial

from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.reading.call import Caller, Page
from spapi_assets.ingest.reading.outcome import Progress
from spapi_assets.ingest.reading.spool import Kept, Spool
from spapi_assets.ingest.reading.tasks import Task
from spapi_assets.spapi.errors import AmazonFault, ConfigurationError, SpApiError, Throttled, TransientError
from spapi_assets.spapi.operations import BY_NAME

LATENCY = 2.0  # seconds a slow answer takes: so much of the quota's rate is kept in flight
MOST_THREADS = 16
LONGEST_WAIT = 900.0  # for one call's quota; searchOrders grows one call in three minutes
_MARGIN = 60.0  # a token that ends within a minute is not tried
BEGINNINGS = 2  # times a chain whose token Amazon refuses is begun anew
REPEATS = 3  # times the same page may come again
LATE = timedelta(minutes=10)  # after which a resumed reading is finished without what still gets no answer
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

    The first failure, or `stop`, ends the others at their next page; what is kept stays. Identifiers about which Amazon gives no
    answer are no failure: they are looked for when the others are read, and named in a page. Raises Paused and SpApiError.
    """
    tasks = [task for task in spool.tasks if not (task.number in kept and kept[task.number].complete)]
    if not tasks:
        return
    rate = BY_NAME[caller.source.report_type].plan.rate
    threads = max(1, min(MOST_THREADS, len(tasks), math.ceil(rate * LATENCY) + 1))

    late = bool(kept) and ctx.now() - spool.started >= LATE
    chains = [_Chain(ctx, caller, spool, task, progress, deadline, stop, late) for task in tasks]
    with ThreadPoolExecutor(threads, thread_name_prefix="reading") as pool:
        try:
            _side_by_side(pool, stop, [partial(chain.run, kept.get(chain.task.number)) for chain in chains])
            _side_by_side(pool, stop, [chain.search for chain in chains if chain.put_aside])
        finally:
            stop.set()


def _unanswered(error: Exception) -> bool:
    """Whether Amazon, and neither the network nor Login with Amazon, failed at an answer: always the same ones may fail."""
    return isinstance(error, AmazonFault) or (
        isinstance(error, TransientError) and error.operation != "lwa" and (error.status or 0) >= 500
    )


def _side_by_side(pool: ThreadPoolExecutor, stop: threading.Event, work: Sequence[Callable[[], None]]) -> None:
    futures = [pool.submit(one) for one in work]
    try:
        wait(futures, return_when=FIRST_EXCEPTION)
        if any(future.done() and future.exception() for future in futures):
            stop.set()
        wait(futures)
    finally:
        for future in futures:
            future.cancel()
    failures = [error for future in futures if future.done() and not future.cancelled() and (error := future.exception())]
    if failures:
        # What somebody must act on says more than that quota is spent, and that more than that the time was up.
        raise min(failures, key=lambda error: (isinstance(error, Paused), isinstance(error, Throttled)))


@dataclass
class _Chain:
    """One task's pages. A call that Amazon refuses is made again in halves, until it is known which identifier it refuses;
    so is one that it does not answer, when the other chains are read."""

    ctx: IngestContext
    caller: Caller
    spool: Spool
    task: Task
    progress: Progress
    deadline: float | None
    stop: threading.Event
    late: bool = False  # only what gets no answer has been left for long
    put_aside: bool = False
    answers: int = 0  # of Amazon's, to anything, when it was put aside
    searching: bool = False
    silent: dict[str, SpApiError] = field(default_factory=dict)  # identifiers without an answer
    number: int = 0
    found: set[str] = field(default_factory=set)
    waiting: list[Task] = field(default_factory=list)  # the first is being asked for
    doubted: str | None = None  # a token that Amazon refused once
    beginnings: int = 0
    brought: int = 0  # items of the part's pages so far
    last: Page | None = None
    repeats: int = 0

    def run(self, kept: Kept | None) -> None:
        """From where it stopped, or from its start where the next page's token has ended."""
        if self.stop.is_set():
            return
        self.waiting = [self.task]
        try:
            self._follow(self._resume(kept))
        except (AmazonFault, TransientError) as error:
            self.put_aside = bool(self.task.identifiers) and _unanswered(error) and self.progress.put_aside()
            self.answers = self.progress.answers
            if not self.put_aside:
                raise

    def search(self) -> None:
        """Once more and in halves: all but the identifiers about which Amazon gives no answer. Raises the error where Amazon
        has answered nothing since, or to an unusable answer nothing at all: it may be down, unless that goes on for long."""
        self.searching = True
        self._anew()
        self._follow(None)
        if self.silent:
            # A success without a body is not said by an Amazon that is down.
            faults = all(isinstance(error, AmazonFault) for error in self.silent.values())
            if not (self.late or self.progress.answers > (0 if faults else self.answers)):
                raise next(iter(self.silent.values()))
            why = {one: str(error) for one, error in self.silent.items()}
            self.progress.problems += [f"Amazon gives no usable answer about {one}: {sentence}" for one, sentence in why.items()]
            self.waiting, self.silent = [replace(self.task, identifiers=tuple(why))], {}
            self._keep(Page({"identifiers": list(why)}, self.ctx.now(), "null", None, 0, unread=why))

    def _follow(self, token: str | None) -> None:
        while self.waiting:
            try:
                page = self._ask(self.waiting[0], token)
            except (ConfigurationError, AmazonFault, TransientError) as error:
                token = self._refused(token, error)
            else:
                self.progress.answered()
                self._moves_on(page, token)
                token = self._keep(page)

    def _anew(self) -> None:
        self.spool.forget(self.task, self.number)
        self.number, self.found, self.waiting, self.brought, self.last = 0, set(), [self.task], 0, None
        self.silent = {}

    def _refused(self, token: str | None, error: ConfigurationError | AmazonFault | TransientError) -> str | None:
        """What to ask for after a refusal, or no usable answer. Raises it where there is nothing else to try."""
        part, progress = self.waiting[0], self.progress
        unanswered = not isinstance(error, ConfigurationError)
        if unanswered and not (self.searching and _unanswered(error) and (token is None or len(self.task.identifiers) == 1)):
            raise error
        if unanswered and len(part.identifiers) == 1:
            if self.number and part is self.task:
                self._anew()  # half an item is none
            self.silent[part.identifiers[0]] = error
            del self.waiting[0]
            return None
        if token is not None:
            # Amazon refuses good tokens now and then; one that has ended means once more from the start.
            if token != self.doubted and not self._life():
                self.doubted = token
                return token
            if self.beginnings >= BEGINNINGS:
                # Amazon took the same parameters for the first page: nothing is wrong with them, so the next run may try.
                raise TransientError(
                    f"Amazon takes none of its own tokens for {self.caller.source.report_type}, whose pages were begun "
                    f"{BEGINNINGS + 1} times: {error} Try again later.",
                    account=self.caller.account.name,
                    operation=self.caller.source.report_type,
                    status=error.status,
                    request_id=error.request_id,
                ) from error
            self.beginnings += 1
            self._anew()
        elif len(part.identifiers) > 1 and progress.split():
            half = len(part.identifiers) // 2
            self.waiting[:1] = [replace(part, identifiers=some) for some in (part.identifiers[:half], part.identifiers[half:])]
        elif len(part.identifiers) == 1 and self._spares_one():
            progress.problems.append(f"Amazon refuses to be asked about {part.identifiers[0]}: {error}")
            self._keep(Page({"identifiers": list(part.identifiers)}, self.ctx.now(), "null", None, 0))
        else:
            raise error
        return None

    def _spares_one(self) -> bool:
        """Whether a refusal is one identifier's fault, which must not hold up the others, now or in the next run."""
        if len(self.task.identifiers) > 1:
            return self.progress.spare >= 0
        return (len(self.spool.tasks) > 1 or self.spool.of_some) and self.progress.refuse()

    def _moves_on(self, page: Page, token: str | None) -> None:
        """Raises AmazonFault when the same page comes again and again, which would go on for ever."""
        last, self.last = self.last, page
        same = page.next_token is not None and last is not None and page.content == last.content
        self.repeats = self.repeats + 1 if same and (page.items > 0 or page.next_token == token) else 0
        if self.repeats >= REPEATS:
            raise AmazonFault(
                f"Amazon answers {self.caller.source.report_type} of account {self.caller.account.name} with the same page "
                f"{REPEATS + 1} times, each time with a token for the next one. Try again later; if it stays, open a case with "
                "Amazon.",
                account=self.caller.account.name,
                operation=self.caller.source.report_type,
            )

    def _life(self) -> int | None:
        paging = self.caller.source.call.paging if self.caller.source.call else None
        return paging.seconds if paging else None

    def _resume(self, kept: Kept | None) -> str | None:
        """The token of the next page, with the pages before it counted; None: from the start."""
        if kept is None:
            return None
        life = self._life()
        age = (self.ctx.now() - kept.fetched_at).total_seconds()
        if kept.next_token == IN_HALVES or (life is not None and age > life - min(_MARGIN, life / 2)):
            self.spool.forget(self.task, kept.pages)
            return None
        self.number = kept.pages
        for page in range(1, kept.pages + 1):
            items, found = self.caller.brought_by(self.spool.page(self.task.number, page), self.task)
            self.brought += items
            self.found |= set(found)
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

    def _keep(self, page: Page) -> str | None:
        """Keep a page; the token of the next one of its part. A part without one is done, the last part ends the chain."""
        self.number += 1
        self.found |= set(page.found)
        self.brought += page.items
        if page.next_token is None:
            part = self.waiting.pop(0)
            self.waiting[:0] = self._left_out(part, page.total)
            self.brought = 0
        last = not (self.waiting or self.silent)
        batch = self.caller.source.call.batch if self.caller.source.call else None
        asks = last and batch is not None and batch.found is not None
        known = self.found | page.unread.keys()
        missing = tuple(one for one in self.task.identifiers if one not in known) if asks else ()
        between = page.next_token is None and not last
        self.spool.keep(self.task, self.number, replace(page, next_token=IN_HALVES) if between else page, missing)
        if page.problem:
            self.progress.problems.append(page.problem)
        self.progress.called(f"{self.caller.source.name} of {self.spool.account_key}", finished=last)
        return page.next_token

    def _left_out(self, part: Task, total: int | None) -> list[Task]:
        """Amazon counts more than it sent, and gives no token for the rest: what did not come is asked for by itself."""
        if total is None or self.brought >= total:
            return []
        absent = tuple(one for one in part.identifiers if one not in self.found)
        if absent and len(absent) < len(part.identifiers):
            return [replace(part, identifiers=absent)]
        self.progress.problems.append(
            f"Amazon says that {self.caller.source.report_type} finds {total} and sent {self.brought}, without a token for the "
            f"rest, when asked about {', '.join(part.identifiers[:3]) or 'everything'}."
        )
        return []
