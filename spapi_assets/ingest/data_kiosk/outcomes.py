"""DATA_KIOSK_QUERY_PROCESSING_FINISHED: what the message tells, into the ledger by the one entrance of all outcomes.
Reading the message is `ingest/notifications/`; what an outcome means is `ingest/outcomes.py`."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from spapi_assets.aws.ledger_records import ReportRecord, ReportStatus
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.data_kiosk.gateway import PREFIX, Told
from spapi_assets.ingest.outcomes import judge
from spapi_assets.spapi.errors import SpApiError

if TYPE_CHECKING:
    from spapi_assets.ingest.notifications.facts import QueryFinished


def finished(ctx: IngestContext, account: str, told: QueryFinished) -> ReportRecord | None:
    """Write down that a query is finished; None for a query that is not ours. Any number of times, in any order.

    The reason of a failure is read at once where Amazon lets us, else by the sweep. Raises AwsError and LedgerError only: give
    the message back then.
    """
    document = told.error_document_id if told.status == ReportStatus.FATAL else told.data_document_id
    news = Told(PREFIX + told.query_id, told.status, document, None, None, told.next_token)
    # Queries of others are never adopted: what they selected is not what our columns need.
    record = ctx.ledger.outcome(account, news, "notification")
    if record is not None and record.unjudged:
        with suppress(SpApiError):  # the outcome is in the ledger; the sweep judges every request that lacks a verdict
            return judge(ctx, record)
    return record
