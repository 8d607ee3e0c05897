"""What a person sees of an API: "Materialize" on a day or many, what is refused, what its schedules and sensors start."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pyarrow.parquet as pq
import pytest
from deployment import TOKENS, Deployment

from spapi_assets.api_automation import RESTS, read_schedules, refresh_sensor, tables_sensor, unfinished_sensor
from spapi_assets.assets.apis import api_assets
from spapi_assets.assets.notifications import notification_specs
from spapi_assets.aws.identifiers import Found
from spapi_assets.aws.queue import Message
from spapi_assets.datasets.loader import load_registry
from spapi_assets.ingest.coverage import coverage
from spapi_assets.ingest.load import exclusive
from spapi_assets.ingest.notifications.keeping import spool
from spapi_assets.ingest.notifications.route import Row
from spapi_assets.jobs import read_jobs
from spapi_assets.partitions import RANGE_END, RANGE_START
from spapi_assets.resources.platform import PlatformResource
from spapi_assets.settings import load_settings
from spapi_assets.simulator.business.catalog import PRODUCTS
from spapi_assets.simulator.server import Simulator

MONEY, LISTINGS, ORDERS = "finance_transactions", "listings_items", "orders_api"
SKUS = sorted(product.sku for product in PRODUCTS)[:5]


@pytest.fixture
def apis(simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployment]:
    """The definitions' part that is about APIs and messages, over two connected accounts."""
    from spapi_assets.ingest.onboarding import connect, set_up
    from spapi_assets.spapi.auth import LwaCredentials

    monkeypatch.setenv("SPAPI_LAKE_URI", str(tmp_path / "lake"))
    monkeypatch.setenv("SPAPI_FIRST_DATE", str(datetime.now(UTC).date() - timedelta(days=40)))
    settings = load_settings()
    platform = PlatformResource.of(settings)
    context = platform.context()
    set_up(context)
    for account in settings.accounts:
        credentials = LwaCredentials("amzn1.application-oa2-client.simulator", "simulator-secret", TOKENS[account.name])
        list(connect(context, account, credentials))
    registry = load_registry()
    jobs = read_jobs(registry, settings)
    definitions = dg.Definitions(
        assets=[
            *(api_assets(registry.apis[name], settings) for name in jobs),
            *notification_specs(registry, settings),
        ],
        jobs=list(jobs.values()),
        schedules=list(read_schedules(registry, settings, jobs)),
        sensors=[
            refresh_sensor(registry, settings, jobs),
            unfinished_sensor(registry, settings, jobs),
            tables_sensor(registry),
        ],
        resources={"platform": platform},
        executor=dg.in_process_executor,
    )
    with dg.instance_for_test() as instance:
        yield Deployment(simulator, platform, instance, definitions, tmp_path / "lake")


def said(done: Any) -> str:
    (failure,) = [e for e in done.all_events if e.is_step_failure]
    return str(failure.step_failure_data.user_failure_data.description)


def start(deployment: Deployment, request: dg.RunRequest) -> Any:
    """The run that a sensor or schedule asked for."""
    job = deployment.job(str(request.job_name))
    return job.execute_in_process(instance=deployment.instance, tags=request.tags, raise_on_error=False)


def materialized(done: Any, asset: str) -> set[str]:
    events = [e.event_specific_data.materialization for e in done.all_events if e.is_step_materialization]
    return {str(m.partition) for m in events if m.asset_key.to_user_string() == asset}


def known_skus(deployment: Deployment, *keys: str) -> None:
    for key in keys:
        account, _, marketplace = key.partition(".")
        deployment.context.identifiers.put("sku", account, marketplace, [Found(sku) for sku in SKUS], "test")


def calls(deployment: Deployment) -> int:
    """Calls of APIs; accounts were connected before."""
    return sum(deployment.simulator.journal.count(name) for name in ("listTransactions", "searchListingsItems", "getOrder"))


def days(deployment: Deployment, first: int, last: int) -> list[str]:
    """Partition keys of the seller, from so many days ago to so many."""
    today = deployment.yesterday + timedelta(days=1)
    return [f"kestrel_eu|{today - timedelta(days=n)}" for n in range(first, last - 1, -1)]


