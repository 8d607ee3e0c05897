"""Amazon's marketplaces as the Sellers API describes them. Facts only, kept apart from the client's own table on purpose.
Source: SP-API documentation, "Marketplace IDs" and the example of getMarketplaceParticipations."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Marketplace:
    """One store. `code` is the country code used in account files (UK is accepted for GB)."""

    code: str
    id: str
    region: str
    name: str
    currency: str
    language: str

    def describe(self) -> dict[str, str]:
        """The `marketplace` object of the Sellers API."""
        return {
            "id": self.id,
            "name": self.name,
            "countryCode": self.code,
            "defaultCurrencyCode": self.currency,
            "defaultLanguageCode": self.language,
            "domainName": f"www.{self.name.lower()}",
        }


_ROWS = """
US ATVPDKIKX0DER na Amazon.com USD en_US
CA A2EUQ1WTGCTBG2 na Amazon.ca CAD en_CA
MX A1AM78C64UM0Y8 na Amazon.com.mx MXN es_MX
BR A2Q3Y263D00KWC na Amazon.com.br BRL pt_BR
GB A1F83G8C2ARO7P eu Amazon.co.uk GBP en_GB
DE A1PA6795UKMFR9 eu Amazon.de EUR de_DE
FR A13V1IB3VIYZZH eu Amazon.fr EUR fr_FR
IT APJ6JRA9NG5V4 eu Amazon.it EUR it_IT
ES A1RKKUPIHCS9HS eu Amazon.es EUR es_ES
NL A1805IZSGTT6HS eu Amazon.nl EUR nl_NL
BE AMEN7PMS3EDWL eu Amazon.com.be EUR fr_BE
SE A2NODRKZP88ZB9 eu Amazon.se SEK sv_SE
PL A1C3SOZRARQ6R3 eu Amazon.pl PLN pl_PL
IE A28R8C7NBKEWEA eu Amazon.ie EUR en_IE
TR A33AVAJ2PDY3EV eu Amazon.com.tr TRY tr_TR
AE A2VIGQ35RCS4UG eu Amazon.ae AED en_AE
SA A17E79C6D8DWNP eu Amazon.sa SAR ar_AE
EG ARBP9OOSHTCHU eu Amazon.eg EGP ar_AE
IN A21TJRUUN4KGV eu Amazon.in INR en_IN
ZA AE08WJ6YKNBMC eu Amazon.co.za ZAR en_ZA
JP A1VC38T7YXB528 fe Amazon.co.jp JPY ja_JP
AU A39IBJ37TRP1C6 fe Amazon.com.au AUD en_AU
SG A19VAU5U5O7RUS fe Amazon.sg SGD en_SG
"""

MARKETPLACES: dict[str, Marketplace] = {row.split()[0]: Marketplace(*row.split()) for row in _ROWS.strip().splitlines()}
BY_ID: dict[str, Marketplace] = {marketplace.id: marketplace for marketplace in MARKETPLACES.values()}
REGIONS = ("na", "eu", "fe")


def by_code(code: str) -> Marketplace:
    """The marketplace of a country code; UK is Amazon's everyday name for GB."""
    found = MARKETPLACES.get({"UK": "GB"}.get(code.upper(), code.upper()))
    if found is None:
        raise ValueError(f"there is no marketplace {code!r}; known are {', '.join(MARKETPLACES)}")
    return found
