"""Asks for the next page of requests whose answer has more: each page is a query of its own, at 60 an hour.
Nothing is kept in memory: what was planned is in the ledger, so a kill between two pages loses and repeats nothing."""

from __future__ import annotations

from collections.abc import Iterable

from spapi_assets.aws.ledger_pages import complete
from spapi_assets.aws.ledger_records import ReportRecord
from spapi_assets.ingest.context import IngestContext


def follow_pages(ctx: IngestContext, reports: Iterable[str] | None = None) -> list[ReportRecord]:
    """Plan the next page of every request (of these reports) whose newest page names one; returns what was planned now."""
    wanted = None if reports is None else set(reports)
    newest = [r for r in ctx.ledger.unfinished_pages() if wanted is None or r.report in wanted]
    planned = [ctx.ledger.plan_page(record) for record in newest]
    return [record for record in planned if record is not None]


def later_pages(ctx: IngestContext, head: ReportRecord) -> list[ReportRecord]:
    """The pages of a request after its first one, all of them finished. A request in pages is loaded only when it is whole."""
    if head.next_token is None:
        return []
    pages = ctx.ledger.pages(head)
    if not complete(pages):
        raise ValueError(f"{head} is not whole: page {pages[-1].page} is {pages[-1].status}.")
    return pages[1:]
