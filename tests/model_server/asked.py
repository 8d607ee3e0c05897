"""What a request asks for, as its model means it: which identifiers, which window, which marketplaces.
Whether it may ask is validation.py and rules.py; what it gets is answers.py."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from . import rules
from .generator import Override

STEPS = {"Hour": timedelta(hours=1), "Day": timedelta(days=1), "Week": timedelta(days=7), "Month": timedelta(days=31)}


@dataclass(frozen=True)
class Request:
    """A request that reached an operation. `query` has the model's types, `path` is decoded, `identity` is the refresh token or
    the grantless scope behind its access token, `number` counts the operation's requests from 1."""

    operation: str
    number: int
    identity: str
    path: dict[str, str]
    query: dict[str, Any]
    body: Any
    headers: dict[str, str]
    at: float

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.at, UTC)


def batched(request: Request) -> bool:
    return isinstance(request.body, list) or (isinstance(request.body, dict) and "requests" in request.body)


def named_items(operation: str, request: Request) -> list[tuple[str, dict[str, Override]]] | None:
    """(identifier, what its item must say) of the identifiers a request names; None: it names none."""
    query, body = request.query, request.body
    if operation == "searchCatalogItems" and "identifiers" in query:
        at = {"ASIN": "items.asin"}.get(query["identifiersType"])
        return [(i, {at: i} if at else {}) for i in dict.fromkeys(query["identifiers"])]
    if operation == "searchListingsItems" and "identifiers" in query:
        at = {"SKU": "items.sku", "ASIN": "items.summaries.asin"}.get(query["identifiersType"])
        return [(i, {at: i} if at else {}) for i in dict.fromkeys(query["identifiers"])]
    if operation == "getInventorySummaries" and "startDateTime" not in query and {"sellerSkus", "sellerSku"} & set(query):
        skus = query.get("sellerSkus") or [query["sellerSku"]]
        return [(i, {"payload.inventorySummaries.sellerSku": i}) for i in dict.fromkeys(skus)]
    if operation == "getCompetitiveSummary":
        said = {"responses.status.statusCode": 200}
        return [
            (r["asin"], {**said, "responses.body.asin": r["asin"], "responses.body.marketplaceId": r["marketplaceId"]})
            for r in body["requests"]
        ]
    if operation == "getFeaturedOfferExpectedPriceBatch":
        return [
            (
                r["sku"],
                {
                    "responses.status.statusCode": 200,
                    "responses.request.sku": r["sku"],
                    "responses.request.marketplaceId": r["marketplaceId"],
                    "responses.body.offerIdentifier.sku": r["sku"],
                },
            )
            for r in body.get("requests", [])
        ]
    if operation == "getMyFeesEstimates":
        return [(r["IdValue"], _fee(r)) for r in body]
    if operation == "getOrderMetrics":
        return [(interval, {"payload.interval": interval}) for interval in _intervals(query)]
    return None


def _fee(asked: dict[str, Any]) -> dict[str, Override]:
    wish, at = asked.get("FeesEstimateRequest", {}), "FeesEstimateIdentifier"
    return {
        "Status": "Success",
        f"{at}.IdValue": asked["IdValue"],
        f"{at}.IdType": asked["IdType"],
        f"{at}.MarketplaceId": wish.get("MarketplaceId"),
        f"{at}.SellerInputIdentifier": wish.get("Identifier"),
    }


def refused(operation: str, item: dict[str, Any], identifier: str) -> dict[str, Any]:
    """A batch's element for something that does not exist."""
    error = {"code": "NOT_FOUND", "message": f"{identifier} does not exist."}
    if operation == "getMyFeesEstimates":
        said = {"Type": "Sender", "Code": "InvalidParameterValue", "Message": error["message"], "Detail": []}
        return {"Status": "ClientError", "FeesEstimateIdentifier": item["FeesEstimateIdentifier"], "Error": said}
    kept = {n: v for n, v in item["body"].items() if n in ("asin", "marketplaceId")}
    return {**item, "status": {"statusCode": 404, "reasonPhrase": "Not Found"}, "body": {**kept, "errors": [error]}}


def _intervals(query: dict[str, Any]) -> list[str]:
    start, end = (datetime.fromisoformat(part) for part in query["interval"].split("--"))
    if query["granularity"] in STEPS:
        zone = ZoneInfo(query["granularityTimeZone"]) if "granularityTimeZone" in query else UTC
        step, edges = STEPS[query["granularity"]], [start.astimezone(zone)]
        while edges[-1] < end:
            edges.append(min(edges[-1] + step, end.astimezone(zone)))
    else:
        edges = [start, end]
    texts = [edge.isoformat(timespec="minutes") for edge in edges]
    return [f"{a}--{b}" for a, b in pairwise(texts)]


def window(request: Request) -> tuple[datetime, datetime]:
    """Between which instants everything happened that a request asks for."""
    query, now = request.query, request.now
    if "interval" in query:
        start, end = (datetime.fromisoformat(part) for part in query["interval"].split("--"))
        return start, end
    for name in query:
        after = re.fullmatch(r"(.*)After|from(.*)|startDateTime", name)
        if after and isinstance(query[name], str):
            before = {"startDateTime": ""}.get(name, f"{after[1]}Before" if after[1] else f"to{after[2]}")
            start, end = (rules.instant(query, n) or now for n in (name, before))
            if start < end:
                return start, end
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)  # the same answer all day
    return today - timedelta(days=30), today


def marketplaces(request: Request) -> tuple[str, ...]:
    found: list[str] = list(request.query.get("marketplaceIds", []))
    found += [request.query[n] for n in ("marketplaceId", "granularityId") if n in request.query]
    return tuple(found) or ("A1PA6795UKMFR9",)
