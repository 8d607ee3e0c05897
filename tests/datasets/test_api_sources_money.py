"""Orders, finances, invoices, vendor APIs: Amazon's own examples become rows without a loss, each amount of any depth one row."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from spapi_assets.datasets.loader import load_registry
from spapi_assets.datasets.model import ApiSource, Dataset, DayOf
from spapi_assets.ingest.documents.context import LoadResult
from spapi_assets.ingest.documents.load import load_document
from spapi_assets.lake.store import Lake
from tests.documents.conftest import make_context, quarantine, rows

APIS = load_registry().apis
READ = datetime(2026, 11, 23, 18, 0, 0, 123000, tzinfo=UTC)
# What reads them, and how an answer for one identifier is wrapped into the list of the others.
OPERATIONS = {
    "orders-api-model/orders_2026-01-01.json": {"searchOrders": ("orders_api", None), "getOrder": ("orders_api", "order")},
    "finances-api-model/finances_2024-06-19.json": {
        "listTransactions": ("finance_transactions", None),
        "listBalances": ("finance_balances", None),
        "listSummary": ("finance_summary", None),
    },
    "finances-api-model/transfers_2024-06-01.json": {
        "listPayouts": ("payouts", None),
        "listExpectedPayouts": ("expected_payouts", None),
    },
    "finances-api-model/financesInvoices_2026-06-25.json": {
        "getInvoiceHeaders": ("finance_invoices", None),
        "getInvoice": ("finance_invoice_lines", ""),
    },
    "vendor-orders-api-model/vendorOrders.json": {
        "getPurchaseOrders": ("purchase_orders", None),
        "getPurchaseOrdersStatus": ("purchase_order_status", None),
    },
    "vendor-shipments-api-model/vendorShipments.json": {
        "GetShipmentDetails": ("vendor_shipments", None),
        "GetShipmentLabels": ("vendor_shipment_labels", None),
    },
}
CASES = [(model, operation) for model, found in OPERATIONS.items() for operation in found]


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake")


def load(source: ApiSource, lake: Lake, *responses: Any, start: date = date(2026, 11, 1), end: date | None = None) -> LoadResult:
    """The answers as a reading archives them: pages of one document, with the personal columns that a deployment may keep."""
    pages = [
        {"fetched_at": (READ + timedelta(seconds=i)).isoformat(), "request": {}, "next_token": None, "missing": [], "response": r}
        for i, r in enumerate(responses)
    ]
    context = make_context(
        source,
        start=start,
        end=end or start,
        report_id="read-1",
        pii_columns=frozenset(f"{d.name}.{c.name}" for d in source.datasets for c in d.columns if c.pii),
    )
    return load_document([json.dumps({"pages": pages}).encode()], context, lake)


def answers(models: Path, model: str, operation: str) -> Iterator[dict[str, Any]]:
    """Every whole answer that Amazon's model shows for the operation."""
    methods = [m for path in json.loads((models / model).read_text())["paths"].values() for m in path.values()]
    answer = next(m for m in methods if isinstance(m, dict) and m.get("operationId") == operation)["responses"]["200"]
    shown = [
        *answer.get("examples", {}).values(),
        *(c["response"] for c in answer.get("x-amzn-api-sandbox", {}).get("static", ())),
    ]
    # Some of Amazon's purchase orders stand outside the `payload` that its own model requires: no answer is like them.
    yield from (without_strays(each) for each in shown if operation != "getPurchaseOrders" or set(each) == {"payload"})


def without_strays(value: Any) -> Any:
    """Without the pallet that Amazon's example of shipments puts among the items packed in a carton, where the model has none."""
    if isinstance(value, dict):
        return {k: without_strays(v) for k, v in value.items() if k != "packedItems"} | {
            k: [i for i in v if "containerType" not in i] for k, v in value.items() if k == "packedItems"
        }
    return [without_strays(v) for v in value] if isinstance(value, list) else value


