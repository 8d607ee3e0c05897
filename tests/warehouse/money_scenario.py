"""The money and the messages of the small business of scenario.py: transactions, payouts, vendor hours, offers, purchase orders.
Every number is known; what they become in the marts is test_warehouse_apis.py."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from api_scenario import ACCOUNT, AMERICA, ASIN, DAY, GERMANY, SKU, VENDOR, Row, look
from handmade_lake import HandmadeLake


def _amounts(key: Row, tree: list[tuple[str, str, object, bool]], **more: Any) -> list[Row]:
    return [
        key | {"place": place, "path": path, "breakdown_type": path.split("/")[-1], "level": place.count(".") + 1}
        | {"is_leaf": leaf, "breakdown_amount": amount, "breakdown_currency": "EUR"} | more
        for place, path, amount, leaf in tree
    ]  # fmt: skip


def money(lake: HandmadeLake) -> None:
    """A shipment told by item and by transaction, a fee by transaction only, a total that no amount names wholly, money held back
    and its release, and a payout."""
    at = look(4)

    def movement(number: str, kind: str, total: object, status: str = "RELEASED", **more: Any) -> Row:
        return {"transaction_id": number, "transaction_type": kind, "transaction_status": status, "total_amount": total} | {
            "total_currency": "EUR", "posted_date": look(0, 23, 30), "read_at": at, "marketplace_id": GERMANY
        } | more  # fmt: skip

    movements: list[Row] = [
        movement("T-1", "Shipment", 15, "DEFERRED_RELEASED", order_id="111-1111111-1111111", settlement_id="90001"),
        movement("T-2", "ServiceFee", -39, marketplace_id=None),
        movement("T-3", "Adjustment", 5),
        movement("T-4", "Release", 15, deferred_transaction_id="T-1"),
        movement("T-5", "Shipment", 8, "DEFERRED", maturity_date=look(9)),
        # The held back one may name its release instead, and Amazon's model promises no id at all.
        movement("T-6", "Shipment", 4, "DEFERRED_RELEASED", release_transaction_id="T-7", deferred_transaction_id="T-6"),
        movement("T-7", "Shipment", 4, release_transaction_id="T-7"),
        # Nor a total, nor a currency.
        movement("T-8", "Shipment", None),
        movement("T-9", "Shipment", 7, total_currency=None),
        *({k: v for k, v in movement("", "ServiceFee", fee).items() if k != "transaction_id"} for fee in (-1, -2)),
    ]
    tree = [("1", "Sales", 20, False), ("1.1", "Sales/OurPrice", 20, True), ("2", "Expenses", -5, False)]
    tree.append(("2.1", "Expenses/Commission", -5, True))
    keys = {
        m["transaction_id"]: {"transaction_id": m["transaction_id"], "posted_date": m["posted_date"], "read_at": at}
        for m in movements
        if "transaction_id" in m
    }
    told = _amounts(keys["T-1"], tree)
    told += _amounts(keys["T-2"], [("1", "Expenses", -39, False), ("1.1", "Expenses/SubscriptionFee", -39, True)])
    told += _amounts(keys["T-3"], [("1", "Other", 3, True)])
    told += _amounts(keys["T-4"], [("1", "Sales", 15, True)])
    told += _amounts(keys["T-8"], [("1", "Sales", 6, True)])
    told += [row | {"breakdown_currency": None} for row in _amounts(keys["T-9"], [("1", "Sales", 7, True)])]
    by_item = _amounts(keys["T-1"], tree, item_position=1, sku=SKU, asin=ASIN)
    lake.write("finance_transactions", ACCOUNT, None, DAY, movements, report_id="read-f1", loaded_at=at)
    reimbursed = keys["T-3"] | {"item_position": 1, "sku": SKU, "asin": ASIN, "total_amount": 5, "total_currency": "EUR"}
    lake.write("finance_items", ACCOUNT, None, DAY, [reimbursed], report_id="read-f1", loaded_at=at)
    lake.write("finance_breakdowns", ACCOUNT, None, DAY, told, report_id="read-f1", loaded_at=at)
    lake.write("finance_item_breakdowns", ACCOUNT, None, DAY, by_item, report_id="read-f1", loaded_at=at)
    payout = {
        "payout_id": "P-1",
        "creation_date": look(7),
        "current_status": "PAID",
        "payout_amount": -25.57,
        "payout_currency": "EUR",
    }
    payout |= {"settlement_id": "90001", "account_marketplace_id": GERMANY, "read_at": look(9)}
    lake.write("payouts", ACCOUNT, None, look(7).date(), [payout], report_id="read-p1")


def hours(lake: HandmadeLake) -> None:
    """An hour told twice, the correction before the first message; a message delivered twice; kinds that are late."""

    def message(number: str, position: int, told: datetime, **more: Any) -> Row:
        return {"notification_id": number, "row_position": position, "event_time": told, "published_at": told} | {
            "marketplace_id": AMERICA, "asin": ASIN, "start_time": look(0, 6), "end_time": look(0, 7), "read_at": look(0, 12)
        } | more  # fmt: skip

    corrected = message("N-2", 1, look(0, 9), ordered_units=7, ordered_revenue=175, currency_code="USD")
    first = message("N-1", 1, look(0, 8), ordered_units=5, ordered_revenue=125, currency_code="USD")
    lake.write("item_sales_events", VENDOR, None, DAY, [corrected, first], report_id="read-h1", part="a")
    again = [
        first | {"read_at": look(1)},
        message("N-3", 1, look(1, 1), start_time=look(1, 0), ordered_units=1, ordered_revenue=25),
    ]
    lake.write("item_sales_events", VENDOR, None, look(1).date(), again, report_id="read-h2", part="b")
    views = message("N-4", 1, look(0, 8), glance_views=90)
    lake.write("detail_page_traffic_events", VENDOR, None, DAY, [views], report_id="read-h1")
    left = message("N-5", 1, look(0, 8), highly_available_inventory=33)
    lake.write("item_inventory_events", VENDOR, None, DAY, [left], report_id="read-h1")


def offers(lake: HandmadeLake) -> None:
    """Two changes: the own price is the featured one, then another seller is cheaper; the first message comes twice."""

    def change(number: str, at: datetime, own: object, featured: object) -> None:
        key = {"notification_id": number, "event_time": at, "published_at": at, "asin": ASIN, "marketplace_id": GERMANY}
        head = key | {"item_condition": "new", "time_of_offer_change": at, "seller_id": "ME", "offer_change_type": "External"}
        told = [("ME", own), ("RIVAL", 19)]
        rows = [
            key | {"offer_position": n, "offer_seller_id": seller, "listing_price_amount": price, "shipping_amount": 0}
            | {"listing_price_currency": "EUR", "is_featured_merchant": True}
            for n, (seller, price) in enumerate(told, start=1)
        ]  # fmt: skip
        prices = [
            key | {"price_position": 1, "condition": "New", "landed_price_amount": featured, "landed_price_currency": "EUR"}
        ]
        used = [key | {"price_position": 2, "condition": "Used", "landed_price_amount": 9, "landed_price_currency": "EUR"}]
        tables = {
            "any_offer_changed": [head],
            "any_offer_changed_offers": rows,
            "any_offer_changed_buy_box_prices": prices + used,
        }
        copies = (0, 1) if number == "A-1" else (0,)
        for name, of_table in tables.items():
            for copy in copies:
                stamped = [row | {"read_at": at + timedelta(hours=copy + 1)} for row in of_table]
                lake.write(name, ACCOUNT, None, at.date(), stamped, report_id=f"read-{number}-{copy}", part=f"{number}-{copy}")

    change("A-1", look(0, 23, 30), 18, 18)
    change("A-2", look(1, 10), 20, 19)


def purchase_orders(lake: HandmadeLake) -> None:
    """An order of two items that lost one a day later, cases multiplied out; one that Amazon closed."""
    for day, items in ((0, [("1", 10, "Cases", 6), ("2", 5, "Eaches", 1)]), (1, [("1", 8, "Cases", 6)])):
        key = {"purchase_order_number": "PO1", "read_at": look(day)}
        rows = [
            key | {"item_sequence_number": n, "asin": ASIN, "ordered_quantity": q, "ordered_quantity_unit": u}
            | {"ordered_quantity_case_size": size, "net_cost_amount": 2.5, "net_cost_currency": "USD"}
            for n, q, u, size in items
        ]  # fmt: skip
        head = key | {"purchase_order_state": "New", "purchase_order_date": look(0)}
        lake.write("purchase_orders", VENDOR, None, look(day).date(), [head], report_id=f"read-po{day}")
        lake.write("purchase_order_items", VENDOR, None, look(day).date(), rows, report_id=f"read-po{day}")
    # The second order was closed before all of it came.
    closed = {"purchase_order_number": "PO2", "read_at": look(1)}
    head = closed | {"purchase_order_state": "Closed", "purchase_order_date": look(0)}
    lake.write("purchase_orders", VENDOR, None, look(0).date(), [head], report_id="read-po2", part="b")
    item = closed | {"item_sequence_number": "1", "asin": ASIN, "ordered_quantity": 9, "ordered_quantity_unit": "Eaches"}
    lake.write("purchase_order_items", VENDOR, None, look(0).date(), [item], report_id="read-po2", part="b")
    received = {"item_sequence_number": "1", "confirmation_status": "ACCEPTED", "received_quantity_unit": "Eaches"}
    accepted = {"PO1": (8, "Cases", 6, 30), "PO2": (9, "Eaches", 1, 4)}
    keys = [{"purchase_order_number": number, "read_at": look(2)} for number in accepted]
    states = [key | {"purchase_order_status": "OPEN"} for key in keys]
    names = ("accepted_quantity", "accepted_quantity_unit", "accepted_quantity_case_size", "received_quantity")
    items_of = [key | received | dict(zip(names, told, strict=True)) for key, told in zip(keys, accepted.values(), strict=True)]
    lake.write("purchase_order_status", VENDOR, None, look(2).date(), states, report_id="read-ps")
    lake.write("purchase_order_item_status", VENDOR, None, look(2).date(), items_of, report_id="read-ps")


PARTS = (money, hours, offers, purchase_orders)
