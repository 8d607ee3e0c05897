"""The SQS queue of Amazon's notifications: receive, understand, acknowledge, or put aside with a reason.
What a finished report means is the flow's business; bodies are never logged."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from spapi_assets.aws.clients import explained

if TYPE_CHECKING:
    from spapi_assets.aws.clients import AwsClients

REPORT_PROCESSING_FINISHED = "REPORT_PROCESSING_FINISHED"
# Carries a client secret in clear text. It is not copied anywhere from here, not even to the dead-letter queue.
NEW_SECRET = "APPLICATION_OAUTH_CLIENT_NEW_SECRET"
SECRET_EXPIRY = "APPLICATION_OAUTH_CLIENT_SECRET_EXPIRY"
_OUTCOMES = frozenset({"DONE", "CANCELLED", "FATAL"})


class MalformedNotification(ValueError):
    """The body is not a notification this platform understands; the message says what is missing, never the body."""


@dataclass(frozen=True)
class Notification:
    """A notification of any type. `payload` keeps Amazon's own keys."""

    type: str
    notification_id: str | None
    event_time: str | None
    payload: Mapping[str, Any]

    @property
    def secret(self) -> bool:
        return self.type == NEW_SECRET


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
class NewSecret:
    """APPLICATION_OAUTH_CLIENT_NEW_SECRET: an application's next client secret. Its text form hides the value."""

    client_id: str
    secret: str = field(repr=False)


@dataclass(frozen=True)
class Message:
    """One received message. `received` counts deliveries; after the fifth SQS itself moves it to the dead-letter queue."""

    message_id: str
    receipt: str
    body: str
    received: int

    def __repr__(self) -> str:
        return f"Message({self.message_id}, {len(self.body)} bytes, received {self.received}x)"


