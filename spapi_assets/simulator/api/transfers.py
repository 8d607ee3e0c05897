"""The Transfers API 2024-06-01: what was paid out and what is expected, for sellers.
A payout is a settlement's transfer to the bank, with the settlement's id."""

from __future__ import annotations

from typing import Any

from spapi_assets.simulator import paging
from spapi_assets.simulator.api.call import Answer, Call
from spapi_assets.simulator.api.stores import partner, stores_or_all
from spapi_assets.simulator.api.values import currency, stamp
from spapi_assets.simulator.business.accounts import Account
from spapi_assets.simulator.business.marketplaces import Marketplace
from spapi_assets.simulator.business.payouts import balance, closed, current, payout
from spapi_assets.simulator.business.settlements import Period

PAGE = 20  # not stated by Amazon
_TYPE = "STANDARD_ORDERS"
_TAIL = "042"


def list_payouts(call: Call) -> Answer:
    query, now, business = call.query, call.state.clock.timestamp(), call.state.business
    after, before, id_ = query.time("createdAfter"), query.time("createdBefore"), query.text("payoutId")
    account, stores = partner(call), _stores(call)
    # One account group a store; within it the newest first.
    wanted = [
        p
        for m in stores
        for p in closed(business, account, m, now)
        if (after is None or p.end >= after.timestamp())
        and (before is None or p.end < before.timestamp())
        and (id_ is None or p.id == id_)
    ]
    begin = paging.read(call, "nextToken")
    if begin is not None:
        wanted = wanted[next((n + 1 for n, p in enumerate(wanted) if p.id == begin), len(wanted)) :]
    page = wanted[:PAGE]
    answer: dict[str, Any] = {"payouts": [_payout(call, account, p, now) for p in page]}
    return answer | ({"nextToken": paging.write(call, "nextToken", page[-1].id)} if len(wanted) > PAGE else {})


def list_expected_payouts(call: Call) -> Answer:
    now, business, account = call.state.clock.timestamp(), call.state.business, partner(call)
    paging.read(call, "nextToken")  # one expected payout a store never needs a second page, and no token is ours
    found = []
    for m in _stores(call):
        p, amount = current(business, account, m, now), balance(business, account, m, now).total
        expected: dict[str, Any] = {
            "partnerMetadata": _partner(account, m),
            "status": "SCHEDULED" if amount > 0 else "NO_PAYOUT_EXPECTED",
            "period": {"startDate": stamp(p.start), "endDate": stamp(p.end)},
            "relatedIdentifiers": _settlement(p),
        }
        if amount > 0:
            expected |= {"amount": currency(amount, m), "scheduledDate": stamp(p.end), "accountTail": _TAIL}
            expected["paymentMethod"] = "BANK_ACCOUNT"
        found.append(expected)
    return {"expectedPayouts": found}


def _payout(call: Call, account: Account, p: Period, now: float) -> dict[str, Any]:
    paid, m = payout(call.state.business, p), p.marketplace
    history = paid.history(now)
    view: dict[str, Any] = {
        "id": p.id,
        "partnerMetadata": _partner(account, m),
        "currentStatus": history[-1][0],
        "statusHistory": [{"status": status, "lastUpdatedDate": stamp(at)} for status, at in history],
        "creationDate": stamp(p.end),
        "period": {"startDate": stamp(p.start), "endDate": stamp(p.end)},
        "relatedIdentifiers": _settlement(p),
    }
    if paid.amount > 0:
        view |= {"type": "SCHEDULED", "amount": currency(paid.amount, m), "accountTail": _TAIL, "paymentMethod": "BANK_ACCOUNT"}
        rail = {"EUR": "SEPA", "USD": "ACH", "GBP": "FPS"}.get(m.currency)
        view |= ({"paymentRail": rail} if rail else {}) | ({"traceId": paid.trace} if history[-1][0] != "STARTED" else {})
    return view


def _partner(account: Account, m: Marketplace) -> dict[str, str]:
    return {"partnerId": account.selling_partner_id, "accountType": _TYPE, "marketplaceId": m.id}


def _settlement(p: Period) -> list[dict[str, str]]:
    return [{"relatedIdentifierName": "SETTLEMENT_ID", "relatedIdentifierValue": p.id}]


def _stores(call: Call) -> list[Marketplace]:
    """The stores asked for; none of another account type than the only one there is."""
    found = stores_or_all(call, call.query.list("marketplaceIds", most=50))
    return found if call.query.text("accountType") in (None, _TYPE) else []
