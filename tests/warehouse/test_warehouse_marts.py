"""What the marts say of a small business whose every number is known (scenario.py)."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from dbt_runner import Warehouse
from scenario import ASIN, BRITISH_LINES, DAY, DELETED_SKU, GERMAN_LINES, OTHER_SKU, SKU

pytestmark = pytest.mark.xdist_group("warehouse")


def total(lines: list[tuple[str, str, str, str | None, object]]) -> Decimal:
    return sum((Decimal(str(line[4])) for line in lines), Decimal(0))


def test_an_order_reported_on_three_days_counts_once_in_its_newest_state(handmade: Warehouse) -> None:
    lines = handmade.query(
        "select order_line, order_status, item_price, item_promotion_discount, _report_id from marts.fct_order_lines"
        " where amazon_order_id = 'O-1' order by order_line"
    )
    assert lines == [(1, "Shipped", Decimal(20), Decimal(2), "R-d3"), (2, "Shipped", Decimal(20), Decimal(0), "R-d3")]


def test_the_purchase_keeps_its_instant_and_the_marketplace_day(handmade: Warehouse) -> None:
    found = handmade.query(
        "select amazon_order_id, purchased_at, purchase_date_local from marts.fct_order_lines"
        " where amazon_order_id in ('O-2', 'O-3') order by 1"
    )
    # 23:30 UTC in winter is the next day in Berlin and the same day in London.
    assert found == [
        ("O-2", datetime(2026, 2, 2, 23, 30), date(2026, 2, 3)),  # noqa: DTZ001
        ("O-3", datetime(2026, 2, 4, 23, 30), date(2026, 2, 4)),  # noqa: DTZ001
    ]


def test_the_marketplace_of_an_order_comes_from_its_sales_channel(handmade: Warehouse) -> None:
    found = handmade.query("select distinct sales_channel, marketplace, currency from marts.fct_order_lines order by 1")
    assert found == [("Amazon.co.uk", "UK", "GBP"), ("Amazon.de", "DE", "EUR"), ("Non-Amazon", "OFF_AMAZON", None)]


def test_one_sku_in_two_marketplaces_is_two_products_and_multiplies_nothing(handmade: Warehouse) -> None:
    listed = "select marketplace, sku, is_listed, listing_date from marts.dim_product where listing_date is not null"
    first, last = DAY, DAY + timedelta(days=5)
    assert handmade.query(f"{listed} and asin = '{ASIN}' order by 1, 2") == [
        (store, *product) for store in ("DE", "UK") for product in ((SKU, True, last), (DELETED_SKU, False, first))
    ]
    rows, units = handmade.query(
        "select count(*), sum(units_ordered) from marts.fct_sales_traffic_daily"
        f" join marts.dim_product using (account, marketplace, sku) where sku = '{SKU}' and told_by = 'report'"
    )[0]
    assert (rows, units) == (2 * 4, 2 * (0 + 1 + 2 + 3))


def test_settlements_add_up_to_their_deposits_and_a_second_delivery_replaces_the_first(handmade: Warehouse) -> None:
    found = handmade.query(
        "select settlement_id, currency, deposit_amount, lines_amount, line_count, _report_id"
        " from marts.fct_settlements order by 1"
    )
    assert found == [
        ("90001", "EUR", total(GERMAN_LINES), total(GERMAN_LINES), len(GERMAN_LINES), "S-new"),
        ("90002", "GBP", total(BRITISH_LINES), total(BRITISH_LINES), len(BRITISH_LINES), "S-uk"),
    ]


def test_profit_is_by_currency_and_its_parts_are_the_settlements_lines(handmade: Warehouse) -> None:
    found = handmade.query(
        "select marketplace, currency, sku, week_start, ordered_units, settled_units, revenue, promotions, refunds, fees,"
        " advertising, other, net_proceeds, tax, reserve, payout"
        " from marts.sku_profit_weekly order by 1, 3"
    )
    d = Decimal
    week = date(2026, 2, 2)
    assert found == [
        (
            "DE",
            "EUR",
            "(no SKU)",
            week,
            0,
            0,
            d(0),
            d(0),
            d(0),
            d("-39"),
            d("-1.23"),
            d(0),
            d("-40.23"),
            d(0),
            d("-3"),
            d("-43.23"),
        ),
        # 23:30 UTC on Saturday is Sunday in Berlin: still the same ISO week.
        (
            "DE",
            "EUR",
            SKU,
            week,
            2,
            2,
            d("33.61"),
            d("-2"),
            d("-16.81"),
            d("-11.64"),
            d(0),
            d("11.11"),
            d("14.27"),
            d("6.39"),
            d(0),
            d("20.66"),
        ),
        ("DE", "EUR", OTHER_SKU, week, 3, 0, d(0), d(0), d(0), d(0), d(0), d(0), d(0), d(0), d(0), d(0)),
        ("UK", "GBP", SKU, week, 2, 2, d(36), d(0), d(0), d("-5.4"), d(0), d(0), d("30.6"), d(0), d(0), d("30.6")),
    ]


def test_stock_cover_adds_barcodes_and_leaves_days_without_stock_out_of_the_velocity(handmade: Warehouse) -> None:
    found = handmade.query(
        "select fulfillable_units, barcode_count, units_sold_28d, days_observed_28d, days_without_stock_28d, units_per_day,"
        " days_of_cover"
        f" from marts.fct_inventory_daily where marketplace = 'DE' and sku = '{SKU}' and date = date '{DAY}' + 5"
    )
    # Two units sold since 2 February; of five days two had no stock: 2 units over 3 days, 10 units last 15 days.
    assert found == [(10, 2, 2, 5, 2, pytest.approx(2 / 3), pytest.approx(15))]


def test_restatements_tell_every_version_that_replaced_another(handmade: Warehouse) -> None:
    rows = handmade.query(
        "select date, version, row_count - rows_before, rows_changed, change from marts.data_restatements order by version"
    )
    assert [row[1:4] for row in rows] == [(2, 1, 1), (3, 0, 1)]
    assert rows[0][0] == DAY
    assert "units_ordered 5 -> 7" in rows[0][4]


def test_coverage_says_which_days_may_be_read(handmade: Warehouse) -> None:
    found = handmade.query(
        "select marketplace, state, is_usable, is_settled from marts.data_coverage"
        " where dataset = 'orders_by_last_update' order by date"
    )
    assert found == [
        ("ALL", "final", True, True),
        ("ALL", "empty_suspected", False, False),
        ("ALL", "provisional", True, False),
        ("ALL", "not_due", False, False),
    ]


def test_vendor_sales_keep_amazons_figures(handmade: Warehouse) -> None:
    assert handmade.query(
        "select distributor_view, sum(ordered_units), sum(shipped_cogs), min(currency), max(currency)"
        " from marts.fct_vendor_sales_daily group by 1 order by 1"
    ) == [("MANUFACTURING", 10, Decimal(84), "USD", "USD"), ("SOURCING", None, Decimal(84), "USD", "USD")]


def test_a_lake_in_which_nothing_was_loaded_builds_to_empty_tables(empty_lake: Warehouse) -> None:
    built = empty_lake.dbt("build", "--exclude-resource-type", "unit_test")  # they read no lake
    assert built.returncode == 0, built.stdout[-4000:]
    assert empty_lake.query("select count(*) from marts.fct_order_lines") == [(0,)]
    assert empty_lake.query("select count(*) from marts.dim_marketplace")[0][0] > 20
