"""A small business by hand whose every number is known: one SKU and ASIN sold in two marketplaces and two currencies, an order
reported on three days, a settlement delivered twice, days without stock, a vendor."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import api_scenario
import money_scenario
from handmade_lake import LOADED_AT, HandmadeLake

ACCOUNT = "kestrel_eu"
VENDOR = "kestrel_vendor_us"
SKU, ASIN = "KES-MUG-BLUE", "B0KESTREL1"
OTHER_SKU, OTHER_ASIN = "KES-MUG-RED", "B0KESTREL2"
DELETED_SKU = "KES-MUG-OLD"  # the same product, listed on the first day only
DAY = date(2026, 2, 2)  # a Monday


def at(day: date, hour: int = 12, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)


def days(first: date, count: int) -> list[date]:
    return [first + timedelta(days=n) for n in range(count)]


def order_line(
    order: str, purchased: datetime, updated: datetime, channel: str, sku: str, quantity: int, price: object, **more: Any
) -> dict[str, Any]:
    currency = {"Amazon.de": "EUR", "Amazon.co.uk": "GBP"}.get(channel)
    asin = {SKU: ASIN, OTHER_SKU: OTHER_ASIN}[sku]
    return {
        "amazon_order_id": order,
        "purchase_date": purchased,
        "last_updated_date": updated,
        "order_status": "Shipped",
        "item_status": "Shipped",
        "fulfillment_channel": "Amazon",
        "sales_channel": channel,
        "sku": sku,
        "asin": asin,
        "product_name": f"Mug {sku}",
        "quantity": quantity,
        "currency": currency,
        "item_price": price,
        "is_business_order": False,
    } | more


def _orders(lake: HandmadeLake) -> None:
    d1, d2, d3, d4 = days(DAY, 4)
    bought = at(d1, 9)
    # Order 1: two equal lines, pending on day 1, shipped on day 3; day 3 also restated the price of one line.
    pending = {"order_status": "Pending", "item_status": "Unshipped", "item_price": None, "currency": None}
    first = [order_line("O-1", bought, at(d1, 10), "Amazon.de", SKU, 1, None, **pending)] * 2
    # Order 2: bought at 23:30 UTC, which is the next day in Berlin; one line cancelled later.
    late = order_line("O-2", at(d1, 23, 30), at(d1, 23, 40), "Amazon.de", OTHER_SKU, 3, 60)
    lake.write("orders_by_last_update", ACCOUNT, None, d1, [*first, late], report_id="R-d1")
    shipped = order_line("O-1", bought, at(d2, 8), "Amazon.de", SKU, 1, 20)
    lake.write("orders_by_last_update", ACCOUNT, None, d2, [shipped, shipped], report_id="R-d2")
    final = [
        order_line("O-1", bought, at(d3, 8), "Amazon.de", SKU, 1, 20, item_promotion_discount=2, promotion_ids="SPRING"),
        order_line("O-1", bought, at(d3, 8), "Amazon.de", SKU, 1, 20),
    ]
    # The same SKU and ASIN in the United Kingdom, in pounds.
    british = order_line("O-3", at(d3, 23, 30), at(d3, 23, 45), "Amazon.co.uk", SKU, 2, 36)
    off_amazon = order_line("O-4", at(d3, 10), at(d3, 11), "Non-Amazon", SKU, 1, None, currency=None)
    lake.write("orders_by_last_update", ACCOUNT, None, d3, [*final, british, off_amazon], report_id="R-d3")
    cancelled = order_line(
        "O-5", at(d4, 7), at(d4, 8), "Amazon.de", SKU, 0, None, currency=None, order_status="Cancelled", item_status="Cancelled"
    )
    lake.write("orders_by_last_update", ACCOUNT, None, d4, [cancelled], report_id="R-d4")


def _traffic(lake: HandmadeLake) -> None:
    for marketplace, currency, price in (("DE", "EUR", 20), ("UK", "GBP", 18)):
        for n, day in enumerate(days(DAY, 4)):
            rows = [
                {
                    "parent_asin": "B0KESTREL0",
                    "child_asin": asin,
                    "sku": sku,
                    "units_ordered": n,
                    "ordered_product_sales_amount": n * price,
                    "ordered_product_sales_currency": currency,
                    "total_order_items": n,
                    "sessions": 10,
                    "browser_sessions": 6,
                    "mobile_app_sessions": 4,
                    "page_views": 14,
                    "buy_box_percentage": 97.5,
                }
                for sku, asin in ((SKU, ASIN), (OTHER_SKU, OTHER_ASIN))
            ]
            lake.write("sales_and_traffic_by_asin", ACCOUNT, marketplace, day, rows, report_id=f"ST-{marketplace}-{day}")
            total = {
                "report_date": day,
                "units_ordered": 2 * n,
                "ordered_product_sales_amount": 2 * n * price,
                "ordered_product_sales_currency": currency,
                "total_order_items": 2 * n,
                "units_refunded": 0,
                "sessions": 18,
                "page_views": 28,
                "buy_box_percentage": 97.5,
            }
            lake.write("sales_and_traffic_by_date", ACCOUNT, marketplace, day, [total], report_id=f"ST-{marketplace}-{day}")


def _stock(lake: HandmadeLake) -> None:
    for marketplace in ("DE", "UK"):
        for day in days(DAY, 6):
            listings = [
                {
                    "seller_sku": sku,
                    "asin1": asin,
                    "item_name": f"Mug {sku}",
                    "price": 20,
                    "status": "Active",
                    "listing_id": sku,
                    "fulfillment_channel": "AMAZON_EU",
                }
                for sku, asin in ((SKU, ASIN), (OTHER_SKU, OTHER_ASIN))
            ]
            if day == DAY:
                listings.append(listings[0] | {"seller_sku": DELETED_SKU, "listing_id": DELETED_SKU})
            lake.write("merchant_listings", ACCOUNT, marketplace, day, listings, report_id=f"L-{marketplace}-{day}")
            empty = marketplace == "DE" and day in days(DAY + timedelta(days=1), 2)
            stock = [
                {
                    "sku": SKU,
                    "fnsku": "X001",
                    "asin": ASIN,
                    "condition": "New",
                    "your_price": 20,
                    "afn_fulfillable_quantity": 0 if empty else 9,
                },
                {
                    "sku": SKU,
                    "fnsku": ASIN,
                    "asin": ASIN,
                    "condition": "New",
                    "your_price": 20,
                    "afn_fulfillable_quantity": 0 if empty else 1,
                },
                {
                    "sku": OTHER_SKU,
                    "fnsku": "X002",
                    "asin": OTHER_ASIN,
                    "condition": "New",
                    "your_price": 21,
                    "afn_fulfillable_quantity": 40,
                },
            ]
            lake.write("fba_inventory", ACCOUNT, marketplace, day, stock, report_id=f"I-{marketplace}-{day}")


def settlement(
    number: str, channel: str, currency: str, amounts: list[tuple[str, str, str, str | None, object]], end: date
) -> list[dict[str, Any]]:
    """The rows of one settlement document; the totals row is what the amounts add up to."""
    total = {
        "settlement_id": number,
        "settlement_start_date": at(end - timedelta(days=14)),
        "settlement_end_date": at(end),
        "deposit_date": at(end + timedelta(days=2)),
        "total_amount": sum(float(str(a[4])) for a in amounts),
        "currency": currency,
    }
    lines = [
        {
            "settlement_id": number,
            "transaction_type": kind,
            "amount_type": group,
            "amount_description": what,
            "sku": sku,
            "amount": amount,
            "marketplace_name": channel,
            "posted_date": end,
            "posted_date_time": at(end, 23, 30),
            "quantity_purchased": 2 if (kind, what) == ("Order", "Principal") else None,
        }
        for kind, group, what, sku, amount in amounts
    ]
    return [total, *lines]


GERMAN_LINES: list[tuple[str, str, str, str | None, object]] = [
    ("Order", "ItemPrice", "Principal", SKU, 33.61),
    ("Order", "ItemPrice", "Tax", SKU, 6.39),
    ("Order", "Promotion", "Principal", SKU, -2.00),
    ("Order", "ItemFees", "Commission", SKU, -5.04),
    ("Order", "ItemFees", "FBAPerUnitFulfillmentFee", SKU, -6.10),
    ("Refund", "ItemPrice", "Principal", SKU, -16.81),
    ("Refund", "ItemFees", "RefundCommission", SKU, -0.50),
    ("ServiceFee", "Cost of Advertising", "TransactionTotalAmount", None, -1.23),
    ("other-transaction", "other-transaction", "Subscription Fee", None, -39.00),
    ("other-transaction", "FBA Inventory Reimbursement", "WAREHOUSE_LOST", SKU, 11.11),
    ("other-transaction", "other-transaction", "Current Reserve Amount", None, -3.00),
]
BRITISH_LINES: list[tuple[str, str, str, str | None, object]] = [
    ("Order", "ItemPrice", "Principal", SKU, 36.00),
    ("Order", "ItemFees", "Commission", SKU, -5.40),
]


def _settlements(lake: HandmadeLake) -> None:
    end = DAY + timedelta(days=5)
    german = settlement("90001", "Amazon.de", "EUR", GERMAN_LINES, end)
    older = LOADED_AT - timedelta(days=1)
    # The same settlement came in two documents: the older one is incomplete.
    lake.write("settlements", ACCOUNT, None, end, german[:-2], report_id="S-old", part="S-old", loaded_at=older)
    lake.write("settlements", ACCOUNT, None, end, german, report_id="S-new", part="S-new")
    lake.write(
        "settlements",
        ACCOUNT,
        None,
        end,
        settlement("90002", "Amazon.co.uk", "GBP", BRITISH_LINES, end),
        report_id="S-uk",
        part="S-uk",
    )


def _vendor(lake: HandmadeLake) -> None:
    for n, day in enumerate(days(DAY, 4)):
        rows = [
            {
                "start_date": day,
                "end_date": day,
                "distributor_view": "MANUFACTURING",
                "selling_program": "RETAIL",
                "asin": ASIN,
                "ordered_units": n + 1,
                "ordered_revenue_amount": 25 * (n + 1),
                "ordered_revenue_currency": "USD",
                "shipped_units": n,
                "shipped_revenue_amount": 25 * n,
                "shipped_revenue_currency": "USD",
                "shipped_cogs_amount": 14 * n,
                "shipped_cogs_currency": "USD",
                "customer_returns": 0,
            }
        ]
        lake.write("vendor_sales", VENDOR, "US", day, rows, report_id=f"V-{day}", part="manufacturing-retail")
        # The same units again, seen from their supplier: whoever adds both views up counts them twice.
        blank = {"ordered_units": None, "ordered_revenue_amount": None, "ordered_revenue_currency": None}
        sourced = [{**row, **blank, "distributor_view": "SOURCING"} for row in rows]
        lake.write("vendor_sales", VENDOR, "US", day, sourced, report_id=f"W-{day}", part="sourcing-retail")


def coverage() -> list[dict[str, Any]]:
    states = ["final", "empty_suspected", "provisional", "not_due"]
    reasons = {
        "empty_suspected": "The report came back empty although its neighbours are not.",
        "not_due": "The day has not closed yet.",
    }
    told = [
        {
            "dataset": dataset,
            "report": dataset,
            "account": ACCOUNT,
            "marketplace": marketplace,
            "date": day,
            "state": state,
            "rows": 2 if state in ("final", "provisional") else None,
            "report_id": "R",
            "last_loaded_at": LOADED_AT,
            "reason": reasons.get(state, "Loaded."),
            "next_action": "Ask again tomorrow.",
            "next_at": None,
        }
        for dataset, marketplace in (
            ("orders_by_last_update", None),
            ("sales_and_traffic_by_asin", "DE"),
            ("sales_and_traffic_by_asin", "UK"),
        )
        for day, state in zip(days(DAY, 4), states, strict=True)
    ]
    nothing = {
        "dataset": "fba_inventory_summaries",
        "marketplace": "UK",
        "date": DAY + timedelta(days=1),
        "state": "final",
        "rows": 0,
    }
    return [*told, told[0] | nothing]


def restatements() -> list[dict[str, Any]]:
    """Two versions that Amazon changed, one after the other."""
    first = {
        "dataset": "sales_and_traffic_by_asin",
        "report": "sales_and_traffic",
        "account": ACCOUNT,
        "marketplace": "DE",
        "date": DAY,
        "part": "data",
        "version": 2,
        "report_id": "R2",
        "report_id_before": "R1",
        "created_at": LOADED_AT,
        "loaded_at": LOADED_AT,
        "rows_before": 2,
        "rows": 3,
        "rows_added": 1,
        "rows_removed": 0,
        "rows_changed": 1,
        "totals": [("units_ordered", "5 -> 7")],
        "change": "1 rows changed, 1 rows added; units_ordered 5 -> 7",
    }
    second = {"version": 3, "report_id": "R3", "report_id_before": "R2", "rows_before": 3, "rows_added": 0, "totals": []}
    return [first, first | second]


def build(folder: Path) -> Path:
    """The whole lake below `folder`."""
    lake = HandmadeLake(folder)
    for part in (_orders, _traffic, _stock, _settlements, _vendor, *api_scenario.PARTS, *money_scenario.PARTS):
        part(lake)
    lake.finish(coverage(), restatements())
    return folder
