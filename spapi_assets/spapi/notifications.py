"""The Notifications API v1: where Amazon delivers (destinations, per application) and what (subscriptions, per selling partner).
Reading what was delivered is aws/queue.py's work."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from spapi_assets.spapi import operations as ops
from spapi_assets.spapi.errors import AmazonFault, Conflict, NotFound
from spapi_assets.spapi.session import SpApiSession

REPORT_PROCESSING_FINISHED = "REPORT_PROCESSING_FINISHED"


@dataclass(frozen=True)
class Destination:
    """A queue (`sqs_arn`) or an EventBridge account and region that Amazon delivers to."""

    destination_id: str
    name: str
    sqs_arn: str | None = None
    event_bridge_account: str | None = None
    event_bridge_region: str | None = None
    event_source: str | None = None  # the partner event source Amazon offers there


@dataclass(frozen=True)
class Subscription:
    """What is delivered where. `directive` is Amazon's processingDirective (filters), if there is one."""

    subscription_id: str
    notification_type: str
    payload_version: str
    destination_id: str
    directive: dict[str, Any] | None = None


class NotificationsApi:
    """Destinations use the application's grantless token; subscriptions use the selling partner's."""

    def __init__(self, session: SpApiSession) -> None:
        self._session = session

    def destinations(self) -> list[Destination]:
        """All destinations of the application (they are not tied to a selling partner)."""
        payload = self._session.call(ops.GET_DESTINATIONS).get("payload") or []
        return [self._destination(entry, ops.GET_DESTINATIONS) for entry in payload]

    def destination(self, destination_id: str) -> Destination:
        answer = self._session.call(ops.GET_DESTINATION, path={"destinationId": destination_id})
        return self._destination(answer.get("payload"), ops.GET_DESTINATION)

    def create_destination(
        self, name: str, *, sqs_arn: str | None = None, event_bridge: tuple[str, str] | None = None
    ) -> Destination:
        """Register a standard (not FIFO) queue whose policy lets Amazon send, or an EventBridge (AWS account, region)
        whose partner event source must then be associated by hand. Conflict when it is registered already."""
        if (sqs_arn is None) == (event_bridge is None):
            raise ValueError("A destination is either a queue (sqs_arn) or an EventBridge account and region.")
        specification: dict[str, Any]
        if event_bridge is not None:
            specification = {"eventBridge": {"accountId": event_bridge[0], "region": event_bridge[1]}}
        else:
            specification = {"sqs": {"arn": sqs_arn}}
        answer = self._session.call(ops.CREATE_DESTINATION, json={"name": name, "resourceSpecification": specification})
        return self._destination(answer.get("payload"), ops.CREATE_DESTINATION)

    def find_destination(
        self, name: str, *, sqs_arn: str | None = None, event_bridge: tuple[str, str] | None = None
    ) -> Destination | None:
        """The destination for this queue, or EventBridge account and region, whatever it is called; None: there is none."""
        for found in self.destinations():
            bus = (found.event_bridge_account, found.event_bridge_region)
            if found.sqs_arn == sqs_arn if sqs_arn is not None else bus == event_bridge:
                return found
        return None

    def ensure_destination(
        self, name: str, *, sqs_arn: str | None = None, event_bridge: tuple[str, str] | None = None
    ) -> Destination:
        """The destination, created if there is none. Two callers at once end with the same one."""
        found = self.find_destination(name, sqs_arn=sqs_arn, event_bridge=event_bridge)
        if found is not None:
            return found
        try:
            return self.create_destination(name, sqs_arn=sqs_arn, event_bridge=event_bridge)
        except Conflict:
            found = self.find_destination(name, sqs_arn=sqs_arn, event_bridge=event_bridge)
            if found is None:
                raise
            return found

    def delete_destination(self, destination_id: str) -> None:
        self._session.call(ops.DELETE_DESTINATION, path={"destinationId": destination_id})

    def subscription(self, notification_type: str, payload_version: str | None = None) -> Subscription | None:
        """This selling partner's subscription to the type, or None."""
        try:
            answer = self._session.call(
                ops.GET_SUBSCRIPTION, path={"notificationType": notification_type}, params={"payloadVersion": payload_version}
            )
        except NotFound:
            return None
        return self._subscription(answer.get("payload"), notification_type, ops.GET_SUBSCRIPTION)

    def subscriptions(self, notification_type: str, payload_version: str | None = None) -> Iterator[Subscription]:
        """All subscriptions to the type, page by page."""
        token: str | None = None
        while True:
            params = {
                "notificationTypes": notification_type,
                "payloadVersion": payload_version,
                "pageSize": 100,
                "nextToken": token,
            }
            payload = self._session.call(ops.GET_SUBSCRIPTIONS, params=params).get("payload") or {}
            for entry in payload.get("subscriptions") or ():
                yield self._subscription(entry, notification_type, ops.GET_SUBSCRIPTIONS)
            token = payload.get("nextToken")
            if not token:
                return

    def create_subscription(
        self, notification_type: str, destination_id: str, payload_version: str, directive: Mapping[str, Any] | None = None
    ) -> Subscription:
        """Subscribe this selling partner. Conflict when it is subscribed already."""
        body: dict[str, Any] = {"payloadVersion": payload_version, "destinationId": destination_id}
        if directive:
            body["processingDirective"] = dict(directive)
        answer = self._session.call(ops.CREATE_SUBSCRIPTION, path={"notificationType": notification_type}, json=body)
        return self._subscription(answer.get("payload"), notification_type, ops.CREATE_SUBSCRIPTION)

    def ensure_subscription(self, notification_type: str, destination_id: str, payload_version: str) -> Subscription:
        """The subscription of this type, created if there is none. One that delivers elsewhere is left alone and returned, so
        that the caller can say so: another application's queue may live from it."""
        existing = self.subscription(notification_type)
        if existing is not None:
            return existing
        try:
            return self.create_subscription(notification_type, destination_id, payload_version)
        except Conflict:
            existing = self.subscription(notification_type) or self.subscription(notification_type, payload_version)
            if existing is None:
                raise
            return existing

    def subscription_by_id(self, notification_type: str, subscription_id: str) -> Subscription:
        path = {"notificationType": notification_type, "subscriptionId": subscription_id}
        answer = self._session.call(ops.GET_SUBSCRIPTION_BY_ID, path=path)
        return self._subscription(answer.get("payload"), notification_type, ops.GET_SUBSCRIPTION_BY_ID)

    def delete_subscription(self, notification_type: str, subscription_id: str) -> None:
        path = {"notificationType": notification_type, "subscriptionId": subscription_id}
        self._session.call(ops.DELETE_SUBSCRIPTION_BY_ID, path=path)

    def send_test(self, notification_type: str, destination_id: str, payload_version: str, scenario: str = "") -> None:
        """Have Amazon send a mock notification. The sandbox's endpoint only: others answer that there is no such operation."""
        test = {"payloadVersion": payload_version, **({"testScenario": scenario} if scenario else {})}
        body = {"destinationId": destination_id, "testNotification": test}
        self._session.call(ops.SEND_TEST_NOTIFICATION, path={"notificationType": notification_type}, json=body)

    def _destination(self, entry: Any, operation: ops.Operation) -> Destination:
        try:
            resource = entry["resource"]
            bridge = resource.get("eventBridge") or {}
            return Destination(
                destination_id=entry["destinationId"],
                name=entry["name"],
                sqs_arn=(resource.get("sqs") or {}).get("arn"),
                event_bridge_account=bridge.get("accountId"),
                event_bridge_region=bridge.get("region"),
                event_source=bridge.get("name"),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise self._broken(operation, error) from error

    def _subscription(self, entry: Any, notification_type: str, operation: ops.Operation) -> Subscription:
        try:
            return Subscription(
                subscription_id=entry["subscriptionId"],
                notification_type=notification_type,
                payload_version=entry["payloadVersion"],
                destination_id=entry["destinationId"],
                directive=entry.get("processingDirective"),
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise self._broken(operation, error) from error

    def _broken(self, operation: ops.Operation, error: Exception) -> AmazonFault:
        return AmazonFault(
            f"Amazon's answer to {operation.name} for account {self._session.account} breaks its own model "
            f"({type(error).__name__}: {error}). Try again; if it stays, open a case with Amazon.",
            account=self._session.account,
            operation=operation.name,
        )
