"""Transactions and sums of them as Finances 2024-06-19 shows them, with breakdowns inside breakdowns that each add up.
Which transactions are shown is decided in finances.py."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from spapi_assets.simulator.api.values import currency, stamp
from spapi_assets.simulator.business import Business
from spapi_assets.simulator.business.marketplaces import Marketplace
from spapi_assets.simulator.business.settlements import Entry
from spapi_assets.simulator.business.shipments import parcel
from spapi_assets.simulator.business.titles import title
from spapi_assets.simulator.business.transactions import Transaction, group_id

Json = dict[str, Any]
Path = tuple[str, ...]
ACCOUNT_TYPE = "Standard Orders"
_FEES = ("Expenses", "AmazonFees")
# Where an amount of a settlement stands in the tree of breakdowns: the outermost kind first.
PATHS: dict[tuple[str, str], Path] = {
    ("ItemPrice", "Principal"): ("Sales", "ProductCharges", "OurPricePrincipal"),
    ("ItemPrice", "Tax"): ("Sales", "Tax", "OurPriceTax"),
    ("ItemPrice", "Shipping"): ("Sales", "Shipping", "ShippingPrincipal"),
    ("ItemPrice", "ShippingTax"): ("Sales", "Tax", "ShippingTax"),
    ("Promotion", "Principal"): ("Sales", "PromotionalRebates", "OurPriceDiscount"),
    ("Promotion", "Shipping"): ("Sales", "PromotionalRebates", "ShippingDiscount"),
    ("ItemWithheldTax", "MarketplaceFacilitatorTax-Principal"): (
        "Expenses",
        "TaxWithheld",
        "MarketplaceFacilitatorTax-Principal",
    ),
    ("ItemWithheldTax", "MarketplaceFacilitatorTax-Shipping"): ("Expenses", "TaxWithheld", "MarketplaceFacilitatorTax-Shipping"),
    ("ItemFees", "Commission"): (*_FEES, "Commission", "Base"),
    ("ItemFees", "RefundCommission"): (*_FEES, "RefundCommission", "Base"),
    ("ItemFees", "FBAPerUnitFulfillmentFee"): (*_FEES, "FBAPerUnitFulfillmentFee", "Base"),
    ("ItemFees", "ShippingChargeback"): (*_FEES, "ShippingChargeback", "Base"),
    ("Cost of Advertising", "TransactionTotalAmount"): ("Expenses", "AdvertisingFees", "SponsoredProducts", "Base"),
    ("other-transaction", "Subscription Fee"): ("Expenses", "ServiceFees", "SubscriptionFee", "Base"),
    ("other-transaction", "Storage Fee"): (*_FEES, "FBAStorageBilling", "Base"),
    ("FBA Inventory Reimbursement", "WAREHOUSE_DAMAGE"): ("FBAInventoryReimbursement", "WarehouseDamage"),
    ("other-transaction", "Previous Reserve Amount Balance"): ("Other", "ReserveCredit"),
    ("other-transaction", "Current Reserve Amount"): ("Other", "ReserveDebit"),
    ("Transfer", "Transfer"): ("Transfers", "Disbursement"),
}


def describe(business: Business, t: Transaction, now: float) -> Json:
    """The Transaction object as of `now`."""
    m = t.marketplace
    view: Json = {
        "sellingPartnerMetadata": {
            "sellingPartnerId": t.period.account.selling_partner_id,
            "accountType": ACCOUNT_TYPE,
            "marketplaceId": m.id,
        },
        "relatedIdentifiers": [
            {"relatedIdentifierName": name, "relatedIdentifierValue": value} for name, value in _related(business, t)
        ],
        "transactionType": t.type,
        "transactionId": t.id,
        "transactionStatus": t.status(now),
        "description": t.description,
        "postedDate": stamp(t.posted),
        "totalAmount": currency(t.amount, m),
        "marketplaceDetails": {"marketplaceId": m.id, "marketplaceName": m.sales_channel},
        "items": _items(t),
        "contexts": [],
        "breakdowns": breakdowns(t.entries, m),
    }
    if t.released:
        held = {"contextType": "DeferredContext", "deferralReason": "DD7", "maturityDate": stamp(t.released)}
        view["contexts"] = [held]
    return view


def breakdowns(entries: Iterable[Entry], m: Marketplace, skip: int = 0) -> list[Json]:
    """The tree of amounts, each level the sum of the one below; `skip` leaves outer levels away."""
    return _level([(PATHS[entry.amount_type, entry.description][skip:], entry.amount) for entry in entries], m)


def _level(amounts: list[tuple[Path, int]], m: Marketplace) -> list[Json]:
    groups: dict[str, list[tuple[Path, int]]] = {}
    for path, amount in amounts:
        groups.setdefault(path[0], []).append((path[1:], amount))
    return [
        {
            "breakdownType": name,
            "breakdownAmount": currency(sum(amount for _, amount in below), m),
            "breakdowns": _level([(path, amount) for path, amount in below if path], m),
        }
        for name, below in groups.items()
    ]


def _related(business: Business, t: Transaction) -> list[tuple[str, str]]:
    found = [("FINANCIAL_EVENT_GROUP_ID", group_id(t.period)), ("SETTLEMENT_ID", t.period.id)]
    if t.order is not None:
        found.insert(0, ("ORDER_ID", t.order.id))
        if t.type == "Shipment":
            found.append(("SHIPMENT_ID", parcel(business.seed, t.order, t.order.lines[0]).shipment_id))
        elif line := t.entries[0].line:
            found.append(("REFUND_ID", f"R{line.item_code[-10:]}"))
    elif t.type == "Transfer":
        found.append(("DISBURSEMENT_ID", t.period.id))
    return found


def _items(t: Transaction) -> list[Json]:
    """One item a line of the order. A reimbursed item has no breakdowns of its own: they stand at the transaction only (seen
    in amzn/selling-partner-api-models issue 4993)."""
    m = t.marketplace
    if t.order is None:
        return [
            {
                "description": title(entry.product, m.language),
                "totalAmount": currency(entry.amount, m),
                "contexts": [{"contextType": "ProductContext", "asin": entry.product.asin, "sku": entry.product.sku}],
            }
            for entry in t.entries
            if entry.product is not None
        ]
    by_line: dict[str, list[Entry]] = {}
    for entry in t.entries:
        if entry.line is not None:
            by_line.setdefault(entry.line.item_code, []).append(entry)
    items = []
    for code, of_line in by_line.items():
        line = of_line[0].line
        assert line is not None, "entries of an order have a line"
        product = line.product
        items.append(
            {
                "description": title(product, m.language),
                "relatedIdentifiers": [
                    {"itemRelatedIdentifierName": "ORDER_ADJUSTMENT_ITEM_ID", "itemRelatedIdentifierValue": code}
                ],
                "totalAmount": currency(sum(entry.amount for entry in of_line), m),
                "breakdowns": breakdowns(of_line, m, skip=1),
                "contexts": [
                    {
                        "contextType": "ProductContext",
                        "asin": product.asin,
                        "sku": product.sku,
                        "quantityShipped": line.units if t.type == "Shipment" else line.refund_units,
                        "fulfillmentNetwork": "AFN" if product.fba else "MFN",
                    }
                ],
            }
        )
    return items
