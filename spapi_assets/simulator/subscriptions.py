"""Notification destinations and subscriptions: who wants to hear of what, and where.
Sending is in publisher.py."""

from __future__ import annotations

import threading
import uuid
from dataclasses import dataclass
from typing import Any

from spapi_assets.simulator.accounts import Account, Application

REPORT_PROCESSING_FINISHED = "REPORT_PROCESSING_FINISHED"
# Types that Amazon delivers to SQS; the others need EventBridge (SP-API documentation, notification type values).
SQS_TYPES = frozenset(
    {
        "ACCOUNT_STATUS_CHANGED",
        "ANY_OFFER_CHANGED",
        "B2B_ANY_OFFER_CHANGED",
        "DATA_KIOSK_QUERY_PROCESSING_FINISHED",
        "DETAIL_PAGE_TRAFFIC_EVENT",
        "EXTERNAL_FULFILLMENT_SHIPMENT_STATUS_CHANGE",
        "FBA_INVENTORY_AVAILABILITY_CHANGES",
        "FBA_OUTBOUND_SHIPMENT_STATUS",
        "FEE_PROMOTION",
        "FEED_PROCESSING_FINISHED",
        "FULFILLMENT_ORDER_STATUS",
        "ITEM_INVENTORY_EVENT_CHANGE",
        "ITEM_SALES_EVENT_CHANGE",
        "ORDER_CHANGE",
        "PRICING_HEALTH",
        "REPORT_PROCESSING_FINISHED",
        "SHIPMENT_TRACKING_MILESTONE_CHANGED",
        "TRANSACTION_UPDATE",
    }
)
EVENTBRIDGE_TYPES = frozenset(
    {
        "BRANDED_ITEM_CONTENT_CHANGE",
        "ITEM_PRODUCT_TYPE_CHANGE",
        "LISTINGS_ITEM_STATUS_CHANGE",
        "LISTINGS_ITEM_ISSUES_CHANGE",
        "LISTINGS_ITEM_MFN_QUANTITY_CHANGE",
        "PRODUCT_TYPE_DEFINITIONS_CHANGE",
    }
)


@dataclass(frozen=True)
class Destination:
    """A queue or event bus of an application (not of a selling partner)."""

    destination_id: str
    application: Application
    name: str
    resource: dict[str, Any]

    @property
    def queue_arn(self) -> str | None:
        return self.resource.get("sqs", {}).get("arn")

    def describe(self) -> dict[str, Any]:
        return {"destinationId": self.destination_id, "name": self.name, "resource": self.resource}


@dataclass(frozen=True)
class Subscription:
    """One application's wish to be told of one notification type for one selling partner."""

    subscription_id: str
    application: Application
    account: Account
    notification_type: str
    payload_version: str
    destination_id: str
    directive: dict[str, Any] | None = None

    def wants(self, marketplace_id: str | None, order_change: str | None = None) -> bool:
        """Whether the event filter, as far as it names marketplaces or kinds of order changes, lets an event through."""
        filter_ = (self.directive or {}).get("eventFilter") or {}
        stores, changes = filter_.get("marketplaceIds"), filter_.get("orderChangeTypes")
        if stores and marketplace_id is not None and marketplace_id not in stores:
            return False
        return not changes or order_change is None or order_change in changes

    def describe(self) -> dict[str, Any]:
        answer: dict[str, Any] = {
            "subscriptionId": self.subscription_id,
            "payloadVersion": self.payload_version,
            "destinationId": self.destination_id,
        }
        return answer | ({"processingDirective": self.directive} if self.directive else {})


class Subscriptions:
    """All destinations and subscriptions."""

    def __init__(self) -> None:
        self._destinations: dict[str, Destination] = {}
        self._subscriptions: dict[str, Subscription] = {}
        self._lock = threading.Lock()

    def add_destination(self, application: Application, name: str, resource: dict[str, Any]) -> Destination | None:
        """None when the application already has this resource."""
        with self._lock:
            if any(d.application == application and d.resource == resource for d in self._destinations.values()):
                return None
            destination = Destination(str(uuid.uuid4()), application, name, resource)
            self._destinations[destination.destination_id] = destination
            return destination

    def destinations(self, application: Application) -> list[Destination]:
        with self._lock:
            return [d for d in self._destinations.values() if d.application == application]

    def destination(self, application: Application, destination_id: str) -> Destination | None:
        return next((d for d in self.destinations(application) if d.destination_id == destination_id), None)

    def remove_destination(self, destination_id: str) -> None:
        with self._lock:
            self._destinations.pop(destination_id, None)

    def add(
        self,
        application: Application,
        account: Account,
        notification_type: str,
        payload_version: str,
        destination_id: str,
        directive: dict[str, Any] | None,
    ) -> Subscription | None:
        """None when this application already subscribes to the type and version for this selling partner."""
        wanted = (application, account.selling_partner_id, notification_type, payload_version)
        with self._lock:
            for s in self._subscriptions.values():
                if (s.application, s.account.selling_partner_id, s.notification_type, s.payload_version) == wanted:
                    return None
            created = Subscription(
                str(uuid.uuid4()), application, account, notification_type, payload_version, destination_id, directive
            )
            self._subscriptions[created.subscription_id] = created
            return created

    def of(self, application: Application | None, account: Account | None, notification_type: str) -> list[Subscription]:
        """Subscriptions to a type, oldest first; None means any application or account."""
        with self._lock:
            return [
                s
                for s in self._subscriptions.values()
                if s.notification_type == notification_type
                and (application is None or s.application == application)
                and (account is None or s.account.selling_partner_id == account.selling_partner_id)
            ]

    def by_id(self, application: Application, notification_type: str, subscription_id: str) -> Subscription | None:
        return next((s for s in self.of(application, None, notification_type) if s.subscription_id == subscription_id), None)

    def remove(self, subscription_id: str) -> None:
        with self._lock:
            self._subscriptions.pop(subscription_id, None)

    def count(self) -> tuple[int, int]:
        """Destinations and subscriptions that exist."""
        with self._lock:
            return len(self._destinations), len(self._subscriptions)
