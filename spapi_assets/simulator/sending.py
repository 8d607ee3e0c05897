"""Hands notifications to AWS as Amazon does: SQS queues get them bare, EventBridge's partner buses under `detail`, ten at a time.
boto3 finds queue and bus, hence AWS_ENDPOINT_URL; what is sent when is publisher.py's."""

from __future__ import annotations

import json
import os
from typing import Any

from spapi_assets.simulator.subscriptions import Destination

BATCH = 10  # the most that SQS and EventBridge take at once
_CLIENTS: dict[tuple[str | None, ...], Any] = {}
_ENVIRONMENT = ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SQS", "AWS_ENDPOINT_URL_EVENTS", "AWS_ACCESS_KEY_ID", "AWS_PROFILE")


def where(destination: Destination) -> str:
    """The queue's ARN or the bus's name."""
    return destination.queue_arn or str(destination.resource["eventBridge"]["name"])


def send(destination: Destination, messages: list[tuple[str, str]]) -> list[str]:
    """Send up to ten (notification type, body) in their order; returns for each what went wrong, or nothing.

    Raises botocore's errors when none could be sent, such as a queue or bus that does not exist."""
    if destination.queue_arn:
        return _to_queue(destination.queue_arn, [body for _, body in messages])
    return _to_bus(destination.resource["eventBridge"], messages)


def offer_source(destination: Destination) -> str:
    """What Amazon does when an EventBridge destination is created: offer the account a partner event source, for somebody to
    associate with a bus. Only in an emulator (AWS_ENDPOINT_URL): AWS lets nobody else do it. Returns what went wrong."""
    from botocore.exceptions import BotoCoreError, ClientError

    bus = destination.resource.get("eventBridge")
    if bus is None or not (os.environ.get("AWS_ENDPOINT_URL") or os.environ.get("AWS_ENDPOINT_URL_EVENTS")):
        return ""
    events = _client("events", bus["region"])
    try:
        events.create_partner_event_source(Name=bus["name"], Account=bus["accountId"])
        # moto keeps rules and events of a bus under the last part of its name: there must be a bus that is called so.
        events.create_event_bus(Name=bus["name"].rsplit("/", 1)[-1])
    except events.exceptions.ResourceAlreadyExistsException:
        return ""
    except (BotoCoreError, ClientError) as error:
        return str(error)
    return ""


def _to_queue(arn: str, bodies: list[str]) -> list[str]:
    _, _, _, region, owner, name = arn.split(":", 5)
    sqs = _client("sqs", region)
    url = sqs.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=owner)["QueueUrl"]
    entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(bodies)]
    wrong = [""] * len(bodies)
    for failed in sqs.send_message_batch(QueueUrl=url, Entries=entries).get("Failed", []):
        wrong[int(failed["Id"])] = f"{failed.get('Code')}: {failed.get('Message')}"
    return wrong


def _to_bus(bus: dict[str, str], messages: list[tuple[str, str]]) -> list[str]:
    """The bus bears the name of the partner event source; rules on it match `source` and `detail-type`."""
    events = _client("events", bus["region"])
    entries = [
        {"Source": bus["name"], "EventBusName": bus["name"], "DetailType": notification_type, "Detail": body}
        for notification_type, body in messages
    ]
    answers = events.put_events(Entries=entries).get("Entries", [])
    return [f"{a['ErrorCode']}: {a.get('ErrorMessage')}" if a.get("ErrorCode") else "" for a in answers]


def _client(service: str, region: str) -> Any:
    """A client for the environment as it is now: it may point elsewhere than a moment ago."""
    key = (service, region, *(os.environ.get(name) for name in _ENVIRONMENT))
    if key not in _CLIENTS:
        import boto3
        from botocore.config import Config

        config = Config(connect_timeout=3, read_timeout=10, retries={"max_attempts": 3, "mode": "standard"})
        session: Any = boto3.session.Session(region_name=region)  # its type knows no service by a name in a variable
        _CLIENTS[key] = session.client(service, config=config)
    return _CLIENTS[key]


def as_text(notification: dict[str, Any]) -> str:
    """The JSON text of a message."""
    return json.dumps(notification)
