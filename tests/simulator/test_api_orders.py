"""Orders 2026-01-01 of the simulator: Amazon's rules for windows and pages, and the same orders as in the order reports."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from .amazon import Models
from .conftest import DE, UK, US
from .kestrel import BY_LAST_UPDATE, BY_ORDER_DATE, IDS, ask, table
from .neighbours import NOW, Store, ago, business_at_now, iso

EVERYTHING = [
    "BUYER", "RECIPIENT", "PROCEEDS", "EXPENSE", "PROMOTION", "CANCELLATION", "FULFILLMENT", "PACKAGES", "TAX", "PAYMENT",
    "FULFILLMENT_ORDERS",
]  # fmt: skip


def pages(store: Store, **query: Any) -> Iterator[list[dict[str, Any]]]:
    answer = store.ask("searchOrders", **query)
    yield answer["orders"]
    while token := answer["pagination"].get("nextToken"):
        answer = store.ask("searchOrders", **query, paginationToken=token)
        yield answer["orders"]


def report_rows(store: Store, report_type: str, codes: list[str], start: str, end: str, **more: Any) -> list[dict[str, str]]:
    return table(ask(store.simulator.state.business, report_type, codes, start, end, **more))


def as_reported(orders: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Each order item in the words of the all-orders report."""
    words = {"PENDING": "Pending", "SHIPPED": "Shipped", "CANCELLED": "Cancelled"}
    found = []
    for order in orders:
        for item in order["orderItems"]:
            paid = {
                entry["type"]: Decimal(entry["subtotal"]["amount"]) for entry in item.get("proceeds", {}).get("breakdowns", [])
            }
            place = order["recipient"]["deliveryAddress"]
            found.append(
                (
                    order["orderId"], order["createdTime"], order["lastUpdatedTime"],
                    words[order["fulfillment"]["fulfillmentStatus"]], order["salesChannel"]["marketplaceName"],
                    item["product"]["sellerSku"], item["product"]["asin"], item["quantityOrdered"], paid.get("ITEM"),
                    paid.get("SHIPPING", 0), paid.get("TAX", 0), -paid.get("DISCOUNT", 0), place["city"], place["countryCode"],
                    "AMAZON_BUSINESS" in order["programs"],
                )
            )  # fmt: skip
    return sorted(found, key=str)


def as_api(rows: list[dict[str, str]]) -> list[tuple[Any, ...]]:
    def amount(row: dict[str, str], *names: str) -> Decimal:
        return sum((Decimal(row[name] or "0") for name in names), Decimal())

    def instant(text: str) -> str:
        return iso(datetime.fromisoformat(text))

    found = [
        (
            row["amazon-order-id"], instant(row["purchase-date"]), instant(row["last-updated-date"]), row["order-status"],
            row["sales-channel"], row["sku"], row["asin"], int(row["quantity"]),
            Decimal(row["item-price"]) if row["item-price"] else None, amount(row, "shipping-price"),
            amount(row, "item-tax", "shipping-tax"), amount(row, "item-promotion-discount", "ship-promotion-discount"),
            row["ship-city"], row["ship-country"], row["is-business-order"] == "true",
        )
        for row in rows
    ]  # fmt: skip
    return sorted(found, key=str)


def test_a_day_by_purchase_is_the_order_report_item_by_item_over_all_pages(stores: dict[str, Store]) -> None:
    start, end = "2026-11-18T00:00:00Z", "2026-11-19T23:59:59Z"
    found = list(pages(stores["eu"], createdAfter=start, createdBefore=end, includedData=EVERYTHING, maxResultsPerPage=40))
    assert len(found) > 3
    assert [len(page) for page in found[:-1]] == [40] * (len(found) - 1)
    orders = [order for page in found for order in page]
    assert [order["createdTime"] for order in orders] == sorted(order["createdTime"] for order in orders)
    rows = report_rows(stores["eu"], BY_ORDER_DATE, ["DE", "UK", "FR", "IT", "ES"], start, "2026-11-20T00:00:00Z")
    assert as_reported(orders) == as_api(rows)
    assert {order["fulfillment"]["fulfillmentStatus"] for order in orders} == {"SHIPPED", "CANCELLED"}


