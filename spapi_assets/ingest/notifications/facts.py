"""What the notifications that act say: a finished report or query, a new client secret, the end of an old one.
Reading only; what is done with it are the modules named after the action."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from spapi_assets.ingest.notifications.envelope import NEW_SECRET, MalformedNotification, Notification, instant, member, text
from spapi_assets.ingest.notifications.types import QUERY_FINISHED, REPORT_FINISHED, SECRET_EXPIRY, TYPES

_OUTCOMES = frozenset({"DONE", "CANCELLED", "FATAL"})


@dataclass(frozen=True)
class ReportFinished:
    """REPORT_PROCESSING_FINISHED. Has the shape `Ledger.outcome` takes; Amazon says neither window nor creation time here."""

    selling_partner_id: str  # the seller id, or the vendor group's account id
    account_id: str | None
    report_id: str
    report_type: str
    status: str
    document_id: str | None
    notification_id: str | None = None
    created: datetime | None = None
    processing_end: datetime | None = None


@dataclass(frozen=True)
class QueryFinished:
    """DATA_KIOSK_QUERY_PROCESSING_FINISHED. `next_token`: the result has a further page, which a new query with it fetches."""

    query_id: str
    status: str
    query: str | None = None
    data_document_id: str | None = None
    error_document_id: str | None = None
    next_token: str | None = None
    account_id: str | None = None
    notification_id: str | None = None
    event_time: datetime | None = None


@dataclass(frozen=True)
class NewSecret:
    """APPLICATION_OAUTH_CLIENT_NEW_SECRET: an application's next client secret, and its end. Its text form hides the value."""

    client_id: str
    secret: str = field(repr=False)
    ends: datetime | None = None
    told: datetime | None = None


@dataclass(frozen=True)
class SecretExpiry:
    """APPLICATION_OAUTH_CLIENT_SECRET_EXPIRY: when an application's client secret ends."""

    client_id: str
    ends: datetime | None
    reason: str | None = None
    told: datetime | None = None


def report_finished(notification: Notification) -> ReportFinished:
    """Raises MalformedNotification. Vendors have no seller id: their group is the account id."""
    facts = TYPES[REPORT_FINISHED].facts(notification.payload)
    partner = text(facts, "sellerId") or text(facts, "accountId")
    report_id, kind, status = text(facts, "reportId"), text(facts, "reportType"), text(facts, "processingStatus")
    if not (partner and report_id and kind) or status not in _OUTCOMES:
        missing = [n for n in ("sellerId", "reportId", "reportType", "processingStatus") if not text(facts, n)]
        raise MalformedNotification(f"{REPORT_FINISHED} lacks {', '.join(missing) or 'a known processingStatus'}.")
    return ReportFinished(
        selling_partner_id=partner,
        account_id=text(facts, "accountId"),
        report_id=report_id,
        report_type=kind,
        status=status,
        document_id=text(facts, "reportDocumentId"),
        notification_id=notification.notification_id,
    )


def query_finished(notification: Notification) -> QueryFinished:
    """Raises MalformedNotification."""
    facts = TYPES[QUERY_FINISHED].facts(notification.payload)
    query_id, status = text(facts, "queryId"), text(facts, "processingStatus")
    if query_id is None or status not in _OUTCOMES:
        raise MalformedNotification(f"{QUERY_FINISHED} lacks {'queryId' if query_id is None else 'a known processingStatus'}.")
    return QueryFinished(
        query_id=query_id,
        status=status,
        query=text(facts, "query"),
        data_document_id=text(facts, "dataDocumentId"),
        error_document_id=text(facts, "errorDocumentId"),
        next_token=text(member(facts, "pagination"), "nextToken"),
        account_id=text(facts, "accountId"),
        notification_id=notification.notification_id,
        event_time=notification.event_time,
    )


def new_secret(notification: Notification) -> NewSecret:
    """Raises MalformedNotification, which names no value."""
    facts: Any = member(notification.payload, "applicationOAuthClientNewSecret")
    client_id, secret = text(facts, "clientId"), text(facts, "newClientSecret")
    if client_id is None or secret is None:
        raise MalformedNotification(f"{NEW_SECRET} without a client id and a secret.")
    ends = instant(text(facts, "newClientSecretExpiryTime"))
    return NewSecret(client_id, secret, ends, notification.event_time or notification.publish_time)


def secret_expiry(notification: Notification) -> SecretExpiry:
    """Raises MalformedNotification."""
    facts: Any = member(notification.payload, "applicationOAuthClientSecretExpiry")
    client_id = text(facts, "clientId")
    if client_id is None:
        raise MalformedNotification(f"{SECRET_EXPIRY} without a client id.")
    return SecretExpiry(
        client_id,
        instant(text(facts, "clientSecretExpiryTime")),
        text(facts, "clientSecretExpiryReason"),
        notification.event_time or notification.publish_time,
    )
