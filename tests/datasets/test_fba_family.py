"""The FBA family: every report type is there with its documented limits, and headers Amazon wrote find their columns."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from spapi_assets.datasets.loader import load_registry
from spapi_assets.datasets.model import DayOf, Period, Report, Scope
from spapi_assets.ingest.documents.header import match_header

REGISTRY = load_registry()
FAMILY = REGISTRY.families["fba"]


def words(text: str) -> list[str]:
    return text.split()


NEAR_REAL_TIME = words(
    """GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA GET_FBA_MYI_ALL_INVENTORY_DATA GET_AFN_INVENTORY_DATA
    GET_AFN_INVENTORY_DATA_BY_COUNTRY GET_RESERVED_INVENTORY_DATA GET_STRANDED_INVENTORY_UI_DATA
    GET_STRANDED_INVENTORY_LOADER_DATA
    GET_RESTOCK_INVENTORY_RECOMMENDATIONS_REPORT GET_FBA_FULFILLMENT_CUSTOMER_SHIPMENT_SALES_DATA
    GET_FBA_FULFILLMENT_REMOVAL_ORDER_DETAIL_DATA GET_FBA_FULFILLMENT_REMOVAL_SHIPMENT_DETAIL_DATA"""
)
DAILY = words(
    """GET_LEDGER_SUMMARY_VIEW_DATA GET_LEDGER_DETAIL_VIEW_DATA GET_FBA_INVENTORY_PLANNING_DATA
    GET_FBA_FULFILLMENT_INBOUND_NONCOMPLIANCE_DATA GET_FBA_FULFILLMENT_CUSTOMER_SHIPMENT_PROMOTION_DATA
    GET_FBA_FULFILLMENT_CUSTOMER_SHIPMENT_REPLACEMENT_DATA GET_FBA_FULFILLMENT_CUSTOMER_RETURNS_DATA GET_FBA_REIMBURSEMENTS_DATA
    GET_FBA_RECOMMENDED_REMOVAL_DATA"""
)
MONTHLY = words(
    """GET_FBA_STORAGE_FEE_CHARGES_DATA GET_FBA_FULFILLMENT_LONGTERM_STORAGE_FEE_CHARGES_DATA
    GET_FBA_OVERAGE_FEE_CHARGES_DATA"""
)
FEES = "GET_FBA_ESTIMATED_FBA_FEES_TXT_DATA"

AGES = words("0-to-90 91-to-180 181-to-270 271-to-365 366-to-455 456-plus 0-to-30 31-to-60 61-to-90 181-to-330 331-to-365")
TIERS = words("181-210 211-240 241-270 271-300 301-330 331-365 366-455 456-plus")
# Headers as documents of 2021 to 2026 wrote them, other than in the community lists (which the reference test reads).
SEEN = {
    "ledger_summary": [
        """Date;FNSKU;ASIN;MSKU;Title;Disposition;StartingWarehouseBalance;InTransitBetweenWarehouses;Receipts;CustomerShipments;
        CustomerReturns;VendorReturns;WarehouseTransferIn/Out;Found;Lost;Damaged;Disposed;OtherEvents;EndingWarehouseBalance;
        UnknownEvents;Location""",
        """Date;FNSKU;ASIN;MSKU;Title;Disposition;Starting Warehouse Balance;In Transit Between Warehouses;Receipts;
        Customer Shipments;Customer Returns;Vendor Returns;Warehouse Transfer In/Out;Found;Lost;Damaged;Disposed;Other Events;
        Ending Warehouse Balance;Unknown Events;Location;Store""",
    ],
    "ledger_detail": [
        """Date;FNSKU;ASIN;MSKU;Title;EventType;ReferenceID;Quantity;FulfillmentCenter;Disposition;Reason;Country;
        ReconciledQuantity;UnreconciledQuantity""",
        """Date;FNSKU;ASIN;MSKU;Title;Event Type;Reference ID;Quantity;Fulfillment Center;Disposition;Reason;Country;
        Reconciled Quantity;Unreconciled Quantity;Date and Time;Store""",
    ],
    "inventory_planning": [
        "snapshot-date;sku;fnsku;asin;product-name;condition;available;fc-transfer;pending-removal-quantity;currency;"
        + ";".join(f"inv-age-{a}-days" for a in AGES)
        + """;units-shipped-t7;units-shipped-t30;units-shipped-t60;units-shipped-t90;alert;your-price;sales-price;
        lowest-price-new-plus-shipping;lowest-price-used;recommended-action;DEPRECATED healthy-inventory-level;
        recommended-sales-price;recommended-sale-duration-days;recommended-removal-quantity;
        estimated-cost-savings-of-recommended-actions;sell-through;item-volume;volume-unit-measurement;storage-type;storage-volume;
        marketplace;product-group;sales-rank;days-of-supply;estimated-excess-quantity;weeks-of-cover-t30;weeks-of-cover-t90;
        featuredoffer-price;sales-shipped-last-7-days;sales-shipped-last-30-days;sales-shipped-last-60-days;
        sales-shipped-last-90-days;estimated-storage-cost-next-month;inbound-quantity;inbound-working;inbound-shipped;
        inbound-received;no-sale-last-6-months;Total Reserved Quantity;unfulfillable-quantity;"""
        + ";".join(f"quantity-to-be-charged-ais-{t}-days;estimated-ais-{t}-days" for t in TIERS)
        + """;historical-days-of-supply;fba-minimum-inventory-level;fba-inventory-level-health-status;
        Recommended ship-in quantity;Recommended ship-in date;Last updated date for Historical Days of Supply;
        Exempted from Low-Inventory-Level fee?;
        Low-Inventory-Level fee applied in current week?;Short term historical days of supply;Long term historical days of supply;
        Inventory age snapshot date;Inventory Supply at FBA;Reserved FC Processing;Reserved Customer Order;Reserved Staging;
        Total Days of Supply (including units from open shipments);supplier;is-seasonal-in-next-3-months;season-name;
        season-start-date;season-end-date;Fulfillment Service and Programs""",
    ],
    "estimated_fees": [
        """sku;fnsku;asin;product-name;product-group;brand;fulfilled-by;has-local-inventory;your-price;sales-price;longest-side;
        median-side;shortest-side;length-and-girth;unit-of-dimension;item-package-weight;unit-of-weight;product-size-weight-band;
        currency;estimated-fee-total;estimated-referral-fee-per-unit;estimated-variable-closing-fee;
        expected-domestic-fulfilment-fee-per-unit;expected-efn-fulfilment-fee-per-unit-uk;expected-efn-fulfilment-fee-per-unit-de;
        expected-efn-fulfilment-fee-per-unit-fr;expected-efn-fulfilment-fee-per-unit-it;expected-efn-fulfilment-fee-per-unit-es;
        expected-efn-fulfilment-fee-per-unit-se""",
    ],
    "long_term_storage_fees": [
        """snapshot-date;sku;fnsku;asin;product-name;condition;per-unit-volume;currency;volume-unit;country;qty-charged;
        amount-charged;surcharge-age-tier;rate-surcharge""",
        """snapshot-date;sku;fnsku;asin;product-name;condition;qty-charged-long-time-range-long-term-storage-fee;per-unit-volume;
        currency;long-time-range-long-term-storage-fee;qty-charged-short-time-range-long-term-storage-fee;
        short-time-range-long-term-storage-fee;volume-unit;country;enrolled-in-small-and-light""",
        """snapshot-date;sku;fnsku;asin;product-name;condition;qty-charged-12-mo-long-term-storage-fee;per-unit-volume;currency;
        12-mo-long-terms-storage-fee;qty-charged-6-mo-long-term-storage-fee;6-mo-long-terms-storage-fee;volume-unit;country;
        enrolled-in-small-and-light""",
    ],
    "removal_orders": [
        """request-date;order-id;order-source;order-type;service-speed;order-status;last-updated-date;sku;fnsku;disposition;
        requested-quantity;cancelled-quantity;disposed-quantity;shipped-quantity;in-process-quantity;removal-fee;currency"""
    ],
    "removal_shipments": [
        """request-date;order-id;shipment-date;sku;fnsku;disposition;shipped-quantity;carrier;tracking-number;
        removal-order-type"""
    ],
    "recommended_removals": [
        """snapshot-date;sku;fnsku;asin;product-name;condition;sellable-quantity;sellable-271-365-days;sellable-365+-days;
        sellable-removal-quantity;unsellable-quantity;unsellable-0-7-days;unsellable-8-60-days;unsellable-61-90-days;
        sellable-121-180-days;sellable-181-270-days"""
    ],
    "customer_shipment_sales": [
        """shipment-date;sku;fnsku;asin;fulfillment-center-id;quantity;amazon-order-id;currency;item-price-per-unit;
        shipping-price;gift-wrap-price;ship-city;ship-state;ship-postal-code"""
    ],
    "customer_shipment_replacements": [
        """shipment-date;sku;asin;fulfillment-center-id;original-fulfillment-center-id;quantity;replacement-reason-code;
        replacement-amazon-order-id;original-amazon-order-id"""
    ],
    "storage_fees": [
        """asin;fnsku;product_name;fulfillment_center;country_code;longest_side;median_side;shortest_side;measurement_units;
        weight;weight_units;item_volume;volume_units;product_size_tier;average_quantity_on_hand;average_quantity_pending_removal;
        estimated_total_item_volume;month_of_charge;storage_rate;currency;estimated_monthly_storage_fee;
        dangerous_goods_storage_type;eligible_for_inventory_discount;qualifies_for_inventory_discount;total_incentive_fee_amount;
        breakdown_incentive_fee_amount;average_quantity_customer_orders;sku;storage_utilization_ratio;
        storage_utilization_ratio_units;base_rate;utilization_surcharge_rate;avg_qty_for_sus;est_vol_for_sus;est_base_msf;est_sus"""
    ],
    "reserved_inventory": [
        """sku;fnsku;asin;product-name;reserved_qty;reserved_customerorders;reserved_fc-transfers;reserved_fc-processing;
        reserved_staging;program"""
    ],
    "fba_inventory_all": [
        """sku;fnsku;asin;product-name;condition;your-price;mfn-listing-exists;mfn-fulfillable-quantity;afn-listing-exists;
        afn-warehouse-quantity;afn-fulfillable-quantity;afn-unsellable-quantity;afn-reserved-quantity;afn-total-quantity;
        per-unit-volume;afn-inbound-working-quantity;afn-inbound-shipped-quantity;afn-inbound-receiving-quantity;
        afn-researching-quantity;afn-reserved-future-supply;afn-future-supply-buyable;afn-fc-transfer-quantity;
        afn-onhand-buyable-quantity;store;afn-fulfillable-quantity-local;afn-fulfillable-quantity-remote"""
    ],
}


def by_type(report_type: str) -> list[Report]:
    return [r for r in FAMILY if r.report_type == report_type]


def test_every_fba_report_type_is_there_and_no_other() -> None:
    assert {r.report_type for r in FAMILY} == {*NEAR_REAL_TIME, *DAILY, *MONTHLY, FEES}
    assert [r.name for r in FAMILY if r.default] == ["fba_inventory"]


def test_cool_downs_are_the_documented_ones() -> None:
    assert {r.window.cool_down_minutes for t in NEAR_REAL_TIME for r in by_type(t)} == {30}
    assert {r.window.cool_down_minutes for t in [*DAILY, *MONTHLY] for r in by_type(t)} == {240}
    (fees,) = by_type(FEES)
    assert (fees.window.cool_down_minutes, fees.window.daily_limit) == (24 * 60, 1)
    assert fees.window.span_hours > 72


def test_months_are_asked_for_one_at_a_time() -> None:
    for report_type in MONTHLY:
        (report,) = by_type(report_type)
        assert (report.window.period, report.window.max_days) == (Period.MONTH, 1)
        assert report.datasets[0].day_of is DayOf.WINDOW


def test_the_ledger_summary_is_asked_for_by_day_week_and_month_and_names_its_location_level() -> None:
    periods = {r.window.period: r for r in by_type("GET_LEDGER_SUMMARY_VIEW_DATA")}
    assert {p: r.options["aggregatedByTimePeriod"] for p, r in periods.items()} == {
        Period.DAY: "DAILY",
        Period.WEEK: "WEEKLY",
        Period.MONTH: "MONTHLY",
    }
    for report in periods.values():
        assert report.options["aggregateByLocation"] == "COUNTRY"
        assert report.datasets[0].column("location_level").option == "aggregateByLocation"
        assert (report.date_order, report.window.lookback_days) == ("mdy", 540)
        assert not report.adoptable


def test_a_sibling_shows_what_must_show_in_the_report_too() -> None:
    """Stock without movements stands in the summary, so its rows are no witness for the detail; the reverse holds."""
    assert REGISTRY.reports["ledger_summary"].siblings == ("ledger_detail",)
    assert REGISTRY.reports["ledger_detail"].siblings == ()
    assert REGISTRY.reports["removal_orders"].siblings == ("removal_shipments",)


def test_reports_of_a_region_that_charge_fees_name_the_country_or_store_of_a_row() -> None:
    names = {"country", "country_code", "amazon_store"}
    told = {r.name for r in FAMILY if r.scope is Scope.ACCOUNT and any(names & {c.name for c in d.columns} for d in r.datasets)}
    assert told >= {"estimated_fees", "storage_fees", "long_term_storage_fees", "overage_fees", "afn_inventory_by_country"}


def test_planning_is_not_asked_for_where_amazon_does_not_have_it() -> None:
    asked = set(REGISTRY.reports["inventory_planning"].marketplaces or ())
    assert {"US", "DE", "JP"} <= asked
    assert not asked & {"NL", "PL", "SE", "BE"}


def test_schedules_are_spread_over_the_night() -> None:
    crons = [r.schedule for r in FAMILY]
    assert len(set(crons)) == len(crons)
    per_hour = [sum(c.split()[1] == str(hour) for c in crons) for hour in range(24)]
    assert max(per_hour) <= 6


@pytest.mark.parametrize("dataset", SEEN)
def test_headers_seen_in_documents_find_their_columns(dataset: str) -> None:
    for text in SEEN[dataset]:
        headers = [h.strip() for h in text.split(";")]
        plan = match_header(headers, REGISTRY.datasets[dataset], ())
        assert plan.unknown == ()


def test_the_headers_of_the_reference_find_their_columns(amazon_reference: Path) -> None:
    lists = re.findall(
        r"^(GET_\w+) \(\d+\): (.+)$", (amazon_reference.parent / "spapi_appendix_flatfile_headers.txt").read_text("utf-8"), re.M
    )
    looked = 0
    for report_type, text in lists:
        for report in by_type(report_type):
            plan = match_header(text.split(", "), report.datasets[0], ())
            assert plan.unknown == (), f"{report.name}: {plan.unknown}"
            looked += 1
    assert looked > 25
