"""The Sellers API v1: the marketplaces a seller takes part in. Sellers only; Amazon denies it to vendors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from spapi_assets.spapi.errors import AmazonFault
from spapi_assets.spapi.marketplaces import BY_ID, Marketplace
from spapi_assets.spapi.operations import GET_ACCOUNT, GET_MARKETPLACE_PARTICIPATIONS
from spapi_assets.spapi.session import SpApiSession


@dataclass(frozen=True)
class Participation:
    """A seller in a marketplace. `marketplace` is None for stores outside Amazon's public table ("Non-Amazon ...")."""

    marketplace_id: str
    marketplace: Marketplace | None
    name: str
    store_name: str
    currency: str
    is_participating: bool
    suspended_listings: bool


class SellersApi:
    """One seller's account. Very scarce: a call a minute, burst 15."""

    def __init__(self, session: SpApiSession) -> None:
        self._session = session

    def marketplace_participations(self) -> list[Participation]:
        """All marketplaces of the account, including those where it does not sell at present."""
        answer = self._session.call(GET_MARKETPLACE_PARTICIPATIONS)
        try:
            return [
                Participation(
                    marketplace_id=entry["marketplace"]["id"],
                    marketplace=BY_ID.get(entry["marketplace"]["id"]),
                    name=entry["marketplace"]["name"],
                    store_name=entry.get("storeName") or "",
                    currency=entry["marketplace"]["defaultCurrencyCode"],
                    is_participating=bool(entry["participation"]["isParticipating"]),
                    suspended_listings=bool(entry["participation"]["hasSuspendedListings"]),
                )
                for entry in answer["payload"]
            ]
        except (KeyError, TypeError) as error:
            raise AmazonFault(
                f"Amazon's list of marketplaces for account {self._session.account} breaks its own model ({error!r} is missing). "
                "Try again; if it stays, open a case with Amazon.",
                account=self._session.account,
                operation=GET_MARKETPLACE_PARTICIPATIONS.name,
            ) from error

    def account(self) -> dict[str, Any]:
        """Business type, selling plan and business data, as Amazon sends them (personal data: do not store)."""
        payload = self._session.call(GET_ACCOUNT).get("payload")
        return dict(payload) if isinstance(payload, dict) else {}
