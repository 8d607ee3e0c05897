"""Session and throttle against Amazon's own usage plans: never a 429, and no more time than the plan costs."""

from __future__ import annotations

import multiprocessing
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from fake_amazon import CREDENTIALS, Clock
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from model_server import ModelServer

from spapi_assets.aws.clients import AwsClients
from spapi_assets.aws.quota import DynamoThrottle
from spapi_assets.spapi import operations as ops
from spapi_assets.spapi.auth import InMemoryTokenCache, LwaClient
from spapi_assets.spapi.session import SpApiSession
from spapi_assets.spapi.throttle import InMemoryThrottle, Throttle

TABLE = "spapi-quota"
CATALOG = {"marketplaceIds": ["A1PA6795UKMFR9"], "identifiers": ["B0KESTREL1"], "identifiersType": "ASIN"}


def session_at(url: str, throttle: Throttle, clock: Clock | None = None) -> SpApiSession:
    time_of = {"clock": clock, "sleep": clock.sleep} if clock else {}
    lwa = LwaClient("kestrel_eu", lambda: CREDENTIALS, InMemoryTokenCache(), url, **time_of)
    return SpApiSession("kestrel_eu", "eu", "A3", lwa, throttle, application_id="app", endpoint_url=url, max_wait=1e6, **time_of)


def read_purchase_orders(session: SpApiSession, calls: int) -> None:
    after = (datetime.now(UTC) - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    for _ in range(calls):
        session.fetch(ops.GET_PURCHASE_ORDERS, params={"createdAfter": after, "limit": 1})


def read_in_a_process(url: str, start_at: float, calls: int) -> tuple[float, float]:
    """The body of a spawned process: its part of the calls with the quota in DynamoDB; when it began and ended."""
    session = session_at(url, DynamoThrottle(AwsClients(), TABLE))
    time.sleep(max(0.0, start_at - time.time()))
    began = time.time()
    read_purchase_orders(session, calls)
    return began, time.time()


def quick(server: ModelServer) -> ModelServer:
    server.answers.counts["getPurchaseOrders"] = 0
    server.answers.missing = {"B0KESTREL1"}
    return server


def test_threads_of_one_session_never_meet_a_429_and_use_the_whole_plan(model_server: ModelServer) -> None:
    session = session_at(quick(model_server).url, InMemoryThrottle())
    began = time.monotonic()
    with ThreadPoolExecutor(5) as pool:
        for done in [pool.submit(read_purchase_orders, session, 7) for _ in range(5)]:
            done.result()
    model_server.legal()
    assert model_server.calls == {"getPurchaseOrders": 35}
    optimum = (35 - 10) / 10
    assert time.monotonic() - began < 1.6 * optimum


@pytest.mark.end_to_end
def test_two_processes_on_one_plan_never_meet_a_429_and_use_the_whole_plan(aws: str, model_server: ModelServer) -> None:
    boto3.client("dynamodb").create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    jobs = [(quick(model_server).url, time.time() + 3.0, 20)] * 2
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        times = pool.starmap(read_in_a_process, jobs, chunksize=1)
    model_server.legal()
    assert model_server.calls == {"getPurchaseOrders": 40}
    assert max(end for _, end in times) - min(begin for begin, _ in times) < 1.6 * (40 - 10) / 10


def test_catalog_items_are_read_at_the_plans_own_speed_within_two_percent(model_server: ModelServer) -> None:
    clock = Clock()
    quick(model_server).clock = clock
    session = session_at(model_server.url, InMemoryThrottle(clock, clock.sleep), clock)
    began, calls = clock.now, 300
    for _ in range(calls):
        session.fetch(ops.SEARCH_CATALOG_ITEMS, params=CATALOG)
    model_server.legal()
    assert clock.now - began < 1.02 * (calls - 2) / 2


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rate=st.sampled_from([0.0056, 0.033, 0.5, 2.0, 10.0]),
    burst=st.sampled_from([1, 2, 5, 20]),
    pauses=st.lists(st.sampled_from([0.0, 0.1, 1.0, 40.0, 4000.0]), min_size=5, max_size=30),
)
def test_whatever_the_plan_and_whenever_calls_come_amazon_never_says_429(
    model_server: ModelServer, rate: float, burst: int, pauses: list[float]
) -> None:
    """The client believes the published 2/2; Amazon's header says another rate from the first answer on."""
    clock = Clock()
    clock.now += float(len(model_server.requests)) * 1e6  # each example in its own time, with full buckets
    quick(model_server).clock = clock
    model_server.quota("searchCatalogItems", rate, max(2, burst))
    session = session_at(model_server.url, InMemoryThrottle(clock, clock.sleep), clock)
    for pause in pauses:
        clock.now += pause
        session.fetch(ops.SEARCH_CATALOG_ITEMS, params=CATALOG)
    model_server.legal()
