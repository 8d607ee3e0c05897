"""The Finances API 2024-06-19: transactions, balances and summaries, for sellers.
What they look like is in finance_view.py; the source of all rules is Amazon's model of the operations."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from datetime import date, timedelta
from itertools import islice
from typing import Any

from spapi_assets.simulator import paging
from spapi_assets.simulator.api.call import Answer, Call
from spapi_assets.simulator.api.finance_view import ACCOUNT_TYPE, breakdowns, describe
from spapi_assets.simulator.api.stores import partner, stores_or_all
from spapi_assets.simulator.api.values import currency, local_stamp, stamp
from spapi_assets.simulator.business.accounts import Account
from spapi_assets.simulator.business.lookup import find_order
from spapi_assets.simulator.business.marketplaces import Marketplace, day_start
from spapi_assets.simulator.business.payouts import Balance, balance, current
from spapi_assets.simulator.business.settlements import Period
from spapi_assets.simulator.business.transactions import (
    TRANSFER,
    Transaction,
    find_group,
    of_order,
    of_period,
    posted_between,
)
from spapi_assets.simulator.errors import invalid_input

PAGE = 500  # transactions, and balances (documentation of listTransactions; model of listBalances)
_LONGEST = timedelta(days=180)
_SETTLED = 120  # seconds before now that dates must leave
_STATUSES = ("DEFERRED", "RELEASED", "DEFERRED_RELEASED")
_BALANCES = ("AVAILABLE", "RESERVED", "TOTAL", "DEFERRED", "ACCOUNT_LEVEL_RESERVE")


def list_transactions(call: Call) -> Answer:
    query, now = call.query, call.state.clock.timestamp()
    status, store = query.text("transactionStatus"), query.text("marketplaceId")
    if status is not None and status not in _STATUSES:
        raise invalid_input(f"Invalid 'transactionStatus' {status!r}.", f"Allowed values: {', '.join(_STATUSES)}.")
    stores = stores_or_all(call, [store] if store else None)
    start, end = _window(call, now)
    related = _related(call)
    position = paging.read(call, "nextToken")
    if start and end - start > _LONGEST.total_seconds():
        return {"payload": {"transactions": []}}  # too long a window is no error at Amazon, only empty
    if position is not None:
        start = max(start, position[0])
        if position[2]:  # the page after the first is empty and has a token, as any page of Amazon's may be
            return {"payload": {"transactions": [], "nextToken": paging.write(call, "nextToken", [*position[:2], False])}}
    wanted = (
        t
        for t in _transactions(call, stores, related, start, end, now)
        if (status is None or t.status(now) == status)
        and not (store and _is_left_out(t))
        and (position is None or [t.posted, t.id] > position[:2])
    )
    page = list(islice(wanted, PAGE + 1))
    payload: dict[str, Any] = {"transactions": [describe(call.state.business, t, now) for t in page[:PAGE]]}
    if len(page) > PAGE:
        last = page[PAGE - 1]
        payload["nextToken"] = paging.write(call, "nextToken", [last.posted, last.id, position is None])
    return {"payload": payload}


def list_balances(call: Call) -> Answer:
    query, now, business = call.query, call.state.clock.timestamp(), call.state.business
    stores = stores_or_all(call, query.list("marketplaceIds", most=50))
    kind, day = query.text("balanceType"), _day("asOfDate", query.text("asOfDate"))
    if kind is not None and kind not in _BALANCES:
        raise invalid_input(f"Invalid 'balanceType' {kind!r}.", f"Allowed values: {', '.join(_BALANCES)}.")
    paging.read(call, "nextToken")  # so few balances never need a second page, and no token is ours
    account, found = partner(call), []
    for m in stores if query.text("accountType") in (None, ACCOUNT_TYPE) else []:
        instant = now if day is None else day_start(m.zone, day + timedelta(days=1))
        if instant > now:
            raise invalid_input("'asOfDate' must be a day that is over in the store.", f"It is now {local_stamp(now, m)}.")
        whole = _tree(balance(business, account, m, instant), m)
        head: dict[str, Any] = {
            "partnerMetadata": {"partnerId": account.selling_partner_id, "accountType": ACCOUNT_TYPE, "marketplaceId": m.id}
        }
        head |= {"asOfDate": f"{day}T00:00:00Z"} if day else {"lastUpdatedTime": local_stamp(now, m)}
        found += [head | part for part in _of_type(whole, kind)]
    return {"balances": found}


def list_summary(call: Call) -> Answer:
    query, now, business = call.query, call.state.clock.timestamp(), call.state.business
    stores = stores_or_all(call, query.list("marketplaceIds", most=50))
    name, value = query.text("relatedIdentifierName"), query.text("relatedIdentifierValue")
    first, last = _day("periodStart", query.text("periodStart")), _day("periodEnd", query.text("periodEnd"))
    if (name is None) != (value is None) or name not in (None, "SETTLEMENT_ID"):
        raise invalid_input("'relatedIdentifierName' must be SETTLEMENT_ID, and 'relatedIdentifierValue' must come with it.")
    if (first is None) != (last is None) or (first and last and last < first):
        raise invalid_input("'periodStart' and 'periodEnd' must come together, and the end not before the start.")
    paging.read(call, "nextToken")
    account, found = partner(call), []
    settlement = find_group(business, account, value, now) if value else None
    for m in stores if query.text("accountType") in (None, ACCOUNT_TYPE) else []:
        p: Period | None = None
        if value:
            p = settlement if settlement and settlement.marketplace == m else None
            if p is None:
                continue
        elif first is None:
            p = current(business, account, m, now)
        if p is not None:
            start, end, of = p.start, p.end, [t for t in of_period(business, p) if t.known <= now]
        else:
            assert first is not None
            assert last is not None
            start, end = day_start(m.zone, first), day_start(m.zone, last + timedelta(days=1))
            of = list(posted_between(business, account, m, start, end, now))
        if summed := [t for t in of if t.type != TRANSFER]:
            found.append(_summary(account, m, p, start, end, summed))
    return {"summaries": found}


def _summary(
    account: Account, m: Marketplace, p: Period | None, start: float, end: float, of: list[Transaction]
) -> dict[str, Any]:
    summary: dict[str, Any] = {
        "partnerMetadata": {"partnerId": account.selling_partner_id, "accountType": ACCOUNT_TYPE, "marketplaceId": m.id},
        "netProceeds": currency(sum(t.amount for t in of), m),
        "breakdowns": breakdowns((entry for t in of for entry in t.entries), m),
        "periodStart": stamp(start),
        "periodEnd": stamp(end),
    }
    if p is not None:
        summary["relatedIdentifiers"] = [{"relatedIdentifierName": "SETTLEMENT_ID", "relatedIdentifierValue": p.id}]
    return summary


def _transactions(
    call: Call, stores: list[Marketplace], related: tuple[str, str] | None, start: float, end: float, now: float
) -> Iterable[Transaction]:
    """Transactions by posting and id; of a window settlement by settlement, as far as a page needs them."""
    business, account = call.state.business, partner(call)
    if related is None:
        return heapq.merge(*(posted_between(business, account, m, start, end, now) for m in stores), key=_place)
    found: list[Transaction] = []
    if related[0] == "ORDER_ID":
        order = find_order(business, account, related[1])
        found = list(of_order(business, account, order, now)) if order else []
    elif group := find_group(business, account, related[1], now):
        found = [t for t in of_period(business, group) if t.known <= now]
    return sorted((t for t in found if t.marketplace in stores and start <= t.posted < end), key=_place)


def _place(t: Transaction) -> tuple[int, str]:
    return t.posted, t.id


def _window(call: Call, now: float) -> tuple[float, float]:
    after, before = call.query.time("postedAfter"), call.query.time("postedBefore")
    latest = now - _SETTLED
    if after is None and call.query.text("relatedIdentifierName") is None:
        raise invalid_input("'postedAfter' is required unless a related identifier is given.")
    for name, when in (("postedAfter", after), ("postedBefore", before)):
        if when is not None and when.timestamp() > latest:
            raise invalid_input(f"'{name}' must be more than two minutes before the time of the request.")
    if after and before and before <= after:
        raise invalid_input("'postedBefore' must be later than 'postedAfter'.")
    # With a related identifier alone there is no window, and its transactions may be as old as they are.
    return after.timestamp() if after else 0.0, before.timestamp() if before else latest


def _related(call: Call) -> tuple[str, str] | None:
    name, value = call.query.text("relatedIdentifierName"), call.query.text("relatedIdentifierValue")
    if (name is None) != (value is None):
        raise invalid_input("'relatedIdentifierName' and 'relatedIdentifierValue' must come together.")
    if name is None or value is None:
        return None
    if name not in ("FINANCIAL_EVENT_GROUP_ID", "ORDER_ID"):
        raise invalid_input(
            f"'relatedIdentifierName' {name!r} cannot be filtered by.", "Use FINANCIAL_EVENT_GROUP_ID or ORDER_ID."
        )
    return name, value


def _is_left_out(t: Transaction) -> bool:
    """The model's note: orders of the US store that the merchant ships come only when no marketplace is named."""
    return t.marketplace.code == "US" and t.order is not None and t.order.merchant_fulfilled


def _tree(found: Balance, m: Marketplace) -> dict[str, Any]:
    def node(kind: str, amount: int, *below: dict[str, Any]) -> dict[str, Any]:
        return {"balanceType": kind, "amount": currency(amount, m)} | ({"balances": list(below)} if below else {})

    held = (node("DEFERRED", found.deferred), node("ACCOUNT_LEVEL_RESERVE", found.reserve))
    reserved = node("RESERVED", found.deferred + found.reserve, *held)
    return node("TOTAL", found.total, node("AVAILABLE", found.available), reserved)


def _of_type(tree: dict[str, Any], kind: str | None) -> list[dict[str, Any]]:
    if kind in (None, tree["balanceType"]):
        return [tree]
    return [part for below in tree.get("balances", ()) for part in _of_type(below, kind)]


def _day(name: str, text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise invalid_input(f"'{name}' must be an ISO 8601 date, not {text!r}.") from None
