"""The API side of the small business of scenario.py: looks at listings, items, stock and orders, with refreshes between.
Every number is known; what they become in the marts is test_warehouse_apis.py."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from handmade_lake import HandmadeLake

ACCOUNT, VENDOR = "kestrel_eu", "kestrel_vendor_us"
SKU, ASIN = "KES-MUG-BLUE", "B0KESTREL1"
OTHER_SKU, OTHER_ASIN = "KES-MUG-RED", "B0KESTREL2"
GONE_SKU = "KES-MUG-GONE"
GERMANY, AMERICA = "A1PA6795UKMFR9", "ATVPDKIKX0DER"
DAY = date(2026, 2, 2)
BUYABLE, FOUND = '["BUYABLE","DISCOVERABLE"]', '["DISCOVERABLE"]'

Row = dict[str, Any]


def look(day: int, hour: int = 6, minute: int = 0) -> datetime:
    """An instant of reading, `day` days after DAY."""
    return datetime(DAY.year, DAY.month, DAY.day, hour, minute, tzinfo=UTC) + timedelta(days=day)


def _seen(lake: HandmadeLake, at: datetime, part: str, listings: list[Row], **tables: list[Row]) -> None:
    """One reading of listings in Germany with the sub-tables it brought; every row carries the instant of its page."""
    for name, rows in {"listings": listings, **tables}.items():
        if rows:
            stamped = [{"read_at": at, **row} for row in rows]
            lake.write(name, ACCOUNT, "DE", at.date(), stamped, report_id=f"read-{at:%d%H}-{part}", part=part, loaded_at=at)


def listing(sku: str, title: str, status: str = BUYABLE, **more: Any) -> Row:
    asin = {SKU: ASIN, OTHER_SKU: OTHER_ASIN}.get(sku, "B0KESTREL3")
    return {"sku": sku, "asin": asin, "item_name": title, "status": status, "product_type": "DRINKING_CUP"} | more


def offer(sku: str, price: object, position: int = 1, kind: str = "B2C") -> Row:
    return {"sku": sku, "offer_position": position, "marketplace_id": GERMANY, "offer_type": kind, "price_amount": price} | {
        "price_currency": "EUR",
        "audience": "ALL" if kind == "B2C" else "B2B",
    }


def issue(sku: str, position: int, code: str, attributes: str, severity: str = "WARNING", **more: Any) -> Row:
    text = f"Problem {code} with {attributes}."
    return (
        {"sku": sku, "issue_position": position, "code": code, "attribute_names": attributes, "severity": severity}
        | {"message": text}
        | more
    )


TITLE, SIZE = '["item_name"]', '["size"]'


def listings(lake: HandmadeLake) -> None:
    """Days 0 to 5, none on day 2. The blue mug: cheaper on day 1 by a refresh, at its first price on day 3, off sale on day 5.
    The gone mug: answered until day 1, missing on day 3, there again on day 4."""
    blue, red, gone = (
        listing(SKU, "Mug, blue"),
        listing(OTHER_SKU, "Mug, red", FOUND),
        listing(GONE_SKU, "Mug, gone"),
    )
    business = offer(SKU, 17, 1, "B2B")
    both = [issue(SKU, 1, "90220", TITLE), issue(SKU, 2, "8541", SIZE)]
    ours = {"sku": SKU, "fulfillment_channel_code": "AMAZON_EU"}
    merchant = {"sku": SKU, "fulfillment_channel_code": "DEFAULT", "quantity": 4}
    _seen(lake, look(0), "data", [blue, red, gone], listing_offers=[business, offer(SKU, 20, 2)], listing_issues=both,
          listing_fulfillment_availability=[ours, merchant])  # fmt: skip
    _seen(lake, look(1), "data", [blue, red, gone], listing_offers=[offer(SKU, 20)], listing_issues=both)
    # After a notification only the blue mug is read again: cheaper, and one problem solved.
    _seen(
        lake, look(1, 15), "read-refresh-1", [blue], listing_offers=[offer(SKU, 19)], listing_issues=[issue(SKU, 1, "8541", SIZE)]
    )
    worse = issue(SKU, 1, "90220", TITLE, "ERROR", enforcement_actions='[{"action":"LISTING_SUPPRESSED"}]')
    _seen(lake, look(3), "data", [blue, red], listing_offers=[offer(SKU, 20)], listing_issues=[worse, both[1]],
          listings_missing=[{"sku": GONE_SKU}])  # fmt: skip
    gone_issue = issue(GONE_SKU, 1, "18027", "[]")
    _seen(lake, look(4), "data", [blue, red, gone], listing_offers=[offer(SKU, 20)], listing_issues=[worse, gone_issue])
    hidden = listing(SKU, "Mug, blue", "[]")
    _seen(lake, look(5), "data", [hidden, red], listing_issues=[worse], listings_missing=[{"sku": GONE_SKU}],
          listing_fulfillment_availability=[ours])  # fmt: skip
    # The same SKU in another store is another listing: it never changed.
    for day in (0, 5):
        rows = [{"read_at": look(day), **listing(SKU, "Mug, blue (UK)")}]
        lake.write("listings", ACCOUNT, "UK", look(day).date(), rows, report_id=f"read-uk-{day}")


def item(asin: str, title: str, **more: Any) -> Row:
    return {
        "asin": asin,
        "item_name": title,
        "brand": "Kestrel",
        "product_type": "DRINKING_CUP",
        "list_price_currency": "EUR",
    } | more


def catalog(lake: HandmadeLake) -> None:
    """The title changes on day 1, the main image on day 2 (its smaller copy comes and goes), and a rank is lost on day 2."""
    small = {"variant": "MAIN", "link": "https://m.example/1s.jpg", "width": 75, "height": 75}
    large = {"variant": "MAIN", "link": "https://m.example/1.jpg", "width": 1500, "height": 1500}
    other = {"variant": "MAIN", "link": "https://m.example/2.jpg", "width": 1600, "height": 1600}
    side = {"variant": "PT01", "link": "https://m.example/side.jpg", "width": 1500, "height": 1500}
    node = {"classification_id": "3169011", "title": "Mugs", "rank": 12}
    group = {"website_display_group": "kitchen_display_on_website", "title": "Kitchen", "rank": 400}
    looks = [
        (0, "Mug", [small, large, side], [node], [group]),
        (1, "Mug, 300 ml", [large, side], [node | {"rank": 9}], [group | {"rank": 380}]),
        (2, "Mug, 300 ml", [small, other], [], [group | {"rank": 350}]),
        (3, "Mug, 300 ml", [other], [], [group | {"rank": 360}]),
    ]
    for day, title, images, nodes, groups in looks:
        key = {"asin": ASIN, "read_at": look(day)}
        tables: dict[str, list[Row]] = {
            "catalog_items": [item(ASIN, title, list_price_amount=25) | key],
            "catalog_images": [image | key | {"marketplace_id": GERMANY} for image in images],
            "catalog_dimensions": [key | {"marketplace_id": GERMANY, "item_height": 10, "item_height_unit": "centimeters"}],
            "catalog_sales_ranks": [n | key | {"marketplace_id": GERMANY} for n in nodes],
            "catalog_display_group_ranks": [g | key | {"marketplace_id": GERMANY} for g in groups],
        }
        for name, rows in tables.items():
            lake.write(name, ACCOUNT, "DE", look(day).date(), rows, report_id=f"read-c{day}", loaded_at=look(day))
    # A refresh on day 1 lies beside the day's reading: a later look at the same day's ranks.
    key = {"asin": ASIN, "read_at": look(1, 18)}
    extra: dict[str, list[Row]] = {
        "catalog_items": [item(ASIN, "Mug, 300 ml", list_price_amount=25) | key],
        "catalog_images": [large | key | {"marketplace_id": GERMANY}],
        "catalog_dimensions": [key | {"marketplace_id": GERMANY, "item_height": 10, "item_height_unit": "centimeters"}],
        "catalog_sales_ranks": [node | key | {"rank": 7, "marketplace_id": GERMANY}],
    }
    for name, rows in extra.items():
        lake.write(
            name, ACCOUNT, "DE", look(1).date(), rows, report_id="read-refresh-c", part="read-refresh-c", loaded_at=look(1, 18)
        )
    missing = [{"asin": OTHER_ASIN, "read_at": look(0)}]
    lake.write("catalog_items_missing", ACCOUNT, "DE", DAY, missing, report_id="read-c0")


def stock(lake: HandmadeLake) -> None:
    """A SKU that the newest reading no longer names has no stock; condition and label are part of the row. A day later the United
    Kingdom is read without any SKU (coverage in scenario.py)."""
    first = [(SKU, "X001", "NewItem", 9), (SKU, "X001", "UsedGood", 1), (GONE_SKU, "X009", "NewItem", 5)]
    for day, rows in ((0, first), (1, first[:2])):
        made = [
            {
                "seller_sku": sku,
                "fn_sku": label,
                "condition": condition,
                "asin": ASIN,
                "read_at": look(day),
                "total_quantity": n + 2,
            }
            | {"fulfillable_quantity": n, "inbound_shipped_quantity": 2}
            for sku, label, condition, n in rows
        ]
        for store in ("DE", "UK") if day == 0 else ("DE",):
            lake.write("fba_inventory_summaries", ACCOUNT, store, look(day).date(), made, report_id=f"read-s{day}")


def orders(lake: HandmadeLake) -> None:
    """One order on three days' partitions: placed with two items, one taken off, refreshed later the same day."""
    states = [
        (0, look(1, 2), "data", "PENDING", [("1", 2), ("2", 1)]),
        (1, look(2, 2), "data", "UNSHIPPED", [("1", 2)]),
        (1, look(1, 20), "read-refresh-o", "UNSHIPPED", [("1", 2), ("2", 1)]),
    ]
    for day, at, part, status, items in states:
        key = {"order_id": "111-1111111-1111111", "last_updated_time": look(day, 9), "read_at": at, "marketplace_id": GERMANY}
        order = key | {"created_time": look(0, 8), "fulfillment_status": status, "grand_total_amount": 40}
        lines = [key | {"order_item_id": i, "seller_sku": SKU, "asin": ASIN, "quantity_ordered": n} for i, n in items]
        for name, rows in (("api_orders", [order]), ("api_order_items", lines)):
            lake.write(name, ACCOUNT, None, look(day).date(), rows, report_id=f"read-o{day}-{part}", part=part, loaded_at=at)


def kiosk(lake: HandmadeLake) -> None:
    """Data Kiosk told two days of Germany: one that the report tells, too (other numbers show a mixture), and one it lacks."""
    for day in (DAY + timedelta(days=3), DAY + timedelta(days=4)):
        row = {
            "start_date": day,
            "end_date": day,
            "marketplace_id": GERMANY,
            "units_ordered": 70,
            "ordered_product_sales_amount": 700,
        }
        row |= {"ordered_product_sales_currency": "EUR", "sessions": 100}
        product = row | {"parent_asin": "B0KESTREL0", "child_asin": ASIN, "sku": SKU}
        lake.write("dk_sales_and_traffic_by_asin", ACCOUNT, "DE", day, [product], report_id=f"DK-{day}")
        lake.write("dk_sales_and_traffic_by_date", ACCOUNT, "DE", day, [row], report_id=f"DK-{day}")


PARTS = (listings, catalog, stock, orders, kiosk)
