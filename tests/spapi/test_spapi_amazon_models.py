"""Every request the API modules send, held against Amazon's own swagger models: path, method, query, headers and body.
The operations are held against the models in test_spapi_operations.py, the reading ones' requests where they are read."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from fake_amazon import FakeAmazon, Received, Reply

from spapi_assets.spapi import operations as ops
from spapi_assets.spapi.notifications import NotificationsApi
from spapi_assets.spapi.reports import ReportsApi
from spapi_assets.spapi.sellers import SellersApi
from spapi_assets.spapi.session import SpApiSession
from spapi_assets.spapi.tokens import TokensApi

NOW = datetime(2026, 11, 20, tzinfo=UTC)
ARN = "arn:aws:sqs:eu-west-1:123456789012:spapi-notifications"
MODELS = {
    "reports-api-model": "reports_2021-06-30.json",
    "notifications-api-model": "notifications.json",
    "sellers-api-model": "sellers.json",
    "tokens-api-model": "tokens_2021-03-01.json",
    "application-management-api-model": "application_2023-11-30.json",
}
CALLS: dict[str, Callable[[SpApiSession], Any]] = {
    "getReports": lambda s: list(
        ReportsApi(s).get_reports(
            ["GET_X"], statuses=["DONE"], marketplace_ids=["A1"], created_since=NOW, created_until=NOW, page_size=10
        )
    ),
    "createReport": lambda s: ReportsApi(s).create_report("GET_X", ["A1"], options={"a": True}, start=NOW, end=NOW),
    "getReport": lambda s: ReportsApi(s).get_report("50001"),
    "cancelReport": lambda s: ReportsApi(s).cancel_report("50001"),
    "getReportDocument": lambda s: ReportsApi(s).get_report_document("amzn1.spdoc.1.4.eu.x"),
    "getReportSchedules": lambda s: ReportsApi(s).get_report_schedules(["GET_X", "GET_Y"]),
    "createReportSchedule": lambda s: ReportsApi(s).create_report_schedule(
        "GET_X", ["A1"], "P1D", options={"a": "b"}, next_creation=NOW
    ),
    "getReportSchedule": lambda s: ReportsApi(s).get_report_schedule("7"),
    "cancelReportSchedule": lambda s: ReportsApi(s).cancel_report_schedule("7"),
    "getDestinations": lambda s: NotificationsApi(s).destinations(),
    "createDestination": lambda s: (
        NotificationsApi(s).create_destination("queue", sqs_arn=ARN),
        NotificationsApi(s).create_destination("bus", event_bridge=("123456789012", "eu-west-1")),
    ),
    "getDestination": lambda s: NotificationsApi(s).destination("d-1"),
    "deleteDestination": lambda s: NotificationsApi(s).delete_destination("d-1"),
    "getSubscriptions": lambda s: list(NotificationsApi(s).subscriptions("ORDER_CHANGE", "1.0")),
    "getSubscription": lambda s: NotificationsApi(s).subscription("ORDER_CHANGE", "1.0"),
    "createSubscription": lambda s: NotificationsApi(s).create_subscription(
        "ORDER_CHANGE", "d-1", "1.0", {"eventFilter": {"eventFilterType": "ORDER_CHANGE"}}
    ),
    "getSubscriptionById": lambda s: NotificationsApi(s).subscription_by_id("ORDER_CHANGE", "s-1"),
    "deleteSubscriptionById": lambda s: NotificationsApi(s).delete_subscription("ORDER_CHANGE", "s-1"),
    "getMarketplaceParticipations": lambda s: SellersApi(s).marketplace_participations(),
    "getAccount": lambda s: SellersApi(s).account(),
    "createRestrictedDataToken": lambda s: TokensApi(s).restricted_data_token("GET", "/orders/v0/orders", ["buyerInfo"]),
    "sendTestNotification": lambda s: s.call(
        ops.SEND_TEST_NOTIFICATION, path={"notificationType": "ORDER_CHANGE"}, json={"destinationId": "d-1"}
    ),
    "rotateApplicationClientSecret": lambda s: s.call(ops.ROTATE_CLIENT_SECRET),
}


@pytest.fixture(scope="module")
def models(amazon_reference: Path) -> dict[str, tuple[dict, str, str, dict, list]]:
    """operationId -> (model, method, path template, operation, parameters with those of the path)."""
    found = {}
    for folder, name in MODELS.items():
        model = json.loads((amazon_reference / "models" / folder / name).read_text("utf-8"))
        for path, methods in model["paths"].items():
            for method, operation in methods.items():
                if isinstance(operation, dict) and "operationId" in operation:
                    parameters = operation.get("parameters", []) + methods.get("parameters", [])
                    parameters = [model["parameters"][p["$ref"].rsplit("/", 1)[1]] if "$ref" in p else p for p in parameters]
                    found[operation["operationId"]] = (model, method.upper(), path, operation, parameters)
    return found


def _example(schema: dict, model: dict) -> Any:
    """A smallest answer that fits a response schema, so that the typed parsing runs too."""
    if "$ref" in schema:
        return _example(model["definitions"][schema["$ref"].rsplit("/", 1)[1]], model)
    if "allOf" in schema:
        return {k: v for part in schema["allOf"] for k, v in _example(part, model).items()}
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "object")
    if kind == "object":
        return {n: _example(p, model) for n, p in schema.get("properties", {}).items() if n not in ("errors", "nextToken")}
    if kind == "array":
        return [_example(schema["items"], model)]
    if schema.get("format") == "date-time":
        return "2026-11-20T00:00:00Z"
    return {"string": "text", "integer": 1, "boolean": True, "number": 1.0}[kind]


def _check(got: Received, model: dict, method: str, path: str, parameters: list[dict]) -> None:
    assert got.method == method
    assert re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", path), got.path), got.path
    declared = {p["name"]: p for p in parameters if p["in"] == "query"}
    sent = dict(got.query)
    assert set(sent) <= set(declared), "a query parameter that the model does not know"
    assert {n for n, p in declared.items() if p.get("required")} <= set(sent)
    for name, text in sent.items():
        schema = declared[name]
        if schema["type"] == "array":
            assert schema.get("collectionFormat", "csv") == "csv"
            value: Any = text.split(",")
        else:
            value = int(text) if schema["type"] == "integer" else text == "true" if schema["type"] == "boolean" else text
        jsonschema.validate(value, {k: v for k, v in schema.items() if k not in ("required", "in", "name")})
        if schema.get("format") == "date-time":
            assert datetime.fromisoformat(text).tzinfo is not None
    bodies = [p for p in parameters if p["in"] == "body"]
    if bodies:
        jsonschema.validate(got.json, {**bodies[0]["schema"], "definitions": model["definitions"]})
        assert got.headers["content-type"] == "application/json"
    else:
        assert got.body == b""
        assert "content-type" not in got.headers
    if method == "GET":
        assert "content-length" not in got.headers
    assert {"x-amz-access-token", "x-amz-date", "user-agent", "host"} <= set(got.headers)


def test_every_operation_of_these_models_that_the_client_knows_is_covered_here(
    models: dict[str, tuple[dict, str, str, dict, list]],
) -> None:
    assert set(CALLS) == set(ops.BY_NAME) & set(models)


@pytest.mark.parametrize("name", sorted(CALLS))
def test_requests_fit_amazons_model(
    name: str, models: dict[str, tuple[dict, str, str, dict, list]], amazon: FakeAmazon, session: SpApiSession
) -> None:
    model, method, path, operation, parameters = models[name]
    status, success = next((int(s), r) for s, r in operation["responses"].items() if s.startswith("2"))
    amazon.always = lambda got: Reply(status, _example(success["schema"], model) if "schema" in success else None)
    CALLS[name](session)
    assert amazon.received
    for got in amazon.received:
        _check(got, model, method, path, parameters)
    grant = amazon.exchanges[0].form["grant_type"]
    assert grant == ("client_credentials" if ops.BY_NAME[name].scope else "refresh_token")
