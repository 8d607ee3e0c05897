"""Regions, endpoints and marketplaces with their ids, time zones, currencies and languages. Facts only.
Source: SP-API documentation, "Marketplace IDs" and "SP-API endpoints"; time zones are IANA names of Amazon's local day."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Region:
    """An SP-API region: one endpoint, one LWA authorization per selling partner."""

    name: str
    endpoint: str
    sandbox: str
    aws_region: str


REGIONS = {
    "na": Region("na", "https://sellingpartnerapi-na.amazon.com", "https://sandbox.sellingpartnerapi-na.amazon.com", "us-east-1"),
    "eu": Region("eu", "https://sellingpartnerapi-eu.amazon.com", "https://sandbox.sellingpartnerapi-eu.amazon.com", "eu-west-1"),
    "fe": Region("fe", "https://sellingpartnerapi-fe.amazon.com", "https://sandbox.sellingpartnerapi-fe.amazon.com", "us-west-2"),
}


@dataclass(frozen=True)
class Marketplace:
    """One Amazon store. `sales_channel` is how flat files name it; `charset` is what its localised flat files usually are in."""

    code: str
    id: str
    region: str
    country: str
    sales_channel: str
    time_zone: str
    currency: str
    locale: str
    charset: str


def _m(
    code: str, id_: str, region: str, country: str, domain: str, zone: str, currency: str, locale: str, charset: str
) -> Marketplace:
    return Marketplace(code, id_, region, country, domain, zone, currency, locale, charset)


_ALL = (
    _m("US", "ATVPDKIKX0DER", "na", "United States", "Amazon.com", "America/Los_Angeles", "USD", "en_US", "utf-8"),
    _m("CA", "A2EUQ1WTGCTBG2", "na", "Canada", "Amazon.ca", "America/Los_Angeles", "CAD", "en_CA", "utf-8"),
    _m("MX", "A1AM78C64UM0Y8", "na", "Mexico", "Amazon.com.mx", "America/Los_Angeles", "MXN", "es_MX", "utf-8"),
    _m("BR", "A2Q3Y263D00KWC", "na", "Brazil", "Amazon.com.br", "America/Sao_Paulo", "BRL", "pt_BR", "cp1252"),
    _m("UK", "A1F83G8C2ARO7P", "eu", "United Kingdom", "Amazon.co.uk", "Europe/London", "GBP", "en_GB", "cp1252"),
    _m("DE", "A1PA6795UKMFR9", "eu", "Germany", "Amazon.de", "Europe/Berlin", "EUR", "de_DE", "cp1252"),
    _m("FR", "A13V1IB3VIYZZH", "eu", "France", "Amazon.fr", "Europe/Paris", "EUR", "fr_FR", "cp1252"),
    _m("IT", "APJ6JRA9NG5V4", "eu", "Italy", "Amazon.it", "Europe/Rome", "EUR", "it_IT", "cp1252"),
    _m("ES", "A1RKKUPIHCS9HS", "eu", "Spain", "Amazon.es", "Europe/Madrid", "EUR", "es_ES", "cp1252"),
    _m("NL", "A1805IZSGTT6HS", "eu", "Netherlands", "Amazon.nl", "Europe/Amsterdam", "EUR", "nl_NL", "cp1252"),
    _m("BE", "AMEN7PMS3EDWL", "eu", "Belgium", "Amazon.com.be", "Europe/Brussels", "EUR", "fr_BE", "cp1252"),
    _m("SE", "A2NODRKZP88ZB9", "eu", "Sweden", "Amazon.se", "Europe/Stockholm", "SEK", "sv_SE", "cp1252"),
    _m("PL", "A1C3SOZRARQ6R3", "eu", "Poland", "Amazon.pl", "Europe/Warsaw", "PLN", "pl_PL", "utf-8"),
    _m("IE", "A28R8C7NBKEWEA", "eu", "Ireland", "Amazon.ie", "Europe/Dublin", "EUR", "en_IE", "cp1252"),
    _m("TR", "A33AVAJ2PDY3EV", "eu", "Türkiye", "Amazon.com.tr", "Europe/Istanbul", "TRY", "tr_TR", "utf-8"),
    _m("AE", "A2VIGQ35RCS4UG", "eu", "United Arab Emirates", "Amazon.ae", "Asia/Dubai", "AED", "en_AE", "utf-8"),
    _m("SA", "A17E79C6D8DWNP", "eu", "Saudi Arabia", "Amazon.sa", "Asia/Riyadh", "SAR", "ar_SA", "utf-8"),
    _m("EG", "ARBP9OOSHTCHU", "eu", "Egypt", "Amazon.eg", "Africa/Cairo", "EGP", "ar_EG", "utf-8"),
    _m("IN", "A21TJRUUN4KGV", "eu", "India", "Amazon.in", "Asia/Kolkata", "INR", "en_IN", "utf-8"),
    _m("ZA", "AE08WJ6YKNBMC", "eu", "South Africa", "Amazon.co.za", "Africa/Johannesburg", "ZAR", "en_ZA", "utf-8"),
    _m("JP", "A1VC38T7YXB528", "fe", "Japan", "Amazon.co.jp", "Asia/Tokyo", "JPY", "ja_JP", "cp932"),
    _m("AU", "A39IBJ37TRP1C6", "fe", "Australia", "Amazon.com.au", "Australia/Sydney", "AUD", "en_AU", "utf-8"),
    _m("SG", "A19VAU5U5O7RUS", "fe", "Singapore", "Amazon.sg", "Asia/Singapore", "SGD", "en_SG", "utf-8"),
)

MARKETPLACES: dict[str, Marketplace] = {m.code: m for m in _ALL}
BY_ID: dict[str, Marketplace] = {m.id: m for m in _ALL}
BY_SALES_CHANNEL: dict[str, Marketplace] = {m.sales_channel.lower(): m for m in _ALL}
