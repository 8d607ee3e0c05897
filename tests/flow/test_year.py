"""Simulated days with everything that goes wrong in life, and a platform that dies every few minutes: in the end every partition
is in the right state, every row is there once, and not one request was made that could be spared. `SPAPI_YEAR_DAYS=365` makes
it the whole year (some minutes)."""

from __future__ import annotations

import os
import random
from types import SimpleNamespace
from typing import Any

import pytest

from spapi_assets.aws.clients import AwsClients
from spapi_assets.aws.quota import DynamoThrottle
from spapi_assets.aws.setup import _table
from spapi_assets.aws.table import Table
from spapi_assets.ingest.context import IngestContext
from spapi_assets.spapi.errors import Throttled
from spapi_assets.spapi.throttle import BucketKey, RatePlan
from tests.flow.year import checks
from tests.flow.year.dynamo import PAGE, MemoryDynamo
from tests.flow.year.expected import Judgement, judge_log
from tests.flow.year.world import Year

DAYS = int(os.environ.get("SPAPI_YEAR_DAYS", "14"))
SEED = int(os.environ.get("SPAPI_YEAR_SEED", "1"))


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Year, Judgement, IngestContext]:
    year = Year(tmp_path_factory.mktemp("year"), seed=SEED, days=DAYS)
    year.run()
    return year, judge_log(list(year.amazon.reports.values()), year.business), year.deployment.immortal()


def _none(wrong: list[str]) -> None:
    assert not wrong, f"{len(wrong)} are wrong:\n" + "\n".join(wrong[:30])


@pytest.mark.timeout(1800)
def test_much_went_wrong_and_the_platform_died_often(lived: tuple[Year, Judgement, IngestContext]) -> None:
    year, judged, _ = lived
    deaths = sum(year.deployment.deaths.values())
    assert deaths > 8 * DAYS  # while it worked; besides, it was restarted between its ticks
    assert len(year.deployment.deaths) > 12  # before and after every kind of write and call
    assert set(judged.retries) >= {"no data", "accident", "cool-down", "late", "cancelled"}


def test_nothing_is_left_under_way(lived: tuple[Year, Judgement, IngestContext]) -> None:
    year, _, ctx = lived
    _none(checks.unfinished(ctx, year.clock.now))
    assert year.mailbox.put_aside == []


def test_every_partition_is_in_the_state_that_amazon_knows_it_to_be_in(lived: tuple[Year, Judgement, IngestContext]) -> None:
    year, judged, ctx = lived
    _none(checks.wrong_states(year, ctx, judged))


def test_every_row_of_the_newest_version_is_there_once_and_no_file_more(lived: tuple[Year, Judgement, IngestContext]) -> None:
    year, judged, ctx = lived
    _none(checks.wrong_rows(year, ctx, judged))


def test_every_version_of_a_restated_day_is_told_with_what_it_changed(lived: tuple[Year, Judgement, IngestContext]) -> None:
    year, judged, ctx = lived
    _none(checks.wrong_histories(year, ctx, judged))


def test_every_identifier_in_the_lake_is_known_and_those_of_the_newest_listings_are_listed(
    lived: tuple[Year, Judgement, IngestContext],
) -> None:
    _none(checks.wrong_identifiers(lived[2]))


def test_not_one_request_more_than_needed(lived: tuple[Year, Judgement, IngestContext]) -> None:
    year, judged, _ = lived
    _none(judged.surplus)
    made = [c for c in year.amazon.calls if c.made is not None]
    assert judged.needed == len(made)


def test_no_request_within_a_cool_down_or_above_a_limit(lived: tuple[Year, Judgement, IngestContext]) -> None:
    """Amazon refuses what is too much; only a limit it lowered without a word may be met, and then it is learned."""
    year, judged, _ = lived
    _none(judged.in_cool_down)
    assert [c for c in year.amazon.calls if c.refused == "bucket"] == []
    refused = [c.at for c in year.amazon.calls if c.refused == "daily limit"]
    since, until = year.limited
    assert all(since <= at < until for at in refused)
    assert len(refused) <= 4 + 2 * (until - since).days


# --- the table in memory answers as the emulator does -------------------------------------------------------------------
@pytest.fixture(params=["emulator", "memory"])
def clients(request: pytest.FixtureRequest) -> Any:
    if request.param == "memory":
        return SimpleNamespace(dynamodb=MemoryDynamo())
    request.getfixturevalue("aws")
    return AwsClients()


def test_many_items_come_in_pages_in_their_order_and_leave_the_index_when_told(clients: Any) -> None:
    _table(clients, "t", sort_key=True)
    table, n = Table(clients, "t"), PAGE + 30
    numbers = random.Random(7).sample(range(1000, 1000 + n), n)
    for number in numbers:
        assert table.put({"pk": "a", "sk": str(number), "gsi_pk": "OPEN", "gsi_sk": f"x{number}", "length_": number, "map": {}})
    assert [i["length_"] for i in table.query("a", "1005", "1300")] == [m for m in sorted(numbers) if 1005 <= m <= 1300]
    assert [i["sk"] for i in table.index("OPEN")] == sorted(map(str, numbers))
    assert [i["sk"] for i in table.index("OPEN", below="x1003")] == ["1000", "1001", "1002"]
    assert [i["sk"] for i in table.index("OPEN", most=2)] == ["1000", "1001"]
    assert table.take_off_index({"pk": "a", "sk": "1000"}, "OPEN")
    assert not table.take_off_index({"pk": "a", "sk": "1000"}, "OPEN")
    assert next(table.index("OPEN"))["sk"] == "1001"
    table.add({"pk": "a", "sk": "1000"}, "map", "calls", 2)
    table.add({"pk": "a", "sk": "1000"}, "map", "calls", 1)
    assert table.get({"pk": "a", "sk": "1000"}) == {"pk": "a", "sk": "1000", "length_": 1000, "map": {"calls": 3}}
    assert table.delete({"pk": "a", "sk": "1001"}, "length_ = :n", {":n": 1001})
    assert not table.delete({"pk": "a", "sk": "1002"}, "length_ = :n", {":n": 7})
    assert [i["sk"] for i in table.query("a", "1000", "1003")] == ["1000", "1002", "1003"]


def test_buckets_and_cool_downs_are_kept_alike(clients: Any) -> None:
    _table(clients, "q", sort_key=False)
    now = [1_800_000_000.0]
    throttle = DynamoThrottle(clients, "q", clock=lambda: now[0], sleep=lambda s: None)
    other = DynamoThrottle(clients, "q", clock=lambda: now[0], sleep=lambda s: None)
    key, plan, taken = BucketKey("app", "A", "eu", "createReport"), RatePlan(1 / 60, 15), 0
    for n in range(40):
        try:
            (throttle, other)[n % 2].acquire(key, plan, max_wait=0.0)
            taken += 1
        except Throttled:
            now[0] += 10
    assert taken == 18
    throttle.cool_down("k", 60)
    other.cool_down("k", 30)
    assert throttle.cool_down_left("k") == 60
