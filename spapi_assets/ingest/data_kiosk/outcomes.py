"""DATA_KIOSK_QUERY_PROCESSING_FINISHED: what the message tells, into the ledger by the one entrance of all outcomes.
Taking messages from the queue is `ingest/notifications/`; what an outcome means is `ingest/outcomes.py`."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from spapi_assets.aws.ledger_records import ReportRecord, ReportStatus
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.data_kiosk.gateway import PREFIX, Told
from spapi_assets.ingest.outcomes import judge
from spapi_assets.spapi.data_kiosk import normalised
from spapi_assets.spapi.errors import SpApiError

_ENDS = frozenset({"DONE", "CANCELLED", "FATAL"})


@dataclass(frozen=True)
class QueryFinished:
    """The payload of the message. `account_id` is the selling partner's id."""

    account_id: str
    query_id: str
    status: str
    query: str
    data_document_id: str | None = None
    error_document_id: str | None = None
    next_token: str | None = None


def query_finished(payload: Mapping[str, Any]) -> QueryFinished:
    """The payload of a message, whichever casing its keys have. ValueError (a sentence) when it is not one.

    Source: Amazon's schema DataKioskQueryProcessingFinishedNotification.
    """
    there = {_key(name): value for name, value in payload.items()}
    missing = [n for n in ("accountId", "queryId", "processingStatus") if not isinstance(there.get(_key(n)), str)]
    if missing:
        raise ValueError(f"A message of a finished Data Kiosk query lacks {', '.join(missing)}.")
    status = str(there["processingstatus"])
    if status not in _ENDS:
        raise ValueError(f"A message says that a Data Kiosk query is finished and {status!r}, which is no end.")
    pagination = there.get("pagination")
    token = {_key(n): v for n, v in pagination.items()}.get("nexttoken") if isinstance(pagination, Mapping) else None
    return QueryFinished(
        str(there["accountid"]),
        str(there["queryid"]),
        status,
        str(there.get("query") or ""),
        there.get("datadocumentid") or None,
        there.get("errordocumentid") or None,
        token or None,
    )


def finished(ctx: IngestContext, account: str, told: QueryFinished) -> ReportRecord | None:
    """Write down that a query is finished; None for a query that is not ours. Any number of times, in any order.

    The reason of a failure is read at once where Amazon lets us, else by the sweep. Raises AwsError and LedgerError only: give
    the message back then.
    """
    document = told.error_document_id if told.status == ReportStatus.FATAL else told.data_document_id
    text = normalised(told.query)
    news = Told(PREFIX + told.query_id, told.status, document, None, None, told.next_token, text)
    # Queries of others are never adopted: what they selected is not what our columns need.
    record = ctx.ledger.outcome(account, news, "notification")
    if record is not None and record.unjudged:
        with suppress(SpApiError):  # the outcome is in the ledger; the sweep judges every request that lacks a verdict
            return judge(ctx, record)
    return record


def _key(name: str) -> str:
    return name.casefold()
