"""Invoices 2026-06-25 of the simulator: Amazon's windows, watermark and pages, and amounts that agree with everything else."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from spapi_assets.simulator.api import invoices

from .amazon import Models
from .conftest import DE, UK, US
from .neighbours import Store, ago, business_at_now

JP = "A1VC38T7YXB528"


def headers(store: Store, **query: Any) -> list[dict[str, Any]]:
    return store.ask("getInvoiceHeaders", **query)["invoices"]


def cents(found: dict[str, Any]) -> Decimal:
    return Decimal(str(found["currencyAmount"]))


def items(store: Store, marketplace: str, identifier: str) -> Iterator[dict[str, Any]]:
    path, more = {"invoiceIdentifier": identifier}, {}
    while True:
        answer = store.ask("getInvoice", path=path, marketplaceId=marketplace, **more)
        yield from answer["invoiceItems"]
        if not (token := answer.get("nextTokenForLineItems")):
            return
        more = {"nextTokenForLineItems": token}


def test_the_vendors_invoices_are_its_confirmed_purchase_orders(stores: dict[str, Store]) -> None:
    vendor = stores["vendor"]
    found = [h for h in headers(vendor, marketplaceId=US) if h["invoiceType"] == "AP_INVENTORY"]
    assert len(found) > 30
    for header in found[:4]:
        (number,) = next(
            r["relatedIdentifierValue"]
            for r in header["relatedIdentifiers"]
            if r["relatedIdentifierName"] == "PURCHASE_ORDER_IDS"
        )
        payload = vendor.ask("getPurchaseOrdersStatus", purchaseOrderNumber=number)["payload"]
        ordered = {i["buyerProductIdentifier"]: i for i in payload["ordersStatus"][0]["itemStatus"]}
        lines = list(items(vendor, US, header["invoiceIdentifier"]))
        assert sum(cents(line["totalAmount"]) for line in lines) == cents(header["invoiceAmount"])
        for line in lines:
            asin = line["lineItemContext"]["itemIdentifiers"][0]["itemIdentifierValue"]
            accepted = ordered[asin]["acknowledgementStatus"]["acceptedQuantity"]["amount"]
            assert line["quantity"] == accepted
            assert cents(line["totalAmount"]) == accepted * Decimal(ordered[asin]["netCost"]["amount"])
            matched = line["lineItemContext"]["matchingContext"]
            assert matched["matchedQuantity"] == ordered[asin]["receivingStatus"]["receivedQuantity"]["amount"]
            assert matched["quantityVariance"] == accepted - matched["matchedQuantity"]
        assert sum(cents(b["breakdownAmount"]) for b in header["invoiceSettlementBreakdowns"]) == cents(header["invoiceAmount"])
    assert header["invoiceIdentifier"] == f"{header['invoiceNumber']}~KSTL5"


def test_a_months_damage_allowance_has_more_lines_than_a_page(stores: dict[str, Store]) -> None:
    (header,) = headers(
        stores["vendor"], marketplaceId=US, fromIssueDate="2026-11-04T00:00:00Z", toIssueDate="2026-11-06T00:00:00Z"
    )
    assert (header["payee"]["partnerType"], header["payer"]["partnerType"]) == ("AMAZON", "VENDOR")
    first = stores["vendor"].ask("getInvoice", path={"invoiceIdentifier": header["invoiceIdentifier"]}, marketplaceId=US)
    assert len(first["invoiceItems"]) == 600
    lines = list(items(stores["vendor"], US, header["invoiceIdentifier"]))
    assert len({line["lineItemId"] for line in lines}) == len(lines) > 600
    assert sum(cents(line["totalAmount"]) for line in lines) == cents(header["invoiceAmount"])


def test_storage_and_subscription_are_what_finances_charged(stores: dict[str, Store]) -> None:
    window = {"fromIssueDate": "2026-11-01T00:00:00Z", "toIssueDate": "2026-11-15T00:00:00Z"}
    found = headers(stores["fe"], marketplaceId=JP, **window)
    payload = stores["fe"].ask("listTransactions", postedAfter="2026-11-01T00:00:00Z", postedBefore="2026-11-15T00:00:00Z")[
        "payload"
    ]
    fees = {t["description"]: -cents(t["totalAmount"]) for t in payload["transactions"] if t["transactionType"] == "ServiceFee"}
    by_kind = {}
    for header in found:
        lines = list(items(stores["fe"], JP, header["invoiceIdentifier"]))
        assert sum(cents(line["totalAmount"]) for line in lines) == cents(header["invoiceAmount"])
        by_kind[lines[0]["lineItemContext"]["serviceChargeType"]] = cents(header["invoiceAmount"])
    assert by_kind == {"FBA_INVENTORY_STORAGE_FEE": fees["FBAStorageBilling"], "OTHER": fees["Subscription Fee"]}
    # The euro stores share their stock, and its storage is charged once.
    assert {h["invoiceNumber"][:6] for h in headers(stores["eu"], marketplaceId=DE, **window)} == {"DE-SUB", "DE-FBA"}
    assert {h["invoiceNumber"][:6] for h in headers(stores["eu"], marketplaceId=UK, **window)} == {"UK-SUB", "UK-FBA"}


def test_the_watermark_finds_old_invoices_that_changed(amazon_models: Models) -> None:
    with business_at_now() as simulator:
        store = Store(simulator, amazon_models, "vendor")
        known = {h["invoiceIdentifier"]: h for h in headers(store, marketplaceId=US)}
        assert headers(store, marketplaceId=US, invoicesModifiedAfter=ago(seconds=-1)) == []
        simulator.clock.advance(10 * 86400)
        changed = headers(store, marketplaceId=US, invoicesModifiedAfter=ago(days=0))
        paid = [h for h in changed if h["invoiceStatus"] in ("PAID", "PARTIALLY_PAID") and h["invoiceIdentifier"] in known]
        assert paid
        assert {known[h["invoiceIdentifier"]]["invoiceStatus"] for h in paid} == {"IN_PROGRESS"}
        assert {h["lastUpdatedDate"] > ago(days=0) for h in changed} == {True}
        assert len(changed) < len(headers(store, marketplaceId=US))


def test_pages_of_headers(stores: dict[str, Store], monkeypatch: pytest.MonkeyPatch) -> None:
    whole = [h["invoiceNumber"] for h in headers(stores["vendor"], marketplaceId=US)]
    monkeypatch.setattr(invoices, "PAGE", 20)
    seen, answer = [], stores["vendor"].ask("getInvoiceHeaders", marketplaceId=US)
    seen += answer["invoices"]
    while token := answer.get("nextToken"):
        answer = stores["vendor"].ask("getInvoiceHeaders", marketplaceId=US, nextToken=token)
        assert answer["numOfRecords"] == len(answer["invoices"]) <= 20
        seen += answer["invoices"]
    assert [h["invoiceNumber"] for h in seen] == whole


def test_what_the_invoices_api_refuses(stores: dict[str, Store]) -> None:
    vendor = stores["vendor"]
    vendor.refused("getInvoiceHeaders", "marketplaceId")
    vendor.refused("getInvoiceHeaders", "both or not at all", marketplaceId=US, fromIssueDate=ago(days=3))
    vendor.refused("getInvoiceHeaders", "90 days", marketplaceId=US, fromIssueDate=ago(days=92), toIssueDate=ago(days=1))
    vendor.refused("getInvoiceHeaders", "must not be after", marketplaceId=US, fromIssueDate=ago(days=2), toIssueDate=ago(days=9))
    vendor.ask("getInvoiceHeaders", 403, marketplaceId=DE)
    vendor.ask("getInvoice", 404, path={"invoiceIdentifier": "INV-1~KSTL5"}, marketplaceId=US)
