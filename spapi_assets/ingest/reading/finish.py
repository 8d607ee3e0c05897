"""One reading to its end: the pages that are not kept yet, the document made while they come, the marks it takes off.
Killed at any point it is called again with the same spool; which readings there are is decided in `run.py`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from spapi_assets.aws.denials import denial_of, lift
from spapi_assets.aws.ledger_records import Verdict
from spapi_assets.datasets.model import ApiSource
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.documents.errors import DocumentError
from spapi_assets.ingest.reading.call import Caller, facts_of_page
from spapi_assets.ingest.reading.chains import Paused, ask_all
from spapi_assets.ingest.reading.document import load_pages, refused, unreadable
from spapi_assets.ingest.reading.outcome import Progress, ReadOutcome
from spapi_assets.ingest.reading.spool import Spool
from spapi_assets.ingest.reading.tasks import facts_of
from spapi_assets.lake.layout import Partition
from spapi_assets.spapi.errors import ConfigurationError, MissingRole

UNREAD = "no answer"
"""Why an identifier is marked that Amazon did not answer."""
_FEW = 2000  # identifiers looked at one by one


def finish(
    ctx: IngestContext,
    source: ApiSource,
    spool: Spool,
    outcome: ReadOutcome,
    deadline: float | None,
    tell: Callable[[str], Any],
) -> None:
    """Ask for the pages that are not kept yet, load the document, take the marks off, and forget the pages."""
    assert source.call is not None
    place = Partition.of(spool.account_key, spool.start)
    account = ctx.settings.account(place.account)
    apis = ctx.apis(place.account)
    caller = Caller(source, account, apis.session, facts_of(source, account, place.marketplace))
    kept = spool.kept()
    to_ask = sum(1 for task in spool.tasks if not (task.number in kept and kept[task.number].complete))
    progress = Progress(to_ask, tell, ctx.monotonic)
    missing: list[str] = []
    unread: dict[str, str] = {}
    came: set[str] = set()
    marked = _marked(ctx, source, spool)

    def pages(calling: Future[None]) -> Iterator[bytes]:
        for text in spool.pages(calling):
            facts = facts_of_page(text)
            missing.extend(entry["identifier"] for entry in facts["missing"])
            unread.update((entry["identifier"], entry["why"]) for entry in facts.get("unread", ()))
            if marked:
                came.update(caller.named_in(text) & marked)
            yield text

    stop = threading.Event()
    with ThreadPoolExecutor(1, thread_name_prefix="calls") as pool:
        # The document is made while its pages come, so that a large catalogue is there when the last answer is.
        calling = pool.submit(ask_all, ctx, caller, spool, kept, progress, deadline, stop)
        try:
            result = load_pages(
                ctx,
                source,
                spool.account_key,
                pages(calling),
                reading_id=spool.reading_id,
                started=spool.started,
                start=spool.start,
                end=spool.end,
                options=spool.options,
                calls=lambda: progress.calls + sum(k.pages for k in kept.values()),
                gap=lambda: _gap(spool, unread),
            )
        except Paused:
            outcome.problems.append(
                f"{source.name} of {spool.account_key}: {to_ask - progress.done:,} of {len(spool.tasks):,} requests are "
                "still to be made; the next run goes on from there."
            )
            return
        except (MissingRole, ConfigurationError) as error:
            if progress.answers:
                raise  # what Amazon answered a moment ago it may do: the next run goes on, and believes a refusal that stays
            verdict = Verdict.MISSING_ROLE if isinstance(error, MissingRole) else Verdict.CONFIGURATION
            if not spool.of_some:
                refused(ctx, source, spool.account_key, spool.started, spool.start, spool.end, verdict, str(error))
            spool.clear()
            raise
        except DocumentError as error:
            # The archive holds the pages; kept in the spool they would stop every reading to come.
            unreadable(ctx, source, spool, str(error))
            spool.clear()
            raise
        finally:
            stop.set()
            outcome.calls += progress.calls
            outcome.problems += progress.problems
    outcome.loaded.append(result)
    denial = denial_of(ctx.ledger, source.report_type, spool.account_key)
    if denial is not None and denial.standing:
        lift(ctx.ledger, source.report_type, spool.account_key, denial)
    _mark(ctx, source, spool, place, missing, unread)
    if came and source.call.span is not None:
        # The search's end lies before its start: what changed between the two is not in it, and its mark stays.
        ctx.refreshes.done(
            source.name, spool.account_key, came, spool.started - timedelta(seconds=source.call.span.settle_seconds)
        )
    outcome.identifiers += sum(len(task.identifiers) for task in spool.tasks)
    outcome.missing += len(missing)
    spool.clear()


def _marked(ctx: IngestContext, source: ApiSource, spool: Spool) -> frozenset[str]:
    """Identifiers whose marks a reading takes off that did not name any: what is in its answers was read."""
    batch = source.call.batch if source.call else None
    if batch is None or batch.found is None or any(task.identifiers for task in spool.tasks):
        return frozenset()
    return frozenset(mark.identifier for mark in ctx.refreshes.pending(source.name, spool.account_key))


def _gap(spool: Spool, unread: Mapping[str, str]) -> str | None:
    """What is not in the document although it was asked for; None: nothing."""
    if not unread:
        return None
    asked = sum(len(task.identifiers) for task in spool.tasks)
    named = ", ".join(list(unread)[:3]) + (" ..." if len(unread) > 3 else "")
    return f"{len(unread):,} of {asked:,} identifiers could not be read ({named}): {next(iter(unread.values()))}"


def _mark(
    ctx: IngestContext, source: ApiSource, spool: Spool, place: Partition, missing: Sequence[str], unread: Collection[str]
) -> None:
    """What Amazon did not know is remembered with the identifiers, and what was marked as changed is done. What it did not answer
    is marked to be read again."""
    batch = source.call.batch if source.call else None
    if batch is None:
        return
    asked = {identifier for task in spool.tasks for identifier in task.identifiers}.difference(unread)
    ctx.refreshes.ask(source.name, spool.account_key, unread, UNREAD)
    if batch.found is not None:
        ctx.identifiers.missing(batch.kind, place.account, place.marketplace, missing, spool.started)
        found = asked - set(missing)
        if len(found) > _FEW:  # one look at all that is known costs less than a look at each
            known = ctx.identifiers.all(batch.kind, place.account, place.marketplace)
            found &= {one.value for one in known if one.missing_since is not None}
        ctx.identifiers.found_again(batch.kind, place.account, place.marketplace, sorted(found))
    # A mark made from now on was asked for after the reading began, and stays.
    marked = {mark.identifier for mark in ctx.refreshes.pending(source.name, spool.account_key)}
    ctx.refreshes.done(source.name, spool.account_key, sorted(asked & marked), spool.started)
