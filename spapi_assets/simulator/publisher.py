"""Sends REPORT_PROCESSING_FINISHED to the SQS queues of the subscriptions, in Amazon's envelope, in a thread of its own.
Applies the notification faults (lost, duplicated, delayed, reordered); boto3 finds the queue, hence AWS_ENDPOINT_URL."""

from __future__ import annotations

import heapq
import itertools
import json
import logging
import threading
import uuid
from typing import Any

from spapi_assets.simulator.clock import Clock, iso_millis
from spapi_assets.simulator.faults import NOTIFICATION_KINDS, Faults
from spapi_assets.simulator.journal import Journal
from spapi_assets.simulator.report import Report
from spapi_assets.simulator.subscriptions import REPORT_PROCESSING_FINISHED, Subscription, Subscriptions

_log = logging.getLogger(__name__)


def envelope(report: Report, subscription: Subscription, event_time: str, publish_time: str) -> dict[str, Any]:
    """The notification as Amazon writes it. Vendors have no sellerId; marketplaces are never named."""
    payload: dict[str, Any] = {
        "accountId": report.account.account_id,
        "reportId": report.report_id,
        "reportType": report.report_type,
        "processingStatus": report.outcome,
    }
    if report.account.kind == "seller":
        payload = {"sellerId": report.account.selling_partner_id} | payload
    if report.document_id:
        payload["reportDocumentId"] = report.document_id
    return {
        "notificationVersion": "2020-09-04",
        "notificationType": REPORT_PROCESSING_FINISHED,
        "payloadVersion": subscription.payload_version,
        "eventTime": event_time,
        "payload": {"reportProcessingFinishedNotification": payload},
        "notificationMetadata": {
            "applicationId": subscription.application.application_id,
            "subscriptionId": subscription.subscription_id,
            "publishTime": publish_time,
            "notificationId": str(uuid.uuid4()),
        },
    }


class Publisher:
    """Queues notifications by their simulated time and sends them one after another."""

    def __init__(self, clock: Clock, subscriptions: Subscriptions, faults: Faults, journal: Journal) -> None:
        self.clock, self.subscriptions, self.faults, self.journal = clock, subscriptions, faults, journal
        self._waiting: list[tuple[float, int, Subscription, str]] = []
        self._held: dict[str, tuple[float, int, Subscription, str]] = {}  # subscription id -> what its next message overtakes
        self._order = itertools.count()
        self._changed = threading.Condition()
        self._sending = False
        self._stopped = False
        self._thread = threading.Thread(target=self._run, name="simulator-publisher", daemon=True)
        clock.on_move(self._wake)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped = True
        self._wake()
        self._thread.join(timeout=5)

    def report_finished(self, report: Report) -> None:
        """Queue what the subscriptions of the report's selling partner are owed."""
        names = (report.account.name, report.account.selling_partner_id)
        for subscription in self.subscriptions.of(None, report.account, REPORT_PROCESSING_FINISHED):
            due, copies = self.clock.timestamp(), 1
            fault = self.faults.strike(NOTIFICATION_KINDS, report_type=report.report_type, account=names)
            if fault and fault.kind == "lost_notification":
                self.journal.event("notification_lost", report_id=report.report_id, subscription_id=subscription.subscription_id)
                continue
            if fault and fault.kind == "duplicate_notification":
                copies = fault.copies
            overtaken = fault is not None and fault.kind == "reordered_notification"
            if fault and (overtaken or fault.kind == "delayed_notification"):
                due += fault.seconds
            now = iso_millis(self.clock.now())
            body = json.dumps(envelope(report, subscription, iso_millis(report.finishes_at), now))
            with self._changed:
                for _ in range(copies):
                    entry = (due, next(self._order), subscription, body)
                    heapq.heappush(self._waiting, entry)
                if overtaken:
                    self._held[subscription.subscription_id] = entry
                else:
                    self._release(subscription, due)
                self._changed.notify_all()

    def _release(self, subscription: Subscription, due: float) -> None:
        """Let the message that was held back follow the one that has just been queued; without one, its own time comes."""
        held = self._held.pop(subscription.subscription_id, None)
        if held in self._waiting and held is not None and held[0] > due:
            self._waiting.remove(held)
            heapq.heapify(self._waiting)
            heapq.heappush(self._waiting, (due, next(self._order), held[2], held[3]))

    def flush(self, timeout: float = 10.0) -> bool:
        """Wait (really) until everything that is due has been sent; False when that took longer than `timeout` seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._sending and not self._is_due(), timeout)

    def waiting(self) -> int:
        """Notifications not sent yet."""
        with self._changed:
            return len(self._waiting)

    def _is_due(self) -> bool:
        return bool(self._waiting) and self._waiting[0][0] <= self.clock.timestamp()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._sending = False
                self._changed.notify_all()
                while not self._stopped and not self._is_due():
                    pause = self.clock.real_seconds_until(self._waiting[0][0]) if self._waiting else None
                    self._changed.wait(pause)
                if self._stopped:
                    return
                _, _, subscription, body = heapq.heappop(self._waiting)
                self._sending = True
            self._send(subscription, body)

    def _send(self, subscription: Subscription, body: str) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        notification = json.loads(body)
        facts = {
            "report_id": notification["payload"]["reportProcessingFinishedNotification"]["reportId"],
            "notification_id": notification["notificationMetadata"]["notificationId"],
        }
        destination = self.subscriptions.destination(subscription.application, subscription.destination_id)
        if destination is None or not destination.queue_arn:
            self.journal.event("notification_undeliverable", reason="the destination was deleted or is not a queue", **facts)
            return
        try:
            _queue_send(destination.queue_arn, body)
        except (BotoCoreError, ClientError, ValueError) as error:
            _log.warning(
                "report %s: the notification could not be sent to %s: %s", facts["report_id"], destination.queue_arn, error
            )
            self.journal.event("notification_undeliverable", reason=str(error), queue=destination.queue_arn, **facts)
        else:
            self.journal.event("notification_sent", queue=destination.queue_arn, **facts)


def _queue_send(arn: str, body: str) -> None:
    import boto3
    from botocore.config import Config

    _, _, _, region, owner, name = arn.split(":", 5)
    # A client per message: the environment may point elsewhere by now, and a simulator sends few.
    config = Config(connect_timeout=3, read_timeout=10, retries={"max_attempts": 3, "mode": "standard"})
    sqs = boto3.session.Session(region_name=region).client("sqs", config=config)
    url = sqs.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=owner)["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=body)
