"""The notification queue: both casings and envelopes are understood, malformed messages are put aside with a reason."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from spapi_assets.aws.clients import AwsClients
from spapi_assets.aws.queue import MalformedNotification, NotificationQueue, parse, report_finished
from spapi_assets.aws.setup import _queues

FACTS = {
    "sellerId": "A3KESTREL0EU0",
    "accountId": "amzn1.merchant.o.A3",
    "reportId": "5",
    "reportType": "GET_X",
    "processingStatus": "DONE",
    "reportDocumentId": "d",
}


def envelope(facts: dict[str, Any], kind: str = "REPORT_PROCESSING_FINISHED") -> dict[str, Any]:
    return {
        "notificationVersion": "2020-09-04",
        "notificationType": kind,
        "payloadVersion": "2020-09-04",
        "eventTime": "2026-03-01T12:00:00Z",
        "payload": {"reportProcessingFinishedNotification": facts},
        "notificationMetadata": {"notificationId": "n1"},
    }


def pascal(value: Any) -> Any:
    if isinstance(value, dict):
        return {k[:1].upper() + k[1:]: pascal(v) for k, v in value.items()}
    return value


@pytest.fixture
def queue(aws: str) -> NotificationQueue:
    clients = AwsClients()
    _queues(clients, "spapi-notifications")
    return NotificationQueue(clients, "spapi-notifications")


def send(queue: NotificationQueue, body: str) -> None:
    queue._clients.sqs.send_message(QueueUrl=queue._url(queue.name), MessageBody=body)


@pytest.mark.parametrize(
    "body",
    [
        envelope(FACTS),
        pascal(envelope(FACTS)),
        {"version": "0", "source": "aws.partner/sellingpartnerapi.amazon.com/1/2", "detail": envelope(FACTS)},
        {"version": "0", "detail-type": "x", "detail": pascal(envelope(FACTS))},
    ],
    ids=["camelCase", "PascalCase", "EventBridge", "EventBridge PascalCase"],
)
def test_a_finished_report_is_understood_in_every_envelope(body: dict[str, Any]) -> None:
    told = report_finished(parse(json.dumps(body)))
    assert (told.selling_partner_id, told.report_id, told.status, told.document_id) == ("A3KESTREL0EU0", "5", "DONE", "d")
    assert told.notification_id == "n1"


def test_a_vendors_report_names_its_group() -> None:
    facts = {k: v for k, v in FACTS.items() if k != "sellerId"} | {"accountId": "amzn1.vg.1000001"}
    assert report_finished(parse(json.dumps(envelope(facts)))).selling_partner_id == "amzn1.vg.1000001"


@pytest.mark.parametrize(
    "body",
    [
        "",
        "not json",
        "[]",
        '"text"',
        "{}",
        json.dumps(envelope({})),
        json.dumps(envelope(FACTS | {"processingStatus": "LATER"})),
        json.dumps(envelope(FACTS | {"reportId": ""})),
    ],
)
def test_a_malformed_body_is_named_without_being_quoted(body: str) -> None:
    with pytest.raises(MalformedNotification) as caught:
        report_finished(parse(body))
    assert "A3KESTREL0EU0" not in str(caught.value)


def test_amazons_own_example_is_understood(amazon_reference: Path) -> None:
    found = [p for p in amazon_reference.rglob("*.json") if "reportprocessingfinished" in p.name.lower().replace("_", "")]
    assert found, "Amazon's schema of REPORT_PROCESSING_FINISHED is not in the reference"
    examples = json.loads(found[0].read_text("utf-8")).get("examples", [])
    assert examples
    assert report_finished(parse(json.dumps(examples[0]))).report_id


def test_a_message_comes_back_until_it_is_deleted(queue: NotificationQueue) -> None:
    send(queue, json.dumps(envelope(FACTS)))
    (message,) = queue.receive()
    assert queue.counts()["in_flight"] == 1
    queue.release(message)
    (again,) = queue.receive()
    assert again.received == 2
    queue.delete(again)
    assert queue.receive() == []


def test_a_dead_letter_keeps_its_body_and_says_why(queue: NotificationQueue) -> None:
    send(queue, "garbage")
    (message,) = queue.receive()
    queue.dead_letter(message, "The body is not JSON.")
    assert queue.counts() == {"waiting": 0, "in_flight": 0, "dead": 1}
    answer = queue._clients.sqs.receive_message(QueueUrl=queue._url(queue.dead_letter_name), MessageAttributeNames=["All"])
    (dead,) = answer["Messages"]
    assert dead["Body"] == "garbage"
    assert dead["MessageAttributes"]["reason"]["StringValue"] == "The body is not JSON."


def test_messages_do_not_show_their_bodies() -> None:
    from spapi_assets.aws.queue import Message

    assert "secret" not in repr(Message("id", "receipt", '{"newClientSecret": "secret"}', 1))


def test_a_message_with_a_client_secret_is_recognised() -> None:
    body = json.dumps(envelope({}, "APPLICATION_OAUTH_CLIENT_NEW_SECRET"))
    assert parse(body).secret
