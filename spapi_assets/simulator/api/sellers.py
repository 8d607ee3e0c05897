"""The Sellers API v1: where a seller sells, and who the seller is. Vendors are refused before they get here."""

from __future__ import annotations

from typing import Any

from spapi_assets.simulator.api.call import Answer, Call


def get_marketplace_participations(call: Call) -> Answer:
    return {"payload": _participations(call)}


def get_account(call: Call) -> Answer:
    country = call.account.marketplaces[0].code
    address = {"addressLine1": "1 Harbour Lane", "city": "Kestrel Bay", "postalCode": "10115", "countryCode": country}
    return {
        "payload": {
            "marketplaceParticipationList": _participations(call),
            "businessType": "PRIVATE_LIMITED",
            "sellingPlan": "PROFESSIONAL",
            "business": {
                "name": f"{call.account.store_name} Ltd",
                "registeredBusinessAddress": address,
                "companyRegistrationNumber": "SIM-000001",
            },
            "primaryContact": {"name": "Robin Example", "address": address},
        }
    }


def _participations(call: Call) -> list[dict[str, Any]]:
    return [
        {
            "marketplace": marketplace.describe(),
            "participation": {"isParticipating": True, "hasSuspendedListings": False},
            "storeName": call.account.store_name,
        }
        for marketplace in call.account.marketplaces
    ]
