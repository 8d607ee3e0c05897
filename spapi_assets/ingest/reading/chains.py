"""The pages of a reading's tasks: chains asked for side by side within the quota, each page kept before the next is asked for.
What a call is stands in `call.py`; what becomes of the pages in `run.py`."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait

from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.reading.call import Caller
from spapi_assets.ingest.reading.outcome import Progress
from spapi_assets.ingest.reading.spool import Kept, Spool
from spapi_assets.ingest.reading.tasks import Task
from spapi_assets.spapi.errors import ConfigurationError, Throttled
from spapi_assets.spapi.operations import BY_NAME

LATENCY = 2.0  # seconds a slow answer takes: so much of the quota's rate is kept in flight
MOST_THREADS = 16
LONGEST_WAIT = 900.0  # for one call's quota; searchOrders grows one call in three minutes
_MARGIN = 60.0  # a token that ends within a minute is not tried


class Paused(Exception):
    """The deadline came. What was read is kept, and the next reading goes on from there."""


def ask_all(
    ctx: IngestContext,
    caller: Caller,
    spool: Spool,
    kept: Mapping[int, Kept],
    tasks: Sequence[Task],
    progress: Progress,
    deadline: float | None,
) -> None:
    """Every chain to its end, as many at once as the quota's rate can use; the first failure stops the others at their next page.

    Raises Paused at the deadline and SpApiError. Pages are kept in the spool as they come.
    """
    if not tasks:
        return
    stop = threading.Event()
    rate = BY_NAME[caller.source.report_type].plan.rate
    threads = max(1, min(MOST_THREADS, len(tasks), math.ceil(rate * LATENCY) + 1))

    def chain(task: Task) -> None:
        if not stop.is_set():
            _chain(ctx, caller, spool, task, kept.get(task.number), progress, deadline, stop)

    with ThreadPoolExecutor(threads, thread_name_prefix="reading") as pool:
        futures = [pool.submit(chain, task) for task in tasks]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
        finally:
            stop.set()
            for future in futures:
                future.cancel()
    failures = [error for future in futures if future.done() and not future.cancelled() and (error := future.exception())]
    if failures:
        # What somebody must act on says more than that the time was up.
        raise next((error for error in failures if not isinstance(error, (Paused, Throttled))), failures[0])


def _chain(
    ctx: IngestContext,
    caller: Caller,
    spool: Spool,
    task: Task,
    kept: Kept | None,
    progress: Progress,
    deadline: float | None,
    stop: threading.Event,
) -> None:
    """One task's pages from where it stopped, or from its start where the next page's token has ended."""
    call = caller.source.call
    assert call is not None
    number, token, found = 0, None, set[str]()
    if kept is not None:
        life = call.paging.seconds if call.paging else None
        if life is not None and (ctx.now() - kept.fetched_at).total_seconds() > life - min(_MARGIN, life / 2):
            spool.forget(task, kept.pages)
        else:
            number, token = kept.pages, kept.next_token
            found = {one for n in range(1, number + 1) for one in caller.found_in(spool.page(task.number, n), task)}
    while True:
        if stop.is_set() or (deadline is not None and ctx.monotonic() > deadline):
            raise Paused
        left = LONGEST_WAIT if deadline is None else max(0.0, deadline - ctx.monotonic())
        try:
            page = caller.page(task, token, max_wait=min(LONGEST_WAIT, left))
        except Throttled as error:
            if deadline is not None:
                raise Paused from error
            raise
        except ConfigurationError:
            if token is None or kept is None or number != kept.pages:
                raise
            # The token was kept while the process was dead; Amazon no longer takes it. The chain begins anew, once.
            spool.forget(task, number)
            number, token, found, kept = 0, None, set(), None
            continue
        number, token = number + 1, page.next_token
        found |= set(page.found)
        last = token is None
        asks = call.batch is not None and call.batch.found is not None
        missing = tuple(one for one in task.identifiers if one not in found) if last and asks else ()
        spool.keep(task, number, page, missing)
        progress.called(f"{caller.source.name} of {spool.account_key}", finished=last)
        if last:
            return
