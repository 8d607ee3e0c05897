"""The SQS queue of Amazon's notifications and its dead-letter queue: receive, acknowledge, give back, put aside, count.
What a message says is `ingest/notifications/envelope.py`'s business; bodies are never logged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from spapi_assets.aws.clients import explained

if TYPE_CHECKING:
    from spapi_assets.aws.clients import AwsClients

AT_ONCE = 10  # messages in one SQS call, whatever it does (SQS quotas, "Message batch")
_REASON = 1000  # characters of a reason; all attributes and the body share the message's limit


@dataclass(frozen=True)
class Message:
    """One received message. `received` counts deliveries; after the fifth SQS itself moves it to the dead-letter queue."""

    message_id: str
    receipt: str
    body: str
    received: int
    sent_at: datetime | None = None  # when SQS got it, UTC

    def __repr__(self) -> str:
        return f"Message({self.message_id}, {len(self.body)} bytes, received {self.received}x)"


class NotificationQueue:
    """The queue Amazon sends to, and its dead-letter queue (`<name>-dlq`). Thread-safe."""

    def __init__(self, clients: AwsClients, name: str) -> None:
        self._clients, self.name = clients, name
        self._urls: dict[str, str] = {}

    @property
    def arn(self) -> str:
        return str(self.attributes("QueueArn")["QueueArn"])

    @property
    def dead_letter_name(self) -> str:
        return f"{self.name}-dlq"

    def receive(self, maximum: int = AT_ONCE, wait: float = 0.0) -> list[Message]:
        """Up to 10 messages; waits `wait` seconds (at most 20) for the first. They stay hidden from others for a while."""
        with explained(f"receiving from queue {self.name}"):
            answer = self._clients.sqs.receive_message(
                QueueUrl=self._url(self.name),
                MaxNumberOfMessages=max(1, min(AT_ONCE, maximum)),
                WaitTimeSeconds=int(min(20, wait)),
                AttributeNames=["ApproximateReceiveCount", "SentTimestamp"],
            )
        return [_message(found) for found in answer.get("Messages", ())]

    def send(self, body: str) -> str:
        """Put a message of our own into the queue (the self-test of `spapi subscribe`); returns its id."""
        with explained(f"sending to queue {self.name}"):
            return str(self._clients.sqs.send_message(QueueUrl=self._url(self.name), MessageBody=body)["MessageId"])

    def delete(self, message: Message) -> None:
        """Acknowledge: only after what the message said is kept."""
        with explained(f"acknowledging a message of queue {self.name}"):
            self._clients.sqs.delete_message(QueueUrl=self._url(self.name), ReceiptHandle=message.receipt)

    def delete_batch(self, messages: Sequence[Message]) -> list[Message]:
        """Acknowledge many, ten a call. Returns those SQS did not delete: they come back and are handled once more."""
        with explained(f"acknowledging messages of queue {self.name}"):
            return self._in_tens(messages, self._clients.sqs.delete_message_batch, lambda _: {})

    def release(self, message: Message, seconds: int = 0) -> None:
        """Give it back, visible after `seconds`."""
        with explained(f"giving a message of queue {self.name} back"):
            self._clients.sqs.change_message_visibility(
                QueueUrl=self._url(self.name), ReceiptHandle=message.receipt, VisibilityTimeout=seconds
            )

    def release_batch(self, messages: Sequence[Message], seconds: int = 0) -> list[Message]:
        """Give many back, ten a call. Returns those that stay hidden until their time is over."""
        with explained(f"giving messages of queue {self.name} back"):
            return self._in_tens(
                messages, self._clients.sqs.change_message_visibility_batch, lambda _: {"VisibilityTimeout": seconds}
            )

    def dead_letter(self, message: Message, reason: str) -> None:
        """Put a message aside for a person, with the reason as an attribute. The copy is made before the original goes.

        A body as long as SQS lets it be leaves no room for attributes: it is put aside without them.
        """
        attributes = {
            "reason": {"DataType": "String", "StringValue": reason[:_REASON] or "unknown"},
            "original_message_id": {"DataType": "String", "StringValue": message.message_id},
        }
        send = partial(self._clients.sqs.send_message, QueueUrl=self._url(self.dead_letter_name), MessageBody=message.body)
        with explained(f"putting a message into queue {self.dead_letter_name}"):
            try:
                send(MessageAttributes=attributes)
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") != "InvalidParameterValue":
                    raise
                send()
        self.delete(message)

    def counts(self) -> dict[str, int]:
        """Approximate numbers of messages: waiting, being worked on, and put aside."""
        main = self.attributes("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        dead = self.attributes("ApproximateNumberOfMessages", of=self.dead_letter_name)
        return {
            "waiting": int(main["ApproximateNumberOfMessages"]),
            "in_flight": int(main["ApproximateNumberOfMessagesNotVisible"]),
            "dead": int(dead["ApproximateNumberOfMessages"]),
        }

    def attributes(self, *wanted: str, of: str | None = None) -> dict[str, str]:
        """SQS's own attributes of the queue, or of the queue `of`; those that are not set are absent."""
        name = of or self.name
        with explained(f"reading queue {name} (made by `spapi setup`)"):
            answer = self._clients.sqs.get_queue_attributes(QueueUrl=self._url(name), AttributeNames=list(wanted))
        return dict(answer.get("Attributes") or {})

    def _in_tens(
        self, messages: Sequence[Message], call: Callable[..., Any], more: Callable[[Message], dict[str, Any]]
    ) -> list[Message]:
        missed: list[Message] = []
        for ten in _tens(messages):
            entries = [{"Id": str(n), "ReceiptHandle": m.receipt, **more(m)} for n, m in enumerate(ten)]
            answer = call(QueueUrl=self._url(self.name), Entries=entries)
            missed += [ten[int(failure["Id"])] for failure in answer.get("Failed", ())]
        return missed

    def _url(self, name: str) -> str:
        if name not in self._urls:
            self._urls[name] = self._clients.sqs.get_queue_url(QueueName=name)["QueueUrl"]
        return self._urls[name]


def _tens(messages: Sequence[Message]) -> Iterator[Sequence[Message]]:
    for first in range(0, len(messages), AT_ONCE):
        yield messages[first : first + AT_ONCE]


def _message(found: dict[str, Any]) -> Message:
    attributes = found.get("Attributes", {})
    sent = attributes.get("SentTimestamp")
    return Message(
        found["MessageId"],
        found["ReceiptHandle"],
        found["Body"],
        int(attributes.get("ApproximateReceiveCount", 1)),
        datetime.fromtimestamp(int(sent) / 1000, UTC) if sent else None,
    )
