"""Real processes, really killed (SIGKILL) while they read or take messages, and two of them on one quota."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from model_server import ModelServer
from model_server.asked import Request

from spapi_assets.aws.identifiers import Found
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.notifications.keeping import batches
from spapi_assets.ingest.notifications.keeping import read as kept_messages
from spapi_assets.ingest.notifications.take import take_notifications
from spapi_assets.ingest.reading.run import read
from spapi_assets.ingest.reading.spool import unfinished
from tests.notifications.messages import changed

KEY, ROOT = "brand_eu.DE", Path(__file__).resolve().parents[2]
THREADS = 5  # calls that may be in flight
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(deployment: Any, model_server: ModelServer, tmp_path: Path) -> Iterator[Start]:
    """Starts a worker process. Whatever still runs in the end is killed."""
    begun: list[subprocess.Popen[str]] = []
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "tests")}
    model_server.answers.lean = True

    def run(what: str, account_key: str = KEY, source: str = "catalog_items") -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.reading.worker", what, str(tmp_path / "lake"), model_server.url, account_key]
        process = subprocess.Popen(
            [*command, source], cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        begun.append(process)
        return process

    yield run
    for process in begun:
        process.kill()
        process.communicate()


def finish(process: subprocess.Popen[str]) -> None:
    out, err = process.communicate(timeout=60)
    assert out.endswith("done\n"), err[-3000:]


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until
        assert process.poll() is None, process.communicate()[1][-3000:]
        time.sleep(0.002)


def rows(ctx: IngestContext, dataset: str, column: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for path in ctx.lake.list(f"raw/{dataset}"):
        with ctx.lake.open_input(path) as file:
            found.update(pq.read_table(file).column(column).to_pylist())
    return found


def test_a_reading_killed_twice_makes_no_call_twice_but_those_in_flight(
    start: Start, ctx: IngestContext, model_server: ModelServer
) -> None:
    wanted = [f"B0TEST{n:04d}" for n in range(500)]
    ctx.identifiers.put("asin", "brand_eu", "DE", [Found(one) for one in wanted], "test")
    model_server.quota("searchCatalogItems", 60, 60)
    model_server.answers.missing = {"B0TEST0007"}

    def slowly(request: Request) -> None:
        time.sleep(0.05)

    model_server.on("searchCatalogItems", slowly)
    chance = random.Random()
    for at in (4, 14):
        process = start("read")
        wait_for(lambda at=at: model_server.calls["searchCatalogItems"] >= at, process)  # type: ignore[misc]
        time.sleep(chance.uniform(0, 0.1))
        process.kill()
        process.wait()
    read(ctx, ctx.registry.apis["catalog_items"], KEY, [ctx.now().date()], max_wait=5)  # not when its lease has run out
    model_server.legal()
    assert model_server.calls["searchCatalogItems"] <= 25 + 2 * THREADS
    assert rows(ctx, "catalog_items", "asin") == Counter(wanted) - Counter(["B0TEST0007"])
    assert rows(ctx, "catalog_items_missing", "asin") == Counter(["B0TEST0007"])
    assert [one.value for one in ctx.identifiers.all("asin", "brand_eu", "DE") if one.missing_since] == ["B0TEST0007"]
    day = ctx.now().date()
    (record,) = ctx.ledger.records("catalog_items", KEY, day, day)
    assert (str(record.status), record.rows["catalog_items"]) == ("DONE", 499)
    assert unfinished(ctx.lake, "catalog_items", KEY) == []


def test_two_processes_on_one_quota_meet_no_429_and_neither_starves(
    start: Start, ctx: IngestContext, model_server: ModelServer
) -> None:
    """Two marketplaces of one account share Amazon's bucket; another account of the application has its own."""
    keys = ("brand_eu.DE", "brand_eu.UK", "other_eu.DE")
    for key in keys:
        account, _, place = key.partition(".")
        found = [Found(f"B0{place}{n:06d}") for n in range(200)]
        ctx.identifiers.put("asin", account, place, found, "test")
    began = time.monotonic()
    processes = [start("read", key) for key in keys]
    for process in processes:
        finish(process)
    seconds = time.monotonic() - began
    model_server.legal()
    asked = model_server.asked("searchCatalogItems")
    assert len(asked) == 30
    first, other = [[r for r in asked if r.identity == f"Atzr|{name}"] for name in ("brand_eu", "other_eu")]
    spread = first[-1].at - first[0].at
    assert spread < (20 - 2) / 2 * 1.1 + 1.5, "20 calls at 2/s and a burst of 2, less those the later process began with"
    assert other[-1].at - other[0].at < (10 - 2) / 2 * 1.1 + 1.5, "its own bucket is not shared with the others"
    by_place = Counter(r.query["marketplaceIds"][0] for r in first[:14])
    assert min(by_place.values(), default=0) >= 3, f"one starved: {by_place}"
    assert seconds < 40


def test_messages_of_a_killed_process_come_back_and_are_kept(start: Start, ctx: IngestContext, model_server: ModelServer) -> None:
    sent = {changed(f"SKU-{n}", seller="A1BRANDEU", notification_id=f"n{n}") for n in range(150)}
    for body in sent:
        ctx.queue.send(body)
    url = ctx.clients.sqs.get_queue_url(QueueName=ctx.queue.name)["QueueUrl"]
    ctx.clients.sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "5"})
    process = start("take")
    wait_for(lambda: ctx.queue.counts()["in_flight"] > 30, process)
    time.sleep(random.Random().uniform(0, 0.5))
    process.kill()
    process.wait()
    until = time.monotonic() + 30
    while sum((counts := ctx.queue.counts()).values()) and time.monotonic() < until:
        take_notifications(ctx, time.monotonic() + 20, threads=1)
        time.sleep(0.5)
    assert counts == {"waiting": 0, "in_flight": 0, "dead": 0}
    kept = Counter(message.body for batch in batches(ctx.lake) for message in kept_messages(ctx.lake, batch))
    assert set(kept) == sent
    marks = {mark.identifier for mark in ctx.refreshes.pending("listings_items", KEY)}
    assert marks == {f"SKU-{n}" for n in range(150)}