def scalars(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from scalars(inner)
    elif value not in (None, ""):
        yield value


def at(answer: Any, dataset: Dataset) -> Iterator[Any]:
    """The values in the answer from which the dataset's rows take their day."""
    return named(answer, (dataset.column(dataset.date_column or "").path or "").rpartition("/")[2])


def named(value: Any, key: str) -> Iterator[Any]:
    for name, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        if name == key:
            yield inner
        yield from named(inner, key)


def same(value: Any) -> str:
    """One spelling for a value, however Amazon or the lake writes it."""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    try:
        return str(Decimal(str(value)).normalize() + 0)
    except ArithmeticError:
        pass
    text = str(value)
    if len(text) >= 10 and text[4:5] == "-" and text[:4].isdigit():
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC).isoformat()
    return text


@pytest.mark.parametrize(("model", "operation"), CASES, ids=[operation for _, operation in CASES])
def test_every_value_of_amazons_examples_stands_in_a_row(model, operation, amazon_reference, tmp_path):
    name, unwrap = OPERATIONS[model][operation]
    source = APIS[name]
    shown = list(answers(amazon_reference / "models", model, operation))
    assert shown
    for number, answer in enumerate(shown):
        if unwrap is not None:
            answer = {source.call.single.wrap: [answer[unwrap] if unwrap else answer]}
        lake = Lake(tmp_path / str(number))
        # Each day that is asked for is written, and a row of another day is rejected: asked for are the example's own days.
        days = [date.fromisoformat(str(v)[:10]) for d in source.datasets if d.day_of is DayOf.COLUMN for v in at(answer, d)]
        result = load(source, lake, answer, start=min(days, default=READ.date()), end=max(days, default=None))
        assert result.quarantined == 0, [q for d in source.datasets for q in quarantine(lake, d.name)]
        assert not [w for w in result.warnings if "does not know" in w or "as written" in w]
        assert not Counter(map(same, scalars(kept(answer, operation)))) - in_rows(source, lake, result)


def in_rows(source: ApiSource, lake: Lake, result: LoadResult) -> Counter[str]:
    """The values of all rows, those that are kept as JSON one by one."""
    held = Counter[str]()
    for dataset in source.datasets:
        for row in rows(lake, dataset.name) if result.rows[dataset.name] else ():
            assert row["read_at"] >= READ
            for column in dataset.columns:
                value = row[column.name]
                held.update(map(same, scalars(json.loads(value)) if column.type == "json" and value else [value]))
    return held


def kept(value: Any, operation: str) -> Any:
    """What of an answer the registry does not leave out, with intervals in their two parts."""
    unread = {"nextToken", "nextTokenForLineItems", "numOfRecords", "createdBefore", "lastUpdatedBefore", "label", "errors"}
    intervals = {"shipWindow", "deliveryWindow"} if operation == "getPurchaseOrders" else set()
    if isinstance(value, dict):
        parts = {f"{k}{n}": v for k in intervals & value.keys() for n, v in enumerate(value[k].split("--"))}
        return parts | {k: kept(v, operation) for k, v in value.items() if k not in unread | intervals}
    return [kept(v, operation) for v in value] if isinstance(value, list) else value


