"""Amazon's envelopes around a notification: both casings, bare, from EventBridge (`detail`) or passed on by SNS.
What a type means is `types.py`; nothing here keeps or logs a body."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from spapi_assets.ingest.notifications.secrecy import is_secret

NEW_SECRET = "APPLICATION_OAUTH_CLIENT_NEW_SECRET"
_LAYERS = 6  # SNS around EventBridge around the notification, each as a text


class MalformedNotification(ValueError):
    """The body is not a notification this platform understands; the message says what is missing, never the body."""


@dataclass(frozen=True)
class Notification:
    """A notification of any type. `payload` keeps Amazon's own keys; times are Amazon's, UTC, None where it says none."""

    type: str
    payload: Mapping[str, Any]
    notification_id: str | None = None
    subscription_id: str | None = None
    application_id: str | None = None
    payload_version: str | None = None
    event_time: datetime | None = None
    publish_time: datetime | None = None


def parse(body: str) -> Notification:
    """The notification in a message's body. Raises MalformedNotification, and nothing else, for what is none.

    Source: Amazon's notification schemas (two casings) and the Notifications use case guide (EventBridge puts it under `detail`).
    """
    content, event_type = _unwrapped(body)
    told = member(content, "notificationType")
    kind = told if isinstance(told, str) else event_type
    payload = member(content, "payload")
    if kind is None or not kind.strip():
        raise MalformedNotification("It has no notificationType.")
    if not isinstance(payload, Mapping):
        raise MalformedNotification(f"{printable(kind)} has no payload object.")
    metadata = member(content, "notificationMetadata")
    about = metadata if isinstance(metadata, Mapping) else {}
    return Notification(
        type=kind.strip(),
        payload=payload,
        notification_id=text(about, "notificationId"),
        subscription_id=text(about, "subscriptionId"),
        application_id=text(about, "applicationId"),
        payload_version=text(content, "payloadVersion"),
        event_time=instant(text(content, "eventTime")),
        publish_time=instant(text(about, "publishTime")),
    )


def _unwrapped(body: str) -> tuple[Mapping[str, Any], str | None]:
    """The notification itself, and EventBridge's name for it if it came that way."""
    content, event_type = unwrap(_json(body), _json)
    if not isinstance(content, Mapping):
        raise MalformedNotification("The body is not a JSON object.")
    return content, event_type


def unwrap(content: Any, read: Callable[[str], Any]) -> tuple[Any, str | None]:
    """What is in EventBridge's and SNS's envelopes or a text of JSON, with EventBridge's name for it; `read` reads texts."""
    event_type: str | None = None
    for _ in range(_LAYERS):
        detail, message = member(content, "detail"), member(content, "Message")
        if isinstance(content, str):
            content = read(content)
        elif member(content, "payload") is not None:
            break
        elif isinstance(detail, Mapping | str):
            told = member(content, "detail-type")
            event_type = told if isinstance(told, str) else ""
            content = detail
        elif isinstance(message, str) and (member(content, "TopicArn") or member(content, "Type") == "Notification"):
            content = read(message)
        else:
            break
    return content, event_type


def _json(body: str) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):  # RecursionError: brackets nested deeper than any notification
        raise MalformedNotification("The body is not JSON.") from None


def member(content: Any, name: str) -> Any:
    """A member in whatever casing; None when it is absent, null, or `content` is no object."""
    if not isinstance(content, Mapping):
        return None
    value = content.get(name)
    if value is not None:
        return value
    wanted = name.casefold()
    for key, found in content.items():
        if found is not None and key.casefold() == wanted:
            return found
    return None


def text(content: Any, name: str) -> str | None:
    """A member that names something: text or a whole number, without blanks around it; None otherwise."""
    return name_of(member(content, name))


def name_of(value: Any) -> str | None:
    """A value as a name: text or a whole number, without blanks around it; None for anything else, and for broken text."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    try:
        found = str(value).strip()
        found.encode()
    except ValueError:  # half a surrogate pair, or a number of thousands of digits
        return None
    return found or None


def instant(value: str | None) -> datetime | None:
    """An ISO 8601 instant as UTC; None for what is none. Amazon writes `2023-12-23T21:30:13.713Z`."""
    if value is None:
        return None
    try:
        found = datetime.fromisoformat(value)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def printable(kind: str) -> str:
    """A type as a sentence or a path may show it: anybody who may send to the queue chose the text."""
    if is_secret(kind):
        return "_"
    return "".join(c if c.isascii() and (c.isalnum() or c in "_-.") else "_" for c in kind[:80]) or "_"
