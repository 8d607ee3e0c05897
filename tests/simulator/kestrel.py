"""Helpers for the tests of the fictitious business: ask for a document, read a flat file the plain way."""

from __future__ import annotations

import codecs
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from spapi_assets.simulator import documents
from spapi_assets.simulator.business import Business
from spapi_assets.simulator.documents import Document

BY_LAST_UPDATE = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL"
BY_ORDER_DATE = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL"
SETTLEMENT = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"
INVENTORY = "GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA"
LISTINGS = "GET_MERCHANT_LISTINGS_ALL_DATA"
TRAFFIC = "GET_SALES_AND_TRAFFIC_REPORT"
VENDOR_SALES = "GET_VENDOR_SALES_REPORT"

EU, NA, FE, VENDOR = "A3KESTREL0EU0", "A3KESTREL0NA0", "A3KESTREL0FE0", "amzn1.vg.1000001"
INDIA = "A3KESTREL0IN0"
IDS = {
    "DE": "A1PA6795UKMFR9", "UK": "A1F83G8C2ARO7P", "FR": "A13V1IB3VIYZZH", "IT": "APJ6JRA9NG5V4", "ES": "A1RKKUPIHCS9HS",
    "US": "ATVPDKIKX0DER", "CA": "A2EUQ1WTGCTBG2", "MX": "A1AM78C64UM0Y8", "JP": "A1VC38T7YXB528",
    "IN": "A21TJRUUN4KGV",
}  # fmt: skip
SELLER_OF = {"DE": EU, "UK": EU, "FR": EU, "IT": EU, "ES": EU, "US": NA, "CA": NA, "MX": NA, "JP": FE, "IN": INDIA}
NOW = datetime(2026, 11, 23, 11, tzinfo=UTC)


def at(text: str) -> datetime:
    """An instant; UTC where the text has no offset."""
    when = datetime.fromisoformat(text)
    return when if when.tzinfo else when.replace(tzinfo=UTC)


def ask(
    business: Business,
    report_type: str,
    codes: Sequence[str],
    start: str,
    end: str,
    *,
    now: datetime = NOW,
    options: Mapping[str, str] | None = None,
    partner: str | None = None,
) -> Document:
    """The document of a request; marketplaces by code, times as text."""
    return documents.render(
        business,
        selling_partner_id=partner or SELLER_OF[codes[0]],
        report_type=report_type,
        marketplace_ids=[IDS[code] for code in codes],
        options=options,
        start=at(start),
        end=at(end),
        now=now,
    )


def codec_of(document: Document) -> str:
    name = document.content_type.split("charset=")[1]
    return codecs.lookup({"windows-31j": "cp932"}.get(name, name)).name


def table(document: Document) -> list[dict[str, str]]:
    """Rows of a flat file by header; fails when a row has another number of fields than the header."""
    lines = document.body.decode(codec_of(document)).split("\r\n")
    assert lines.pop() == "", "the last line must end with CRLF"
    header = lines[0].split("\t")
    return [dict(zip(header, line.split("\t"), strict=True)) for line in lines[1:]]


def amount(text: str) -> Decimal:
    return Decimal(text.replace(",", ".") or "0")