@pytest.mark.parametrize(("name", "codes"), [("na", ["US", "CA", "MX"]), ("fe", ["JP"]), ("in", ["IN"])])
def test_updates_are_those_of_the_report_in_every_region(stores: dict[str, Store], name: str, codes: list[str]) -> None:
    start, end = ago(hours=30), ago(hours=2)
    query = {"lastUpdatedAfter": start, "lastUpdatedBefore": end, "marketplaceIds": [IDS[code] for code in codes]}
    assert stores[name].ask("searchOrders", **query)["lastUpdatedBefore"] == end
    orders = [order for page in pages(stores[name], **query, includedData=EVERYTHING) for order in page]
    just_after = iso(datetime.fromisoformat(end) + timedelta(seconds=1))
    rows = report_rows(stores[name], BY_LAST_UPDATE, codes, start, just_after)
    assert as_reported(orders) == as_api(rows)
    assert "PENDING" in {order["fulfillment"]["fulfillmentStatus"] for order in orders}


def test_proceeds_add_up_and_pending_orders_have_none(stores: dict[str, Store]) -> None:
    orders = stores["na"].ask("searchOrders", createdAfter=ago(days=3), includedData=EVERYTHING)["orders"]
    for order in orders:
        items = [item.get("proceeds", {}).get("proceedsTotal", {}).get("amount") for item in order["orderItems"]]
        if order["fulfillment"]["fulfillmentStatus"] != "SHIPPED":
            assert "proceeds" not in order
            assert "buyer" not in order
            assert items == [None] * len(items)
            continue
        assert Decimal(order["proceeds"]["grandTotal"]["amount"]) == sum(map(Decimal, items))
        for part in (order, *order["orderItems"]):
            total = part["proceeds"].get("grandTotal") or part["proceeds"]["proceedsTotal"]
            assert sum(Decimal(entry["subtotal"]["amount"]) for entry in part["proceeds"]["breakdowns"]) == Decimal(
                total["amount"]
            )
        for entry in (entry for item in order["orderItems"] for entry in item["proceeds"]["breakdowns"]):
            if finer := entry.get("detailedBreakdowns"):
                assert sum(Decimal(f["value"]["amount"]) for f in finer) == Decimal(entry["subtotal"]["amount"])


def test_only_the_included_data_are_shown_and_packages_only_of_the_merchants_own_orders(stores: dict[str, Store]) -> None:
    query = {
        "createdAfter": ago(days=12),
        "createdBefore": ago(days=6),
        "fulfilledBy": "MERCHANT",
        "fulfillmentStatuses": "SHIPPED",
    }
    bare = stores["eu"].ask("searchOrders", **query)["orders"]
    assert {name for order in bare for name in order} == {
        "orderId", "orderAliases", "createdTime", "lastUpdatedTime", "programs", "salesChannel", "orderItems"
    }  # fmt: skip
    assert {name for order in bare for item in order["orderItems"] for name in item} == {
        "orderItemId",
        "quantityOrdered",
        "product",
    }
    whole = stores["eu"].ask("searchOrders", **query, includedData=["PACKAGES", "BUYER", "RECIPIENT"])["orders"]
    assert [order["orderId"] for order in whole] == [order["orderId"] for order in bare]
    for order in whole:
        assert order["buyer"]["buyerEmail"]
        assert order["recipient"]["deliveryAddress"]["addressLine1"]
        (package,) = order["packages"]
        assert {item["orderItemId"] for item in package["packageItems"]} == {item["orderItemId"] for item in order["orderItems"]}
    amazons = stores["eu"].ask("searchOrders", **query | {"fulfilledBy": "AMAZON"}, includedData=["PACKAGES", "BUYER"])["orders"]
    assert amazons
    assert not any("packages" in order or "buyerEmail" in order["buyer"] for order in amazons)


