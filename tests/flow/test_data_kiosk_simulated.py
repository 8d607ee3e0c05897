"""Data Kiosk from asking to Parquet over real HTTP: every query of the registry against the simulator, and its numbers."""

from __future__ import annotations

import time
from datetime import date, timedelta
from typing import Any

import pyarrow.parquet as pq
import pytest

from spapi_assets.datasets.model import Report
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.documents.context import LoadResult
from spapi_assets.ingest.load import load_report
from spapi_assets.ingest.requesting import ask
from spapi_assets.ingest.sweep import sweep
from spapi_assets.ingest.windows import period
from spapi_assets.lake.layout import Partition
from spapi_assets.settings import Settings
from spapi_assets.simulator.server import Simulator

pytestmark = pytest.mark.end_to_end
DAILY = ("dk_sales_and_traffic_by_asin", "dk_sales_and_traffic_by_date", "dk_economics")
VENDOR = ("dk_vendor_sourcing", "dk_vendor_manufacturing_weekly")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    accounts = tuple(a.model_copy(update={"reports": ("default", "data_kiosk")}) for a in settings.accounts)
    return settings.model_copy(update={"accounts": accounts})


def key_of(report: Report) -> str:
    return "kestrel_vendor_us" if report.kind == "vendor" else "kestrel_eu.DE"


def day_of(ctx: IngestContext, report: Report, ago: int = 20) -> date:
    return period(report, ctx.now().date() - timedelta(days=ago))[0]


def bring(ctx: IngestContext, *names: str) -> dict[str, LoadResult]:
    """One period of each of these, asked for, followed to the last page and loaded."""
    for name in names:
        report = ctx.registry.reports[name]
        asked = ask(ctx, report, [Partition.of(key_of(report), day_of(ctx, report))], deadline=ctx.monotonic() + 10)
        assert asked.problems == []
    loads: dict[str, LoadResult] = {}
    deadline = time.monotonic() + 30
    while len(loads) < len(names):
        assert time.monotonic() < deadline, f"only {sorted(loads)} came"
        found = sweep(ctx, 5.0)
        assert found.problems == []
        for record in found.ready:
            result = load_report(ctx, record) if record.report in names else None
            if result is not None:
                loads[record.report] = result
        time.sleep(0.1)
    return loads


def rows(ctx: IngestContext, dataset: str) -> list[dict[str, Any]]:
    found = []
    for path in sorted(ctx.lake.list(f"raw/{dataset}/")):
        with ctx.lake.open_input(path) as file:
            found += pq.read_table(file).to_pylist()
    return found


def test_every_kind_of_query_comes_home_typed_and_complete(real: IngestContext, simulator: Simulator) -> None:
    simulator.state.kiosk.page_rows = 20
    loads = bring(real, *DAILY, *VENDOR)
    for name, result in loads.items():
        report = real.registry.reports[name]
        for dataset in report.datasets:
            load = result.datasets[dataset.name]
            assert load.unknown_columns == (), f"{dataset.name} has columns that the registry does not know"
            assert load.quarantined == 0, dataset.name
        first = report.datasets[0].name
        assert result.rows[first] > 0, f"{first} is empty"
        day = day_of(real, report)
        assert sum(f.rows for f in real.ledger.partitions(first, key_of(report), day, day)) == len(rows(real, first))
    assert {f.part for f in real.ledger.partitions("dk_economics", "kestrel_eu.DE", date(2026, 1, 1), real.now().date())} > {
        "data"
    }
    assert not [w for result in loads.values() for w in result.warnings if "does not know" in w]
    fees, ads = rows(real, "dk_economics_fees"), rows(real, "dk_economics_ads")
    products = {r["msku"]: r for r in rows(real, "dk_economics")}
    assert {f["msku"] for f in fees} <= set(products)
    for sku, product in products.items():
        costs = sum(x["total_amount"] for x in (*fees, *ads) if x["msku"] == sku)
        told = product["cost_of_goods_sold_amount"] or 0
        assert (
            abs(
                product["net_product_sales_amount"]
                - costs
                - told * product["net_units_sold"]
                - product["net_proceeds_total_amount"]
            )
            < 1
        )


def test_the_numbers_are_those_of_the_report_it_stands_in_for(real: IngestContext, simulator: Simulator) -> None:
    bring(real, "sales_and_traffic", "dk_sales_and_traffic_by_asin", "dk_sales_and_traffic_by_date")
    for name in ("sales_and_traffic_by_asin", "sales_and_traffic_by_date"):
        # One day: the store has one row, products are told apart by their SKU.
        ours, theirs = ({r.get("sku"): r for r in rows(real, table)} for table in (f"dk_{name}", name))
        assert ours.keys() == theirs.keys()
        assert theirs
        measures = [c.name for c in real.registry.datasets[name].columns if c.unit]
        wrong = {(k, m): (ours[k][m], theirs[k][m]) for k in theirs for m in measures if ours[k][m] != theirs[k][m]}
        assert wrong == {}
        assert len(measures) > 20


def test_a_lost_answer_of_create_query_never_asks_twice(real: IngestContext, simulator: Simulator) -> None:
    simulator.faults.add(kind="response_lost", operation="createQuery", times=1, seconds=0.1)
    report = real.registry.reports["dk_sales_and_traffic_by_date"]
    day = Partition.of("kestrel_eu.DE", day_of(real, report))
    asked = ask(real, report, [day], deadline=real.monotonic() + 10)
    assert (asked.created, len(asked.problems)) == ([], 1)
    deadline = time.monotonic() + 20
    while True:
        sweep(real, 5.0)
        (mine,) = real.ledger.records(report.name, "kestrel_eu.DE", day.day, day.day)
        if mine.ready:
            break
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert mine.attempt == 1
    assert len(list(real.apis("kestrel_eu").data_kiosk.queries())) == 1
    load_report(real, mine)
    assert rows(real, report.datasets[0].name)
