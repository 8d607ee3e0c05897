"""The model server refuses what Amazon's models forbid, with a sentence, and takes everything else."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from . import Models, ModelServer, rules
from .conftest import DE, Client

CATALOG, LISTINGS, ORDERS = "/catalog/2022-04-01/items", "/listings/2021-08-01/items/A3", "/orders/2026-01-01/orders"
PURCHASES, METRICS = "/vendor/orders/v1/purchaseOrders", "/sales/v1/orderMetrics"
KIOSK = "/dataKiosk/2023-11-15/queries"
SUMMARY = "/batches/products/pricing/2022-05-01/items/competitiveSummary"


def ago(**span: float) -> str:
    return (datetime.now(UTC) - timedelta(**span)).strftime("%Y-%m-%dT%H:%M:%SZ")


SEARCH = {"marketplaceIds": DE}
DAYS = {"interval": "2026-11-01T00:00:00+01:00--2026-11-03T00:00:00+01:00", "granularity": "Day"}
BERLIN = {**DAYS, **SEARCH, "granularityTimeZone": "Europe/Berlin"}
ELEMENT = {
    "asin": "B0",
    "marketplaceId": DE,
    "includedData": ["referencePrices"],
    "method": "GET",
    "uri": "/products/pricing/2022-05-01/items/competitiveSummary",
}
LEGAL: dict[str, tuple[str, dict[str, Any]]] = {
    "identifiers": (CATALOG, {**SEARCH, "identifiers": "B0A,B0B", "identifiersType": "ASIN", "pageSize": 20}),
    "a SKU with a comma as one segment": (f"{LISTINGS}/A%2CB%2F%C3%BC", SEARCH),
    "a window of orders": (ORDERS, {"createdAfter": ago(days=2), "createdBefore": ago(minutes=3), "includedData": "BUYER"}),
    "seven days": (PURCHASES, {"createdAfter": ago(days=6, hours=23), "includeDetails": "true", "limit": 100}),
    "days of Berlin": (METRICS, BERLIN),
}
FORBIDDEN: dict[str, tuple[str, dict[str, Any], str]] = {
    "unknown": (CATALOG, {**SEARCH, "keywords": "x", "nextToken": "t"}, "nextToken is unknown"),
    "missing": (CATALOG, {"keywords": "x"}, "marketplaceIds is required"),
    "empty": (CATALOG, {"marketplaceIds": ""}, "marketplaceIds is empty"),
    "too many": (CATALOG, {**SEARCH, "identifiers": ",".join("ABCDEFGHIJKLMNOPQRSTU"), "identifiersType": "ASIN"}, "too long"),
    "two marketplaces": (CATALOG, {"marketplaceIds": f"{DE},A1", "keywords": "x"}, "too long"),
    "twice": (CATALOG, {"marketplaceIds": [DE, DE], "keywords": "x"}, "more than once"),
    "enumeration": (CATALOG, {**SEARCH, "keywords": "x", "includedData": "summaries,prices"}, "'prices' is not one of"),
    "page size": (CATALOG, {**SEARCH, "keywords": "x", "pageSize": 21}, "maximum of 20"),
    "no integer": (CATALOG, {**SEARCH, "keywords": "x", "pageSize": "ten"}, "is no integer"),
    "both searches": (CATALOG, {**SEARCH, "keywords": "x", "identifiers": "B", "identifiersType": "ASIN"}, "exclude each other"),
    "no type": (CATALOG, {**SEARCH, "identifiers": "B0"}, "identifiersType is required"),
    "no seller": (CATALOG, {**SEARCH, "identifiers": "B0", "identifiersType": "SKU"}, "sellerId is required"),
    "no instant": (LISTINGS, {**SEARCH, "lastUpdatedAfter": "2026-11-01"}, "is not a 'date-time'"),
    "no offset": (ORDERS, {"createdAfter": "2026-11-01T00:00:00"}, "is not a 'date-time'"),
    "two starts": (ORDERS, {"createdAfter": ago(days=2), "lastUpdatedAfter": ago(days=2)}, "Exactly one"),
    "fresh": (ORDERS, {"createdAfter": ago(days=2), "createdBefore": ago(hours=-1)}, "less than two minutes"),
    "eight days": (PURCHASES, {"createdAfter": ago(days=9), "createdBefore": ago(days=1)}, "more than 7 days"),
    "no word": (PURCHASES, {"createdAfter": ago(days=1), "includeDetails": "yes"}, "is not a 'boolean'"),
    "another zone": (METRICS, {**BERLIN, "granularityTimeZone": "Europe/London"}, "does not align"),
    "no zone": (METRICS, {**DAYS, **SEARCH}, "granularityTimeZone is required"),
}
BODIES: dict[str, tuple[str, Any, str]] = {
    "no body": (KIOSK, None, "The body is required"),
    "unknown member": (KIOSK, {"query": "{a}", "pages": 2}, "'pages' was unexpected"),
    "missing member": (KIOSK, {"paginationToken": "t"}, "'query' is a required property"),
    "long query": (KIOSK, {"query": "x" * 8001}, "longer than 8000"),
    "wrong type": (KIOSK, {"query": 5}, "is not of type 'string'"),
    "too many elements": (SUMMARY, {"requests": [ELEMENT] * 21}, "is too long"),
    "no elements": (SUMMARY, {"requests": []}, "should be non-empty"),
    "another uri": (SUMMARY, {"requests": [{**ELEMENT, "uri": "/products/other"}]}, "The uri of a request is /products/other"),
    "unknown part": (SUMMARY, {"requests": [{**ELEMENT, "includedData": ["all"]}]}, "'all' is not one of"),
}


@pytest.mark.parametrize("name", LEGAL)
def test_what_the_models_allow_is_answered(name: str, client: Client, model_server: ModelServer) -> None:
    path, query = LEGAL[name]
    answer = client(path, query)
    assert answer.status_code == 200, answer.text
    model_server.legal()


@pytest.mark.parametrize("name", FORBIDDEN)
def test_what_the_models_forbid_is_refused_with_the_reason(name: str, client: Client, model_server: ModelServer) -> None:
    path, query, reason = FORBIDDEN[name]
    answer = client(path, query)
    assert answer.status_code == 400
    assert reason in answer.json()["errors"][0]["message"]
    assert [refusal.status for refusal in model_server.refusals] == [400]
    assert model_server.requests == []
    with pytest.raises(AssertionError):
        model_server.legal()


@pytest.mark.parametrize("name", BODIES)
def test_bodies_are_held_against_their_schema_to_the_last_member(name: str, client: Client) -> None:
    path, body, reason = BODIES[name]
    answer = client(path, method="POST", json=body)
    assert answer.status_code == 400
    assert reason in answer.json()["errors"][0]["message"]


def test_a_legal_body_is_taken_and_kept(client: Client, model_server: ModelServer) -> None:
    assert client(SUMMARY, method="POST", json={"requests": [ELEMENT]}).status_code == 200
    assert client(KIOSK, method="POST", json={"query": " " * 9000 + "{a}"}).status_code == 202
    assert [request.body["requests"][0]["asin"] for request in model_server.asked("getCompetitiveSummary")] == ["B0"]
    model_server.legal()


@pytest.mark.parametrize(("content_type", "body"), [("text/plain", b"{}"), ("application/json", b"{")])
def test_a_body_that_is_no_json_is_refused(client: Client, content_type: str, body: bytes) -> None:
    assert client(KIOSK, method="POST", data=body, headers={"content-type": content_type}).status_code == 400


def test_a_read_takes_no_body(client: Client) -> None:
    assert "takes no body" in client(CATALOG, {**SEARCH, "keywords": "x"}, json={}).text


def test_what_is_no_operation_is_not_found(client: Client, model_server: ModelServer) -> None:
    assert client("/catalog/2022-04-01/item", SEARCH).status_code == 404
    assert client(CATALOG, SEARCH, method="POST").status_code == 404
    assert len(model_server.refusals) == 2


def test_tokens_are_demanded_of_the_right_kind_and_end(
    client: Client, scoped: Callable[[str], Client], model_server: ModelServer
) -> None:
    query = {**SEARCH, "keywords": "x"}
    assert client(CATALOG, query, headers={"x-amz-access-token": "Atza|other"}).status_code == 403
    application = scoped("sellingpartnerapi::notifications")
    assert application(CATALOG, query).status_code == 403
    assert client("/notifications/v1/destinations").status_code == 403
    assert application("/notifications/v1/destinations").status_code == 200
    assert client(CATALOG, query).status_code == 200
    model_server.expire_tokens()
    assert "has expired" in client(CATALOG, query).text
    assert Client(model_server)(CATALOG, query).status_code == 200


def test_every_rule_in_prose_still_stands_in_amazons_models(amazon_models: Models) -> None:
    quoted = [(rule.operation, rule.quote) for rule in rules.RULES]
    quoted += [*rules.TOKEN_ALONE.items(), *rules.PAGE_SIZE_MAY_CHANGE.items()]
    quoted += [(name, quote) for name, (_, quote) in (rules.TOKEN_SECONDS | rules.PAGE_SIZES).items()]
    quoted += [(name, quote) for name, _, _, _, quote in rules.EMPTY_WINDOWS]
    for name, quote in quoted:
        operation = amazon_models[name]
        texts = [operation.description, *(p.get("description", "") for p in operation.parameters)]
        texts += [str(definition) for definition in operation.model["definitions"].values()] if operation.among("body") else []
        assert any(quote in " ".join(text.split()) for text in texts), (name, quote)


def test_the_model_server_shares_nothing_with_the_project_it_judges() -> None:
    for file in Path(rules.__file__).parent.glob("*.py"):
        imported = [line for line in file.read_text("utf-8").splitlines() if re.match(r"\s*(from|import) spapi_assets", line)]
        assert imported == [], file.name