class NotificationQueue:
    """The queue Amazon sends to, and its dead-letter queue (`<name>-dlq`)."""

    def __init__(self, clients: AwsClients, name: str) -> None:
        self._clients, self.name = clients, name
        self._urls: dict[str, str] = {}

    @property
    def arn(self) -> str:
        return str(self._attributes(self.name, "QueueArn")["QueueArn"])

    @property
    def dead_letter_name(self) -> str:
        return f"{self.name}-dlq"

    def receive(self, maximum: int = 10, wait: float = 0.0) -> list[Message]:
        """Up to 10 messages; waits `wait` seconds (at most 20) for the first. They stay hidden from others for a while."""
        with explained(f"receiving from queue {self.name}"):
            answer = self._clients.sqs.receive_message(
                QueueUrl=self._url(self.name),
                MaxNumberOfMessages=max(1, min(10, maximum)),
                WaitTimeSeconds=int(min(20, wait)),
                AttributeNames=["ApproximateReceiveCount"],
            )
        return [
            Message(m["MessageId"], m["ReceiptHandle"], m["Body"], int(m.get("Attributes", {}).get("ApproximateReceiveCount", 1)))
            for m in answer.get("Messages", ())
        ]

    def delete(self, message: Message) -> None:
        """Acknowledge: only after the ledger has what the message said."""
        with explained(f"acknowledging a message of queue {self.name}"):
            self._clients.sqs.delete_message(QueueUrl=self._url(self.name), ReceiptHandle=message.receipt)

    def release(self, message: Message, seconds: int = 0) -> None:
        """Give it back, visible after `seconds`."""
        self._clients.sqs.change_message_visibility(
            QueueUrl=self._url(self.name), ReceiptHandle=message.receipt, VisibilityTimeout=seconds
        )

    def dead_letter(self, message: Message, reason: str) -> None:
        """Put a message aside for a person, with the reason as an attribute. The copy is made before the original goes."""
        self._clients.sqs.send_message(
            QueueUrl=self._url(self.dead_letter_name),
            MessageBody=message.body,
            MessageAttributes={
                "reason": {"DataType": "String", "StringValue": reason[:1000] or "unknown"},
                "original_message_id": {"DataType": "String", "StringValue": message.message_id},
            },
        )
        self.delete(message)

    def counts(self) -> dict[str, int]:
        """Approximate numbers of messages: waiting, being worked on, and put aside."""
        main = self._attributes(self.name, "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        dead = self._attributes(self.dead_letter_name, "ApproximateNumberOfMessages")
        return {
            "waiting": int(main["ApproximateNumberOfMessages"]),
            "in_flight": int(main["ApproximateNumberOfMessagesNotVisible"]),
            "dead": int(dead["ApproximateNumberOfMessages"]),
        }

    def _attributes(self, name: str, *wanted: str) -> dict[str, str]:
        answer = self._clients.sqs.get_queue_attributes(QueueUrl=self._url(name), AttributeNames=list(wanted))
        return dict(answer["Attributes"])

    def _url(self, name: str) -> str:
        if name not in self._urls:
            self._urls[name] = self._clients.sqs.get_queue_url(QueueName=name)["QueueUrl"]
        return self._urls[name]


def parse(body: str) -> Notification:
    """A notification of any type: camelCase or PascalCase, bare or in an EventBridge envelope (under `detail`)."""
    try:
        content = json.loads(body)
    except ValueError:
        raise MalformedNotification("The body is not JSON.") from None
    if isinstance(content, dict) and isinstance(content.get("detail"), dict):
        content = content["detail"]
    if not isinstance(content, dict):
        raise MalformedNotification("The body is not a JSON object.")
    kind = _any(content, "notificationType")
    payload = _any(content, "payload")
    if not isinstance(kind, str) or not isinstance(payload, dict):
        raise MalformedNotification("It has no notificationType or no payload object.")
    metadata = _any(content, "notificationMetadata")
    notification_id = _any(metadata, "notificationId") if isinstance(metadata, dict) else None
    return Notification(kind, notification_id, _any(content, "eventTime"), payload)


def report_finished(notification: Notification) -> ReportFinished:
    """The facts of REPORT_PROCESSING_FINISHED. Vendors have no seller id: their group is the account id."""
    facts = _any(notification.payload, "reportProcessingFinishedNotification")
    if not isinstance(facts, dict):
        raise MalformedNotification("REPORT_PROCESSING_FINISHED without reportProcessingFinishedNotification.")
    partner = _any(facts, "sellerId") or _any(facts, "accountId")
    report_id, kind, status = _any(facts, "reportId"), _any(facts, "reportType"), _any(facts, "processingStatus")
    if not (partner and report_id and kind) or status not in _OUTCOMES:
        missing = [n for n in ("sellerId", "reportId", "reportType", "processingStatus") if not _any(facts, n)]
        raise MalformedNotification(
            f"REPORT_PROCESSING_FINISHED lacks {', '.join(missing) or 'a known processingStatus'} (report {report_id})."
        )
    return ReportFinished(
        selling_partner_id=str(partner),
        account_id=_any(facts, "accountId"),
        report_id=str(report_id),
        report_type=str(kind),
        status=str(status),
        document_id=_any(facts, "reportDocumentId") or None,
        notification_id=notification.notification_id,
    )


def new_secret(notification: Notification) -> NewSecret:
    """The facts of APPLICATION_OAUTH_CLIENT_NEW_SECRET."""
    facts = _any(notification.payload, "applicationOAuthClientNewSecret")
    client_id = _any(facts, "clientId") if isinstance(facts, dict) else None
    secret = _any(facts, "newClientSecret") if isinstance(facts, dict) else None
    if not isinstance(client_id, str) or not isinstance(secret, str) or not client_id.strip() or not secret.strip():
        raise MalformedNotification(f"{NEW_SECRET} without a client id and a secret.")
    return NewSecret(client_id.strip(), secret.strip())


def secret_expiry(notification: Notification) -> tuple[str, str]:
    """Client id and the time its secret ends, of APPLICATION_OAUTH_CLIENT_SECRET_EXPIRY."""
    facts = _any(notification.payload, "applicationOAuthClientSecretExpiry")
    if not isinstance(facts, dict) or not _any(facts, "clientId"):
        raise MalformedNotification(f"{SECRET_EXPIRY} without a client id.")
    return str(_any(facts, "clientId")), str(_any(facts, "clientSecretExpiryTime") or "an unknown time")


def may_hold_secret(body: str) -> bool:
    """Whether a body nobody understands could still carry a client secret: then it must not be copied anywhere."""
    return "clientsecret" in body.lower() or NEW_SECRET.lower() in body.lower()


def _any(content: Mapping[str, Any], name: str) -> Any:
    """A key in either casing."""
    value = content.get(name)
    return content.get(name[:1].upper() + name[1:]) if value is None else value