def test_a_range_of_days_is_one_reading_of_which_every_day_is_materialized(apis: Deployment) -> None:
    keys = days(apis, 12, 5)
    done = apis.materialize(f"raw/{MONEY}", "raw/finance_breakdowns", first=keys[0], last=keys[-1])
    assert done.success
    assert apis.partitions(f"raw/{MONEY}") == apis.partitions("raw/finance_breakdowns") == set(keys)
    assert apis.partitions("raw/finance_items") == set(), "only what was chosen"
    shown = apis.metadata(f"raw/{MONEY}", keys[3])
    assert pq.read_table(shown["uri"].removeprefix("file://")).num_rows == shown["dagster/partition_row_count"] > 0
    assert shown["calls"] == calls(apis)
    assert shown["readings"].startswith("read-")
    checks = {(e.asset_key.path[-1], e.check_name): e.passed for e in done.get_asset_check_evaluations()}
    assert checks == {(name, check): True for name in (MONEY, "finance_breakdowns") for check in ("contract", "quarantine")}
    before = calls(apis)
    again = apis.materialize(f"raw/{MONEY}", first=keys[3])
    assert again.success
    assert calls(apis) == before, "what was read is not asked for again"
    told = apis.metadata(f"raw/{MONEY}", keys[3])
    assert told["dagster/partition_row_count"] == shown["dagster/partition_row_count"]
    assert told["uri"] == shown["uri"]


def test_read_again_reads_what_was_read_already(apis: Deployment) -> None:
    (day,) = days(apis, 40, 40)
    assert apis.materialize(f"raw/{MONEY}", first=day).success
    before = calls(apis)
    key = dg.AssetKey(["raw", MONEY])
    job = apis.definitions.get_repository_def().get_implicit_job_def_for_assets([key])
    assert job is not None
    config = {"ops": {f"raw_{MONEY}": {"config": {"read_again": True}}}}
    done = job.get_subset(asset_selection={key}).execute_in_process(
        instance=apis.instance, partition_key=day, run_config=config, raise_on_error=False
    )
    assert done.success
    assert calls(apis) > before


def test_todays_snapshot_is_read_by_marketplace_and_a_past_one_fails_without_a_call(apis: Deployment) -> None:
    known_skus(apis, "kestrel_eu.DE")
    today = apis.yesterday + timedelta(days=1)
    assert apis.materialize("raw/listings", first=f"kestrel_eu.DE|{today}").success
    shown = apis.metadata("raw/listings", f"kestrel_eu.DE|{today}")
    assert shown["dagster/partition_row_count"] == shown["identifiers asked for"] == len(SKUS)
    before = calls(apis)
    done = apis.materialize("raw/listings", first=f"kestrel_eu.DE|{apis.yesterday}")
    assert "A snapshot shows the day it is made; this day is over and it was not read." in said(done)
    assert calls(apis) == before
    unknown = apis.materialize("raw/listings", first=f"kestrel_eu.UK|{today}")
    assert "No sku of kestrel_eu.UK is known yet" in said(unknown)


def test_a_denied_role_fails_once_and_coverage_says_denied_until_the_account_is_connected_again(apis: Deployment) -> None:
    from spapi_assets.aws.denials import lift_all

    fault = apis.simulator.faults.add("403_denied", operation="listTransactions")
    keys = days(apis, 6, 5)
    done = apis.materialize(f"raw/{MONEY}", first=keys[0], last=keys[-1])
    assert "2 of 2 partitions" in said(done)
    assert "listTransactions" in said(done)
    assert not [e for e in done.all_events if e.event_type_value == "STEP_UP_FOR_RETRY"]
    assert apis.simulator.journal.count("listTransactions") == 1
    other = apis.materialize(f"raw/{MONEY}", first=days(apis, 20, 20)[0])
    assert "Amazon denies it since" in said(other)
    assert apis.simulator.journal.count("listTransactions") == 1, "nobody asks for other days either"
    day = date.fromisoformat(keys[0].partition("|")[2])
    rows = list(coverage(apis.context, day, day, datasets=[MONEY]))
    assert {row.state for row in rows if row.account == "kestrel_eu"} == {"denied"}
    apis.simulator.faults.clear(fault.id)
    assert lift_all(apis.context.ledger, "kestrel_eu") == ["listTransactions"]
    assert apis.materialize(f"raw/{MONEY}", first=keys[0], last=keys[-1]).success


