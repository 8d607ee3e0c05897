"""Sends notifications to the subscriptions' queues and buses, in Amazon's envelope, in a thread of its own and in order of time.
Applies the notification faults (lost, duplicated, delayed, reordered); the way to AWS is sending.py."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from spapi_assets.simulator import sending
from spapi_assets.simulator.accounts import Account
from spapi_assets.simulator.clock import Clock, iso_millis
from spapi_assets.simulator.envelopes import envelope, notification_id
from spapi_assets.simulator.faults import NOTIFICATION_KINDS, Faults
from spapi_assets.simulator.journal import Journal
from spapi_assets.simulator.report import Report
from spapi_assets.simulator.subscriptions import REPORT_PROCESSING_FINISHED, Subscription, Subscriptions

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Message:
    """One notification on its way; `facts` go into the journal."""

    subscription: Subscription
    body: str
    facts: dict[str, str]


_Entry = tuple[float, int, _Message]  # the simulated time it is due, and the order of its making


class Publisher:
    """Queues notifications by their simulated time and sends them one after another."""

    def __init__(self, clock: Clock, subscriptions: Subscriptions, faults: Faults, journal: Journal) -> None:
        self.clock, self.subscriptions, self.faults, self.journal = clock, subscriptions, faults, journal
        self._waiting: list[_Entry] = []
        self._held: dict[str, _Entry] = {}  # subscription id -> what its next message overtakes
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
        """Queue what the subscriptions of the report's selling partner are owed. Vendors have no sellerId; marketplaces are never
        named."""
        account = report.account
        payload: dict[str, Any] = {"sellerId": account.selling_partner_id} if account.kind == "seller" else {}
        payload |= {
            "accountId": account.account_id,
            "reportId": report.report_id,
            "reportType": report.report_type,
            "processingStatus": report.outcome,
        }
        if report.document_id:
            payload["reportDocumentId"] = report.document_id
        self.publish(
            account,
            REPORT_PROCESSING_FINISHED,
            {"reportProcessingFinishedNotification": payload},
            event_time=report.finishes_at,
            report_type=report.report_type,
            facts={"report_id": report.report_id},
        )

    def publish(
        self,
        account: Account,
        notification_type: str,
        payload: dict[str, Any],
        *,
        event_time: datetime | None = None,
        report_type: str | None = None,
        marketplace_id: str | None = None,
        order_change: str | None = None,
        facts: dict[str, str] | None = None,
    ) -> int:
        """Queue a notification of any type for the selling partner's subscriptions to it; returns for how many.

        `payload` is what stands under Payload (or payload), in Amazon's casing. `marketplace_id` and `order_change` let
        event filters decide; `report_type` binds faults; `facts` go into the journal. The event happens now unless `event_time`
        says otherwise."""
        names = (account.name, account.selling_partner_id)
        now = self.clock.now()
        count = 0
        for subscription in self.subscriptions.of(None, account, notification_type):
            if not subscription.wants(marketplace_id, order_change):
                continue
            count += 1
            notification = envelope(notification_type, payload, subscription, iso_millis(event_time or now), iso_millis(now))
            told = {"notification_type": notification_type, **(facts or {}), "notification_id": notification_id(notification)}
            due, copies = self.clock.timestamp(), 1
            fault = self.faults.strike(NOTIFICATION_KINDS, report_type=report_type, account=names)
            if fault and fault.kind == "lost_notification":
                self.journal.event("notification_lost", subscription_id=subscription.subscription_id, **told)
                continue
            if fault and fault.kind == "duplicate_notification":
                copies = fault.copies
            overtaken = fault is not None and fault.kind == "reordered_notification"
            if fault and (overtaken or fault.kind == "delayed_notification"):
                due += fault.seconds
            message = _Message(subscription, sending.as_text(notification), told)
            with self._changed:
                for _ in range(copies):
                    entry = (due, next(self._order), message)
                    heapq.heappush(self._waiting, entry)
                if overtaken:
                    self._held[subscription.subscription_id] = entry
                else:
                    self._release(subscription, due)
                self._changed.notify_all()
        return count

    def _release(self, subscription: Subscription, due: float) -> None:
        """Let the message that was held back follow the one that has just been queued; without one, its own time comes."""
        held = self._held.pop(subscription.subscription_id, None)
        if held in self._waiting and held is not None and held[0] > due:
            self._waiting.remove(held)
            heapq.heapify(self._waiting)
            heapq.heappush(self._waiting, (due, next(self._order), held[2]))

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
                messages = [heapq.heappop(self._waiting)[2]]
                while len(messages) < sending.BATCH and self._is_due() and _together(messages[0], self._waiting[0][2]):
                    messages.append(heapq.heappop(self._waiting)[2])
                self._sending = True
            self._send(messages)

    def _send(self, messages: list[_Message]) -> None:
        """Send messages of one destination."""
        from botocore.exceptions import BotoCoreError, ClientError

        first = messages[0].subscription
        destination = self.subscriptions.destination(first.application, first.destination_id)
        if destination is None:
            for message in messages:
                self.journal.event("notification_undeliverable", reason="the destination was deleted", **message.facts)
            return
        target = sending.where(destination)
        try:
            wrong = sending.send(destination, [(m.subscription.notification_type, m.body) for m in messages])
        except (BotoCoreError, ClientError, ValueError) as error:
            wrong = [str(error)] * len(messages)
        for message, reason in zip(messages, wrong, strict=True):
            if reason:
                _log.warning("%s could not be sent to %s: %s", message.facts, target, reason)
                self.journal.event("notification_undeliverable", reason=reason, queue=target, **message.facts)
            else:
                self.journal.event("notification_sent", queue=target, **message.facts)


def _together(one: _Message, other: _Message) -> bool:
    a, b = one.subscription, other.subscription
    return (a.application, a.destination_id) == (b.application, b.destination_id)
