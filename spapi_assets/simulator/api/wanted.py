"""Who calls and which stores are meant, for APIs where naming a store is optional.
What they are answered is in the API's own module."""

from __future__ import annotations

from spapi_assets.simulator import validation
from spapi_assets.simulator.api.call import Call
from spapi_assets.simulator.business.accounts import Account
from spapi_assets.simulator.business.marketplaces import BY_ID, Marketplace


def account_of(call: Call) -> Account:
    """The caller as the business knows it."""
    return call.state.business.account(call.account.selling_partner_id)


def stores_of(call: Call, ids: list[str] | None) -> list[Marketplace]:
    """The stores with these ids, each once; all of the account's where none is named."""
    if ids is None:
        ids = [m.id for m in call.account.marketplaces]
    return [BY_ID[name] for name in dict.fromkeys(validation.marketplaces(ids, call.account, most=50)) if name in BY_ID]
