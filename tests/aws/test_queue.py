"""The notification queue: messages come back until they are acknowledged, in batches of any size, and can be put aside."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from spapi_assets.aws.clients import AwsClients
from spapi_assets.aws.queue import Message, NotificationQueue
from spapi_assets.aws.setup import _queues


@pytest.fixture
def queue(aws: str) -> NotificationQueue:
    clients = AwsClients()
    _queues(clients, "spapi-notifications")
    return NotificationQueue(clients, "spapi-notifications")


def test_a_message_comes_back_until_it_is_deleted(queue: NotificationQueue) -> None:
    queue.send("anything")
    (message,) = queue.receive()
    assert queue.counts()["in_flight"] == 1
    queue.release(message)
    (again,) = queue.receive()
    assert again.received == 2
    queue.delete(again)
    assert queue.receive() == []


def test_a_dead_letter_keeps_its_body_and_says_why(queue: NotificationQueue) -> None:
    queue.send("garbage")
    (message,) = queue.receive()
    queue.dead_letter(message, "The body is not JSON.")
    assert queue.counts() == {"waiting": 0, "in_flight": 0, "dead": 1}
    answer = queue._clients.sqs.receive_message(QueueUrl=queue._url(queue.dead_letter_name), MessageAttributeNames=["All"])
    (dead,) = answer["Messages"]
    assert dead["Body"] == "garbage"
    assert dead["MessageAttributes"]["reason"]["StringValue"] == "The body is not JSON."


def test_a_body_that_leaves_no_room_for_a_reason_is_put_aside_without_one(
    queue: NotificationQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    sqs = queue._clients.sqs
    send = sqs.send_message

    def limited(**call: Any) -> Any:
        if "MessageAttributes" in call:
            told = {"Code": "InvalidParameterValue", "Message": "Message must be shorter than 1048576 bytes."}
            raise ClientError({"Error": told}, "SendMessage")
        return send(**call)

    queue.send("{" * 1000)
    (message,) = queue.receive()
    monkeypatch.setattr(sqs, "send_message", limited)
    queue.dead_letter(message, "The body is not JSON.")
    assert queue.counts() == {"waiting": 0, "in_flight": 0, "dead": 1}


def test_messages_do_not_show_their_bodies() -> None:
    assert "secret" not in repr(Message("id", "receipt", '{"newClientSecret": "secret"}', 1))


def test_many_are_acknowledged_or_given_back_ten_a_call_and_what_sqs_refuses_is_named(queue: NotificationQueue) -> None:
    for number in range(23):
        queue.send(str(number))
    received = [m for _ in range(3) for m in queue.receive()]
    assert all(m.sent_at is not None for m in received)
    lost = Message("0", "no such receipt", "", 1)
    assert queue.delete_batch([*received[:12], lost]) == [lost]
    assert queue.release_batch(received[12:]) == []
    assert queue.counts() == {"waiting": 11, "in_flight": 0, "dead": 0}
