"""Planted differences and equalities: orders in four sources, listings and stock in two and three, each on a day of its own.
What must come out is said in test_reconciliation_orders.py and test_reconciliation_stock.py."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from reconciliation_lake import LAST, MARKETPLACE_IDS, ReconciliationLake, on
from scenario import at


def orders_and_api(lake: ReconciliationLake) -> None:
    lake.both("EQUAL", at(on(2)))
    lake.both("GONE", at(on(2)), units=0, price=None, status="Cancelled")
    lake.both("GROSS", at(on(2)), price=24)
    lake.both("KEPT", at(on(3)))
    lake.order("MISSING", at(on(3)), units=2, price=40)
    lake.order("PRICE", at(on(4)), price=20)
    lake.api_order("PRICE", at(on(4)), price=21)
    lake.order("UNIT", at(on(5)), units=2)
    lake.api_order("UNIT", at(on(5)), units=3)
    lake.order("MIXED", at(on(6)), price=20)
    lake.api_order("MIXED", at(on(6)), price=20, currency="GBP")
    lake.both("LATE-DE", at(on(7), 23, 30))
    lake.both("LATE-UK", at(on(7), 23, 30), store="UK")
    # Shipped today: only the API can know it yet.
    lake.order("SHIPS", at(on(9)), price=None, status="Pending")
    lake.api_order("SHIPS", at(on(9)), changed=at(on(21), 9), read=at(on(21), 9, 5))
    # On the newest day, read in the night after it: the API may hold it in the day of that night.
    lake.order("MOVED", at(on(13)), changed=at(LAST, 22))
    lake.order("CANCELLED", at(on(14)), units=0, price=None, status="Cancelled")
    lake.api_order("CANCELLED", at(on(14)))
    # Read with the old state although the day of the newest change is loaded.
    lake.order("STALE", at(on(15)), changed=at(on(16), 10))
    lake.api_order("STALE", at(on(15)), price=None, status="UNSHIPPED")
    lake.covered("api_orders", None, [on(18)], "failed", "The reading failed three times.")
    lake.order("UNREAD", at(on(18)))
    # One of two items was cancelled alone; a replacement costs nothing.
    lake.both("HALF", at(on(10)))
    lake.cancelled_item("HALF", at(on(10)), units=2, price=40)
    lake.both("FREE", at(on(10)), price=0)
    # Prices with tax in the one, without it in the other.
    lake.order("TAXED", at(on(1)), price=Decimal("23.8"))
    lake.api_order("TAXED", at(on(1)), price=20, tax=Decimal("3.8"))


def orders_and_traffic(lake: ReconciliationLake) -> None:
    lake.sold("DE", on(2), KES_MUG_BLUE=(3, 4, 84))  # the cancelled line was two units at twenty
    lake.sold("DE", on(3), KES_MUG_BLUE=(2, 3, 60))
    lake.sold("DE", on(4), KES_MUG_BLUE=(1, 1, 19))
    lake.sold("DE", on(5), KES_MUG_BLUE=(1, 2, 20), KES_MUG_RED=(1, 1, 30))
    lake.sold("DE", on(6), KES_MUG_BLUE=(1, 9, 180))
    lake.covered("sales_and_traffic_by_date", "DE", [on(6)], "provisional", "Amazon restates this report for 14 days.")
    lake.covered("sales_and_traffic_by_date", "DE", [on(7)], "not_published", "Amazon publishes it a day later.")


def orders_and_finances(lake: ReconciliationLake) -> None:
    lake.charged("EQUAL", at(on(3)))
    lake.charged("GROSS", at(on(4)), charges=20, tax=4)
    lake.charged("KEPT", at(on(6)), charges=12, transaction="KEPT-1", units=0)
    lake.charged("KEPT", at(on(7)), charges=8, transaction="KEPT-2")
    lake.charged("KEPT", at(on(15)), charges=8, transaction="KEPT-3", releases="KEPT-2")  # the same money, released
    lake.charged("PRICE", at(on(5)), charges=15)
    lake.charged("UNIT", at(on(5)), units=2)
    lake.charged("MIXED", at(on(7)))
    lake.charged("LATE-UK", at(on(8)), store="UK")
    lake.charged("UNKNOWN", at(on(12), 23, 30))
    lake.charged("HALF", at(on(11)))
    lake.covered("finance_transactions", None, [on(17)], "missing", "Nobody asked for this day.")


def listing(
    lake: ReconciliationLake,
    sku: str,
    day: int,
    *,
    report: dict[str, Any] | None = None,
    api: dict[str, Any] | None = None,
    changed: datetime | None = None,
    missing: bool = False,
    currency: str = "EUR",
) -> None:
    """A listing at 04:30 as the report has it, and at 05:45 as the API has it; None: that side says nothing of it."""
    if report is not None:
        row = {"seller_sku": sku, "asin1": "B0A", "price": 20, "quantity": None, "status": "Active"}
        lake.add("merchant_listings", "DE", on(day), row | report)
    page = {"sku": sku, "read_at": at(on(day), 5, 45)}
    if missing:
        lake.add("listings_missing", "DE", on(day), page)
    if api is None:
        return
    facts = {"price": 20, "quantity": None, "status": '["BUYABLE", "DISCOVERABLE"]', "asin": "B0A"} | api
    head = {"status": facts["status"], "asin": facts["asin"], "last_updated_date": changed or at(on(1))}
    lake.add("listings", "DE", on(day), page | head)
    if facts["price"] is not None:
        offer = {"offer_position": 1, "marketplace_id": MARKETPLACE_IDS["DE"], "offer_type": "B2C", "price_currency": currency}
        lake.add("listing_offers", "DE", on(day), page | offer | {"price_amount": facts["price"]})
        channel = {"fulfillment_channel_code": "DEFAULT", "quantity": facts["quantity"]}
        lake.add("listing_fulfillment_availability", "DE", on(day), page | channel)


def listings(lake: ReconciliationLake) -> None:
    listing(lake, "SAME", 2, report={"quantity": 7}, api={"quantity": 7})
    listing(lake, "PARENT", 2, api={"price": None, "status": '["DISCOVERABLE"]'})
    listing(lake, "PRICE", 3, report={}, api={"price": 19})
    listing(lake, "POUNDS", 4, report={}, api={}, currency="GBP")
    listing(lake, "UNKNOWN", 5, report={}, missing=True)
    listing(lake, "UNKNOWN", 6, report={}, api={})
    listing(lake, "DELETED", 5, report={}, missing=True)
    listing(lake, "CLOSED", 6, report={"status": "Inactive"}, api={})
    listing(lake, "OTHER", 6, report={}, api={"asin": "B0B"})
    listing(lake, "RUSH", 7, report={}, api={"price": 25}, changed=at(on(7), 5))
    listing(lake, "STEADY", 7, report={}, api={})
    listing(lake, "NEW", 8, report={})  # nobody asked the API about it
    lake.covered("listings", "DE", [on(9)], "unavailable", "The snapshot was not taken and cannot be had any more.")
    listing(lake, "ALONE", 9, report={})


def stock(
    lake: ReconciliationLake,
    sku: str,
    day: int,
    *,
    report: tuple[int, int, int] | None = None,
    api: tuple[int, int, int] | None = None,
    moved: datetime | None = None,
    read: datetime | None = None,
    ledger: dict[str, int] | None = None,
) -> None:
    """Fulfillable, reserved and unsellable units at 04:30 (report) and 05:30 or `read` (API), and the ledger of the day."""
    if report is not None:
        row = dict(zip(("afn_fulfillable_quantity", "afn_reserved_quantity", "afn_unsellable_quantity"), report, strict=True))
        lake.add("fba_inventory", "DE", on(day), row | {"sku": sku, "fnsku": f"X-{sku}", "afn_warehouse_quantity": sum(report)})
    if api is not None:
        names = ("fulfillable_quantity", "total_reserved_quantity", "total_unfulfillable_quantity")
        page = {"seller_sku": sku, "fn_sku": f"X-{sku}", "condition": "NewItem", "last_updated_time": moved or at(on(1))}
        row = dict(zip(names, api, strict=True))
        lake.add("fba_inventory_summaries", "DE", on(day), page | row | {"read_at": read or at(on(day), 5, 30)})
    if ledger is not None:
        place = {"ledger_date": on(day), "msku": sku, "fnsku": f"X-{sku}", "disposition": "SELLABLE", "location": "DE"}
        lake.add("ledger_summary", "DE", on(day), place | ledger)


def inventory(lake: ReconciliationLake) -> None:
    stock(lake, "RESTS", 2, report=(10, 2, 1), api=(10, 2, 1), ledger={"starting_warehouse_balance": 13})
    stock(lake, "RESTS", 3, report=(10, 2, 1), api=(9, 2, 1), ledger={"starting_warehouse_balance": 14})
    sells = {"starting_warehouse_balance": 110, "customer_shipments": -6, "customer_returns": 2}
    stock(lake, "SELLS", 4, report=(100, 5, 0), api=(97, 8, 0), moved=at(on(4), 5), ledger=sells)
    stock(
        lake,
        "SELLS",
        5,
        report=(100, 5, 0),
        api=(60, 5, 0),
        moved=at(on(5), 5),
        ledger=sells | {"starting_warehouse_balance": 102},
    )
    stock(lake, "SELLS", 7, report=(100, 5, 0), api=(60, 45, 0), moved=at(on(7), 12), read=at(on(7), 21))
    stock(lake, "RESTS", 7, report=(10, 2, 1), api=(9, 2, 1), read=at(on(7), 21))
    stock(lake, "OLD", 6, api=(4, 0, 0), ledger={"starting_warehouse_balance": 4})
    stock(lake, "LISTED", 6, ledger={"starting_warehouse_balance": 3})
    lake.add("merchant_listings", "DE", on(6), {"seller_sku": "LISTED", "asin1": "B0L", "price": 20, "status": "Active"})
    listing(lake, "LISTED", 6, api={"asin": "B0L"})
    stock(lake, "RESTS", 6, report=(10, 2, 1), api=(10, 2, 1), ledger={"starting_warehouse_balance": 13})
    lake.not_taken("ledger_summary", "UK")
    lake.add("fba_inventory", "UK", on(2), {"sku": "RESTS", "fnsku": "X", "afn_warehouse_quantity": 3})
