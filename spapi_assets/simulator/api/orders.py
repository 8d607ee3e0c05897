"""The Orders API 2026-01-01: searchOrders and getOrder, for sellers.
What an order looks like is in order_view.py; the source of all rules is Amazon's model of the operation."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

from spapi_assets.simulator import paging
from spapi_assets.simulator.api.call import Answer, Call
from spapi_assets.simulator.api.order_view import STATUSES, describe
from spapi_assets.simulator.api.stores import partner, stores_or_all
from spapi_assets.simulator.api.values import stamp
from spapi_assets.simulator.business.accounts import Account
from spapi_assets.simulator.business.demand import LAUNCH
from spapi_assets.simulator.business.lookup import find_order
from spapi_assets.simulator.business.marketplaces import Marketplace, local_day
from spapi_assets.simulator.business.orders import Order
from spapi_assets.simulator.errors import invalid_input, not_found

INCLUDED = frozenset(
    {
        "BUYER", "RECIPIENT", "PROCEEDS", "EXPENSE", "PROMOTION", "CANCELLATION", "FULFILLMENT", "PACKAGES", "TAX", "PAYMENT",
        "FULFILLMENT_ORDERS",
    }
)  # fmt: skip
_FULFILLMENT = frozenset(
    {"PENDING_AVAILABILITY", "PENDING", "UNSHIPPED", "PARTIALLY_SHIPPED", "SHIPPED", "CANCELLED", "UNFULFILLABLE"}
)
_SETTLED = 120  # seconds before now that Before must leave
_TOKEN_SECONDS = 24 * 3_600
Position = tuple[int, str]  # the instant orders are sorted by, and the order's id


def search_orders(call: Call) -> Answer:
    query, now = call.query, call.state.clock.timestamp()
    by, start, end = _window(call, now)
    size = query.integer("maxResultsPerPage", 1, 100, default=100)
    wanted = query.list("fulfillmentStatuses", most=len(_FULFILLMENT), allowed=_FULFILLMENT)
    channels = query.list("fulfilledBy", most=2, allowed=("MERCHANT", "AMAZON"))
    included = _included(call)
    stores = stores_or_all(call, query.list("marketplaceIds", most=50))
    after: Position | None = None
    if (token := paging.read(call, "paginationToken", seconds=_TOKEN_SECONDS)) is not None:
        end, after = token[0], (token[1], token[2])  # the first page's end: pages must not run after new orders
    account, business = partner(call), call.state.business

    def is_wanted(position: Position, order: Order) -> bool:
        if after is not None and position <= after:
            return False
        if wanted is not None and STATUSES[order.status(now)] not in wanted:
            return False
        return channels is None or ("MERCHANT" if order.merchant_fulfilled else "AMAZON") in channels

    begin = max(start, float(after[0])) if after else start
    found = _created(call, account, stores, begin, end) if by == "created" else _updated(call, account, stores, begin, end, now)
    page = list(islice(((position, order) for position, order in found if is_wanted(position, order)), size + 1))
    answer: dict[str, Any] = {"orders": [describe(business, order, now, included) for _, order in page[:size]]}
    answer["pagination"] = {}
    if len(page) > size:
        last = page[size - 1][0]
        answer["pagination"]["nextToken"] = paging.write(call, "paginationToken", [end, *last])
    return answer | {"createdBefore" if by == "created" else "lastUpdatedBefore": stamp(end)}


def get_order(call: Call) -> Answer:
    now, business = call.state.clock.timestamp(), call.state.business
    included = _included(call)
    order = find_order(business, partner(call), call.path["orderId"])
    if order is None or order.purchased > now:
        raise not_found(f"Order {call.path['orderId']} was not found.")
    return {"order": describe(business, order, now, included)}


def _window(call: Call, now: float) -> tuple[str, float, float]:
    """Which instant counts, and the window's two ends, both included."""
    names = call.query.names()
    if ("createdAfter" in names) == ("lastUpdatedAfter" in names):
        raise invalid_input("Exactly one of 'createdAfter' and 'lastUpdatedAfter' must be provided.")
    by, other = ("created", "lastUpdated") if "createdAfter" in names else ("lastUpdated", "created")
    if f"{other}Before" in names:
        raise invalid_input(f"'{other}Before' may not be provided with '{by}After'.")
    after, before = call.query.time(f"{by}After"), call.query.time(f"{by}Before")
    assert after is not None
    latest = now - _SETTLED
    if before is not None and before.timestamp() > latest:
        raise invalid_input(f"'{by}Before' must be at least two minutes before the time of the request.")
    end = latest if before is None else before.timestamp()
    if after.timestamp() > end:
        limit = f"'{by}Before'" if before else "two minutes before the time of the request"
        raise invalid_input(f"'{by}After' must not be after {limit}.")
    return by, after.timestamp(), end


def _included(call: Call) -> frozenset[str]:
    return frozenset(call.query.list("includedData", most=len(INCLUDED), allowed=INCLUDED) or ())


def _created(
    call: Call, account: Account, stores: list[Marketplace], start: float, end: float
) -> Iterator[tuple[Position, Order]]:
    """Orders by purchase, read day by day: a page of a long window costs no more than one of a short one."""

    def of(m: Marketplace) -> Iterator[tuple[Position, Order]]:
        day = max(LAUNCH, local_day(m.zone, start))
        while day <= local_day(m.zone, end):
            same_day = [o for o in call.state.business.orders(account, m, day) if start <= o.purchased <= end]
            yield from sorted((((o.purchased, o.id), o) for o in same_day), key=lambda entry: entry[0])
            day += timedelta(days=1)

    return heapq.merge(*(of(m) for m in stores), key=lambda entry: entry[0])


def _updated(
    call: Call, account: Account, stores: list[Marketplace], start: float, end: float, now: float
) -> Iterator[tuple[Position, Order]]:
    found = [
        ((order.last_updated(now), order.id), order)
        for m in stores
        for order in call.state.business.updated_between(account, m, start, end + 0.001, now)
    ]
    return iter(sorted(found, key=lambda entry: entry[0]))
