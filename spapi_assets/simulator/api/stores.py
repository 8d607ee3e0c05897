"""What handlers of the business's APIs share: the selling partner in the business, and the marketplaces a call names.
Which parameters an operation knows is in operations.py; what it answers is in the API's own module."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from spapi_assets.simulator import validation
from spapi_assets.simulator.business.accounts import Account
from spapi_assets.simulator.business.marketplaces import BY_ID, Marketplace, utc
from spapi_assets.simulator.errors import invalid_input

if TYPE_CHECKING:  # the state, which a call holds, publishes notices made with `number`
    from spapi_assets.simulator.api.call import Call


def partner(call: Call) -> Account:
    """The caller as the business knows it."""
    return call.state.business.account(call.account.selling_partner_id)


def named_stores(call: Call, *, most: int) -> list[Marketplace]:
    """The marketplaces of the required parameter `marketplaceIds`, each once. Stores that the business has no goods in are left
    out."""
    ids = call.query.list("marketplaceIds", most=most)
    if ids is None:
        raise invalid_input("Missing required parameter 'marketplaceIds'.")
    named = validation.marketplaces(ids, call.account, most=most)
    return [BY_ID[one] for one in dict.fromkeys(named) if one in BY_ID]


def stores_or_all(call: Call, ids: list[str] | None) -> list[Marketplace]:
    """The marketplaces with these ids, each once; all of the account's where naming one is optional and none is named."""
    if ids is None:
        ids = [m.id for m in call.account.marketplaces]
    return [BY_ID[one] for one in dict.fromkeys(validation.marketplaces(ids, call.account, most=50)) if one in BY_ID]


def now_of(call: Call) -> datetime:
    """The simulated instant of the call, one for all it answers."""
    return utc(call.state.clock.timestamp())


def number(minor: int, m: Marketplace) -> float | int:
    """Minor units as the JSON number of the pricing and fees APIs."""
    return minor if m.digits == 0 else round(minor / 10**m.digits, m.digits)
