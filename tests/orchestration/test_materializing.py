"""What a person sees who presses "Materialize", back-fills, or leaves the sensors to it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import dagster as dg
import pyarrow.parquet as pq
import pytest
from deployment import Deployment

from spapi_assets.ingest.truth import TruthState

ORDERS, TRAFFIC = "orders_by_last_update", "sales_and_traffic"


def _wait_for_loads(deployment: Deployment) -> dg.SensorResult:
    """Ticks until the sensor starts a load, as the daemon would."""
    for _ in range(40):
        deployment.simulator.advance(1)
        result = deployment.tick("report_notifications")
        if isinstance(result, dg.SensorResult) and result.run_requests:
            return result
        if getattr(result, "run_requests", None):
            return result
    raise AssertionError("no load was started")


def test_materialize_on_one_partition_asks_waits_and_loads(deployment: Deployment) -> None:
    day = f"kestrel_eu|{deployment.yesterday - timedelta(days=1)}"
    done = deployment.materialize(f"raw/{ORDERS}", first=day)
    assert done.success
    shown = deployment.metadata(f"raw/{ORDERS}", day)
    assert shown["truth state"] == TruthState.FINAL
    assert shown["dagster/partition_row_count"] > 0
    assert shown["report id"]
    assert shown["quota spent"] == "createReport 1, getReportDocument 1"
    assert "charset" in shown
    assert "locale" in shown
    table = pq.read_table(shown["uri"].removeprefix("file://"))
    assert table.num_rows == shown["dagster/partition_row_count"]


def test_the_preview_shows_ten_rows_and_no_personal_data(deployment: Deployment) -> None:
    day = f"kestrel_eu|{deployment.yesterday - timedelta(days=1)}"
    assert deployment.materialize(f"raw/{ORDERS}", first=day).success
    shown = deployment.metadata(f"raw/{ORDERS}", day)
    (preview,) = [value for name, value in shown.items() if name.startswith("preview")]
    columns = set(preview.records[0].data)
    assert len(preview.records) == 10
    assert "amazon_order_id" in columns
    assert not columns & {"ship_city", "ship_postal_code"}


def test_a_month_of_orders_is_two_requests_and_every_day_is_materialized(deployment: Deployment) -> None:
    last = deployment.yesterday - timedelta(days=1)
    first = last - timedelta(days=34)
    done = deployment.materialize(f"request/{ORDERS}", f"raw/{ORDERS}", first=f"kestrel_eu|{first}", last=f"kestrel_eu|{last}")
    assert done.success
    assert deployment.simulator.journal.count("createReport") == 2
    assert len(deployment.partitions(f"raw/{ORDERS}")) == 35
    assert len(deployment.partitions(f"request/{ORDERS}")) == 35


def test_materializing_again_asks_amazon_nothing(deployment: Deployment) -> None:
    day = f"kestrel_eu|{deployment.yesterday - timedelta(days=2)}"
    for _ in range(2):
        assert deployment.materialize(f"request/{ORDERS}", f"raw/{ORDERS}", first=day).success
    assert deployment.simulator.journal.count("createReport") == 1
    assert deployment.simulator.journal.count("getReportDocument") == 1


def test_a_day_that_is_not_published_fails_with_a_sentence_and_asks_nothing(deployment: Deployment) -> None:
    day = f"kestrel_vendor_us.US|{deployment.yesterday}"
    done = deployment.materialize("raw/vendor_sales", first=day)
    assert not done.success
    (failure,) = [e for e in done.all_events if e.is_step_failure]
    said = failure.step_failure_data.user_failure_data.description
    assert "not_published" in said
    assert "72 h after the day closed" in said
    assert deployment.simulator.journal.count("createReport") == 0


def test_a_past_snapshot_fails_with_the_reason_that_it_cannot_be_had(deployment: Deployment) -> None:
    done = deployment.materialize("raw/merchant_listings", first=f"kestrel_eu.DE|{deployment.yesterday}")
    (failure,) = [e for e in done.all_events if e.is_step_failure]
    assert "A snapshot shows the day it is made" in failure.step_failure_data.user_failure_data.description


def test_requests_alone_turn_into_loads_when_amazon_announces_them(deployment: Deployment) -> None:
    last = deployment.yesterday - timedelta(days=1)
    ends = [f"kestrel_eu.{m}|{d}" for m, d in (("DE", last - timedelta(days=4)), ("UK", last))]
    assert deployment.materialize(f"request/{TRAFFIC}", first=ends[0], last=ends[1]).success
    assert deployment.partitions("raw/sales_and_traffic_by_asin") == set()
    loaded = 0
    while loaded < 10:
        for request in _wait_for_loads(deployment).run_requests:
            job = deployment.job(request.job_name)
            assert job.execute_in_process(instance=deployment.instance, tags=request.tags).success
        loaded = len(deployment.partitions("raw/sales_and_traffic_by_asin"))
    assert deployment.partitions("raw/sales_and_traffic_by_date") == deployment.partitions("raw/sales_and_traffic_by_asin")
    assert deployment.simulator.journal.count("createReport") == 10
    assert deployment.simulator.journal.count("getReportDocument") == 10
    assert deployment.context.queue.counts()["waiting"] == 0


def test_lost_and_repeated_notifications_change_nothing(deployment: Deployment) -> None:
    deployment.simulator.faults.add("lost_notification", times=1)
    deployment.simulator.faults.add("duplicate_notification", times=10, copies=4)
    last = deployment.yesterday - timedelta(days=1)
    first = last - timedelta(days=2)
    ends = (f"kestrel_eu.DE|{first}", f"kestrel_eu.DE|{last}")
    assert deployment.materialize(f"request/{TRAFFIC}", first=ends[0], last=ends[1]).success
    deployment.simulator.advance(600)
    for _ in range(30):
        deployment.tick("report_sweep")
        for request in deployment.tick("report_notifications").run_requests or []:
            if request.job_name == "load_sales_and_traffic":
                job = deployment.job(request.job_name)
                assert job.execute_in_process(instance=deployment.instance, tags=request.tags).success
        if len(deployment.partitions("raw/sales_and_traffic_by_date")) == 3:
            break
        deployment.context.sleep(0.3)
    records = deployment.context.ledger.records(TRAFFIC, "kestrel_eu.DE", first, last)
    assert [r.quota for r in records] == [{"createReport": 1, "getReportDocument": 1}] * 3
    assert all(r.loaded_at for r in records)
    assert len(deployment.partitions("raw/sales_and_traffic_by_date")) == 3


def test_settlements_are_found_without_being_asked_for(deployment: Deployment) -> None:
    deployment.tick("report_sweep")
    request = next(r for r in deployment.tick("report_notifications").run_requests if r.job_name == "load_settlements")
    job = deployment.job("load_settlements")
    assert job.execute_in_process(instance=deployment.instance, tags=request.tags).success
    ledger, today = deployment.context.ledger, datetime.now(UTC).date()
    loaded = ledger.partitions("settlements", "kestrel_eu", today - timedelta(days=60), today)
    assert loaded
    assert all(f.rows > 1 for f in loaded)
    assert deployment.simulator.journal.count("createReport") == 0


def test_an_unknown_column_is_kept_and_fails_the_contract_check(deployment: Deployment) -> None:
    deployment.simulator.faults.add("document_transform:extra_column", times=1)
    day = f"kestrel_eu|{deployment.yesterday - timedelta(days=1)}"
    done = deployment.materialize(f"raw/{ORDERS}", first=day)
    assert done.success
    checks = {e.check_name: e for e in done.get_asset_check_evaluations()}
    assert not checks["contract"].passed
    assert checks["quarantine"].passed
    assert "Unknown columns are kept as text" in checks["contract"].description


def test_a_bad_value_goes_to_quarantine_and_the_rest_loads(deployment: Deployment) -> None:
    deployment.simulator.faults.add("document_transform:bad_value", times=1)
    day = f"kestrel_eu|{deployment.yesterday - timedelta(days=1)}"
    done = deployment.materialize(f"raw/{ORDERS}", first=day)
    assert done.success
    checks = {e.check_name: e for e in done.get_asset_check_evaluations()}
    assert not checks["quarantine"].passed
    assert "replay" in checks["quarantine"].description
    assert deployment.metadata(f"raw/{ORDERS}", day)["dagster/partition_row_count"] > 0


@pytest.mark.parametrize("kind", ["truncated_gzip", "broken_download", "expired_url"])
def test_a_broken_download_is_asked_for_once_more(deployment: Deployment, kind: str) -> None:
    deployment.simulator.faults.add(kind, times=1)
    day = f"kestrel_eu|{deployment.yesterday - timedelta(days=1)}"
    assert deployment.materialize(f"raw/{ORDERS}", first=day).success
    assert deployment.simulator.journal.count("createReport") == 1


def test_no_secret_reaches_the_event_log_or_the_lake(deployment: Deployment) -> None:
    day = f"kestrel_eu|{deployment.yesterday - timedelta(days=1)}"
    done = deployment.materialize(f"raw/{ORDERS}", first=day)
    said = "\n".join(str(e) for e in done.all_events)
    said += "\n".join(json.dumps(e.to_dict(), default=str) if hasattr(e, "to_dict") else "" for e in done.all_events)
    for path in deployment.lake.rglob("*.json"):
        said += path.read_text("utf-8")
    for secret in ("Atzr|", "Atza|", "simulator-secret"):
        assert secret not in said
