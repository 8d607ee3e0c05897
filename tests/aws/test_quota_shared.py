"""The shared bucket in DynamoDB: exact under contention, learned by all, with cool-downs beside it."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest

from spapi_assets.aws.clients import AwsClients, AwsError
from spapi_assets.aws.quota import DynamoThrottle
from spapi_assets.spapi.errors import Throttled
from spapi_assets.spapi.throttle import BucketKey, InMemoryThrottle, RatePlan

TABLE = "spapi-quota"
KEY = BucketKey("app", "A3KESTREL0EU0", "eu", "createReport")
PLAN = RatePlan(0.0167, 15)


@pytest.fixture
def clients(aws: str) -> AwsClients:
    boto3.client("dynamodb").create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return AwsClients()


class Clock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def take_all(plan: RatePlan) -> int:
    """Tokens one process gets before it is told to come back later (also the body of a spawned process)."""
    throttle, taken = DynamoThrottle(AwsClients(), TABLE), 0
    while True:
        try:
            throttle.acquire(KEY, plan, max_wait=3.0)
        except Throttled:
            return taken
        taken += 1


@pytest.mark.end_to_end
def test_eight_processes_take_exactly_the_burst_between_them(clients: AwsClients) -> None:
    plan = RatePlan(0.001, 60)
    with multiprocessing.get_context("spawn").Pool(8) as pool:
        taken = pool.map(take_all, [plan] * 8, chunksize=1)
    assert sum(taken) == 60


def test_threads_of_one_process_take_exactly_the_burst_between_them(clients: AwsClients) -> None:
    throttle = DynamoThrottle(clients, TABLE)
    plan = RatePlan(0.001, 30)

    def take(_: int) -> bool:
        try:
            throttle.acquire(KEY, plan, max_wait=3.0)
        except Throttled:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(take, range(40))) == 30


def test_it_decides_as_its_in_memory_twin_does(clients: AwsClients) -> None:
    mine, twins = Clock(), Clock()
    dynamo, memory = DynamoThrottle(clients, TABLE, clock=mine, sleep=mine.sleep), InMemoryThrottle(twins, twins.sleep)
    for step in range(25):
        waits = [t.peek(KEY, PLAN) for t in (dynamo, memory)]
        assert waits[0] == pytest.approx(waits[1], abs=0.5)  # the pause's random part differs
        for throttle in (dynamo, memory):
            throttle.acquire(KEY, PLAN, reserve=0.34 if step % 3 else 0.0, max_wait=1e4)
        twins.now = mine.now = max(twins.now, mine.now)


def test_what_one_process_learns_or_is_refused_binds_the_other(clients: AwsClients) -> None:
    clock = Clock()
    one, other = (DynamoThrottle(AwsClients(), TABLE, clock=clock, sleep=clock.sleep) for _ in range(2))
    for throttle in (one, other):
        throttle.acquire(KEY, PLAN, max_wait=0)
    one.learn(KEY, 0.5)
    other.penalize(KEY, PLAN)
    assert 2.0 <= one.peek(KEY, PLAN) <= 3.0
    item = boto3.client("dynamodb").get_item(TableName=TABLE, Key={"pk": {"S": f"bucket#{KEY}"}})["Item"]
    assert float(item["rate"]["N"]) == 0.5
    assert {"tat", "burst", "learned_at"} <= set(item)


def test_learning_what_is_known_writes_nothing(clients: AwsClients) -> None:
    throttle = DynamoThrottle(clients, TABLE)
    throttle.acquire(KEY, PLAN, max_wait=0)
    throttle.learn(KEY, 0.0167)
    before = boto3.client("dynamodb").get_item(TableName=TABLE, Key={"pk": {"S": f"bucket#{KEY}"}})["Item"]
    throttle.learn(KEY, 0.0167)
    assert boto3.client("dynamodb").get_item(TableName=TABLE, Key={"pk": {"S": f"bucket#{KEY}"}})["Item"] == before


def test_a_raised_rate_wakes_a_process_that_remembers_the_old_one(clients: AwsClients) -> None:
    clock = Clock()
    one, other = (DynamoThrottle(AwsClients(), TABLE, clock=clock, sleep=clock.sleep) for _ in range(2))
    for throttle in (one, other):
        throttle.acquire(KEY, PLAN, max_wait=0)
    one.penalize(KEY, PLAN)
    other.learn(KEY, 10.0)
    assert one.acquire(KEY, PLAN, max_wait=2.0) < 2.0


def test_buckets_of_other_partners_regions_and_operations_are_their_own(clients: AwsClients) -> None:
    throttle = DynamoThrottle(clients, TABLE)
    throttle.penalize(KEY, PLAN)
    for other in (
        BucketKey("app2", "A3KESTREL0EU0", "eu", "createReport"),
        BucketKey("app", "OTHER", "eu", "createReport"),
        BucketKey("app", "A3KESTREL0EU0", "na", "createReport"),
        BucketKey("app", "A3KESTREL0EU0", "eu", "getReport"),
    ):
        assert throttle.acquire(other, PLAN, max_wait=0) == 0


def test_a_cool_down_is_shared_is_never_shortened_and_ends(clients: AwsClients) -> None:
    clock = Clock()
    one, other = (DynamoThrottle(AwsClients(), TABLE, clock=clock, sleep=clock.sleep) for _ in range(2))
    assert other.cool_down_left("kestrel_eu#GET_X") == 0
    one.cool_down("kestrel_eu#GET_X", 1800)
    one.cool_down("kestrel_eu#GET_X", 60)
    assert other.cool_down_left("kestrel_eu#GET_X") == pytest.approx(1800, abs=0.01)
    clock.now += 1801
    assert other.cool_down_left("kestrel_eu#GET_X") == 0


def test_a_missing_table_is_an_error_that_says_what_to_do(aws: str) -> None:
    with pytest.raises(AwsError, match=r"no-such-table.*Run `spapi setup`"):
        DynamoThrottle(AwsClients(), "no-such-table").acquire(KEY, PLAN, max_wait=0)
