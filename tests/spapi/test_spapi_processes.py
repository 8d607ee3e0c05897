"""Processes that start together share one token exchange and one quota, over real HTTP and an AWS emulator."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import boto3
import pytest
from fake_amazon import Bucket, FakeAmazon, Received, Reply, throttled

WORKER = Path(__file__).with_name("quota_worker.py")
TABLE = "spapi-quota"


@pytest.fixture
def quota_table(aws: str) -> str:
    boto3.client("dynamodb").create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return TABLE


def _run(amazon: FakeAmazon, table: str, workers: int, *, calls: int, rate: float = 1.0, burst: int = 1) -> list[dict]:
    start_at = time.time() + 1.5 + 0.5 * workers
    command = [sys.executable, str(WORKER), amazon.url, table, str(start_at), str(calls), str(rate), str(burst)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(workers)]
    results = []
    try:
        for process in processes:
            out, err = process.communicate(timeout=120)
            assert process.returncode == 0, err
            results.append(json.loads(out))
    finally:
        for process in processes:
            if process.poll() is None:
                process.kill()
    return results


@pytest.mark.end_to_end
def test_ten_processes_that_start_together_cause_one_exchange_or_at_most_two(amazon: FakeAmazon, quota_table: str) -> None:
    amazon.lwa = lambda got: Reply(json={"access_token": f"Atza|{len(amazon.exchanges)}", "expires_in": 3600}, delay=0.3)
    results = _run(amazon, quota_table, 10, calls=0)
    assert 1 <= len(amazon.exchanges) <= 2
    assert len({r["token"] for r in results}) <= len(amazon.exchanges)


@pytest.mark.end_to_end
def test_two_processes_on_one_bucket_meet_no_429_and_lose_little_time(amazon: FakeAmazon, quota_table: str) -> None:
    rate, burst, calls = 8.0, 10, 30
    bucket = Bucket(rate, burst)
    times: list[float] = []

    def answer(got: Received) -> Reply:
        times.append(time.monotonic())
        return Reply(json={}, headers={"x-amzn-RateLimit-Limit": str(rate)}) if bucket.take() else throttled()

    amazon.always = answer
    _run(amazon, quota_table, 2, calls=calls, rate=rate, burst=burst)
    assert len(times) == 2 * calls, "a call was refused and repeated"
    optimum = (2 * calls - burst) / rate
    assert max(times) - min(times) < 1.35 * optimum


@pytest.mark.end_to_end
def test_a_rate_that_amazon_lowers_at_run_time_slows_all_processes(amazon: FakeAmazon, quota_table: str) -> None:
    """The published plan says 40 a second; Amazon's header says 4 from the first answer on."""
    refused: list[float] = []
    bucket = Bucket(4.0, 10)

    def answer(got: Received) -> Reply:
        if bucket.take():
            return Reply(json={}, headers={"x-amzn-RateLimit-Limit": "4.0"})
        refused.append(time.monotonic())
        return throttled()

    amazon.always = answer
    _run(amazon, quota_table, 2, calls=15, rate=40.0, burst=10)
    assert len(refused) <= 1
