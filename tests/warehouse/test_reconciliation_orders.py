"""Orders report = Orders API = Sales and Traffic = Finances: what is planted is found and named, what agrees is equal, and a side
that is not there is neither."""

from __future__ import annotations

import pytest
from dbt_runner import Warehouse
from reconciliation_answers import differing, reasons, states, told
from reconciliation_lake import FIRST, on

pytestmark = pytest.mark.xdist_group("warehouse")
API, TRAFFIC, FINANCES = "orders_report_vs_orders_api", "orders_report_vs_sales_and_traffic", "orders_report_vs_finances"
BLUE, RED = "KES-MUG-BLUE", "KES-MUG-RED"


def test_a_day_of_which_both_say_the_same_is_equal_and_cancelled_orders_are_no_sale(reconciled: Warehouse) -> None:
    assert told(reconciled, API, on(2)) == {
        "orders": (2, 2, "equal"),
        "units": (2, 2, "equal"),
        "ordered_revenue EUR": (44, 44, "equal"),
    }
    assert told(reconciled, API, on(2), columns="rows_compared")["orders"] == 3


def test_a_missing_order_shows_both_numbers_and_who_lacks_it(reconciled: Warehouse) -> None:
    assert told(
        reconciled, API, on(3), columns="left_source, left_value, right_source, right_value, difference, tolerance_name, state"
    ) == {
        "orders": ("orders report", 2, "Orders API", 1, -1, "orders_exact", "different"),
        "units": ("orders report", 3, "Orders API", 1, -2, "units_exact", "different"),
        "ordered_revenue EUR": ("orders report", 60, "Orders API", 20, -40, "order_prices_exact", "different"),
    }
    assert differing(reconciled, API, on(3)) == [
        ("ordered_revenue", "MISSING", 40, None, "Orders API"),
        ("orders", "MISSING", 1, None, "Orders API"),
        ("units", "MISSING", 2, None, "Orders API"),
    ]


def test_a_changed_price_is_a_difference_of_money_only(reconciled: Warehouse) -> None:
    assert states(reconciled, API, on(4)) == {"orders": "equal", "units": "equal", "ordered_revenue EUR": "different"}
    assert differing(reconciled, API, on(4)) == [("ordered_revenue", "PRICE", 20, 21, None)]


def test_a_unit_more_is_a_difference_of_units_only(reconciled: Warehouse) -> None:
    assert told(reconciled, API, on(5))["units"] == (2, 3, "different")
    assert differing(reconciled, API, on(5)) == [("units", "UNIT", 2, 3, None)]


def test_money_of_two_currencies_is_never_held_against_each_other(reconciled: Warehouse) -> None:
    found = told(reconciled, API, on(6))
    assert found["ordered_revenue EUR"] == (20, 0, "different")
    assert found["ordered_revenue GBP"] == (0, 20, "different")
    assert found["units"] == (1, 1, "equal")


def test_the_day_of_an_order_is_the_stores_own(reconciled: Warehouse) -> None:
    assert told(reconciled, API, on(8))["orders"] == (1, 1, "equal"), "23:30 UTC is the next day in Berlin"
    assert told(reconciled, API, on(7), "UK")["orders"] == (1, 1, "equal")
    assert told(reconciled, API, on(7))["orders"] == (0, 0, "equal")


def test_an_order_that_one_side_cannot_know_yet_waits_and_the_day_is_not_called_equal(reconciled: Warehouse) -> None:
    assert set(states(reconciled, API, on(9)).values()) == {"equal", "not_comparable"}
    assert told(reconciled, API, on(9))["ordered_revenue EUR"] == (0, 0, "not_comparable")
    (reason,) = {r for r in reasons(reconciled, API, on(9)) if r}
    assert reason.startswith("Orders report does not hold 2026-02-21 yet, when the order last changed")
    assert states(reconciled, API, on(13))["orders"] == "not_comparable"
    assert [row[1] for row in differing(reconciled, API, on(13), "waiting")] == ["MOVED"] * 3
    assert reasons(reconciled, API, on(13)) == {
        "Orders API may hold the order in the day on which it was read, and that day is not loaded yet."
    }


def test_an_order_cancelled_on_one_side_only_is_a_difference(reconciled: Warehouse) -> None:
    assert told(reconciled, API, on(14)) == {
        "orders": (0, 1, "different"),
        "units": (0, 1, "different"),
        "ordered_revenue EUR": (0, 20, "different"),
    }


def test_an_item_that_was_cancelled_alone_is_no_sale_on_either_side(reconciled: Warehouse) -> None:
    assert told(reconciled, API, on(10)) == {
        "orders": (2, 2, "equal"),
        "units": (2, 2, "equal"),
        "ordered_revenue EUR": (20, 20, "equal"),
    }


def test_an_old_state_is_a_difference_once_the_day_of_the_change_is_loaded(reconciled: Warehouse) -> None:
    assert told(reconciled, API, on(15)) == {
        "orders": (1, 1, "equal"),
        "units": (1, 1, "equal"),
        "ordered_revenue EUR": (20, 0, "different"),
    }