def test_an_order_is_typed_row_for_row(lake):
    def money(amount: str) -> dict[str, str]:
        return {"amount": amount, "currencyCode": "EUR"}

    item = {
        "orderItemId": "007",
        "quantityOrdered": 2,
        "product": {"asin": "B01", "sellerSku": "0815", "price": {"unitPrice": money("9.99")}},
        "proceeds": {
            "proceedsTotal": money("19.98"),
            "breakdowns": [
                {"type": "ITEM", "subtotal": money("16.79")},
                {
                    "type": "TAX",
                    "subtotal": money("3.19"),
                    "detailedBreakdowns": [
                        {"subtype": "ITEM", "value": money("3.00")},
                        {"subtype": "SHIPPING", "value": money("0.19")},
                    ],
                },
            ],
        },
    }
    order = {
        "orderId": "302-1",
        "createdTime": "2026-11-01T23:59:59.5Z",
        "lastUpdatedTime": "2026-11-02T01:30:00+02:00",
        "salesChannel": {"channelName": "AMAZON", "marketplaceId": "A1PA6795UKMFR9"},
        "proceeds": {"grandTotal": money("19.98"), "breakdowns": [{"type": "ITEM", "subtotal": money("19.98")}]},
        "fulfillment": {"fulfillmentStatus": "UNSHIPPED"},
        "orderItems": [item],
    }
    result = load(
        APIS["orders_api"],
        lake,
        {"orders": [order], "pagination": {"nextToken": "x"}},
        start=date(2026, 11, 1),
        end=date(2026, 11, 7),
    )
    once = dict.fromkeys(("api_orders", "api_order_items", "api_order_proceeds"), 1)
    twice = dict.fromkeys(("api_order_item_proceeds", "api_order_item_proceeds_details"), 2)
    assert {name: count for name, count in result.rows.items() if count} == once | twice
    (found,) = rows(lake, "api_orders")
    assert found["last_updated_time"] == datetime(2026, 11, 1, 23, 30, tzinfo=UTC)  # so its day is the first, in UTC
    assert (found["grand_total_amount"], found["grand_total_currency"]) == (Decimal("19.98"), "EUR")
    assert next(iter(lake.list("raw/api_order_items"))).split("/")[-2] == "date=2026-11-01"
    assert [
        (r["order_id"], r["order_item_id"], r["seller_sku"], r["proceeds_position"], r["proceeds_type"], r["subtotal_amount"])
        for r in rows(lake, "api_order_item_proceeds")
    ] == [("302-1", "007", "0815", 1, "ITEM", Decimal("16.79")), ("302-1", "007", "0815", 2, "TAX", Decimal("3.19"))]
    assert [
        (r["order_item_id"], r["proceeds_position"], r["detail_position"], r["subtype"], r["detail_amount"])
        for r in rows(lake, "api_order_item_proceeds_details")
    ] == [("007", 2, 1, "ITEM", Decimal("3.00")), ("007", 2, 2, "SHIPPING", Decimal("0.19"))]


def breakdown(kind: str, amount: str, *inner: Any) -> dict[str, Any]:
    return {
        "breakdownType": kind,
        "breakdownAmount": {"currencyCode": "USD", "currencyAmount": amount},
        "breakdowns": list(inner),
    }


