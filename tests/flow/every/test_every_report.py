"""Every report of the registry from asking to Parquet on the real flow, one test a report: what came is whole, typed and known.
The simulated business is in Germany, Japan, India and the United States, so that every report has a marketplace."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from datetime import date

import pyarrow.parquet as pq
import pytest

from spapi_assets.aws.ledger_records import ReportStatus
from spapi_assets.datasets.loader import load_registry
from spapi_assets.datasets.model import Dataset, Report, WindowKind
from spapi_assets.ingest.coverage import coverage
from spapi_assets.ingest.documents.context import LoadResult
from spapi_assets.ingest.identifiers import fan
from spapi_assets.ingest.windows import final_at, today
from spapi_assets.lake.layout import Partition
from spapi_assets.lake.parquet import parquet_schema
from spapi_assets.simulator.business.catalog import PRODUCTS
from spapi_assets.simulator.business.titles import title
from tests.flow.every.deployment import Brought, Deployment, failures

pytestmark = [pytest.mark.end_to_end, pytest.mark.xdist_group("every_report")]
REPORTS = load_registry().reports.values()
LOADED = {"final", "provisional", "empty_confirmed"}
# Datasets that hold no row, and why.
MAY_BE_EMPTY = {
    "archived_orders": "the orders of the window are younger than two years",
    "pending_orders": "no order of the store waits for its payment at this hour",
    "pending_orders_converged": "as pending_orders",
    "prime_returns": "the business does not sell under Seller Fulfilled Prime",
    "prime_returns_xml": "as prime_returns",
    "customer_shipment_replacements": "no customer in India chose a replacement in these days",
    "order_report_invoicing_xml_promotions": "no parcel of the seller's own was promoted",
    "settlements_xml_coupons": "no coupon ended in the settlements",
    "settlements_xml_deals": "no deal ended in the settlements",
}


@pytest.fixture(scope="module")
def deployment(aws_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    import requests

    with pytest.MonkeyPatch.context() as patch:
        for name in [n for n in os.environ if n.startswith(("AWS_", "SPAPI_", "LWA_"))]:
            patch.delenv(name)
        for name, value in {
            "AWS_ENDPOINT_URL": aws_server,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": "eu-west-1",
        }.items():
            patch.setenv(name, value)
        requests.post(f"{aws_server}/moto-api/reset", timeout=10)
        made = Deployment(tmp_path_factory.mktemp("every"))
        yield made
        made.simulator.stop()


@pytest.mark.parametrize("name", [r.name for r in REPORTS])
def test_it_arrives_whole_typed_and_known(name: str, deployment: Deployment) -> None:
    brought = deployment.bring(name)
    assert brought.problems == []
    assert failures(brought.records) == []
    assert brought.records, "nobody made it"
    _everything_was_taken(brought)
    for dataset in brought.report.datasets:
        rows = sum(load.rows.get(dataset.name, 0) for load in brought.loads.values())
        assert bool(rows) is (dataset.name not in MAY_BE_EMPTY), f"{dataset.name}: {rows} rows"
        for key in brought.asked:
            _it_lies_in_the_lake(deployment, brought, dataset, key)
    _the_truth_is_told(deployment, brought)
    _documents_were_opened_as_they_must_be(deployment, brought)


def _everything_was_taken(brought: Brought) -> None:
    for record in brought.records:
        if record.loaded_at is None:  # asked once more, as `failures` has seen
            continue
        load = brought.loads[record.request_id]
        assert load.quarantined == 0, _first_held(load)
        for dataset in brought.report.datasets:
            done = load.datasets[dataset.name]
            assert done.rows_in == done.rows_out + done.quarantined
            if done.rows_in:
                required = {c.name for c in dataset.columns if c.required}
                assert done.unknown_columns == ()
                assert required & set(done.missing_columns) == set()


def _first_held(load: LoadResult) -> str:
    held = [d.quarantine_uri for d in load.datasets.values() if d.quarantine_uri]
    return str([pq.read_table(uri).to_pylist()[:2] for uri in held])


def _it_lies_in_the_lake(deployment: Deployment, brought: Brought, dataset: Dataset, key: str) -> None:
    report = brought.report
    days = _days(brought, dataset, key)
    parts = deployment.parts(dataset.name, key, days) if days else {}
    assert parts or dataset.name in MAY_BE_EMPTY or report.window.kind is WindowKind.HARVEST
    units = len(fan(deployment.ctx, report, key).units_for([r for r in brought.records if r.account_key == key]))
    for partition, paths in parts.items():
        if report.fan_out is not None:
            assert len(paths) == units
        if report.window.kind is WindowKind.SNAPSHOT:
            assert partition.day == _made(report, brought, partition)
        tables = [pq.read_table(path) for path in paths]
        for table in tables:
            assert table.schema.equals(parquet_schema(dataset)), dataset.name
            assert not {c.name for c in dataset.columns if c.pii} & set(table.column_names)
        if dataset.row_key and all(name in tables[0].column_names for name in dataset.row_key):
            keys = Counter(tuple(row.values()) for table in tables for row in table.select(list(dataset.row_key)).to_pylist())
            assert [k for k, n in keys.items() if n > 1] == [], f"{dataset.name} {partition}: {dataset.row_key} is no key"


def _made(report: Report, brought: Brought, partition: Partition) -> date:
    mine = [r for r in brought.records if r.account_key == partition.account_key and r.loaded_at and r.created_at]
    (made,) = {today(report, partition.marketplace, r.created_at) for r in mine if r.created_at}
    return made


def _days(brought: Brought, dataset: Dataset, key: str) -> list[date]:
    filled = {p.day for load in brought.loads.values() for p in load.datasets[dataset.name].partitions if p.account_key == key}
    return sorted(filled)


def _the_truth_is_told(deployment: Deployment, brought: Brought) -> None:
    for dataset in brought.report.datasets:
        for key, asked in brought.asked.items():
            days = [p.day for p in asked] or _days(brought, dataset, key)
            if not days:
                continue
            told = coverage(deployment.ctx, min(days), max(days), datasets={dataset.name})
            states = {r.date: (r.state, r.reason) for r in told if Partition(r.account, r.marketplace, r.date).account_key == key}
            for day in days:
                state, why = states[day]
                assert state in LOADED, f"{dataset.name} {key} {day}: {state} {why}"
                if brought.report.window.kind is WindowKind.DAYS:
                    made = max(r.created_at for r in brought.records if r.account_key == key and r.created_at and r.covers(day))
                    changing = made < final_at(brought.report, day, Partition.of(key, day).marketplace)
                    assert (state == "provisional") is changing, f"{dataset.name} {key} {day}: {state} {why}"


def _documents_were_opened_as_they_must_be(deployment: Deployment, brought: Brought) -> None:
    tokens = [e["body"] for e in deployment.simulator.journal.entries("createRestrictedDataToken")]
    named = {resource["path"].rpartition("/")[2] for body in tokens for resource in body["restrictedResources"]}
    documents = {r.document_id for r in brought.records if r.status is ReportStatus.DONE}
    assert (documents <= named) is brought.report.restricted or not documents
    assert not documents & named or brought.report.restricted
    if brought.report.window.kind is WindowKind.HARVEST:
        assert all(r.adopted and "createReport" not in r.quota for r in brought.records)


@pytest.mark.parametrize(("place", "language", "charset"), [("kestrel_eu.DE", "de", "cp1252"), ("kestrel_fe.JP", "ja", "cp932")])
def test_titles_of_german_and_japanese_stores_are_the_businesses_own(
    place: str, language: str, charset: str, deployment: Deployment
) -> None:
    brought = deployment.bring("merchant_listings")
    (record,) = [r for r in brought.records if r.account_key == place and r.loaded_at]
    found = pq.read_table(deployment.parts("merchant_listings", place, [record.start])[Partition.of(place, record.start)])
    titles = dict(zip(found.column("seller_sku").to_pylist(), found.column("item_name").to_pylist(), strict=True))
    ours = {product.sku: title(product, language) for product in PRODUCTS}
    known = set(titles) & set(ours)
    assert len(known) > 5
    assert {sku: titles[sku] for sku in known} == {sku: ours[sku] for sku in known}
    assert brought.loads[record.request_id].decisions["charset"]["charset"] == charset
