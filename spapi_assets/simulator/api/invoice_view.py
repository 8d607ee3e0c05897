"""Invoices and their lines as Invoices 2026-06-25 shows them. Which ones are shown is decided in invoices.py."""

from __future__ import annotations

from datetime import date
from typing import Any

from spapi_assets.simulator.api.values import currency, stamp
from spapi_assets.simulator.business.invoices import Invoice, InvoiceLine
from spapi_assets.simulator.business.items import barcode
from spapi_assets.simulator.business.purchase_orders import VENDOR_CODE
from spapi_assets.simulator.business.titles import title

Json = dict[str, Any]


def header(invoice: Invoice, now: float) -> Json:
    """The InvoiceHeader object as of `now`."""
    m, vendor = invoice.marketplace, invoice.account.kind == "vendor"
    partner: Json = {
        "partnerId": invoice.account.selling_partner_id,
        "partnerType": "VENDOR" if vendor else "SELLER",
        "partnerName": "Kestrel & Co",
        "partnerEntities": [VENDOR_CODE] if vendor else [],
    }
    amazon: Json = {"partnerId": f"AMAZON_{m.country}", "partnerType": "AMAZON", "partnerName": "Amazon", "partnerEntities": []}
    view: Json = {
        "invoiceNumber": invoice.number,
        "invoiceStatus": invoice.status(now),
        "invoiceType": "AP_INVENTORY" if invoice.order else "OTHER",
        "payer": partner if invoice.to_amazon else amazon,
        "payee": amazon if invoice.to_amazon else partner,
        "invoiceIdentifier": invoice.identifier,
        "issueDate": stamp(invoice.issued),
        "dueDate": stamp(invoice.due),
        "invoiceAmount": currency(invoice.amount, m),
        "invoiceAmountBreakdowns": [
            {
                "breakdownType": "Total",
                "breakdownAmount": currency(invoice.amount, m),
                "breakdowns": [
                    {
                        "breakdownType": "InvoiceAmountWithoutTax",
                        "breakdownAmount": currency(invoice.amount, m),
                        "breakdowns": [],
                    },
                    {"breakdownType": "TaxAmount", "breakdownAmount": currency(0, m), "breakdowns": []},
                ],
            }
        ],
        "invoiceSettlementBreakdowns": _settlement(invoice, now),
        "creationDate": stamp(invoice.issued),
        "lastUpdatedDate": stamp(invoice.last_updated(now)),
    }
    if days := [day for line in invoice.lines for day in (line.first, line.last) if day]:
        view["billingPeriod"] = _period(min(days), max(days))
    if invoice.order:
        view["paymentTerms"] = "NET60"
        names = {
            "PURCHASE_ORDER_IDS": invoice.order.number,
            "VENDOR_CODE": VENDOR_CODE,
            "WAREHOUSE_ID": invoice.order.centre.code,
        }
        view["relatedIdentifiers"] = [
            {"relatedIdentifierName": name, "relatedIdentifierValue": [value]} for name, value in names.items()
        ]
    elif vendor:
        view["relatedIdentifiers"] = [{"relatedIdentifierName": "AGREEMENT_IDS", "relatedIdentifierValue": ["KSTL5-DAMAGE"]}]
    return view


def line(invoice: Invoice, one: InvoiceLine, now: float) -> Json:
    """The InvoiceItem object as of `now`."""
    m, product = invoice.marketplace, one.product
    context: Json = {"lineItemType": "SERVICES" if one.charge else "GOODS"}
    if product is not None:
        names = {"ASIN": product.asin, "SKU": product.sku} if invoice.account.kind == "seller" else {"ASIN": product.asin}
        names |= {} if one.charge else {"UPC": barcode(product)}
        context["itemIdentifiers"] = [{"itemIdentifierName": n, "itemIdentifierValue": value} for n, value in names.items()]
        context["itemDescription"] = title(product, m.language)
    if one.charge:
        context["serviceChargeType"] = one.charge
        if one.first and one.last:
            context["serviceChargePeriod"] = _period(one.first, one.last)
    elif now >= invoice.matched:
        context["matchingContext"] = _matching(invoice, one, now)
    view: Json = {
        "lineItemId": one.id,
        "totalAmount": currency(one.amount, m),
        "totalAmountBreakdown": [
            {"breakdownType": "ItemCostWithoutTax", "breakdownAmount": currency(one.amount, m), "breakdowns": []},
            {"breakdownType": "ItemTaxAmount", "breakdownAmount": currency(0, m), "breakdowns": []},
        ],
        "lineItemContext": context,
    }
    view |= {"quantity": one.units} if one.units else {}
    if one.unit_cost and invoice.order:
        view["unitCost"] = currency(one.unit_cost, m)
        order = {"relatedIdentifierName": "PURCHASE_ORDER_IDS", "relatedIdentifierValue": [invoice.order.number]}
        view["relatedItemIdentifiers"] = [order]
    return view


def _settlement(invoice: Invoice, now: float) -> list[Json]:
    """How the amount is settled: what is paid or waits to be, and what was not found on arrival."""
    m = invoice.marketplace
    known = invoice.accepted if now >= invoice.matched else invoice.amount
    parts = {
        "AmountPaid": known if now >= invoice.paid else 0,
        "QueuedForPayment": 0 if now >= invoice.paid else known,
        "QuantityVarianceAmount": invoice.amount - known,
    }
    return [
        {"breakdownType": name, "breakdownAmount": currency(amount, m), "breakdowns": []}
        for name, amount in parts.items()
        if amount
    ]


def _matching(invoice: Invoice, one: InvoiceLine, now: float) -> Json:
    m, missing = invoice.marketplace, one.units - one.matched
    found: Json = {
        "matchedQuantity": one.matched,
        "matchedAmount": currency(one.matched * one.unit_cost, m),
        "quantityVariance": missing,
        "priceVariance": currency(0, m),
    }
    if now >= invoice.paid:
        found |= {"paidQuantity": one.matched, "paidAmount": currency(one.matched * one.unit_cost, m)}
    return found | ({"varianceReasons": [{"varianceType": "PQV", "defectTypes": ["SHORTAGES_IN_TRANSIT"]}]} if missing else {})


def _period(first: date, last: date) -> dict[str, str]:
    return {"startDate": f"{first}T00:00:00Z", "endDate": f"{last}T23:59:59Z"}
