"""Settlements: the total is the sum, the lines are the orders' to the cent, the format is the store's own."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from spapi_assets.simulator.business import Business
from spapi_assets.simulator.documents import BadRequest, ListedReport, listed, render_listed

from .kestrel import BY_ORDER_DATE, IDS, INVENTORY, NOW, SELLER_OF, SETTLEMENT, amount, ask, table

BUSINESS = Business()
MARKETPLACES = ["DE", "UK", "FR", "US", "JP"]


def reports(code: str, days: int = 90) -> list[ListedReport]:
    found = listed(BUSINESS, SELLER_OF[code], [SETTLEMENT], NOW - timedelta(days=days), NOW)
    return [r for r in found if r.marketplace_ids == (IDS[code],)]


def rows_of(code: str, report: ListedReport) -> list[dict[str, str]]:
    return table(render_listed(BUSINESS, SELLER_OF[code], report))


@pytest.mark.parametrize("code", MARKETPLACES)
def test_the_total_in_the_first_row_is_the_sum_of_all_amounts_to_the_cent(code: str) -> None:
    found = reports(code)
    assert len(found) in (6, 7)
    for report in found:
        head, *rows = rows_of(code, report)
        assert amount(head["total-amount"]) == sum(amount(r["amount"]) for r in rows) > 0
        assert head["amount"] == head["transaction-type"] == ""
        assert not any(r["total-amount"] or r["deposit-date"] or r["currency"] for r in rows)
        assert {r["settlement-id"] for r in rows} == {head["settlement-id"]}


@pytest.mark.parametrize("code", MARKETPLACES)
def test_every_shipped_order_line_is_settled_once_and_to_the_cent(code: str) -> None:
    report = reports(code)[-2]
    ordered: Counter = Counter()
    orders: dict[str, str] = {}
    start = report.start - timedelta(days=6)
    for row in table(ask(BUSINESS, BY_ORDER_DATE, [code], start.isoformat(), report.end.isoformat())):
        if row["order-status"] == "Shipped":
            money = tuple(amount(row[c]) for c in ("item-price", "item-tax", "shipping-price", "item-promotion-discount"))
            ordered[(row["amazon-order-id"], row["sku"], row["quantity"], *money)] += 1
            orders[row["amazon-order-id"]] = row["purchase-date"]
    settled: Counter = Counter()
    per_item: dict[tuple[str, str, str], dict[str, str]] = {}
    for r in rows_of(code, report)[1:]:
        if r["transaction-type"] == "Order":
            item = per_item.setdefault((r["order-id"], r["sku"], r["order-item-code"]), {})
            item[f"{r['amount-type']}/{r['amount-description']}"] = r["amount"]
            if r["quantity-purchased"]:
                item["quantity"] = r["quantity-purchased"]
    for (order, sku, _), item in per_item.items():
        money = [amount(item.get(f"ItemPrice/{d}", "")) for d in ("Principal", "Tax", "Shipping")]
        settled[(order, sku, item["quantity"], *money, -amount(item.get("Promotion/Principal", "")))] += 1
    assert sum(settled.values()) > 50
    assert not settled - ordered, "a settled line that no order has"
    # Nothing shipped in the period is forgotten: orders bought well inside it and shipped by its end are all there.
    safe = {o for o, bought in orders.items() if report.start <= datetime.fromisoformat(bought) < report.end - timedelta(days=5)}
    assert {k for k in ordered if k[0] in safe} <= set(settled)


def test_a_refund_gives_back_at_most_what_the_order_paid_and_its_commission() -> None:
    sold: dict[str, Decimal] = {}
    refunds = []
    for report in reports("DE"):
        for r in rows_of("DE", report)[1:]:
            if r["amount-type"] == "ItemPrice" and r["amount-description"] == "Principal":
                if r["transaction-type"] == "Order":
                    sold[r["order-item-code"]] = amount(r["amount"])
                else:
                    refunds.append(r)
    matched = [r for r in refunds if r["order-item-code"] in sold]
    assert len(matched) > 20
    assert all(0 < -amount(r["amount"]) <= sold[r["order-item-code"]] and r["adjustment-id"] for r in matched)
    descriptions = {r["amount-description"] for report in reports("DE") for r in rows_of("DE", report)}
    assert {"RefundCommission", "Commission", "FBAPerUnitFulfillmentFee", "Subscription Fee", "Storage Fee"} <= descriptions


def test_commission_is_fifteen_percent_of_the_discounted_price_and_shipping() -> None:
    items: dict[str, Counter] = {}
    for r in rows_of("UK", reports("UK")[-1])[1:]:
        if r["transaction-type"] == "Order":
            items.setdefault(r["order-item-code"], Counter())[f"{r['amount-type']}/{r['amount-description']}"] += amount(
                r["amount"]
            )
    for item in items.values():
        base = item["ItemPrice/Principal"] + item["ItemPrice/Shipping"] + item["Promotion/Principal"] + item["Promotion/Shipping"]
        assert abs(-item["ItemFees/Commission"] - base * Decimal("0.15")) <= Decimal("0.01")


@pytest.mark.parametrize("code", ["DE", "UK"])
def test_the_reserve_held_back_comes_back_in_the_next_settlement(code: str) -> None:
    reserves = []
    for report in reports(code):
        found = {
            r["amount-description"]: amount(r["amount"]) for r in rows_of(code, report) if "Reserve" in r["amount-description"]
        }
        reserves.append((found["Previous Reserve Amount Balance"], found["Current Reserve Amount"]))
    for (_, held), (returned, _) in pairwise(reserves):
        assert returned == -held > 0


def test_identical_rows_occur_and_are_both_real() -> None:
    for report in reports("UK"):
        assert max(Counter(tuple(r.values()) for r in rows_of("UK", report)).values()) >= 2


def test_numbers_and_dates_are_in_the_stores_own_format() -> None:
    german, british, japanese = (rows_of(code, reports(code)[-1]) for code in ("DE", "UK", "JP"))
    assert "," in german[0]["total-amount"]
    assert "." not in german[0]["total-amount"]
    assert datetime.strptime(german[0]["deposit-date"], "%d.%m.%Y %H:%M:%S UTC").replace(tzinfo=UTC) > reports("DE")[-1].end
    assert "." in british[0]["total-amount"]
    assert datetime.strptime(british[5]["posted-date-time"], "%Y-%m-%d %H:%M:%S UTC")  # noqa: DTZ007 - the text says UTC
    assert all(r["amount"].lstrip("-").isdigit() for r in japanese[1:])


def test_tax_that_amazon_remits_itself_is_withheld_in_the_us() -> None:
    rows = rows_of("US", reports("US")[-1])[1:]
    tax = sum(amount(r["amount"]) for r in rows if r["amount-description"] == "Tax" and r["transaction-type"] == "Order")
    withheld = sum(
        amount(r["amount"]) for r in rows if r["amount-description"].endswith("-Principal") and r["transaction-type"] == "Order"
    )
    assert tax == -withheld > 0


def test_listed_reports_are_stable_half_open_in_time_and_made_after_their_period() -> None:
    middle = NOW - timedelta(days=31)
    since = NOW - timedelta(days=90)
    types = [SETTLEMENT, INVENTORY]
    whole = listed(BUSINESS, SELLER_OF["DE"], types, since, NOW)
    again = Business()
    assert whole == listed(again, SELLER_OF["DE"], types, since, middle) + listed(again, SELLER_OF["DE"], types, middle, NOW)
    assert len({r.report_id for r in whole}) == len(whole)
    settlements = [r for r in whole if r.report_type == SETTLEMENT]
    assert {r.end - r.start for r in settlements} == {timedelta(days=14)}
    assert all(r.end < r.created < r.end + timedelta(days=1) for r in settlements)
    snapshots = [r for r in whole if r.report_type == INVENTORY and r.marketplace_ids == (IDS["DE"],)]
    assert len(snapshots) == 90
    assert {r.created.hour for r in snapshots} == {5}
    assert listed(BUSINESS, "amzn1.vg.1000001", types, since, NOW) == []


def test_a_listed_snapshot_shows_the_stock_of_its_own_morning() -> None:
    first, *_, last = list(listed(BUSINESS, SELLER_OF["DE"], [INVENTORY], NOW - timedelta(days=60), NOW))
    assert render_listed(BUSINESS, SELLER_OF["DE"], first) != render_listed(BUSINESS, SELLER_OF["DE"], last)
    asked = ask(BUSINESS, INVENTORY, ["DE"], "2026-11-01", "2026-11-02", now=first.created)
    assert asked in [
        render_listed(BUSINESS, SELLER_OF["DE"], r)
        for r in listed(BUSINESS, SELLER_OF["DE"], [INVENTORY], first.created, first.created + timedelta(seconds=1))
    ]


def test_a_settlement_cannot_be_asked_for_by_dates() -> None:
    with pytest.raises(BadRequest, match="listed, not requested"):
        ask(BUSINESS, SETTLEMENT, ["DE"], "2026-10-01", "2026-10-15")
