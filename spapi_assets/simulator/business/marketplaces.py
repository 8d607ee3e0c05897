"""The simulator's own facts on Amazon's stores: ids, days, money, tax, and how their flat files look. Nothing about products.
Kept apart from the client's table on purpose: a mistake in one of the two must show, not cancel out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class Marketplace:
    """One Amazon store. `pool` names the stock it sells from: the euro stores share one (Pan-European FBA)."""

    code: str
    id: str
    region: str
    country: str
    zone: str
    currency: str
    digits: int  # decimal places of the currency
    per_euro: float  # price level: local list price of one euro's worth of goods, tax included where the store shows it so
    sales_channel: str
    language: str
    charset: str  # as Amazon's Content-Type spells it
    vat: float  # consumption tax on top of the net price
    decimal: str  # decimal mark in settlement reports
    date_format: str  # of settlement reports
    pool: str
    facilitator: bool  # Amazon collects and remits the tax itself

    @cached_property
    def tz(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @property
    def codec(self) -> str:
        """The Python codec of the store's flat files."""
        return {"Cp1252": "cp1252", "windows-31j": "cp932"}.get(self.charset, "utf-8")


def _eu(code: str, id_: str, country: str, zone: str, channel: str, language: str, vat: float) -> Marketplace:
    uk = code == "UK"
    return Marketplace(
        code,
        id_,
        "eu",
        country,
        zone,
        "GBP" if uk else "EUR",
        2,
        0.89 if uk else 1.0,
        channel,
        language,
        "Cp1252",
        vat,
        "." if uk else ",",
        "%Y-%m-%d" if uk else "%d.%m.%Y",
        "UK" if uk else "EU",
        False,
    )


def _na(code: str, id_: str, currency: str, per_euro: float, channel: str, language: str, vat: float) -> Marketplace:
    return Marketplace(
        code,
        id_,
        "na",
        code,
        "America/Los_Angeles",
        currency,
        2,
        per_euro,
        channel,
        language,
        "UTF-8",
        vat,
        ".",
        "%Y-%m-%d",
        code,
        True,
    )


MARKETPLACES = (
    _eu("DE", "A1PA6795UKMFR9", "DE", "Europe/Berlin", "Amazon.de", "de", 0.19),
    _eu("UK", "A1F83G8C2ARO7P", "GB", "Europe/London", "Amazon.co.uk", "en", 0.20),
    _eu("FR", "A13V1IB3VIYZZH", "FR", "Europe/Paris", "Amazon.fr", "fr", 0.20),
    _eu("IT", "APJ6JRA9NG5V4", "IT", "Europe/Rome", "Amazon.it", "it", 0.22),
    _eu("ES", "A1RKKUPIHCS9HS", "ES", "Europe/Madrid", "Amazon.es", "es", 0.21),
    _na("US", "ATVPDKIKX0DER", "USD", 0.98, "Amazon.com", "en", 0.08),
    _na("CA", "A2EUQ1WTGCTBG2", "CAD", 1.34, "Amazon.ca", "en", 0.12),
    _na("MX", "A1AM78C64UM0Y8", "MXN", 19.5, "Amazon.com.mx", "es", 0.16),
    Marketplace(
        "JP",
        "A1VC38T7YXB528",
        "fe",
        "JP",
        "Asia/Tokyo",
        "JPY",
        0,
        148.0,
        "Amazon.co.jp",
        "ja",
        "windows-31j",
        0.10,
        ".",
        "%Y/%m/%d",
        "JP",
        False,
    ),
    Marketplace(
        "IN",
        "A21TJRUUN4KGV",
        "eu",
        "IN",
        "Asia/Kolkata",
        "INR",
        2,
        92.0,
        "Amazon.in",
        "en",
        "UTF-8",
        0.18,
        ".",
        "%d.%m.%Y",
        "IN",
        False,
    ),
)

BY_ID = {m.id: m for m in MARKETPLACES}
BY_CODE = {m.code: m for m in MARKETPLACES}
INDEX = {m.code: n for n, m in enumerate(MARKETPLACES)}


@lru_cache(maxsize=20_000)
def day_start(zone: str, day: date) -> int:
    """Epoch second at which the local day begins; days last 23 or 25 hours when clocks change."""
    return int(datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).timestamp())


def day_bounds(zone: str, day: date) -> tuple[int, int]:
    """Epoch seconds of the local day's first instant and of the next day's."""
    return day_start(zone, day), day_start(zone, day + timedelta(days=1))


def local_day(zone: str, instant: float) -> date:
    """The local date at an epoch second."""
    return datetime.fromtimestamp(instant, tz=ZoneInfo(zone)).date()


def utc(instant: float) -> datetime:
    """Epoch second as an aware UTC datetime."""
    return datetime.fromtimestamp(instant, tz=UTC)
