"""GET_VAT_TRANSACTION_DATA: every taxable movement of a month in all European stores, whatever marketplace is named.
Sales, refunds, returned goods, and goods moved between countries; had from the third of the next month on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from ....business.centres import Centre, home
from ....business.ledger import RETURN, TRANSFER, Event, days
from ....business.marketplaces import BY_CODE, Marketplace, local_day, utc
from ....business.people import customer
from ....business.returns import returned
from ....business.shipments import shipped_orders
from ....business.titles import title
from ...flat import Cells, money, number, unicode_file
from ...model import BadRequest, Document, NoData, NotAvailableYet, Request
from ...rules import EUROPE, MONTHS, dates, month_bounds, next_month, pools
from .taxed import Part, Taxed, refund, sale


def _amounts(kind: str) -> tuple[str, ...]:
    """PRICE_OF_ITEMS, SHIP_CHARGE and GIFT_WRAP: itself, its promotion and their sum in one of three kinds of amount."""
    return tuple(f"{p}{item}_{kind}" for item in ("PRICE_OF_ITEMS", "SHIP_CHARGE", "GIFT_WRAP") for p in ("", "PROMO_", "TOTAL_"))


def _taxes() -> Iterator[str]:
    for item in ("PRICE_OF_ITEMS", "SHIP_CHARGE", "GIFT_WRAP"):
        yield f"{item}_VAT_RATE_PERCENT"
        yield from (f"{p}{item}_VAT_AMT" for p in ("", "PROMO_", "TOTAL_"))


# As public readers of the report know it until 2025; the names that changed on 2026-01-01 are not known, so the old ones stay.
HEADER = (
    "UNIQUE_ACCOUNT_IDENTIFIER", "ACTIVITY_PERIOD", "SALES_CHANNEL", "MARKETPLACE", "PROGRAM_TYPE", "TRANSACTION_TYPE",
    "TRANSACTION_EVENT_ID", "ACTIVITY_TRANSACTION_ID", "TAX_CALCULATION_DATE", "TRANSACTION_DEPART_DATE",
    "TRANSACTION_ARRIVAL_DATE", "TRANSACTION_COMPLETE_DATE", "SELLER_SKU", "ASIN", "ITEM_DESCRIPTION", "ITEM_MANUFACTURE_COUNTRY",
    "QTY", "ITEM_WEIGHT", "TOTAL_ACTIVITY_WEIGHT", "COST_PRICE_OF_ITEMS", *_amounts("AMT_VAT_EXCL"),
    "TOTAL_ACTIVITY_VALUE_AMT_VAT_EXCL", *_taxes(), "TOTAL_ACTIVITY_VALUE_VAT_AMT", *_amounts("AMT_VAT_INCL"),
    "TOTAL_ACTIVITY_VALUE_AMT_VAT_INCL", "TRANSACTION_CURRENCY_CODE", "COMMODITY_CODE", "STATISTICAL_CODE_DEPART",
    "STATISTICAL_CODE_ARRIVAL", "COMMODITY_CODE_SUPPLEMENTARY_UNIT", "ITEM_QTY_SUPPLEMENTARY_UNIT",
    "TOTAL_ACTIVITY_SUPPLEMENTARY_UNIT", "PRODUCT_TAX_CODE", "DEPATURE_CITY", "DEPARTURE_COUNTRY", "DEPARTURE_POST_CODE",
    "ARRIVAL_CITY", "ARRIVAL_COUNTRY", "ARRIVAL_POST_CODE", "SALE_DEPART_COUNTRY", "SALE_ARRIVAL_COUNTRY", "TRANSPORTATION_MODE",
    "DELIVERY_CONDITIONS", "SELLER_DEPART_VAT_NUMBER_COUNTRY", "SELLER_DEPART_COUNTRY_VAT_NUMBER",
    "SELLER_ARRIVAL_VAT_NUMBER_COUNTRY", "SELLER_ARRIVAL_COUNTRY_VAT_NUMBER", "TRANSACTION_SELLER_VAT_NUMBER_COUNTRY",
    "TRANSACTION_SELLER_VAT_NUMBER", "BUYER_VAT_NUMBER_COUNTRY", "BUYER_VAT_NUMBER", "VAT_CALCULATION_IMPUTATION_COUNTRY",
    "TAXABLE_JURISDICTION", "TAXABLE_JURISDICTION_LEVEL", "VAT_INV_NUMBER", "VAT_INV_CONVERTED_AMT", "VAT_INV_CURRENCY_CODE",
    "VAT_INV_EXCHANGE_RATE", "VAT_INV_EXCHANGE_RATE_DATE", "EXPORT_OUTSIDE_EU", "INVOICE_URL", "BUYER_NAME", "ARRIVAL_ADDRESS",
    "SUPPLIER_NAME", "SUPPLIER_VAT_NUMBER", "TAX_REPORTING_SCHEME", "TAX_COLLECTION_RESPONSIBILITY",
)  # fmt: skip
_KNOWN_AFTER = timedelta(days=2)  # after the month: from the third on


def render(request: Request) -> Document:
    """The month that the dates lie in; they may not lie in two."""
    first, last = dates(request)
    month = first.replace(day=1)
    if last.replace(day=1) != month:
        raise BadRequest("The dates of GET_VAT_TRANSACTION_DATA must lie within one calendar month.")
    stores = tuple(m for m in request.account.marketplaces if m.code in EUROPE)
    if not stores:
        raise BadRequest("GET_VAT_TRANSACTION_DATA is available to sellers in European marketplaces only.")
    if request.now.date() < next_month(month) + _KNOWN_AFTER:
        raise NotAvailableYet(
            f"The requested data is unavailable. The VAT transactions of {month:%Y-%m} are available from "
            f"{next_month(month) + _KNOWN_AFTER:%Y-%m-%d} on."
        )
    rows = list(_rows(request, stores, month))
    if not rows:
        raise NoData("Nothing taxable happened in the month.")
    return unicode_file(HEADER, rows)


def _rows(request: Request, stores: tuple[Marketplace, ...], month: date) -> Iterator[Cells]:
    business, account = request.business, request.account
    start, end = month_bounds(month)
    common: Cells = {
        "UNIQUE_ACCOUNT_IDENTIFIER": account.selling_partner_id, "ACTIVITY_PERIOD": f"{month.year}-{MONTHS[month.month - 1]}",
    }  # fmt: skip
    for m in stores:
        for order in shipped_orders(business, account, m, start, end):
            for line in order.lines:
                yield {**common, **_sold(request, sale(order, line), "SALE")}
        for back in returned(business, account, m, start, end):
            yield {**common, **_sold(request, refund(back.order, back.line), "REFUND")}
    for pool, m in pools(request, stores).items():
        first, last = local_day(m.zone, start), local_day(m.zone, end - 1)
        leaving: dict[str, Event] = {}
        for day in days(business, account, pool, first, last):
            for e in day.events:
                if not start <= e.at < end:
                    continue
                if e.kind == RETURN:
                    yield {**common, **_moved(e, "RETURN", e.centre, e.centre, m)}
                elif e.kind == TRANSFER and e.quantity < 0:
                    leaving[e.reference] = e
                elif e.kind == TRANSFER and leaving[e.reference].centre.country != e.centre.country:
                    yield {**common, **_moved(e, "FC_TRANSFER", leaving[e.reference].centre, e.centre, m)}


def _day(instant: float) -> str:
    return utc(instant).strftime("%d-%m-%Y")


def _vat_number(country: str) -> str:
    return f"{country}{sum(map(ord, country)) * 7_919_113 % 10**9:09d}"


def _goods(taxed_or_event: Taxed | Event, units: int) -> dict[str, str | int]:
    product = taxed_or_event.line.product if isinstance(taxed_or_event, Taxed) else taxed_or_event.product
    return {
        "SELLER_SKU": product.sku, "ASIN": product.asin, "QTY": units, "ITEM_WEIGHT": number(product.weight / 1_000, 3),
        "TOTAL_ACTIVITY_WEIGHT": number(product.weight * units / 1_000, 3), "COST_PRICE_OF_ITEMS": money(product.cost * units, 2),
        "ITEM_MANUFACTURE_COUNTRY": "CN", "COMMODITY_CODE": "95069990",
    }  # fmt: skip


def _sold(request: Request, t: Taxed, kind: str) -> Cells:
    order, m, product = t.order, t.order.marketplace, t.line.product
    city, _, postal_code, country = order.place
    centre = home(m.pool, product)
    departure = centre.country if product.fba else m.country
    who = customer(request.business.seed, order)
    cells = _goods(t, t.units) | {
        "SALES_CHANNEL": "AFN" if product.fba else "MFN", "MARKETPLACE": m.sales_channel.lower(),
        "PROGRAM_TYPE": "Amazon Business" if order.business else "regular", "TRANSACTION_TYPE": kind,
        "TRANSACTION_EVENT_ID": order.id, "ACTIVITY_TRANSACTION_ID": f"{t.line.item_code}{'R' if kind == 'REFUND' else 'S'}",
        "TAX_CALCULATION_DATE": _day(order.purchased), "TRANSACTION_DEPART_DATE": _day(order.shipped),
        "TRANSACTION_ARRIVAL_DATE": _day(order.shipped + 2 * 86_400), "TRANSACTION_COMPLETE_DATE": _day(t.at),
        "ITEM_DESCRIPTION": title(product, m.language), "TRANSACTION_CURRENCY_CODE": m.currency,
        "PRODUCT_TAX_CODE": "A_GEN_STANDARD", "DEPATURE_CITY": centre.city if product.fba else "", "DEPARTURE_COUNTRY": departure,
        "DEPARTURE_POST_CODE": centre.postal_code if product.fba else "", "ARRIVAL_CITY": city, "ARRIVAL_COUNTRY": country,
        "ARRIVAL_POST_CODE": postal_code, "SALE_DEPART_COUNTRY": departure, "SALE_ARRIVAL_COUNTRY": country,
        "TRANSPORTATION_MODE": "CONSIGNMENT_BY_POST", "DELIVERY_CONDITIONS": "DAP", "SELLER_DEPART_VAT_NUMBER_COUNTRY": departure,
        "SELLER_DEPART_COUNTRY_VAT_NUMBER": _vat_number(departure), "TRANSACTION_SELLER_VAT_NUMBER_COUNTRY": m.country,
        "TRANSACTION_SELLER_VAT_NUMBER": _vat_number(m.country), "BUYER_VAT_NUMBER_COUNTRY": who.vat_number[:2],
        "BUYER_VAT_NUMBER": who.vat_number, "TAXABLE_JURISDICTION": _NAMES[m.country], "TAXABLE_JURISDICTION_LEVEL": "Country",
        "VAT_INV_NUMBER": f"INV-{m.country}-{t.line.item_code[:9]}-{utc(t.at).year}", "EXPORT_OUTSIDE_EU": "NO",
        "BUYER_NAME": who.name, "ARRIVAL_ADDRESS": f"{who.street}, {postal_code} {city}",
        "TAX_REPORTING_SCHEME": "UNION-OSS" if departure != country and m.code != "UK" else "REGULAR",
        "TAX_COLLECTION_RESPONSIBILITY": "SELLER",
    }  # fmt: skip
    for item, own, promotion in (
        ("PRICE_OF_ITEMS", t.goods, t.promotion),
        ("SHIP_CHARGE", t.shipping, t.shipping_promotion),
        ("GIFT_WRAP", Part(0, 0), Part(0, 0)),
    ):
        cells[f"{item}_VAT_RATE_PERCENT"] = number(m.vat, 2)
        for prefix, part in (("", own), ("PROMO_", promotion), ("TOTAL_", own + promotion)):
            cells[f"{prefix}{item}_AMT_VAT_EXCL"] = money(part.net, m.digits)
            cells[f"{prefix}{item}_VAT_AMT"] = money(part.tax, m.digits)
            cells[f"{prefix}{item}_AMT_VAT_INCL"] = money(part.gross, m.digits)
    cells["TOTAL_ACTIVITY_VALUE_AMT_VAT_EXCL"] = money(t.total.net, m.digits)
    cells["TOTAL_ACTIVITY_VALUE_VAT_AMT"] = money(t.total.tax, m.digits)
    cells["TOTAL_ACTIVITY_VALUE_AMT_VAT_INCL"] = money(t.total.gross, m.digits)
    return cells


def _moved(e: Event, kind: str, departure: Centre, arrival: Centre, m: Marketplace) -> Cells:
    """Goods that moved without a sale: between countries, or back from a customer."""
    return _goods(e, e.quantity) | {
        "SALES_CHANNEL": "AFN", "PROGRAM_TYPE": "regular", "TRANSACTION_TYPE": kind, "TRANSACTION_EVENT_ID": e.reference,
        "ACTIVITY_TRANSACTION_ID": e.reference, "TRANSACTION_DEPART_DATE": _day(e.at), "TRANSACTION_ARRIVAL_DATE": _day(e.at),
        "TRANSACTION_COMPLETE_DATE": _day(e.at), "ITEM_DESCRIPTION": title(e.product, m.language),
        "DEPATURE_CITY": departure.city, "DEPARTURE_COUNTRY": departure.country, "DEPARTURE_POST_CODE": departure.postal_code,
        "ARRIVAL_CITY": arrival.city, "ARRIVAL_COUNTRY": arrival.country, "ARRIVAL_POST_CODE": arrival.postal_code,
        "SELLER_DEPART_VAT_NUMBER_COUNTRY": departure.country, "SELLER_DEPART_COUNTRY_VAT_NUMBER": _vat_number(departure.country),
        "SELLER_ARRIVAL_VAT_NUMBER_COUNTRY": arrival.country, "SELLER_ARRIVAL_COUNTRY_VAT_NUMBER": _vat_number(arrival.country),
        "EXPORT_OUTSIDE_EU": "NO",
    }  # fmt: skip


_NAMES = {BY_CODE[code].country: name for code, name in (
    ("DE", "GERMANY"), ("UK", "UNITED KINGDOM"), ("FR", "FRANCE"), ("IT", "ITALY"), ("ES", "SPAIN"),
)}  # fmt: skip