def test_the_ledger_has_a_row_for_every_amount_with_its_order_product_and_place(lake):
    tree = [
        breakdown("Sales", 30.0, breakdown("ProductCharges", 25.0, breakdown("OurPrice", 24.99), breakdown("Giftwrap", 0.01)),
                  breakdown("Tax", 5.0)),
        breakdown("Expenses", -4.5, breakdown("AmazonFees", -4.5, breakdown("Commission", -4.5, breakdown("Base", -4.5)))),
    ]  # fmt: skip
    context = [
        {"contextType": "AmazonPayContext"},
        {"contextType": "ProductContext", "sku": "0815", "asin": "B01", "quantityShipped": 3},
    ]
    transaction = {
        "transactionId": "T1",
        "transactionType": "Shipment",
        "transactionStatus": "DEFERRED",
        "postedDate": "2026-11-01T10:00:00Z",
        "totalAmount": {"currencyCode": "USD", "currencyAmount": 25.5},
        "relatedIdentifiers": [
            {"relatedIdentifierName": "SHIPMENT_ID", "relatedIdentifierValue": "S1"},
            {"relatedIdentifierName": "ORDER_ID", "relatedIdentifierValue": "111-1"},
        ],
        "contexts": [{"contextType": "DeferredContext", "deferralReason": "DD7", "maturityDate": "2026-11-12T00:00:00Z"}],
        "items": [{"description": "first", "breakdowns": []}, {"contexts": context, "breakdowns": tree}],
        "breakdowns": tree,
    }
    empty = {"payload": {"transactions": [], "nextToken": "goes on"}}
    result = load(APIS["finance_transactions"], lake, empty, {"payload": {"transactions": [transaction]}})
    assert result.quarantined == 0
    (found,) = rows(lake, "finance_transactions")
    assert [found[c] for c in ("order_id", "shipment_id", "settlement_id", "deferral_reason")] == ["111-1", "S1", None, "DD7"]
    assert found["read_at"] == READ + timedelta(seconds=1)  # the second page's
    expected = [
        ("1", "Sales", 1, False, "30"),
        ("1.1", "Sales/ProductCharges", 2, False, "25"),
        ("1.1.1", "Sales/ProductCharges/OurPrice", 3, True, "24.99"),
        ("1.1.2", "Sales/ProductCharges/Giftwrap", 3, True, "0.01"),
        ("1.2", "Sales/Tax", 2, True, "5"),
        ("2", "Expenses", 1, False, "-4.5"),
        ("2.1", "Expenses/AmazonFees", 2, False, "-4.5"),
        ("2.1.1", "Expenses/AmazonFees/Commission", 3, False, "-4.5"),
        ("2.1.1.1", "Expenses/AmazonFees/Commission/Base", 4, True, "-4.5"),
    ]
    for name, about in (
        ("finance_breakdowns", {}),
        ("finance_item_breakdowns", {"item_position": 2, "sku": "0815", "asin": "B01"}),
    ):
        ledger = rows(lake, name)
        assert [(r["place"], r["path"], r["level"], r["is_leaf"], r["breakdown_amount"]) for r in ledger] == [
            (*place, Decimal(amount)) for *place, amount in expected
        ]
        common = {"transaction_id": "T1", "order_id": "111-1", "breakdown_currency": "USD", **about}
        assert all(r.items() >= common.items() for r in ledger)
        assert sum(r["breakdown_amount"] for r in ledger if r["is_leaf"]) == Decimal("25.5")


def test_nested_balances_are_of_the_account_around_them(lake):
    inner = {"balanceType": "RESERVED", "amount": {"currencyAmount": 7, "currencyCode": "USD"}}
    top = {
        "partnerMetadata": {"accountType": "Standard Orders", "marketplaceId": "M", "partnerId": "P"},
        "balanceType": "TOTAL",
        "amount": {"currencyAmount": 15, "currencyCode": "USD"},
        "lastUpdatedTime": "2026-11-12T10:30:00+09:00",
        "balances": [inner, {**inner, "balanceType": "AVAILABLE", "balances": [inner]}],
    }
    load(APIS["finance_balances"], lake, {"balances": [top]})
    found = rows(lake, "finance_balances")
    assert [r["path"] for r in found] == ["TOTAL", "TOTAL/RESERVED", "TOTAL/AVAILABLE", "TOTAL/AVAILABLE/RESERVED"]
    assert {(r["account_type"], r["account_marketplace_id"], r["last_updated_time"]) for r in found} == {
        ("Standard Orders", "M", datetime(2026, 11, 12, 1, 30, tzinfo=UTC))
    }


def test_a_purchase_order_of_another_day_than_asked_for_is_a_row_and_no_fault(lake):
    # Amazon's windows are not strict: an order of 2021 in an answer of today is Amazon's answer of today.
    order = {
        "purchaseOrderNumber": "OLD",
        "purchaseOrderState": "Closed",
        "orderDetails": {"purchaseOrderDate": "2021-03-01T00:00:00Z"},
    }
    result = load(APIS["purchase_orders"], lake, {"payload": {"orders": [order]}}, start=date(2026, 11, 20))
    assert result.quarantined == 0
    assert next(iter(lake.list("raw/purchase_orders"))).split("/")[-2] == "date=2026-11-20"
