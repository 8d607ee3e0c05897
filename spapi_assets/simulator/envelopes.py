"""Amazon's envelope around a notification's payload, in the casing and with the versions that each type has.
What a payload holds is in publisher.py (reports) and notices.py (listings, offers, stock); source: Amazon's schemas."""

from __future__ import annotations

import uuid
from typing import Any

from spapi_assets.simulator.subscriptions import EVENTBRIDGE_TYPES, SQS_TYPES, Subscription

# Type -> notificationVersion, of the types written in camelCase; all others are PascalCase and of version 1.0.
_CAMEL = {
    "REPORT_PROCESSING_FINISHED": "2020-09-04",
    "FEED_PROCESSING_FINISHED": "2020-09-04",
    "DATA_KIOSK_QUERY_PROCESSING_FINISHED": "2023-11-15",
    "DETAIL_PAGE_TRAFFIC_EVENT": "2020-09-04",
    "ITEM_INVENTORY_EVENT_CHANGE": "2020-09-04",
    "ITEM_SALES_EVENT_CHANGE": "2020-09-04",
    "PRICING_HEALTH": "1.0",
    "SHIPMENT_TRACKING_MILESTONE_CHANGED": "1.0",
}


def envelope(
    notification_type: str, payload: dict[str, Any], subscription: Subscription, event_time: str, publish_time: str
) -> dict[str, Any]:
    """The whole notification for one subscription, with an id of its own."""
    if notification_type not in SQS_TYPES | EVENTBRIDGE_TYPES:
        raise ValueError(f"there is no notification type {notification_type!r}")
    camel = _CAMEL.get(notification_type)

    def key(name: str) -> str:
        return name[0].lower() + name[1:] if camel else name

    return {
        key("NotificationVersion"): camel or "1.0",
        key("NotificationType"): notification_type,
        key("PayloadVersion"): subscription.payload_version,
        key("EventTime"): event_time,
        key("Payload"): payload,
        key("NotificationMetadata"): {
            key("ApplicationId"): subscription.application.application_id,
            key("SubscriptionId"): subscription.subscription_id,
            key("PublishTime"): publish_time,
            key("NotificationId"): str(uuid.uuid4()),
        },
    }


def notification_id(notification: dict[str, Any]) -> str:
    """The id in either casing."""
    found = notification.get("notificationMetadata") or notification["NotificationMetadata"]
    return str(found.get("notificationId") or found["NotificationId"])
