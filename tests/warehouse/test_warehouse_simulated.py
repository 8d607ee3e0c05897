"""The marts over a month of the simulated business, against sums taken from the simulator itself: documents, parsing, lake, dbt
and the simulator's own books must agree. Nothing here reads Parquet or SQL to know what is right."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import pytest
from dbt_runner import Warehouse
from simulated_lake import SELLER, SELLER_ID, STORES, VENDOR_ID, SimulatedLake

from spapi_assets.simulator.business.settlements import entries, periods
from spapi_assets.spapi.marketplaces import MARKETPLACES

pytestmark = pytest.mark.xdist_group("warehouse")
NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
DAYS = 30


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> tuple[SimulatedLake, Warehouse]:
    warehouse = Warehouse(tmp_path_factory.mktemp("simulated"))
    lake = SimulatedLake(warehouse.lake, NOW, DAYS).fill()
    built = warehouse.dbt("build", "--exclude-resource-type", "unit_test")  # they read no lake
    assert built.returncode == 0, built.stdout[-4000:]
    return lake, warehouse


def stores(lake: SimulatedLake) -> dict:
    account = lake.business.account(SELLER_ID)
    return {m.code: m for m in account.marketplaces if m.code in STORES}


def test_order_lines_are_the_simulators_orders_in_their_newest_state(simulated: tuple[SimulatedLake, Warehouse]) -> None:
    lake, warehouse = simulated
    account = lake.business.account(SELLER_ID)
    # The newest day's document was made two hours after its midnight and holds the state of that moment.
    seen_at = datetime.combine(lake.days[-1], time(2), UTC) + timedelta(days=1)
    since = datetime.combine(lake.days[0], time(0), UTC).timestamp()
    until = datetime.combine(NOW.date(), time(0), UTC).timestamp()
    expected: dict[str, Counter] = defaultdict(Counter)
    for code, marketplace in stores(lake).items():
        for order in lake.business.purchased_between(account, marketplace, lake.days[1], lake.days[-3]):
            updated = order.last_updated(seen_at.timestamp())
            if since <= updated < until:
                expected[code].update(orders=1, lines=len(order.lines))
    first, last = lake.days[1], lake.days[-3]
    found = warehouse.query(
        "select marketplace, count(distinct amazon_order_id), count(*) from marts.fct_order_lines"
        f" where purchase_date_local between '{first}' and '{last}' group by 1 order by 1"
    )
    assert {code: (orders, lines) for code, orders, lines in found} == {
        code: (c["orders"], c["lines"]) for code, c in expected.items()
    }
    assert sum(c["orders"] for c in expected.values()) > 500


def test_every_settlement_entry_of_the_simulator_is_in_the_marts_to_the_cent(simulated: tuple[SimulatedLake, Warehouse]) -> None:
    lake, warehouse = simulated
    account = lake.business.account(SELLER_ID)
    since = datetime.combine(lake.days[0], time(0), UTC).timestamp()
    expected = {}
    for marketplace in stores(lake).values():
        for period in periods(lake.business, account, marketplace, since, NOW.timestamp()):
            booked = entries(lake.business, period)
            expected[str(period.id)] = (
                MARKETPLACES[marketplace.code].currency,
                Decimal(sum(e.amount for e in booked)) / 100,
                len(booked),
            )
    found = warehouse.query("select settlement_id, currency, deposit_amount, lines_amount, line_count from marts.fct_settlements")
    assert {i: (currency, lines, n) for i, currency, _, lines, n in found} == expected
    assert all(deposit == lines for _, _, deposit, lines, _ in found)
    assert len(expected) >= 3


def test_profit_of_each_currency_is_what_was_settled_in_it(simulated: tuple[SimulatedLake, Warehouse]) -> None:
    _, warehouse = simulated
    profit = warehouse.query("select currency, sum(payout) from marts.sku_profit_weekly group by 1 order by 1")
    deposits = warehouse.query("select currency, sum(deposit_amount) from marts.fct_settlements group by 1 order by 1")
    assert profit == deposits
    assert [currency for currency, _ in profit] == ["EUR", "GBP"]


def test_nothing_was_quarantined_and_every_dataset_has_rows(simulated: tuple[SimulatedLake, Warehouse]) -> None:
    lake, warehouse = simulated
    lost = {name: d.quarantined for load in lake.loads for name, d in load.datasets.items() if d.quarantined}
    assert not lost
    for mart in (
        "fct_order_lines",
        "fct_sales_traffic_daily",
        "fct_marketplace_daily",
        "fct_inventory_daily",
        "fct_vendor_sales_daily",
    ):
        assert warehouse.query(f"select count(*) from marts.{mart}")[0][0] > 0, mart


def test_traffic_days_are_the_marketplaces_days_and_sum_to_the_simulators_units(
    simulated: tuple[SimulatedLake, Warehouse],
) -> None:
    lake, warehouse = simulated
    account = lake.business.account(SELLER_ID)
    for code, marketplace in stores(lake).items():
        for day in (lake.days[3], lake.days[10]):
            # Amazon counts cancelled orders, too; by now every order of these days is attributed.
            ordered = sum(line.units for order in lake.business.orders(account, marketplace, day) for line in order.lines)
            units = warehouse.query(
                "select units_ordered from marts.fct_marketplace_daily"
                f" where account = '{SELLER}' and marketplace = '{code}' and date = '{day}'"
            )
            assert units == [(ordered,)], f"{code} {day}"


def test_vendor_days_that_amazon_has_not_published_are_said_to_be_missing(simulated: tuple[SimulatedLake, Warehouse]) -> None:
    lake, warehouse = simulated
    assert lake.business.account(VENDOR_ID).kind == "vendor"
    missing = warehouse.query("select date from marts.data_coverage where dataset = 'vendor_sales' and not is_usable order by 1")
    loaded = warehouse.query("select distinct date from marts.fct_vendor_sales_daily order by 1")
    assert missing
    assert {d for (d,) in missing} | {d for (d,) in loaded} == set(lake.days)
    assert not {d for (d,) in missing} & {d for (d,) in loaded}