def test_one_order_is_the_same_alone_and_another_sellers_is_not_found(stores: dict[str, Store]) -> None:
    order = stores["na"].ask("searchOrders", createdAfter=ago(days=2), includedData=EVERYTHING)["orders"][7]
    path = {"orderId": order["orderId"]}
    assert stores["na"].ask("getOrder", path=path, includedData=EVERYTHING) == {"order": order}
    stores["eu"].ask("getOrder", 404, path=path)
    stores["na"].ask("getOrder", 404, path={"orderId": "113-0000000-0000000"})
    stores["vendor"].ask("getOrder", 403, path=path)


def test_windows_that_amazon_refuses(stores: dict[str, Store]) -> None:
    eu = stores["eu"]
    eu.refused("searchOrders", "Exactly one of")
    eu.refused("searchOrders", "Exactly one of", createdAfter=ago(days=1), lastUpdatedAfter=ago(days=1))
    eu.refused("searchOrders", "may not be provided", createdAfter=ago(days=1), lastUpdatedBefore=ago(hours=1))
    eu.refused("searchOrders", "two minutes", createdAfter=ago(days=1), createdBefore=ago(seconds=30))
    eu.refused("searchOrders", "must not be after", createdAfter=ago(hours=1), createdBefore=ago(hours=2))
    eu.refused("searchOrders", "maxResultsPerPage", createdAfter=ago(hours=1), maxResultsPerPage=101)
    eu.refused("searchOrders", "includedData", createdAfter=ago(hours=1), includedData="ITEMS")
    eu.refused("searchOrders", "Unknown query parameter", createdAfter=ago(hours=1), nextToken="x")
    eu.ask("searchOrders", 403, createdAfter=ago(hours=1), marketplaceIds=[US])
    answer = eu.ask("searchOrders", createdAfter=ago(hours=1), marketplaceIds=[DE, UK])
    # Amazon's own end of an open window, less the moments that the test's clock has run on.
    assert ago(minutes=2) <= answer["createdBefore"] <= iso(NOW + timedelta(minutes=3))


def test_a_token_lives_a_day_and_belongs_to_its_call(amazon_models: Models) -> None:
    with business_at_now() as simulator:
        store = Store(simulator, amazon_models, "eu")
        query = {"createdAfter": ago(days=3), "maxResultsPerPage": 10}
        first = store.ask("searchOrders", **query)
        token = first["pagination"]["nextToken"]
        store.refused("searchOrders", "do not match", **query | {"createdAfter": ago(days=2)}, paginationToken=token)
        other = Store(simulator, amazon_models, "na")
        other.refused("searchOrders", "is not valid", **query, paginationToken=token)
        simulator.clock.advance(23 * 3600)
        second = store.ask("searchOrders", **query, paginationToken=token)
        assert second["createdBefore"] == first["createdBefore"]
        assert second["orders"][0]["createdTime"] >= first["orders"][-1]["createdTime"]
        simulator.clock.advance(2 * 3600)
        store.refused("searchOrders", "has expired", **query, paginationToken=token)


def test_an_order_grows_up_as_time_passes(amazon_models: Models) -> None:
    with business_at_now() as simulator:
        store = Store(simulator, amazon_models, "na")
        young = store.ask(
            "searchOrders",
            createdAfter=ago(hours=4),
            fulfillmentStatuses="PENDING",
            fulfilledBy="AMAZON",
            includedData="FULFILLMENT",
        )["orders"]
        assert young
        simulator.clock.advance(3 * 86400)
        for order in young:
            grown = store.ask("getOrder", path={"orderId": order["orderId"]}, includedData=EVERYTHING)["order"]
            assert grown["fulfillment"]["fulfillmentStatus"] in ("SHIPPED", "CANCELLED")
            assert grown["createdTime"] == order["createdTime"]
            assert order["lastUpdatedTime"] < grown["lastUpdatedTime"] <= iso(simulator.clock.now())
