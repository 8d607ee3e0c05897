"""FBA reports: Amazon's columns, accounting identities across reports, and each marketplace's own availability and format."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from spapi_assets.simulator.business import Business
from spapi_assets.simulator.documents import BadRequest, NoData, listed, render_listed
from spapi_assets.simulator.documents.families import fba

from .kestrel import EU, FE, INVENTORY, NA, NOW, SETTLEMENT, ask, codec_of, table

BUSINESS = Business()
SUMMARY, DETAIL = "GET_LEDGER_SUMMARY_VIEW_DATA", "GET_LEDGER_DETAIL_VIEW_DATA"
SHIPPED = "GET_FBA_FULFILLMENT_CUSTOMER_SHIPMENT_SALES_DATA"
REPLACED = "GET_FBA_FULFILLMENT_CUSTOMER_SHIPMENT_REPLACEMENT_DATA"
STORAGE, AGED = "GET_FBA_STORAGE_FEE_CHARGES_DATA", "GET_FBA_FULFILLMENT_LONGTERM_STORAGE_FEE_CHARGES_DATA"
PLANNING, RESTOCK = "GET_FBA_INVENTORY_PLANNING_DATA", "GET_RESTOCK_INVENTORY_RECOMMENDATIONS_REPORT"
REMOVALS, REMOVED = "GET_FBA_FULFILLMENT_REMOVAL_ORDER_DETAIL_DATA", "GET_FBA_FULFILLMENT_REMOVAL_SHIPMENT_DETAIL_DATA"
OCTOBER = ("2026-10-01", "2026-11-01")
EVENTS = ["Receipts", "Customer Shipments", "Customer Returns", "Vendor Returns", "Warehouse Transfer In/Out", "Found", "Lost"]
EVENTS += ["Damaged", "Disposed", "Other Events", "Unknown Events", "In Transit Between Warehouses"]


def rows(report_type: str, code: str, span: tuple[str, str] = OCTOBER, **options: str) -> list[dict[str, str]]:
    return table(ask(BUSINESS, report_type, [code], *span, options=options))


def known_header(reference: Path, report_type: str) -> list[str]:
    text = (reference.parent / "spapi_appendix_flatfile_headers.txt").read_text()
    found = re.search(rf"^{report_type} \(\d+\): (.*)$", text, re.MULTILINE)
    assert found, f"the fact sheet does not know {report_type}"
    return found.group(1).split(", ")


# What no public source spells out is tested by the rows only.
UNKNOWN = {SHIPPED, AGED, "GET_FBA_RECOMMENDED_REMOVAL_DATA"}


@pytest.mark.parametrize("report_type", sorted(set(fba.RENDERERS) - UNKNOWN))
def test_headers_are_the_fact_sheet_s(amazon_reference: Path, report_type: str) -> None:
    code, span = ("DE", OCTOBER) if report_type.endswith("BY_COUNTRY") else ("US", ("2026-05-01", "2026-05-31"))
    if report_type == "GET_FBA_OVERAGE_FEE_CHARGES_DATA":
        span = ("2026-01-01", "2026-11-01")
    document = ask(BUSINESS, report_type, [code], *span)
    assert document.body.decode(codec_of(document)).split("\r\n")[0].split("\t") == known_header(amazon_reference, report_type)


@pytest.mark.parametrize("code", ["DE", "UK", "US", "JP"])
@pytest.mark.parametrize("location", ["COUNTRY", "FC"])
def test_the_ledger_summary_balances_and_each_day_begins_as_the_day_before_ended(code: str, location: str) -> None:
    before: dict[tuple[str, ...], int] | None = None
    span = ("2026-10-01", "2026-11-08")
    by_day: dict[str, dict[tuple[str, ...], dict[str, str]]] = {}
    for row in rows(SUMMARY, code, span, aggregatedByTimePeriod="DAILY", aggregateByLocation=location):
        by_day.setdefault(row["Date"], {})[row["MSKU"], row["Disposition"], row["Location"]] = row
    assert list(by_day) == [f"{date(2026, 10, 1) + timedelta(days=n):%m/%d/%Y}" for n in range(38)]
    for found in by_day.values():
        for row in found.values():
            assert int(row["Starting Warehouse Balance"]) + sum(int(row[e]) for e in EVENTS) == int(
                row["Ending Warehouse Balance"]
            )
        starting = {
            key: int(r["Starting Warehouse Balance"]) for key, r in found.items() if r["Starting Warehouse Balance"] != "0"
        }
        assert before in (None, starting)
        before = {key: int(r["Ending Warehouse Balance"]) for key, r in found.items() if r["Ending Warehouse Balance"] != "0"}


def test_weeks_and_months_are_the_sums_of_their_days_and_the_detail_is_the_summary() -> None:
    span = ("2026-10-04", "2026-11-01")  # four weeks from a Sunday
    totals = []
    for period in ("DAILY", "WEEKLY", "MONTHLY"):
        found: Counter = Counter()
        names = set()
        for row in rows(SUMMARY, "DE", span, aggregatedByTimePeriod=period):
            names.add(row["Date"])
            for event in EVENTS:
                found[row["MSKU"], row["Disposition"], row["Location"], event] += int(row[event])
        totals.append({key: n for key, n in found.items() if n})
        assert len(names) == {"DAILY": 28, "WEEKLY": 4, "MONTHLY": 1}[period]
    assert names == {"10/2026"}
    assert totals[0] == totals[1] == totals[2]
    detail: Counter = Counter()
    for row in rows(DETAIL, "DE", span):
        assert re.fullmatch(r"\d\d/\d\d/2026", row["Date"])
        detail[row["MSKU"], row["Disposition"], row["Country"]] += int(row["Quantity"])
    summed: Counter = Counter()
    for (sku, disposition, country, _), n in totals[0].items():
        summed[sku, disposition, country] += n
    assert {k: n for k, n in detail.items() if n} == {k: n for k, n in summed.items() if n}
    returns = rows(DETAIL, "DE", span, eventType="CustomerReturns")
    assert {r["Event Type"] for r in returns} == {"CustomerReturns"}
    with pytest.raises(BadRequest, match="invalid value"):
        rows(DETAIL, "DE", span, eventType="Thefts")


@pytest.mark.parametrize(("code", "partner"), [("UK", EU), ("JP", FE), ("US", NA)])
def test_yesterday_s_ending_balance_is_the_inventory_snapshot_of_midnight(code: str, partner: str) -> None:
    zone = next(m for m in BUSINESS.account(partner).marketplaces if m.code == code).tz
    midnight = datetime(2026, 11, 4, tzinfo=zone)
    ending: Counter = Counter()
    for row in rows(SUMMARY, code, ("2026-11-03", "2026-11-04"), aggregatedByTimePeriod="DAILY"):
        ending[row["MSKU"]] += int(row["Ending Warehouse Balance"])
    now = (midnight - timedelta(milliseconds=500)).astimezone(UTC)
    snapshot = table(ask(BUSINESS, "GET_FBA_MYI_ALL_INVENTORY_DATA", [code], *OCTOBER, now=now))
    assert dict(+ending) == {r["sku"]: int(r["afn-warehouse-quantity"]) for r in snapshot if r["afn-warehouse-quantity"] != "0"}
    active = {r["sku"] for r in table(ask(BUSINESS, INVENTORY, [code], *OCTOBER, now=now))}
    assert {r["sku"] for r in snapshot} - active == {"00398", "KC-BOT-050-OLD"}


def test_a_day_is_in_the_ledger_some_hours_after_it_closed() -> None:
    with pytest.raises(NoData):
        ask(BUSINESS, DETAIL, ["DE"], "2026-11-22", "2026-11-23", now=datetime(2026, 11, 23, 1, tzinfo=UTC))
    assert table(ask(BUSINESS, DETAIL, ["DE"], "2026-11-22", "2026-11-23"))


def test_units_in_the_shipment_reports_are_the_ledger_s() -> None:
    local = ("2026-10-01T00:00:00-07:00", "2026-11-01T00:00:00-07:00")
    sent: Counter = Counter()
    for row in rows(SHIPPED, "US", local) + rows(REPLACED, "US", local):
        sent[row["sku"]] += int(row["quantity"])
    ledger: Counter = Counter()
    for row in rows(DETAIL, "US", local, eventType="Shipments"):
        ledger[row["MSKU"]] -= int(row["Quantity"])
    assert sent == ledger
    with pytest.raises(NoData):
        rows(REPLACED, "DE")


def test_removal_orders_and_shipments_agree_with_each_other_and_with_the_ledger() -> None:
    ordered, shipped, ledger = Counter(), Counter(), Counter()
    for row in rows(REMOVALS, "DE"):
        assert row["order-status"] == "Completed"
        parts = (int(row[f"{p}-quantity"]) for p in ("cancelled", "disposed", "shipped", "in-process"))
        assert int(row["requested-quantity"]) == sum(parts)
        ordered[row["order-id"], row["sku"]] += int(row["shipped-quantity"])
    for row in rows(REMOVED, "DE"):
        shipped[row["order-id"], row["sku"]] += int(row["quantity shipped"])
    for row in rows(DETAIL, "DE", eventType="VendorReturns"):
        ledger[row["Reference ID"], row["MSKU"]] -= int(row["Quantity"])
    assert +ordered == shipped == ledger
    assert len(shipped) > 5
    morning = datetime(2026, 10, 5, 8, tzinfo=UTC)  # between request and shipment
    open_ = table(ask(BUSINESS, REMOVALS, ["DE"], "2026-10-04", "2026-10-06", now=morning))
    assert {r["order-status"] for r in open_} == {"Processing"}


def test_reimbursements_are_the_settlements_credits_for_damage() -> None:
    report = listed(BUSINESS, EU, [SETTLEMENT], NOW - timedelta(days=30), NOW)[-1]
    credits = [r for r in table(render_listed(BUSINESS, EU, report)) if r["amount-description"] == "WAREHOUSE_DAMAGE"]
    found = table(
        ask(
            BUSINESS,
            "GET_FBA_REIMBURSEMENTS_DATA",
            [next(m.code for m in BUSINESS.account(EU).marketplaces if m.id == report.marketplace_ids[0])],
            report.start.isoformat(),
            report.end.isoformat(),
        )
    )
    assert [(r["sku"], Decimal(r["amount-total"])) for r in found] == [
        (r["sku"], Decimal(r["amount"].replace(",", "."))) for r in credits
    ]
    assert len({r["reimbursement-id"] for r in found}) == len(found) == 2


@pytest.mark.parametrize(("code", "partner"), [("DE", EU), ("US", NA), ("JP", FE)])
def test_storage_fees_by_sku_add_up_to_the_settlement_s_storage_fee(code: str, partner: str) -> None:
    total = sum(Decimal(r["estimated_monthly_storage_fee"]) for r in rows(STORAGE, code))
    ids = {m.code: m.id for m in BUSINESS.account(partner).marketplaces}
    charged = [
        Decimal(r["amount"].replace(",", "."))
        for report in listed(BUSINESS, partner, [SETTLEMENT], NOW - timedelta(days=30), NOW)
        if report.marketplace_ids == (ids[code],)
        for r in table(render_listed(BUSINESS, partner, report))
        if r["amount-description"] == "Storage Fee" and "11" in r["posted-date"][3:8]
    ]
    assert charged
    assert abs(total + charged[-1]) <= (1 if code == "JP" else Decimal("0.02"))
    assert {r["month_of_charge"] for r in rows(STORAGE, code)} == {"2026-10"}
    with pytest.raises(NoData):
        rows(STORAGE, code, ("2026-11-01", "2026-11-22"))


def test_aged_stock_is_charged_for_exactly_one_month() -> None:
    found = rows(AGED, "DE")
    assert {r["snapshot-date"][:10] for r in found} == {"2026-10-15"}
    assert {"365+ days"} < {r["surcharge-age-tier"] for r in found}
    for span in (("2026-10-01", "2026-10-15"), ("2026-10-02", "2026-11-02")):
        with pytest.raises(BadRequest, match="exactly one calendar month"):
            rows(AGED, "DE", span)


@pytest.mark.parametrize("code", ["UK", "US", "JP"])
def test_planning_restock_reserved_and_available_units_are_the_snapshot_s(code: str) -> None:
    stock = {r["sku"]: r for r in rows(INVENTORY, code)}
    for row in rows(RESTOCK, code):
        same = stock[row["Merchant SKU"]]
        assert (row["Available"], row["Customer Order"], row["Unfulfillable"], row["Total Units"]) == tuple(
            same[f"afn-{name}-quantity"] for name in ("fulfillable", "reserved", "unsellable", "total")
        )
    reserved = {r["sku"]: r for r in rows("GET_RESERVED_INVENTORY_DATA", code)}
    for sku, row in reserved.items():
        assert row["reserved_qty"] == stock[sku]["afn-reserved-quantity"]
        parts = ("reserved_customerorders", "reserved_fc-transfers", "reserved_fc-processing")
        assert int(row["reserved_qty"]) == sum(int(row[p]) for p in parts)
    for row in rows("GET_AFN_INVENTORY_DATA", code):
        column = {"SELLABLE": "afn-fulfillable-quantity", "UNSELLABLE": "afn-unsellable-quantity"}[
            row["Warehouse-Condition-code"]
        ]
        assert row["Quantity Available"] == stock[row["seller-sku"]][column]
    ages = [f"inv-age-{span}-days" for span in ("0-to-90", "91-to-180", "181-to-270", "271-to-365", "365-plus")]
    shipped = Counter()
    for row in rows(SHIPPED, code, ("2026-10-24", "2026-11-23")):
        shipped[row["sku"]] += int(row["quantity"])
    planned = rows(PLANNING, code)
    assert {r["sku"] for r in planned} == set(stock) | {"00398", "KC-BOT-050-OLD"}
    for row in planned:
        assert int(row["available"]) == sum(int(row[a]) for a in ages)
        assert row["sku"] not in stock or row["reserved-quantity"] == stock[row["sku"]]["afn-reserved-quantity"]
        assert abs(int(row["units-shipped-t30"]) - shipped[row["sku"]]) <= 12  # the report's days are local, the window is UTC


def test_stranded_units_are_the_archived_ones_of_the_inventory() -> None:
    archived = {r["sku"]: r["afn-fulfillable-quantity"] for r in rows("GET_FBA_MYI_ALL_INVENTORY_DATA", "US")}
    stranded = {r["sku"]: r["fulfillable-qty"] for r in rows("GET_STRANDED_INVENTORY_UI_DATA", "US")}
    assert stranded.items() <= archived.items()
    assert {r["sku"] for r in rows("GET_STRANDED_INVENTORY_LOADER_DATA", "US")} == set(stranded)


def test_fee_previews_are_what_the_settlements_charge_and_must_start_three_days_back() -> None:
    preview = {r["sku"]: r for r in rows("GET_FBA_ESTIMATED_FBA_FEES_TXT_DATA", "US")}
    report = [
        r for r in listed(BUSINESS, NA, [SETTLEMENT], NOW - timedelta(days=30), NOW) if r.marketplace_ids == ("ATVPDKIKX0DER",)
    ]
    sold = table(render_listed(BUSINESS, NA, report[-1]))
    units = {(r["order-item-code"]): int(r["quantity-purchased"]) for r in sold if r["quantity-purchased"]}
    fees = [r for r in sold if r["amount-description"] == "FBAPerUnitFulfillmentFee"]
    assert len(fees) > 100
    for row in fees:
        fee = Decimal(preview[row["sku"]]["expected-fulfillment-fee-per-unit"])
        assert -Decimal(row["amount"]) == fee * units[row["order-item-code"]]
    with pytest.raises(BadRequest, match="72 hours"):
        rows("GET_FBA_ESTIMATED_FBA_FEES_TXT_DATA", "US", ("2026-11-22", "2026-11-23"))
    german = rows("GET_FBA_ESTIMATED_FBA_FEES_TXT_DATA", "DE")[0]
    assert german["expected-domestic-fulfilment-fee-per-unit"] == german["expected-efn-fulfilment-fee-per-unit-de"]


@pytest.mark.parametrize(
    ("report_type", "has", "lacks"),
    [
        ("GET_AFN_INVENTORY_DATA_BY_COUNTRY", "DE", "US"),
        ("GET_FBA_FULFILLMENT_CUSTOMER_SHIPMENT_PROMOTION_DATA", "US", "DE"),
        (REPLACED, "US", "JP"),
    ],
)
def test_reports_of_one_region_have_nothing_elsewhere(report_type: str, has: str, lacks: str) -> None:
    assert rows(report_type, has)
    with pytest.raises(NoData, match="has no data in"):
        rows(report_type, lacks)


@pytest.mark.parametrize(("code", "charset"), [("FR", "Cp1252"), ("JP", "windows-31j"), ("US", "UTF-8")])
def test_fba_reports_come_in_the_store_s_charset_and_language(code: str, charset: str) -> None:
    document = ask(BUSINESS, DETAIL, [code], *OCTOBER)
    assert document.content_type == f"text/plain; charset={charset}"
    titles = {r["Title"] for r in table(document)}
    assert any({"FR": "Gourde", "JP": "ボトル", "US": "Bottle"}[code] in t for t in titles)
