"""What the marts say of listings, items, money and messages whose every reading is known (api_scenario.py, money_scenario.py)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest
from api_scenario import ASIN, DAY, GONE_SKU, OTHER_SKU, SIZE, SKU, TITLE, look
from dbt_runner import Warehouse
from scenario import GERMAN_LINES

pytestmark = pytest.mark.xdist_group("warehouse")
ON_SALE = "BUYABLE, DISCOVERABLE"


def at(day: int, hour: int = 6) -> datetime:
    """The instant as the marts hold it: UTC without a zone."""
    return look(day, hour).replace(tzinfo=None)


def d(value: object) -> Decimal:
    return Decimal(str(value))


def test_a_listings_history_has_a_version_per_state_whenever_it_was_looked_at(handmade: Warehouse) -> None:
    found = handmade.query(
        "select sku, version, valid_from, valid_to, readings, listing_status, price from marts.dim_listing_history"
        " where marketplace = 'DE' order by sku, version"
    )
    assert found == [
        # Cheaper from the refresh on day 1 until the look of day 3 (none on day 2), then its first price, then off sale.
        (SKU, 1, at(0), at(1, 15), 2, ON_SALE, d(20)),
        (SKU, 2, at(1, 15), at(3), 1, ON_SALE, d(19)),
        (SKU, 3, at(3), at(5), 2, ON_SALE, d(20)),
        (SKU, 4, at(5), None, 1, "NONE", None),
        # Missing on day 3, there on day 4, missing on day 5: nothing of it is current.
        (GONE_SKU, 1, at(0), at(3), 2, ON_SALE, None),
        (GONE_SKU, 2, at(4), at(5), 1, ON_SALE, None),
        (OTHER_SKU, 1, at(0), None, 5, "DISCOVERABLE", None),
    ]


def test_the_same_sku_in_another_store_never_changed(handmade: Warehouse) -> None:
    found = handmade.query("select sku, version, valid_from, valid_to, is_current, readings from marts.dim_listing_history"
                           " where marketplace = 'UK'")  # fmt: skip
    assert found == [(SKU, 1, at(0), None, True, 2)]


def test_an_items_history_follows_title_and_main_image_and_not_the_copies_of_an_image(handmade: Warehouse) -> None:
    found = handmade.query(
        "select version, valid_from, valid_to, readings, title, main_image_link, list_price, item_height_unit"
        f" from marts.dim_product_history where asin = '{ASIN}' order by 1"
    )
    first, second = "https://m.example/1.jpg", "https://m.example/2.jpg"
    assert found == [
        (1, at(0), at(1), 1, "Mug", first, d(25), "centimeters"),
        (2, at(1), at(2), 2, "Mug, 300 ml", first, d(25), "centimeters"),
        (3, at(2), None, 2, "Mug, 300 ml", second, d(25), "centimeters"),
    ]


def test_an_issue_is_open_from_the_first_look_with_it_to_the_first_without_and_opens_again_as_another(
    handmade: Warehouse,
) -> None:
    found = handmade.query(
        "select sku, code, attribute_names, episode, opened_at, closed_at, readings, severity, enforcement_actions is not null,"
        " closed_with_listing from marts.fct_listing_issues order by 1, 2, 3, 4"
    )
    assert found == [
        # Its place in Amazon's list changes from look to look.
        (SKU, "8541", SIZE, 1, at(0), at(4), 4, "WARNING", False, False),
        (SKU, "90220", TITLE, 1, at(0), at(1, 15), 2, "WARNING", False, False),
        (SKU, "90220", TITLE, 2, at(3), None, 3, "ERROR", True, False),
        (GONE_SKU, "18027", "[]", 1, at(4), at(5), 1, "WARNING", False, True),
    ]


def test_what_the_newest_look_no_longer_shows_is_gone_from_staging(handmade: Warehouse) -> None:
    def sole(column: str, table: str, where: str = "true") -> list[object]:
        return [
            v for (v,) in handmade.query(f"select {column} from staging.{table} where marketplace = 'DE' and {where} order by 1")
        ]

    assert sole("sku", "stg_listings") == [SKU, OTHER_SKU]
    assert sole("code", "stg_listing_issues") == ["90220"]
    assert sole("price", "stg_listing_offers") == []
    assert sole("fulfillment_channel_code", "stg_listing_fulfillment_availability") == ["AMAZON_EU"]
    assert sole("link", "stg_catalog_images", "variant = 'MAIN'") == ["https://m.example/2.jpg"]
    assert sole("link", "stg_catalog_images", "variant <> 'MAIN'") == []


def test_an_item_taken_off_an_order_is_gone_and_the_order_is_one_row_in_its_newest_state(handmade: Warehouse) -> None:
    key = "amazon_order_id = '111-1111111-1111111'"
    assert handmade.query(f"select fulfillment_status, read_at from staging.stg_api_orders where {key}") == [
        ("UNSHIPPED", at(2, 2))
    ]
    assert handmade.query(f"select order_item_id, quantity from staging.stg_api_order_items where {key}") == [("1", 2)]


def test_ranks_are_a_sample_a_day_and_those_of_the_days_last_look(handmade: Warehouse) -> None:
    found = handmade.query("select rank_kind, date, sales_rank, sales_rank_before from marts.fct_sales_ranks_daily order by 1, 2")
    day = [date(2026, 2, 2 + n) for n in range(4)]
    assert found == [
        ("classification", day[0], 12, None),
        ("classification", day[1], 7, 12),  # the refresh of the evening; from day 2 on it has no rank there
        ("display_group", day[0], 400, None),
        ("display_group", day[2], 350, 400),
        ("display_group", day[3], 360, 350),
    ]


def test_products_get_brand_and_type_from_the_catalogue_of_their_store_only(handmade: Warehouse) -> None:
    found = handmade.query(f"select marketplace, brand, product_type from marts.dim_product where sku = '{SKU}' order by 1")
    assert [row for row in found if row[0] in ("DE", "UK")] == [("DE", "Kestrel", "DRINKING_CUP"), ("UK", None, None)]


def test_the_ledger_has_every_amount_once_and_adds_up_to_amazons_totals(handmade: Warehouse) -> None:
    found = handmade.query(
        "select transaction_id, told_by, sku, breakdown_path, amount, marketplace, posted_date_local, is_held_back, is_repeated"
        " from marts.fct_financial_ledger where transaction_id like 'T-%' order by 1, 2, place"
    )
    utc, berlin = date(2026, 2, 2), date(2026, 2, 3)  # 23:30 UTC is the next day in Berlin
    assert found == [
        ("T-1", "item", SKU, "Sales/OurPrice", d(20), "DE", berlin, False, False),
        ("T-1", "item", SKU, "Expenses/Commission", d(-5), "DE", berlin, False, False),
        ("T-2", "transaction", None, "Expenses/SubscriptionFee", d(-39), "NONE", utc, False, False),
        ("T-3", "remainder", None, None, d(2), "DE", berlin, False, False),
        # About one product only, whose item has no breakdown of its own.
        ("T-3", "transaction", SKU, "Other", d(3), "DE", berlin, False, False),
        ("T-4", "transaction", None, "Sales", d(15), "DE", berlin, False, True),
        ("T-5", "remainder", None, None, d(8), "DE", berlin, True, False),
        ("T-6", "remainder", None, None, d(4), "DE", berlin, False, False),
        ("T-7", "remainder", None, None, d(4), "DE", berlin, False, True),
        ("T-8", "transaction", None, "Sales", d(6), "DE", berlin, False, False),
        ("T-9", "transaction", None, "Sales", d(7), "DE", berlin, False, False),
    ]
    unnamed = "select amount from marts.fct_financial_ledger where transaction_id not like 'T-%' order by 1"
    assert handmade.query(unnamed) == [(d(-2),), (d(-1),)]


def test_a_payout_is_held_against_the_deposit_of_its_settlement(handmade: Warehouse) -> None:
    found = handmade.query("select marketplace, amount, settlement_deposit_amount, difference, is_paid from marts.fct_payouts")
    deposit = sum((d(line[4]) for line in GERMAN_LINES), Decimal(0))
    assert found == [("DE", d(-25.57), deposit, d(-25.57) - deposit, True)]


def test_stock_is_that_of_the_newest_reading_only(handmade: Warehouse) -> None:
    found = handmade.query(
        "select sku, fnsku, condition, fulfillable_units, inbound_shipped_units, stock_pool, date"
        " from marts.fct_inventory_current order by condition"
    )
    day = date(2026, 2, 3)
    assert found == [(SKU, "X001", "NewItem", 9, 2, "EU", day), (SKU, "X001", "UsedGood", 1, 2, "EU", day)]


def test_an_hour_is_what_its_newest_message_says_however_often_and_in_which_order_they_came(handmade: Warehouse) -> None:
    found = handmade.query(
        "select marketplace, hour_started_at, date, ordered_units, ordered_revenue, sellable_units, glance_views"
        " from marts.fct_vendor_hourly order by hour_started_at"
    )
    assert found == [
        ("US", at(0), date(2026, 2, 1), 7, d(175), 33, 90),
        ("US", at(1, 0), date(2026, 2, 2), 1, d(25), None, None),
    ]


def test_the_buy_box_is_a_row_a_change_with_the_price_of_the_changes_condition(handmade: Warehouse) -> None:
    found = handmade.query(
        "select notification_id, marketplace, date, featured_landed_price, own_landed_price, is_own_price_featured,"
        " lowest_landed_price, own_above_lowest, offer_count from marts.fct_buy_box order by 1"
    )
    assert found == [
        ("A-1", "DE", date(2026, 2, 3), d(18), d(18), True, d(18), d(0), 2),
        ("A-2", "DE", date(2026, 2, 3), d(19), d(20), False, d(19), d(1), 2),
    ]


def test_a_purchase_order_is_what_it_is_now_in_units_and_with_what_was_received(handmade: Warehouse) -> None:
    found = handmade.query(
        "select purchase_order_number, item_sequence_number, ordered_units, ordered_cost, confirmation_status, accepted_units,"
        " received_units, outstanding_units from marts.fct_vendor_purchase_orders order by 1"
    )
    assert found == [("PO1", "1", 48, d(120), "ACCEPTED", 48, 30, 18), ("PO2", "1", 9, None, "ACCEPTED", 9, 4, 0)]


def test_data_kiosk_tells_only_the_days_that_the_report_does_not(handmade: Warehouse) -> None:
    for mart in ("fct_sales_traffic_daily", "fct_marketplace_daily"):
        found = handmade.query(
            f"select date, told_by, min(units_ordered) from marts.{mart} where marketplace = 'DE' and date > date '{DAY}' + 1"
            " group by 1, 2 order by 1"
        )
        assert [row[:2] for row in found] == [
            (date(2026, 2, 4), "report"),
            (date(2026, 2, 5), "report"),
            (date(2026, 2, 6), "data_kiosk"),
        ]
        assert found[-1][2] == 70