def test_a_day_that_is_not_loaded_is_neither_equal_nor_different(reconciled: Warehouse) -> None:
    # Berlin's 18th and 19th both lie in the UTC day that failed.
    for day in (on(18), on(19)):
        found = told(reconciled, API, day, columns="right_value, difference, state, reason")
        assert set(found.values()) == {
            (None, None, "not_comparable", "Orders API of 2026-02-18: The reading failed three times.")
        }
    assert told(reconciled, API, on(18))["units"] == (1, None, "not_comparable")
    assert states(reconciled, API, on(18), "UK")["orders"] == "not_comparable"
    assert differing(reconciled, API, on(18)) == differing(reconciled, API, on(18), "waiting") == []


def test_prices_with_and_without_their_tax_are_the_same_price(reconciled: Warehouse) -> None:
    why = "Orders report: the comparison takes 2026-01-31 to 2026-02-01, and of some of these days nothing is known."
    assert reasons(reconciled, API, FIRST) == {why}
    judged = "select state from intermediate.int_reconciliation_judged where row_key = 'TAXED' and measure = 'ordered_revenue'"
    assert reconciled.query(f"{judged} and check_name = '{API}'") == [("equal",)]


def test_units_of_cancelled_lines_are_within_a_tolerance_that_has_a_name(reconciled: Warehouse) -> None:
    assert told(reconciled, TRAFFIC, on(2)) == {
        "order_items": (3, 3, "equal"),
        "units": (2, 4, "within_tolerance"),
        "ordered_revenue EUR": (44, 84, "within_tolerance"),
    }
    names = reconciled.query(
        "select measure, tolerance_name from marts.data_reconciliation_rows"
        f" where check_name = '{TRAFFIC}' and date = '{on(2)}' order by 1"
    )
    assert names == [("ordered_revenue", "cancelled_line_revenue"), ("units", "cancelled_line_units")]


def test_sales_and_traffic_that_agree_or_differ_by_product(reconciled: Warehouse) -> None:
    assert set(states(reconciled, TRAFFIC, on(3)).values()) == {"equal"}
    assert differing(reconciled, TRAFFIC, on(4)) == [("ordered_revenue", BLUE, 20, 19, None)]
    assert differing(reconciled, TRAFFIC, on(5)) == [
        ("order_items", RED, None, 1, "orders report"),
        ("ordered_revenue", RED, None, 30, "orders report"),
        ("units", RED, None, 1, "orders report"),
    ]


def test_numbers_that_amazon_may_still_change_are_never_different(reconciled: Warehouse) -> None:
    found = told(reconciled, TRAFFIC, on(6), columns="state, reason")
    assert found["order_items"] == ("equal", None), "an agreement stands"
    why = "Sales and Traffic of 2026-02-06: Amazon restates this report for 14 days."
    assert found["units"] == found["ordered_revenue EUR"] == ("not_comparable", why)
    assert reasons(reconciled, TRAFFIC, on(7)) == {"Sales and Traffic of 2026-02-07: Amazon publishes it a day later."}
    assert set(states(reconciled, TRAFFIC, on(16)).values()) == {"not_comparable"}, "its orders are a week from being settled"


def test_finances_agree_by_order_whenever_they_post_and_released_money_counts_once(reconciled: Warehouse) -> None:
    assert told(reconciled, FINANCES, on(2)) == {"units": (2, 2, "equal"), "product_charges EUR": (44, 44, "equal")}
    assert differing(reconciled, FINANCES, on(3)) == [
        ("product_charges", "MISSING", 40, None, "Finances"),
        ("units", "MISSING", 2, None, "Finances"),
    ]
    assert told(reconciled, FINANCES, on(7), "UK") == {"units": (1, 1, "equal"), "product_charges GBP": (20, 20, "equal")}


def test_an_order_that_costs_nothing_need_not_be_charged(reconciled: Warehouse) -> None:
    assert told(reconciled, FINANCES, on(10)) == {"units": (1, 1, "equal"), "product_charges EUR": (20, 20, "equal")}
    assert differing(reconciled, FINANCES, on(10), "excluded") == [("units", "FREE", 1, None, "Finances")]


def test_finances_that_charge_another_price_or_an_order_nobody_reported_differ(reconciled: Warehouse) -> None:
    assert told(reconciled, FINANCES, on(4))["product_charges EUR"] == (20, 15, "different")
    assert differing(reconciled, FINANCES, on(13)) == [
        ("product_charges", "UNKNOWN", None, 20, "orders report"),
        ("units", "UNKNOWN", None, 1, "orders report"),
    ], "it stands on the store's day of the charge"


def test_a_shipment_that_may_be_posted_on_a_day_without_finances_waits(reconciled: Warehouse) -> None:
    assert set(states(reconciled, FINANCES, on(15)).values()) == {"not_comparable"}
    assert reasons(reconciled, FINANCES, on(15)) == {"Finances of 2026-02-17: Nobody asked for this day."}
