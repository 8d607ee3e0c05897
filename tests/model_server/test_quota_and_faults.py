"""The model server's quotas and faults: the model's usage plan to the token, and every way a call can go wrong."""

from __future__ import annotations

import pytest
import requests

from . import Models, ModelServer, Reply
from .conftest import DE, Client

CATALOG = "/catalog/2022-04-01/items"
QUERY = {"marketplaceIds": DE, "keywords": "x"}


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(model_server: ModelServer) -> Clock:
    model_server.clock = Clock()
    return model_server.clock


def test_the_bucket_is_that_of_the_usage_plan(client: Client, model_server: ModelServer, clock: Clock) -> None:
    answers = [client(CATALOG, QUERY) for _ in range(3)]
    assert [a.status_code for a in answers] == [200, 200, 429]
    assert [a.headers.get("x-amzn-RateLimit-Limit") for a in answers] == ["2", "2", None]  # as the model declares its headers
    assert answers[2].json()["errors"][0]["code"] == "QuotaExceeded"
    clock.now += 0.49
    assert client(CATALOG, QUERY).status_code == 429
    clock.now += 0.01
    assert client(CATALOG, QUERY).status_code == 200
    clock.now += 3600
    assert [client(CATALOG, QUERY).status_code for _ in range(3)] == [200, 200, 429]
    assert (model_server.calls["searchCatalogItems"], model_server.throttled["searchCatalogItems"]) == (8, 3)
    with pytest.raises(AssertionError):
        model_server.legal()


def test_refused_requests_cost_quota_and_operations_and_sellers_have_their_own(client: Client, clock: Clock) -> None:
    assert [client(CATALOG, {**QUERY, "x": "y"}).status_code for _ in range(3)] == [400, 400, 429]
    assert client(f"{CATALOG}/B0", {"marketplaceIds": DE}).status_code == 200


def test_every_plan_is_read_from_its_description(amazon_models: Models) -> None:
    plans = {name: operation.plan for name, operation in amazon_models.operations.items()}
    assert plans["searchOrders"] == ("0.0056", 20)
    assert plans["getOrderMetrics"] == (".5", 15)
    assert {name for name, plan in plans.items() if plan is None} == {
        "getInvoiceHeaders", "getInvoice", "createInventoryItem", "deleteInventoryItem", "addInventory",
    }  # fmt: skip


def test_another_plan_can_be_set_and_the_header_says_so(client: Client, model_server: ModelServer, clock: Clock) -> None:
    model_server.quota("searchCatalogItems", 0.5, 1)
    answer = client(CATALOG, QUERY)
    assert answer.headers["x-amzn-RateLimit-Limit"] == "0.5"
    clock.now += 1.9
    assert client(CATALOG, QUERY).status_code == 429
    model_server.quota("searchCatalogItems", None)
    assert [client(CATALOG, QUERY).status_code for _ in range(10)] == [200] * 10


def test_faults_strike_the_calls_they_name(client: Client, model_server: ModelServer) -> None:
    model_server.quota("searchCatalogItems", None)
    model_server.fail("searchCatalogItems", 1, status=503, text="<html>Service Unavailable</html>")
    model_server.fail("searchCatalogItems", 2, status=403, code="Unauthorized")
    model_server.cut("searchCatalogItems", 3)
    model_server.cut("searchCatalogItems", 4, after=20)
    assert client(CATALOG, QUERY).text == "<html>Service Unavailable</html>"
    assert client(CATALOG, QUERY).json()["errors"][0]["code"] == "Unauthorized"
    with pytest.raises(requests.ConnectionError):
        client(CATALOG, QUERY)
    with pytest.raises(requests.RequestException):
        client(CATALOG, QUERY)
    assert client(CATALOG, QUERY).status_code == 200
    assert model_server.calls["searchCatalogItems"] == len(model_server.asked("searchCatalogItems")) == 5
    model_server.legal()  # faults are Amazon's, not the client's


def test_a_hook_sees_every_legal_request_and_may_answer_it(client: Client, model_server: ModelServer) -> None:
    seen = []

    def hook(request: object) -> Reply | None:
        seen.append(request)
        return Reply(200, '{"items":[],"numberOfResults":0}') if len(seen) == 1 else None

    model_server.on("searchCatalogItems", hook)
    assert client(CATALOG, QUERY).json()["items"] == []
    assert client(CATALOG, QUERY).json()["items"] != []
    assert [(r.number, r.query["keywords"]) for r in seen] == [(1, ["x"]), (2, ["x"])]
