"""Listings report = Listings API; inventory report = FBA Inventory API = ledger: two looks at things that move in between."""

from __future__ import annotations

import pytest
from dbt_runner import Warehouse
from reconciliation_answers import differing, reasons, states, told
from reconciliation_lake import on

pytestmark = pytest.mark.xdist_group("warehouse")
LISTINGS, API, LEDGER = "listings_report_vs_listings_api", "inventory_report_vs_inventory_api", "inventory_report_vs_ledger"


def test_listings_that_are_alike_agree_and_a_parent_without_an_offer_is_no_listing_of_the_report(reconciled: Warehouse) -> None:
    assert told(reconciled, LISTINGS, on(2)) == {
        "listings": (1, 1, "equal"),
        "price EUR": (20, 20, "equal"),
        "quantity": (7, 7, "equal"),
        "active": (1, 1, "equal"),
        "asin": (1, 1, "equal"),
    }
    assert [row[1] for row in differing(reconciled, LISTINGS, on(2), "excluded")] == ["PARENT"]


def test_prices_states_and_products_that_differ_are_found_and_other_money_is_another_price(reconciled: Warehouse) -> None:
    assert differing(reconciled, LISTINGS, on(3)) == [("price", "PRICE", 20, 19, None)]
    assert differing(reconciled, LISTINGS, on(4)) == [
        ("price", "POUNDS", 20, None, "Listings API"),
        ("price", "POUNDS", None, 20, "listings report"),
    ]
    assert [row[:4] for row in differing(reconciled, LISTINGS, on(6))] == [("active", "CLOSED", 0, 1), ("asin", "OTHER", 1, 0)]
    texts = "select left_text, right_text from marts.data_reconciliation_rows where row_key = 'OTHER' and state = 'different'"
    assert reconciled.query(texts) == [("B0A", "B0B")]


def test_a_sku_that_the_api_does_not_know_differs_and_one_nobody_asked_about_waits(reconciled: Warehouse) -> None:
    assert differing(reconciled, LISTINGS, on(5)) == [("listings", "UNKNOWN", 1, 0, None)]
    assert states(reconciled, LISTINGS, on(8))["listings"] == "not_comparable"
    assert any("was not asked for the SKU" in (reason or "") for reason in reasons(reconciled, LISTINGS, on(8)))


def test_a_listing_that_the_next_report_lacks_too_was_deleted_between_the_looks(reconciled: Warehouse) -> None:
    assert differing(reconciled, LISTINGS, on(5), "excluded") == [("listings", "DELETED", 1, 0, None)]
    assert told(reconciled, LISTINGS, on(5))["listings"] == (1, 0, "different"), "the other one is in the next report"


def test_a_listing_changed_between_the_looks_proves_nothing(reconciled: Warehouse) -> None:
    assert told(reconciled, LISTINGS, on(7))["price EUR"] == (20, 20, "equal")
    assert differing(reconciled, LISTINGS, on(7), "excluded") == [("price", "RUSH", 20, 25, None)]


def test_a_snapshot_that_was_not_taken_is_not_compared(reconciled: Warehouse) -> None:
    found = told(reconciled, LISTINGS, on(9), columns="left_value, right_value, state, reason")
    why = "Listings API of 2026-02-09: The snapshot was not taken and cannot be had any more."
    assert found["listings"] == (1, None, "not_comparable", why)


def test_stock_that_rested_must_agree_and_stock_that_moved_has_a_named_tolerance(reconciled: Warehouse) -> None:
    assert set(states(reconciled, API, on(2)).values()) == {"equal"}
    assert differing(reconciled, API, on(3)) == [("fulfillable_units", "RESTS", 10, 9, None)]
    assert told(reconciled, API, on(4))["fulfillable_units"] == (100, 97, "within_tolerance")
    names = "select distinct tolerance_name from marts.data_reconciliation_rows where state = 'within_tolerance'"
    assert reconciled.query(f"{names} and row_key = 'SELLS' and check_name = '{API}' order by 1") == [
        ("reserved_moving",),
        ("stock_moving",),
    ]
    assert told(reconciled, API, on(5))["fulfillable_units"] == (100, 60, "different"), "an hour does not sell forty of a hundred"


def test_looks_that_lie_far_apart_tell_something_only_of_what_rested(reconciled: Warehouse) -> None:
    assert differing(reconciled, API, on(7)) == [("fulfillable_units", "RESTS", 10, 9, None)]
    assert {row[1] for row in differing(reconciled, API, on(7), "excluded")} == {"SELLS"}


def test_the_days_stock_lies_between_what_the_ledgers_departures_and_arrivals_allow(reconciled: Warehouse) -> None:
    assert told(reconciled, LEDGER, on(2)) == {"warehouse_units": (13, 13, "equal")}
    assert differing(reconciled, LEDGER, on(3)) == [("warehouse_units", "RESTS", 13, 14, None)]
    assert told(reconciled, LEDGER, on(4), columns="left_value, right_value, tolerance, state")["warehouse_units"] == (
        105,
        110,
        6,
        "within_tolerance",
    )
    assert differing(reconciled, LEDGER, on(5)) == [("warehouse_units", "SELLS", 105, 102, None)], "only two units came"


def test_units_of_skus_that_are_not_active_are_no_fault_of_the_report_those_of_active_ones_are(reconciled: Warehouse) -> None:
    assert differing(reconciled, LEDGER, on(6)) == [("warehouse_units", "LISTED", None, 3, "inventory report")]
    assert [row[1] for row in differing(reconciled, LEDGER, on(6), "excluded")] == ["OLD"]
    assert states(reconciled, API, on(6))["fulfillable_units"] == "equal"


def test_an_account_without_the_ledger_is_told_so(reconciled: Warehouse) -> None:
    found = told(reconciled, LEDGER, on(2), "UK", "left_value, right_value, state, reason")["warehouse_units"]
    assert found == (3, None, "not_comparable", "Inventory ledger not ingested by this account.")
