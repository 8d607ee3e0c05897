"""REPORT_PROCESSING_FINISHED in a real (emulated) SQS queue: the envelope, who gets it, and what faults do to it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest

from spapi_assets.simulator.server import Simulator

from .amazon import Models
from .conftest import ORDERS, SETTLEMENT, US, VENDOR_SALES, Client, TinyRenderer

NOTES = "/notifications/v1"


class Queue:
    def __init__(self) -> None:
        self.sqs = boto3.client("sqs")
        self.url = self.sqs.create_queue(QueueName="spapi-notifications")["QueueUrl"]
        self.arn = self.sqs.get_queue_attributes(QueueUrl=self.url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]

    def receive(self) -> list[dict[str, Any]]:
        """Every message that is there, deleted from the queue."""
        found = []
        while messages := self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                found.append(json.loads(message["Body"]))
                self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])
        return found


@pytest.fixture
def queue(aws: str) -> Queue:
    return Queue()


@pytest.fixture
def models(amazon_reference: Path) -> Models:
    return Models(amazon_reference)


def subscribe(application: Client, partner: Client, arn: str) -> str:
    """Subscribe a selling partner to a queue; returns the subscription id."""
    destinations = application.call("GET", f"{NOTES}/destinations").json()["payload"]
    if not destinations:
        body = {"name": "queue", "resourceSpecification": {"sqs": {"arn": arn}}}
        destinations = [application.call("POST", f"{NOTES}/destinations", json=body).json()["payload"]]
    wish = {"payloadVersion": "1.0", "destinationId": destinations[0]["destinationId"]}
    answer = partner.call("POST", f"{NOTES}/subscriptions/REPORT_PROCESSING_FINISHED", json=wish)
    assert answer.status_code == 200, answer.text
    return answer.json()["payload"]["subscriptionId"]


def payload(notification: dict[str, Any]) -> dict[str, Any]:
    return notification["payload"]["reportProcessingFinishedNotification"]


def test_every_ending_is_announced_in_amazons_envelope(
    models: Models, simulator: Simulator, seller: Client, application: Client, queue: Queue
) -> None:
    subscription = subscribe(application, seller, queue.arn)
    created = [seller.create(), seller.create(reportOptions={"empty": "1"}), seller.create(reportOptions={"refuse": "no"})]
    simulator.advance(3601)
    messages = queue.receive()
    for message in messages:
        models.check_notification(message)
        assert message["notificationMetadata"]["subscriptionId"] == subscription
    by_id = {payload(message)["reportId"]: payload(message) for message in messages}
    assert [by_id[report_id]["processingStatus"] for report_id in created] == ["DONE", "CANCELLED", "FATAL"]
    assert {(p["sellerId"], p["accountId"], p["reportType"]) for p in by_id.values()} == {
        ("A3KESTREL0EU0", "amzn1.merchant.o.A3KESTREL0EU0", ORDERS)
    }
    assert ["reportDocumentId" in by_id[report_id] for report_id in created] == [True, False, True]
    assert by_id[created[0]]["reportDocumentId"] == seller.report(created[0])["reportDocumentId"]
    assert len({message["notificationMetadata"]["notificationId"] for message in messages}) == 3


def test_a_vendors_notification_has_no_seller_id(
    models: Models, simulator: Simulator, vendor: Client, application: Client, queue: Queue
) -> None:
    subscribe(application, vendor, queue.arn)
    vendor.create(VENDOR_SALES, (US,))
    simulator.advance(3601)
    (message,) = queue.receive()
    models.check_notification(message)
    assert payload(message)["accountId"] == "amzn1.vg.1000001"
    assert "sellerId" not in payload(message)


def test_only_subscribed_selling_partners_are_announced_and_none_after_deletion(
    simulator: Simulator, seller: Client, vendor: Client, application: Client, queue: Queue
) -> None:
    subscription = subscribe(application, seller, queue.arn)
    vendor.create(VENDOR_SALES, (US,))
    report_id = seller.create()
    simulator.advance(3601)
    assert [payload(message)["reportId"] for message in queue.receive()] == [report_id]
    application.call("DELETE", f"{NOTES}/subscriptions/REPORT_PROCESSING_FINISHED/{subscription}")
    seller.create()
    simulator.advance(3601)
    assert queue.receive() == []


def test_a_settlement_that_appears_by_itself_is_announced_once(
    simulator: Simulator, seller: Client, application: Client, queue: Queue, renderer: TinyRenderer
) -> None:
    subscribe(application, seller, queue.arn)
    renderer.add_settlement(simulator.clock.now() - timedelta(days=1), "77000000001")
    renderer.add_settlement(simulator.clock.now() + timedelta(hours=5), "77000000002")
    for _ in range(3):
        simulator.advance(86400)
    announced = [payload(message) for message in queue.receive()]
    assert [(p["reportId"], p["reportType"], p["processingStatus"]) for p in announced] == [("77000000002", SETTLEMENT, "DONE")]


def test_notifications_can_be_lost_doubled_and_late(
    simulator: Simulator, seller: Client, application: Client, queue: Queue
) -> None:
    subscribe(application, seller, queue.arn)
    simulator.faults.add("lost_notification", times=1)
    simulator.faults.add("duplicate_notification", times=1, copies=3)
    simulator.faults.add("delayed_notification", times=1, seconds=7200)
    lost, doubled, late = seller.create(), seller.create(), seller.create()
    simulator.advance(3601)
    messages = queue.receive()
    assert [payload(message)["reportId"] for message in messages] == [doubled] * 3
    assert len({message["notificationMetadata"]["notificationId"] for message in messages}) == 1
    simulator.advance(7200)
    assert [payload(message)["reportId"] for message in queue.receive()] == [late]
    assert [entry["report_id"] for entry in simulator.journal.entries("notification_lost")] == [lost]


def test_a_notification_can_be_overtaken_by_the_next(
    simulator: Simulator, seller: Client, application: Client, queue: Queue
) -> None:
    subscribe(application, seller, queue.arn)
    simulator.faults.add("reordered_notification", times=1, seconds=86_400)
    first, second = seller.create(), seller.create()
    simulator.advance(3601)
    assert [payload(message)["reportId"] for message in queue.receive()] == [second, first]
    simulator.faults.add("reordered_notification", times=1, seconds=7200)
    alone = seller.create()
    simulator.advance(3601)
    assert queue.receive() == []
    simulator.advance(7200)
    assert [payload(message)["reportId"] for message in queue.receive()] == [alone]


def test_an_undeliverable_notification_is_logged_and_the_next_one_arrives(
    simulator: Simulator, seller: Client, application: Client, queue: Queue
) -> None:
    subscribe(application, seller, queue.arn.replace("spapi-notifications", "no-such-queue"))
    report_id = seller.create()
    simulator.advance(3601)
    (entry,) = simulator.journal.entries("notification_undeliverable")
    assert (entry["report_id"], "NonExistentQueue" in entry["reason"]) == (report_id, True)
    queue.sqs.create_queue(QueueName="no-such-queue")
    seller.create()
    simulator.advance(3601)
    assert len(simulator.journal.entries("notification_sent")) == 1
