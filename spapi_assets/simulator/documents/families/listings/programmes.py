"""Listings in Amazon's programmes: suppressed ones, referral fees, Pan-European and North American remote fulfilment.
Amazon's documentation describes some of these reports without their columns; where public code shows them, those are used."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from ....business.catalog import PRODUCTS, Product
from ....business.issues import suppression
from ....business.listings import price_of
from ....business.marketplaces import Marketplace
from ....business.seeds import derive
from ....business.settlements import COMMISSION
from ....business.titles import title
from ...flat import Cells, money, named_file
from ...model import Document, NoData, Request
from ...rules import EUROPE, NORTH_AMERICA, marketplaces_in

SUPPRESSED = ("Status", "Reason", "SKU", "ASIN", "Product name", "Condition", "Status Change Date", "Issue Description")
REFERRAL = ("seller-sku", "asin", "item-name", "price", "estimated-referral-fee-per-item")
PAN_EU = (
    "ASIN", "MerchantSKU", "Title", "Pan-EU status", "Enrollment Date", "UK offer status", "DE offer status", "FR offer status",
    "IT offer status", "ES offer status", "NL offer status", "SE offer status", "PL offer status", "BE Offer Status",
    "IE Offer Status",
)  # fmt: skip
REMOTE = ("merchant-sku", "asin", "product-name", "eligibility-ca", "eligibility-mx", "eligibility-br", "ineligibility-reason")


def suppressed(request: Request) -> Document:
    """Offers that the search does not show, since some day of the current weeks."""
    m = request.marketplaces[0]
    today = request.now.astimezone(m.tz).date()
    rows: list[Cells] = [
        {
            "Status": "Search Suppressed",
            "Reason": found.reason,
            "SKU": product.sku,
            "ASIN": product.asin,
            "Product name": title(product, m.language),
            "Condition": "New",
            "Status Change Date": _written(found.since),
            "Issue Description": found.description,
        }
        for product in PRODUCTS
        if (found := suppression(request.business.seed, request.account, m, product, today))
    ]
    if not rows:
        raise NoData("No offer is suppressed.")
    return named_file(SUPPRESSED, rows, m)


def _written(day: date) -> str:
    """`Nov 3, 2026`, in English everywhere."""
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    return f"{months[day.month - 1]} {day.day}, {day.year}"


def referral_fees(request: Request) -> Document:
    """What Amazon will take of a sale at today's price."""
    m = request.marketplaces[0]
    rows: list[Cells] = []
    for product in PRODUCTS:
        price = price_of(request.business, request.account, m, product, request.now)
        rows.append(
            {
                "seller-sku": product.sku,
                "asin": product.asin,
                "item-name": title(product, m.language),
                "price": money(price, m.digits),
                "estimated-referral-fee-per-item": money(round(price * COMMISSION), m.digits),
            }
        )
    return named_file(REFERRAL, rows, m)


def pan_european(request: Request) -> Document:
    """FBA offers: enrolled where the euro stores sell them from one stock."""
    return _pan_eu(request, fba=True)


def pan_european_merchant(request: Request) -> Document:
    """Offers that the seller ships himself: eligible, if he would convert them."""
    return _pan_eu(request, fba=False)


def _pan_eu(request: Request, *, fba: bool) -> Document:
    m = marketplaces_in(request, EUROPE)[0]
    sells = {store.code for store in request.account.marketplaces}
    rows: list[Cells] = []
    for product in PRODUCTS:
        if product.fba != fba:
            continue
        opened = datetime(2022, 3, 1, tzinfo=UTC).date() + timedelta(days=derive(0, "pan-eu", product.sku) % 400)
        row: dict[str, str | int] = {
            "ASIN": product.asin,
            "MerchantSKU": product.sku,
            "Title": title(product, m.language),
            "Pan-EU status": "Enrolled" if fba else "Eligible",
            "Enrollment Date": opened.isoformat() if fba else "",
        }
        for column in PAN_EU[5:]:
            row[column] = "Active" if column[:2] in sells else "No listing"
        rows.append(row)
    return named_file(PAN_EU, rows, m)


def remote_fulfilment(request: Request) -> Document:
    """US offers of Amazon's fulfilment and whether Canada, Mexico and Brazil may buy them; North America only."""
    found = marketplaces_in(request, NORTH_AMERICA)
    m: Marketplace = next((store for store in found if store.code == "US"), found[0])
    rows: list[Cells] = [_remote(product, m) for product in PRODUCTS if product.fba]
    return named_file(REMOTE, rows, m)


def _remote(product: Product, m: Marketplace) -> Cells:
    fuel = product.line == "stove"
    eligible = "NOT_ELIGIBLE" if fuel else "ELIGIBLE"
    return {
        "merchant-sku": product.sku,
        "asin": product.asin,
        "product-name": title(product, m.language),
        "eligibility-ca": eligible,
        "eligibility-mx": eligible,
        "eligibility-br": "NOT_ELIGIBLE",
        "ineligibility-reason": "Dangerous goods" if fuel else "",
    }
