"""Notifications of what happens in the business and in its queries as time passes, in Amazon's payloads.
Which subscriptions get them is the publisher's business."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spapi_assets.simulator.publisher import Publisher

if TYPE_CHECKING:
    from spapi_assets.simulator.kiosk.book import KioskQuery

QUERY_FINISHED = "DATA_KIOSK_QUERY_PROCESSING_FINISHED"


def announce_query(publisher: Publisher, query: KioskQuery) -> int:
    """Tell of a query that has come to its end; returns how many subscriptions hear of it."""
    payload: dict[str, Any] = {
        "accountId": query.account.account_id,
        "queryId": query.query_id,
        "query": query.sent,
        "processingStatus": query.outcome,
    }
    return publisher.publish(
        query.account,
        QUERY_FINISHED,
        payload | query.documents(),
        event_time=query.finishes_at,
        report_type=query.checked.dataset,
        facts={"query_id": query.query_id},
    )
