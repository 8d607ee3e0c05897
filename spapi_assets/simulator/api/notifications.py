"""The Notifications API v1: destinations and subscriptions. Messages are sent by publisher.py."""

from __future__ import annotations

import re
from typing import Any

from spapi_assets.simulator import sending, validation
from spapi_assets.simulator.api.call import Answer, Call
from spapi_assets.simulator.errors import ApiError, invalid_input, not_found
from spapi_assets.simulator.subscriptions import EVENTBRIDGE_TYPES, SQS_TYPES, Destination, Subscription

_ARN = re.compile(r"arn:aws:sqs:\S+:\S+:\S+")


def create_destination(call: Call) -> Answer:
    body = call.body(("name", "resourceSpecification"))
    name, specification = validation.text(body, "name"), body["resourceSpecification"]
    if len(name) > 256:
        raise invalid_input("'name' must not be longer than 256 characters.")
    resource = _resource(call, specification)
    created = call.state.subscriptions.add_destination(call.token.application, name, resource)
    if created is None:
        raise ApiError(409, "Conflict", "A destination with this resource already exists for the application.")
    if wrong := sending.offer_source(created):
        call.state.journal.event("event_source_not_offered", reason=wrong, destination=created.destination_id)
    return {"payload": created.describe()}


def get_destinations(call: Call) -> Answer:
    return {"payload": [found.describe() for found in call.state.subscriptions.destinations(call.token.application)]}


def get_destination(call: Call) -> Answer:
    return {"payload": _destination(call, call.path["destinationId"]).describe()}


def delete_destination(call: Call) -> Answer:
    call.state.subscriptions.remove_destination(_destination(call, call.path["destinationId"]).destination_id)
    return {}


def create_subscription(call: Call) -> Answer:
    body = call.body(("payloadVersion", "destinationId"), ("processingDirective",))
    notification_type = _type(call)
    payload_version = validation.text(body, "payloadVersion")
    destination = _destination(call, validation.text(body, "destinationId"))
    if (notification_type in EVENTBRIDGE_TYPES) == (destination.queue_arn is not None):
        raise invalid_input(f"Notification type {notification_type} cannot be delivered to this kind of destination.")
    directive = body.get("processingDirective")
    if directive is not None and not isinstance(directive, dict):
        raise invalid_input("'processingDirective' must be an object.")
    created = call.state.subscriptions.add(
        call.token.application, call.account, notification_type, payload_version, destination.destination_id, directive
    )
    if created is None:
        raise ApiError(409, "Conflict", f"A subscription to {notification_type} {payload_version} already exists.")
    return {"payload": created.describe()}


def get_subscription(call: Call) -> Answer:
    version = call.query.text("payloadVersion")
    found = [s for s in _mine(call, _type(call)) if version in (None, s.payload_version)]
    if not found:
        raise not_found(f"There is no subscription to {call.path['notificationType']} for this selling partner.")
    return {"payload": max(found, key=lambda s: s.payload_version).describe()}


def get_subscriptions(call: Call) -> Answer:
    types = call.query.list("notificationTypes", most=1, allowed=SQS_TYPES | EVENTBRIDGE_TYPES)
    if types is None:
        raise invalid_input("'notificationTypes' is required.")
    version, size = call.query.text("payloadVersion"), call.query.integer("pageSize", 30, 100, default=30)
    start = call.query.text("nextToken") or "0"
    if not start.isdecimal():
        raise invalid_input("'nextToken' is not valid.")
    found = [s for s in _mine(call, types[0]) if version in (None, s.payload_version)]
    page = found[int(start) : int(start) + size]
    payload: dict[str, Any] = {"subscriptions": [subscription.describe() for subscription in page]}
    if int(start) + size < len(found):
        payload["nextToken"] = str(int(start) + size)
    return {"payload": payload}


def get_subscription_by_id(call: Call) -> Answer:
    return {"payload": _subscription(call).describe()}


def delete_subscription_by_id(call: Call) -> Answer:
    call.state.subscriptions.remove(_subscription(call).subscription_id)
    return {}


def _resource(call: Call, specification: Any) -> dict[str, Any]:
    if not isinstance(specification, dict) or len(specification) != 1 or not set(specification) <= {"sqs", "eventBridge"}:
        raise invalid_input("'resourceSpecification' must hold exactly one of 'sqs' and 'eventBridge'.")
    (kind, value), *_ = specification.items()
    if kind == "sqs":
        arn = value.get("arn") if isinstance(value, dict) else None
        if not isinstance(arn, str) or len(arn) > 1000 or not _ARN.fullmatch(arn):
            raise invalid_input(f"Invalid SQS queue ARN {arn!r}.")
        if arn.endswith(".fifo"):
            raise invalid_input("A destination must be a standard queue, not a FIFO queue.")
        return {"sqs": {"arn": arn}}
    if not isinstance(value, dict) or not all(isinstance(value.get(name), str) for name in ("accountId", "region")):
        raise invalid_input("'eventBridge' must hold 'accountId' and 'region'.")
    source = f"aws.partner/sellingpartnerapi.amazon.com/{value['accountId']}/{call.token.application.application_id}"
    return {"eventBridge": {"name": source, "region": value["region"], "accountId": value["accountId"]}}


def _type(call: Call) -> str:
    notification_type = call.path["notificationType"]
    if notification_type not in SQS_TYPES | EVENTBRIDGE_TYPES:
        raise invalid_input(f"Invalid notification type {notification_type!r}.")
    return notification_type


def _mine(call: Call, notification_type: str) -> list[Subscription]:
    return call.state.subscriptions.of(call.token.application, call.account, notification_type)


def _destination(call: Call, destination_id: str) -> Destination:
    found = call.state.subscriptions.destination(call.token.application, destination_id)
    if found is None:
        raise not_found(f"Destination {destination_id} was not found.")
    return found


def _subscription(call: Call) -> Subscription:
    subscription_id = call.path["subscriptionId"]
    found = call.state.subscriptions.by_id(call.token.application, _type(call), subscription_id)
    if found is None:
        raise not_found(f"Subscription {subscription_id} was not found.")
    return found
