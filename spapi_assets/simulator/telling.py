"""Publishes what happens as simulated time passes (orders, money, listings, the vendor's hours), and whatever a command asks for.
Only what somebody subscribes to is worked out; what the notifications hold is in happenings.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from spapi_assets.simulator import listing_happenings
from spapi_assets.simulator.accounts import Account as Authorization
from spapi_assets.simulator.accounts import Directory
from spapi_assets.simulator.business import Business
from spapi_assets.simulator.business.accounts import BY_SELLING_PARTNER, Account
from spapi_assets.simulator.business.demand import LAUNCH
from spapi_assets.simulator.business.lookup import find_order
from spapi_assets.simulator.business.marketplaces import local_day, utc
from spapi_assets.simulator.business.orders import MAX_UPDATE_DAYS
from spapi_assets.simulator.business.transactions import of_order, posted_between
from spapi_assets.simulator.happenings import (
    INVENTORY,
    ORDER_CHANGE,
    SALES,
    TRAFFIC,
    TRANSACTION_UPDATE,
    Payload,
    order_change,
    order_events,
    transaction_update,
    vendor_hour,
)
from spapi_assets.simulator.publisher import Publisher

if TYPE_CHECKING:
    from spapi_assets.simulator.state import State

_DAY = 86_400
_KNOWN_LATEST = 16 * _DAY  # seconds from a transaction's posting to its last change: held a week from delivery
# Seconds after its end at which an hour is told; views are counted later than orders.
_TOLD_AFTER = {SALES: 2_700, INVENTORY: 2_700, TRAFFIC: 4_500}


class _Event(NamedTuple):
    """One notification to be: when it happened, its type and store, the payload, and what the journal says of it."""

    at: float
    type: str
    marketplace_id: str | None
    payload: Payload
    facts: dict[str, str]


class Teller:
    """Looks at the business from time to time and publishes what has happened since the last look."""

    def __init__(self, business: Business, directory: Directory, publisher: Publisher) -> None:
        self.business, self.directory, self.publisher = business, directory, publisher
        self._looked = publisher.clock.timestamp()

    def tell(self) -> int:
        """Publish in the order of happening; returns how many notifications subscriptions are owed."""
        since, now = self._looked, self.publisher.clock.timestamp()
        self._looked = now
        count = 0
        for authorization in self.directory.accounts:
            account = BY_SELLING_PARTNER.get(authorization.selling_partner_id)
            if account is None:
                continue
            found: list[_Event] = []
            for types, look in _LOOKS:
                wanted = [t for t in types if self.publisher.subscriptions.of(None, authorization, t)]
                if wanted and account.kind == ("vendor" if look is _hours else "seller"):
                    found += look(self.business, authorization, account, wanted, since, now)
            for event in sorted(found, key=lambda event: event.at):
                count += _publish(self.publisher, authorization, event)
        return count


def tell_now(state: State, command: dict[str, Any]) -> int:
    """Perform one command of the control plane; returns how many notifications it queued, ValueError where it makes no sense.

    `type` and `account` (name or selling partner id) are needed, and one of: `payload`, published as it is, of any type;
    `order_id` for ORDER_CHANGE or TRANSACTION_UPDATE; `hour`, its beginning, for the vendor's hourly types. `times` repeats it,
    each time with another notification id."""
    if unknown := sorted(set(command) - {"type", "account", "payload", "order_id", "hour", "marketplace_id", "times"}):
        raise ValueError(f"a notification has no field {unknown[0]!r}")
    kind, authorization = str(command.get("type")), state.directory.by_name(str(command.get("account")))
    times = int(command.get("times", 1))
    if "payload" in command:
        marketplace_id = command.get("marketplace_id")
        return sum(
            state.publisher.publish(authorization, kind, command["payload"], marketplace_id=marketplace_id) for _ in range(times)
        )
    events = list(_asked(state, authorization, kind, command))
    return sum(_publish(state.publisher, authorization, event) for _ in range(times) for event in events)


def _asked(state: State, authorization: Authorization, kind: str, command: dict[str, Any]) -> Iterator[_Event]:
    business, now = state.business, state.clock.timestamp()
    account = business.account(authorization.selling_partner_id)
    if kind in _TOLD_AFTER:
        start = datetime.fromisoformat(str(command.get("hour")))
        if start.tzinfo is None or start.minute or start.second:
            raise ValueError(f"{kind} needs `hour`, the beginning of a full hour with its offset")
        for m in account.marketplaces:
            for payload in vendor_hour(business, authorization, account, m, kind, start):
                yield _Event(now, kind, m.id, payload, {"hour": start.isoformat()})
        return
    if kind not in (ORDER_CHANGE, TRANSACTION_UPDATE):
        raise ValueError(
            f"{kind} needs a `payload`; the business itself tells {ORDER_CHANGE}, {TRANSACTION_UPDATE}, and the hours"
        )
    order = find_order(business, account, str(command.get("order_id")))
    if order is None or order.purchased > now:
        raise ValueError(f"{authorization.name} has no order {command.get('order_id')!r}")
    if kind == TRANSACTION_UPDATE:
        for t in of_order(business, account, order, now):
            yield _Event(now, kind, t.marketplace.id, transaction_update(t), {"transaction_id": t.id})
        return
    at, change, reason = max(order_events(order, 0, now))
    yield _Event(now, kind, order.marketplace.id, order_change(account, order, at, change, reason), {"order_id": order.id})


def _publish(publisher: Publisher, authorization: Authorization, event: _Event) -> int:
    return publisher.publish(
        authorization,
        event.type,
        event.payload,
        event_time=utc(event.at),
        marketplace_id=event.marketplace_id,
        order_change=event.payload.get("OrderChangeNotification", {}).get("OrderChangeType"),
        facts=event.facts,
    )


def _orders(business: Business, _: Authorization, account: Account, __: list[str], since: float, now: float) -> Iterator[_Event]:
    for m in account.marketplaces:
        first = max(LAUNCH, local_day(m.zone, since) - timedelta(days=MAX_UPDATE_DAYS))
        for order in business.purchased_between(account, m, first, local_day(m.zone, now)):
            for at, kind, reason in order_events(order, since, now):
                payload = order_change(account, order, at, kind, reason)
                yield _Event(at, ORDER_CHANGE, m.id, payload, {"order_id": order.id})


def _transactions(
    business: Business, _: Authorization, account: Account, __: list[str], since: float, now: float
) -> Iterator[_Event]:
    """A transaction is told when it becomes known, and again when its money is released."""
    for m in account.marketplaces:
        for t in posted_between(business, account, m, since - _KNOWN_LATEST, now, now):
            for at in (t.known, max(t.released, t.known + 1) if t.released else 0):
                if since < at <= now:
                    yield _Event(at, TRANSACTION_UPDATE, m.id, transaction_update(t), {"transaction_id": t.id})


def _hours(
    business: Business, authorization: Authorization, account: Account, wanted: list[str], since: float, now: float
) -> Iterator[_Event]:
    for kind in wanted:
        after = _TOLD_AFTER[kind]
        end = (int(since - after) // 3_600 + 1) * 3_600
        while end + after <= now:
            start = utc(end - 3_600)
            for m in account.marketplaces:
                for payload in vendor_hour(business, authorization, account, m, kind, start):
                    yield _Event(end + after, kind, m.id, payload, {"hour": start.isoformat()})
            end += 3_600


def _listings(
    business: Business, _: Authorization, account: Account, wanted: list[str], since: float, now: float
) -> Iterator[_Event]:
    for kind in wanted:
        for h in listing_happenings.happenings(business, account, kind, since, now):
            yield _Event(h.at, h.type, h.marketplace_id, h.payload, {})


_Look = Callable[[Business, Authorization, Account, list[str], float, float], Iterator[_Event]]
_LOOKS: tuple[tuple[tuple[str, ...], _Look], ...] = (
    ((ORDER_CHANGE,), _orders),
    ((TRANSACTION_UPDATE,), _transactions),
    ((SALES, INVENTORY, TRAFFIC), _hours),
    (listing_happenings.TYPES, _listings),
)
