"""Loaded rows feed the store: which SKUs and ASINs an account has in which store, and which of them are listed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spapi_assets.aws.clients import AwsError
from spapi_assets.aws.ledger import Ledger
from spapi_assets.aws.setup import _table
from spapi_assets.datasets.loader import load_registry
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.feeding import feed
from spapi_assets.ingest.identifiers import known_identifiers
from spapi_assets.ingest.load import load_report
from spapi_assets.lake.layout import Partition, partition_object
from spapi_assets.lake.store import Lake
from spapi_assets.settings import Account, Settings
from tests.flow.amazon import Amazon
from tests.flow.amazon import Clock as FlowClock
from tests.flow.test_load import body, finished
from tests.identifiers.conftest import in_memory
from tests.identifiers.test_identifiers import Counting

DAY = date(2026, 3, 1)
KESTREL = Account(
    name="kestrel_eu", kind="seller", region="eu", selling_partner_id="A3K", marketplaces=("DE", "UK"), secret="s"
)  # fmt: skip
VENDOR = Account(name="v", kind="vendor", region="na", selling_partner_id="amzn1.vg.1", marketplaces=("US",), secret="s")
A1, A2, A3 = "B000000001", "B000000002", "B000000003"


def context(folder: Path, clients: Any) -> IngestContext:
    settings = Settings(accounts=(KESTREL, VENDOR), lake_uri=str(folder), first_date="2026-01-01")
    nothing: Any = None
    return IngestContext(
        settings=settings,
        registry=load_registry(),
        ledger=Ledger(clients, settings.ledger_table),
        lake=Lake(settings.lake_uri),
        throttle=nothing,
        make_apis=nothing,
        clients=clients,
        queue=nothing,
        now=lambda: datetime(2026, 3, 20, tzinfo=UTC),
    )


@pytest.fixture
def ctx(tmp_path: Path) -> IngestContext:
    clients = in_memory()
    _table(clients, "spapi-ledger", sort_key=True)
    return context(tmp_path, clients)


def loaded(
    ctx: IngestContext, dataset: str, *rows: dict[str, Any], place: str = "kestrel_eu.DE", day: date = DAY, gaps: bool = False
) -> Partition:
    """A Parquet object as a load leaves it, with the columns of the registry; and it is fed."""
    definition, partition = ctx.registry.datasets[dataset], Partition.of(place, day)
    types = {"decimal": pa.decimal128(18, 4)}
    schema = pa.schema([(c.name, types.get(c.type, pa.string())) for c in definition.columns])
    full = [{c.name: row.get(c.name) for c in definition.columns} for row in rows]
    with ctx.lake.open_output(partition_object(dataset, partition)) as file:
        pq.write_table(pa.Table.from_pylist(full, schema), file)
    feed(ctx, definition, [partition], "data", gaps=gaps)
    return partition


def listing(sku: str, asin: str, price: str | None = "10.00", channel: str = "DEFAULT") -> dict[str, Any]:
    return {
        "seller_sku": sku,
        "asin1": asin,
        "price": None if price is None else Decimal(price),
        "fulfillment_channel": channel,
        "item_name": f"The {sku}",
    }


def held(ctx: IngestContext, kind: str, place: str = "kestrel_eu.DE") -> dict[str, tuple[bool | None, set[str]]]:
    account, _, marketplace = place.partition(".")
    return {i.value: (i.listed, set(i.sources)) for i in ctx.identifiers.all(kind, account, marketplace)}


def test_listings_bring_skus_and_asins_with_what_later_requests_need(ctx: IngestContext) -> None:
    loaded(
        ctx, "merchant_listings", listing("S 1/a", A1, "19.99", "AMAZON_EU"), listing("S2", A1, "9.99"), listing("S3", "", None)
    )
    facts = {kind: {i.value: dict(i.facts) for i in ctx.identifiers.all(kind, "kestrel_eu", "DE")} for kind in ("sku", "asin")}
    assert facts == {
        "sku": {
            "S 1/a": {"price": Decimal("19.99"), "currency": "EUR", "afn": True, "asin": A1},
            "S2": {"price": Decimal("9.99"), "currency": "EUR", "afn": False, "asin": A1},
            "S3": {"afn": False},
        },
        "asin": {A1: {"price": Decimal("19.99"), "currency": "EUR", "afn": True}},
    }
    assert held(ctx, "sku", "kestrel_eu.UK") == {}


def test_what_leaves_the_listings_stays_known_and_an_empty_list_unlists_all(ctx: IngestContext) -> None:
    source = {"merchant_listings"}
    loaded(ctx, "merchant_listings", listing("S1", A1), listing("S2", A2))
    loaded(ctx, "merchant_listings", listing("S1", A1), day=DAY + timedelta(days=1))
    assert held(ctx, "sku") == {"S1": (True, source), "S2": (False, source)}
    assert held(ctx, "asin") == {A1: (True, source), A2: (False, source)}
    loaded(ctx, "merchant_listings", day=DAY + timedelta(days=2))
    assert held(ctx, "sku") == {"S1": (False, source), "S2": (False, source)}


def test_a_list_of_which_rows_are_in_the_quarantine_unlists_nothing_until_it_is_replayed_whole(ctx: IngestContext) -> None:
    loaded(ctx, "merchant_listings", listing("S1", A1), listing("S2", A2))
    day = DAY + timedelta(days=1)
    loaded(ctx, "merchant_listings", listing("S1", A1, "12.00"), day=day, gaps=True)
    source = {"merchant_listings"}
    assert held(ctx, "sku") == {"S1": (True, source), "S2": (True, source)}
    loaded(ctx, "merchant_listings", listing("S1", A1), listing("S3", A3))  # the older list, replayed
    assert held(ctx, "sku") == {"S1": (True, source), "S2": (True, source), "S3": (False, source)}
    assert ctx.identifiers.some("sku", "kestrel_eu", "DE", ["S1"])["S1"].facts["price"] == 12
    loaded(ctx, "merchant_listings", listing("S1", A1), day=day)
    assert held(ctx, "sku")["S2"] == (False, source)


def test_settlements_and_orders_bring_skus_that_no_listing_has_any_more_to_the_store_of_their_row(ctx: IngestContext) -> None:
    loaded(ctx, "merchant_listings", listing("S1", A1))
    rows = [{"sku": s, "marketplace_name": m} for s, m in (("S1", "Amazon.de"), ("OLD", "Amazon.de"), ("OLD", "Amazon.fr"))]
    loaded(ctx, "settlements", *rows, {"sku": None, "marketplace_name": "Amazon.de"}, place="kestrel_eu")
    order = {"sku": "GONE", "asin": A2, "sales_channel": "Amazon.co.uk"}
    loaded(ctx, "orders_by_last_update", order, {"sku": "S1", "asin": "?", "sales_channel": "Amazon.de"}, place="kestrel_eu")
    assert held(ctx, "sku") == {
        "S1": (True, {"merchant_listings", "settlements", "orders_by_last_update"}),
        "OLD": (None, {"settlements"}),
    }
    assert held(ctx, "sku", "kestrel_eu.UK") == {"GONE": (None, {"orders_by_last_update"})}
    assert held(ctx, "asin") == {A1: (True, {"merchant_listings"})}
    assert held(ctx, "asin", "kestrel_eu.UK") == {A2: (None, {"orders_by_last_update"})}


def test_rows_of_no_store_are_looked_for_in_all_unless_somebody_else_knows_where(ctx: IngestContext) -> None:
    loaded(ctx, "merchant_listings", listing("S1", A1))
    rows = [{"sku": s, "asin": a, "sales_channel": "Non-Amazon"} for s, a in (("S1", A1), ("MCF", A3))]
    for _ in range(2):
        loaded(ctx, "orders_by_last_update", *rows, place="kestrel_eu")
        assert held(ctx, "sku") == {"S1": (True, {"merchant_listings"}), "MCF": (None, {"orders_by_last_update"})}
        assert held(ctx, "sku", "kestrel_eu.UK") == {"MCF": (None, {"orders_by_last_update"})}


def test_vendor_reports_bring_asins_and_days_reach_from_the_first_to_the_last(ctx: IngestContext) -> None:
    for n in (20, 0, 40):
        loaded(ctx, "vendor_sales", {"asin": A1}, {"asin": "not an asin"}, place="v.US", day=DAY + timedelta(days=n))
    (found,) = ctx.identifiers.all("asin", "v", "US")
    assert (found.value, found.first_seen, found.last_seen) == (A1, DAY, DAY + timedelta(days=40))
    assert found.listed is None


def test_a_dataset_of_other_peoples_products_feeds_nothing(ctx: IngestContext) -> None:
    loaded(ctx, "vendor_market_basket", {"asin": A1, "purchased_with_asin": A2}, place="v.US")
    assert held(ctx, "asin", "v.US") == {}


@pytest.mark.parametrize("calls", range(7))
def test_killed_while_feeding_and_loaded_again_everything_is_there(ctx: IngestContext, tmp_path: Path, calls: int) -> None:
    loaded(ctx, "merchant_listings", *(listing(f"S{n}", A1) for n in range(150)))
    mortal = context(tmp_path, SimpleNamespace(dynamodb=Counting(ctx.clients, calls)))
    after = [*(listing(f"S{n}", A1) for n in range(100, 290)), listing("N", A2)]
    try:
        loaded(mortal, "merchant_listings", *after, day=DAY + timedelta(days=1))
        assert calls == 6, "the whole feeding takes six writing calls here"
    except KeyboardInterrupt:
        assert calls < 6
    loaded(ctx, "merchant_listings", *after, day=DAY + timedelta(days=1))
    assert {v for v, (listed, _) in held(ctx, "sku").items() if not listed} == {f"S{n}" for n in range(100)}
    assert {v for v, (listed, _) in held(ctx, "sku").items() if listed} == {"N", *(f"S{n}" for n in range(100, 290))}
    assert held(ctx, "asin") == {A1: (True, {"merchant_listings"}), A2: (True, {"merchant_listings"})}


def test_requests_that_name_asins_take_the_listed_ones_of_the_store_and_without_any_those_of_the_lake(ctx: IngestContext) -> None:
    source = ctx.registry.reports["search_query_performance_weekly"].fan_out.identifiers  # type: ignore[union-attr]
    assert source is not None
    place = Partition("kestrel_eu", "DE", DAY + timedelta(days=3))
    assert known_identifiers(ctx, source, place) == ()
    loaded(ctx, "merchant_listings", listing("S2", A2), listing("S1", A1), listing("S3", A3))
    loaded(ctx, "merchant_listings", listing("S2", A2), listing("S1", A1), day=DAY + timedelta(days=1))
    loaded(ctx, "fba_inventory", {"sku": "S4", "asin": "B000000004"})
    assert known_identifiers(ctx, source, place) == (A1, A2)


def test_a_load_that_cannot_feed_is_not_over_and_ends_when_aws_answers_again(tmp_path: Path) -> None:
    clock, clients = FlowClock(), in_memory()
    amazon = Amazon(clock)
    settings = Settings(accounts=(KESTREL,), lake_uri=str(tmp_path), identifiers_table="not-there-yet", first_date="2026-01-01")
    _table(clients, settings.ledger_table, sort_key=True)
    _table(clients, settings.quota_table, sort_key=False)
    nothing: Any = None
    ctx = IngestContext(
        settings=settings,
        registry=load_registry(),
        ledger=Ledger(clients, settings.ledger_table, clock),
        lake=Lake(settings.lake_uri),
        throttle=amazon,
        make_apis=amazon.apis,
        clients=clients,
        queue=nothing,
        now=clock,
        sleep=clock.sleep,
        monotonic=clock.monotonic,
    )
    record = finished(ctx, amazon, clock, body(("A", "2026-03-14")))
    with pytest.raises(AwsError, match=r"not-there-yet.*spapi setup"):
        load_report(ctx, record)
    assert [r.report_id for r in ctx.ledger.done_not_loaded()] == [record.report_id]
    _table(clients, "not-there-yet", sort_key=True, index=False)
    assert load_report(ctx, record) is not None
    assert [i.value for i in ctx.identifiers.all("sku", "kestrel_eu", "DE")] == ["SKU-1"]