def test_one_account_that_is_refused_does_not_keep_the_others_from_being_read(apis: Deployment) -> None:
    known_skus(apis, "kestrel_eu.DE", "kestrel_eu.UK")
    apis.simulator.faults.add("403_denied", operation="searchListingsItems", times=1)
    today = apis.yesterday + timedelta(days=1)
    done = apis.materialize("raw/listings", first=f"kestrel_eu.DE|{today}", last=f"kestrel_eu.UK|{today}")
    assert "1 of 2 partitions" in said(done)
    assert "kestrel_eu.DE" in said(done)
    assert apis.partitions("raw/listings") == {f"kestrel_eu.UK|{today}"}


def test_two_materializations_at_once_are_one_reading_and_a_clear_sentence(
    apis: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    from spapi_assets.ingest.reading import run

    real = run.exclusive
    monkeypatch.setattr(run, "exclusive", lambda ctx, name, max_wait: real(ctx, name, 0.0))
    (day,) = days(apis, 5, 5)
    with exclusive(apis.context, f"read#{MONEY}#kestrel_eu", 0.0):
        done = apis.materialize(f"raw/{MONEY}", first=day)
    assert "kestrel_eu: Another run is reading it at this moment" in said(done)
    assert calls(apis) == 0
    assert apis.materialize(f"raw/{MONEY}", first=day).success


def test_an_amazon_that_is_down_is_retried_by_the_op_and_then_by_the_sensor_from_where_it_stopped(
    apis: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first page of the range is answered, then Amazon fails; nothing that was read is asked for again."""
    from spapi_assets.ingest.reading import chains

    known_skus(apis, "kestrel_eu.DE", "kestrel_eu.UK")
    context = apis.context
    context.identifiers.put("sku", "kestrel_eu", "DE", [Found(f"GONE-{n:03d}") for n in range(35)], "test")  # three calls
    monkeypatch.setattr(chains, "MOST_THREADS", 1)
    rule = apis.simulator.faults.add("500", operation="searchListingsItems", skip=1)
    today = apis.yesterday + timedelta(days=1)
    monkeypatch.setattr(context.apis("kestrel_eu").session, "_sleep", lambda seconds: None)  # between the client's tries
    monkeypatch.setattr(type(apis.platform), "context", lambda self: context)
    monkeypatch.setattr(dg.RetryPolicy, "calculate_delay", lambda self, attempt: 0.01)
    done = apis.materialize("raw/listings", first=f"kestrel_eu.DE|{today}", tags={"spapi/scheduled": "true"})
    assert not done.success
    assert [e for e in done.all_events if e.event_type_value == "STEP_UP_FOR_RETRY"], "a fault of Amazon's may go by"
    answered = apis.simulator.journal.count("searchListingsItems", 200)
    assert answered == 1
    apis.simulator.faults.clear(rule.id)
    assert "1 are under way" in str(apis.tick("unfinished_readings").skip_message)
    later = context.now() + timedelta(minutes=30)
    context.now = lambda: later  # type: ignore[method-assign]
    (request,) = apis.tick("unfinished_readings").run_requests
    assert (request.tags[RANGE_START], request.tags[RANGE_END]) == (f"kestrel_eu.DE|{today}",) * 2
    assert start(apis, request).success
    assert apis.simulator.journal.count("searchListingsItems", 200) == 2, "the first call's answer was kept"
    assert apis.partitions("raw/listings") == {f"kestrel_eu.DE|{today}"}
    assert apis.tick("unfinished_readings").run_requests in (None, [])


def test_schedules_name_the_days_that_are_due_or_may_change_one_run_an_account(apis: Deployment) -> None:
    repository = apis.definitions.get_repository_def()
    at = datetime(2026, 3, 10, 3, 20, tzinfo=UTC)
    settings = load_settings({"SPAPI_FIRST_DATE": "2026-01-01"})
    registry = load_registry()
    made = {s.name: s for s in read_schedules(registry, settings, read_jobs(registry, settings))}
    assert set(made) == {s.name for s in repository.schedule_defs}

    def ranges(name: str) -> list[tuple[str, str, str]]:
        with dg.build_schedule_context(instance=apis.instance, scheduled_execution_time=at) as context:
            requests = made[f"read_{name}"].evaluate_tick(context).run_requests
        return [(str(r.run_key), r.tags[RANGE_START], r.tags[RANGE_END]) for r in requests or []]

    key = f"{MONEY}:kestrel_eu:{at.isoformat()}"
    assert ranges(MONEY) == [(key, "kestrel_eu|2026-01-31", "kestrel_eu|2026-03-07")], "35 days: all that may be restated"
    assert [r[1:] for r in ranges(ORDERS)] == [("kestrel_eu|2026-02-23", "kestrel_eu|2026-03-09")]
    assert [r[1:] for r in ranges(LISTINGS)] == [("kestrel_eu.DE|2026-03-10", "kestrel_eu.UK|2026-03-10")]
    assert [r[1:] for r in ranges("catalog_items")] == [
        ("kestrel_eu.DE|2026-03-10", "kestrel_eu.UK|2026-03-10"),
        ("kestrel_vendor_us.US|2026-03-10", "kestrel_vendor_us.US|2026-03-10"),
    ]
    assert [r[1:] for r in ranges("purchase_orders")] == [("kestrel_vendor_us|2026-02-23", "kestrel_vendor_us|2026-03-09")]


def test_a_scheduled_run_does_not_fail_for_days_that_cannot_be_there_yet(apis: Deployment) -> None:
    keys = days(apis, 5, 1)
    tags = {"spapi/scheduled": "true"}
    done = apis.materialize(f"raw/{MONEY}", first=keys[0], last=keys[-1], tags=tags)
    assert done.success, "the last two days are published tomorrow and after"
    assert materialized(done, f"raw/{MONEY}") == set(keys[:3])
    before = calls(apis)
    again = apis.materialize(f"raw/{MONEY}", first=keys[0], last=keys[-1], tags=tags)
    assert again.success
    assert materialized(again, f"raw/{MONEY}") == set(), "nothing was read, so nothing is told"
    assert calls(apis) == before
    by_hand = apis.materialize(f"raw/{MONEY}", first=keys[0], last=keys[-1])
    assert "2 of 5 partitions" in said(by_hand)
    assert "48 h after the day closed" in said(by_hand)


def test_marked_identifiers_rest_a_minute_are_read_in_one_run_a_source_and_account_and_only_they(
    apis: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = apis.context
    began = context.now()
    monkeypatch.setattr(type(apis.platform), "context", lambda self: context)
    for sku in SKUS[:3]:
        context.refreshes.ask(LISTINGS, "kestrel_eu.DE", [sku], "LISTINGS_ITEM_STATUS_CHANGE", began)
    context.refreshes.ask(LISTINGS, "kestrel_eu.UK", [SKUS[0]], "LISTINGS_ITEM_ISSUES_CHANGE", began)
    assert "4 identifiers wait" in str(apis.tick("api_refreshes").skip_message), "a burst gathers for a minute"
    context.now = lambda: began + timedelta(seconds=70)  # type: ignore[method-assign]
    requests = apis.tick("api_refreshes").run_requests
    assert sorted(r.tags["spapi/refresh"] for r in requests) == [f"{LISTINGS}:kestrel_eu.DE", f"{LISTINGS}:kestrel_eu.UK"]
    german = next(r for r in requests if r.tags["spapi/refresh"].endswith("DE"))
    active = apis.instance.create_run_for_job(
        apis.job(str(german.job_name)), tags=german.tags, status=dg.DagsterRunStatus.STARTED
    )
    assert [r.tags["spapi/refresh"] for r in apis.tick("api_refreshes").run_requests] == [f"{LISTINGS}:kestrel_eu.UK"]
    apis.instance.delete_run(active.run_id)
    known_skus(apis, "kestrel_eu.DE")
    assert start(apis, german).success
    assert apis.simulator.journal.count("searchListingsItems") == 1
    assert [m.identifier for m in context.refreshes.pending(LISTINGS, "kestrel_eu.DE")] == []
    today = began.date()
    (path,) = [p for p in context.lake.list("raw/listings") if p.endswith(".parquet") and "_schema" not in p]
    assert set(pq.read_table(context.lake.open_input(path)).column("sku").to_pylist()) == set(SKUS[:3])
    (row,) = [r for r in coverage(context, today, today, datasets=["listings"]) if r.marketplace == "DE"]
    assert (row.state, row.rows) == ("missing", None), "the day has not been read"


def test_changed_orders_are_read_although_today_is_no_partition_yet(apis: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    context = apis.context
    monkeypatch.setattr(type(apis.platform), "context", lambda self: context)
    began = context.now()
    day = apis.yesterday - timedelta(days=2)
    assert apis.materialize("raw/api_orders", first=f"kestrel_eu|{day}").success
    (path,) = [p for p in context.lake.list("raw/api_orders") if p.endswith("data.parquet")]
    order = pq.read_table(context.lake.open_input(path)).column("order_id")[0].as_py()
    context.refreshes.ask(ORDERS, "kestrel_eu", [order], "ORDER_CHANGE", began)
    context.now = lambda: began + timedelta(seconds=70)  # type: ignore[method-assign]
    (request,) = apis.tick("api_refreshes").run_requests
    done = start(apis, request)
    assert done.success
    assert context.refreshes.pending(ORDERS, "kestrel_eu") == []
    (own,) = [p for p in context.lake.list("raw/api_orders") if "/read-" in p]
    assert pq.read_table(context.lake.open_input(own)).column("order_id").to_pylist() == [order]
    assert apis.partitions("raw/api_orders") == {f"kestrel_eu|{day}"}, "no day looks read that was not"


def test_a_refresh_that_fails_rests_longer_each_time(apis: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    context = apis.context
    monkeypatch.setattr(type(apis.platform), "context", lambda self: context)
    began = context.now()
    context.refreshes.ask(LISTINGS, "kestrel_eu.DE", SKUS[:2], "LISTINGS_ITEM_STATUS_CHANGE", began - timedelta(hours=1))
    apis.simulator.faults.add("403_denied", operation="searchListingsItems")
    for rest in RESTS[:2]:
        (request,) = apis.tick("api_refreshes").run_requests
        assert not start(apis, request).success
        failed = context.now()
        assert "After failures rest: listings_items of kestrel_eu.DE until" in str(apis.tick("api_refreshes").skip_message)
        context.now = lambda at=failed + rest + timedelta(seconds=30): at  # type: ignore[misc]
    assert len(apis.tick("api_refreshes").run_requests) == 1
    assert apis.simulator.journal.count("searchListingsItems") == 2


def test_messages_that_became_rows_are_materializations_of_their_days(apis: Deployment, amazon_reference: Path) -> None:
    path = amazon_reference / "schemas" / "notifications" / "ItemSalesEventChangeNotification.json"
    message = json.loads(path.read_text("utf-8"))["examples"][0]
    context = apis.context
    hour = context.now() - timedelta(hours=2)
    spool(context.lake, [(Row("item_sales_events", "kestrel_vendor_us"), Message("m", "r", json.dumps(message), 1, hour))], hour)
    result = apis.tick("notification_tables")
    events = {e.asset_key.to_user_string(): e for e in result.asset_events}
    event = events["raw/item_sales_events"]
    account, _, day = str(event.partition).partition("|")
    assert account == "kestrel_vendor_us"
    lying = [p for p in context.lake.list("raw/item_sales_events") if p.endswith(".parquet") and "_schema" not in p]
    assert len(lying) == 1
    assert f"date={day}/" in lying[0]
    assert event.metadata["dagster/row_count"].value == pq.read_table(context.lake.open_input(lying[0])).num_rows > 0
    assert apis.tick("notification_tables").skip_message == "No messages wait to become rows."


def test_partitions_are_accounts_or_accounts_by_marketplace_and_only_snapshots_and_messages_have_today(apis: Deployment) -> None:
    graph = apis.definitions.resolve_asset_graph()
    today = str(apis.yesterday + timedelta(days=1))

    def keys(name: str) -> tuple[set[str], bool]:
        found = graph.get(dg.AssetKey(["raw", name])).partitions_def.get_partition_keys()
        return {key.partition("|")[0] for key in found}, any(key.endswith(today) for key in found)

    assert keys(MONEY) == ({"kestrel_eu"}, False)
    assert keys("listings") == ({"kestrel_eu.DE", "kestrel_eu.UK"}, True)
    assert keys("catalog_items") == ({"kestrel_eu.DE", "kestrel_eu.UK", "kestrel_vendor_us.US"}, True)
    assert keys("purchase_orders") == ({"kestrel_vendor_us"}, False)
    assert keys("item_sales_events")[1]
