"""Messages as Amazon writes them: its own examples where the reference is at hand, and small ones made here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def examples(reference: Path) -> list[tuple[str, dict[str, Any]]]:
    """Every example of every notification schema, and one for the two schemas that have none, made from their definitions."""
    found = []
    for path in sorted((reference / "schemas" / "notifications").glob("*.json")):
        schema = json.loads(path.read_text("utf-8"))
        made = schema.get("examples") or [sample(schema, schema if "properties" in schema else _root(schema))]
        if made[0].get("NotificationType") == "text":  # the one schema that does not name its type
            made[0]["NotificationType"] = "B2B_ANY_OFFER_CHANGED"
        found += [(f"{path.stem}-{n}", example) for n, example in enumerate(made)]
    return found


def _root(schema: dict[str, Any]) -> dict[str, Any]:
    """B2bAnyOfferChanged writes `#ref` where `$ref` is meant."""
    return schema["definitions"][schema["#ref"].rsplit("/", 1)[-1]]


def sample(schema: dict[str, Any], part: dict[str, Any], name: str = "") -> Any:
    """A value that fits a part of a JSON schema; its own examples first."""
    if "$ref" in part:
        return sample(schema, schema["definitions"][part["$ref"].rsplit("/", 1)[-1]], name)
    kind = part.get("type")
    if kind == "object" or "properties" in part:
        return {key: sample(schema, inner, key) for key, inner in (part.get("properties") or {}).items()}
    if kind == "array":
        items = part.get("items") or {}
        one = items[0] if isinstance(items, list) else items["anyOf"][0] if "anyOf" in items else items
        return [sample(schema, one, name)]
    if part.get("enum"):
        return part["enum"][0]
    if part.get("examples") and not isinstance(part["examples"][0], dict | list):
        return part["examples"][0]
    if kind == "string" and ("Time" in name or "Date" in name):
        return "2026-03-20T11:00:00Z"
    return {"integer": 3, "number": 1.5, "boolean": True}.get(str(kind), "text")


def envelopes(message: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The same message in every form in which it may lie in the queue."""
    yield "bare", json.dumps(message)
    yield "EventBridge", json.dumps({"version": "0", "detail-type": _kind(message), "source": "aws.partner/x", "detail": message})
    yield "first letters flipped", json.dumps(flipped(message, first=True))
    yield "all letters flipped", json.dumps(flipped(message, first=False))
    bus = {"version": "0", "detail-type": _kind(message), "detail": flipped(message, first=True)}
    yield "EventBridge, flipped", json.dumps(bus)
    yield "EventBridge, a text of JSON inside", json.dumps({**bus, "detail": json.dumps(bus["detail"])})
    yield "SNS", json.dumps({"Type": "Notification", "TopicArn": "arn:aws:sns:x", "Message": json.dumps(message)})
    yield "SNS around EventBridge", json.dumps({"Type": "Notification", "Message": json.dumps(bus)})
    yield "a text of JSON", json.dumps(json.dumps(message))


def flipped(value: Any, *, first: bool) -> Any:
    """All keys in the other casing: of their first letter, or of every letter."""
    if isinstance(value, dict):
        return {(k[:1].swapcase() + k[1:] if first else k.swapcase()): flipped(v, first=first) for k, v in value.items()}
    return [flipped(v, first=first) for v in value] if isinstance(value, list) else value


def _kind(message: dict[str, Any]) -> str:
    return str(message.get("NotificationType") or message.get("notificationType"))


def made(kind: str, payload: Any, **more: Any) -> str:
    """A bare message in Pascal case."""
    metadata = {"NotificationId": more.pop("notification_id", "n-1"), "SubscriptionId": more.pop("subscription_id", "s-1")}
    body = {"NotificationVersion": "1.0", "NotificationType": kind, "PayloadVersion": "1.0", "NotificationMetadata": metadata}
    return json.dumps({**body, "EventTime": more.pop("event_time", "2026-03-20T11:00:00Z"), "Payload": payload, **more})


def finished(report_id: str, seller: str = "A3KESTREL0EU0", **more: Any) -> str:
    facts = {"sellerId": seller, "reportId": report_id, "reportType": "GET_X", "processingStatus": "DONE"}
    return made("REPORT_PROCESSING_FINISHED", {"reportProcessingFinishedNotification": facts}, **more)


def changed(sku: str, seller: str = "A3KESTREL0EU0", marketplace: str | None = "A1PA6795UKMFR9", **more: Any) -> str:
    payload = {"SellerId": seller, "Sku": sku, "Status": ["BUYABLE"]}
    if marketplace:
        payload["MarketplaceId"] = marketplace
    return made("LISTINGS_ITEM_STATUS_CHANGE", payload, **more)
