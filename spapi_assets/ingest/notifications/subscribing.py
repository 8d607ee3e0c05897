"""Destinations and subscriptions of every account, made where they are missing; those that deliver elsewhere are left alone.
What the queue must allow is `aws/delivery.py`; whether a message arrives is `arriving.py`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from spapi_assets.aws.heard import remember_subscription
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.notifications.types import NotificationType, Transport, subscribable
from spapi_assets.settings import Account
from spapi_assets.spapi.errors import ConfigurationError, SpApiError
from spapi_assets.spapi.notifications import Destination, NotificationsApi, Subscription


@dataclass(frozen=True)
class Wanted:
    """What is to be subscribed to, and where to. `event_bridge`: AWS account and region; without it such types are left out."""

    types: Sequence[NotificationType] | None = None  # None: all that the account's kind can have
    event_bridge: tuple[str, str] | None = None
    redirect: bool = False  # replace subscriptions that deliver elsewhere
    dry_run: bool = False

    def of(self, account: Account, transport: Transport) -> list[NotificationType]:
        able = subscribable(account.kind, transport)
        return able if self.types is None else [t for t in able if t in self.types]


def subscribe(ctx: IngestContext, account: Account, wanted: Wanted) -> Iterator[str]:
    """One sentence a subscription that was made, was left alone or was refused, and one for those that were there.

    Safe to repeat. An account whose destination cannot be had gets one sentence; its reports are polled.
    """
    api = ctx.apis(account.name).notifications
    by_queue, by_bus = wanted.of(account, Transport.SQS), wanted.of(account, Transport.EVENT_BRIDGE)
    if by_queue:
        arn = ctx.queue.arn
        yield from _through(ctx, account, api, by_queue, wanted, arn, sqs_arn=arn)
    if by_bus and wanted.event_bridge is None:
        names = ", ".join(t.name for t in by_bus)
        yield f"{account.name}: not without EventBridge (--event-bridge ACCOUNT_ID:REGION): {names}"
    elif by_bus and wanted.event_bridge is not None:
        where = "EventBridge {} in {}".format(*wanted.event_bridge)
        yield from _through(ctx, account, api, by_bus, wanted, where, event_bridge=wanted.event_bridge)


def _through(
    ctx: IngestContext,
    account: Account,
    api: NotificationsApi,
    types: Sequence[NotificationType],
    wanted: Wanted,
    where: str,
    *,
    sqs_arn: str | None = None,
    event_bridge: tuple[str, str] | None = None,
) -> Iterator[str]:
    name = f"spapi-assets-{ctx.settings.queue_name if sqs_arn else '-'.join(event_bridge or ())}"[:256]
    try:
        find = api.find_destination if wanted.dry_run else api.ensure_destination
        destination = find(name, sqs_arn=sqs_arn, event_bridge=event_bridge)
    except SpApiError as error:
        # Not fatal: reports are also found by polling. The doctor repeats the sentence until it is mended.
        yield f"{account.name}: no notifications, reports will be polled instead. {error}"
        return
    if destination is None:
        yield f"{account.name}: a destination for {where} would be made"
    there = []
    for told in types:
        try:
            sentence = _one(ctx, account, api, told, wanted, destination, where)
        except SpApiError as error:
            sentence = f"{account.name}: not subscribed to {told.name}. {error}"
        if sentence is None:
            there.append(told.name)
        else:
            yield sentence
    if there:
        yield f"{account.name}: already subscribed to {', '.join(there)} on {where}"


def _one(
    ctx: IngestContext,
    account: Account,
    api: NotificationsApi,
    told: NotificationType,
    wanted: Wanted,
    destination: Destination | None,
    where: str,
) -> str | None:
    """What was done about one type; None: it is as it should be."""
    before = api.subscription(told.name)
    mine = before is not None and destination is not None and before.destination_id == destination.destination_id
    if before is not None and mine and before.payload_version in told.versions:
        if not wanted.dry_run:
            remember_subscription(ctx.ledger.table, before.subscription_id, account.name, told.name)
        return None
    if before is not None and not wanted.redirect:
        if mine:
            return (
                f"{account.name}: its subscription to {told.name} has the payload version {before.payload_version}, not "
                f"{told.versions[0]}; `spapi subscribe --account {account.name} --redirect` makes it anew"
            )
        return _elsewhere(account, told, before)
    if wanted.dry_run:
        return f"{account.name}: would be subscribed to {told.name} {told.versions[0]} on {where}"
    assert destination is not None
    if before is not None:
        api.delete_subscription(told.name, before.subscription_id)
    made = _create(api, told, destination)
    if made.destination_id != destination.destination_id:  # somebody else was quicker
        return _elsewhere(account, told, made)
    remember_subscription(ctx.ledger.table, made.subscription_id, account.name, told.name)
    return f"{account.name}: subscribed to {told.name} on {where}"


def _elsewhere(account: Account, told: NotificationType, found: Subscription) -> str:
    return (
        f"{account.name}: its subscription to {told.name} delivers to another destination ({found.destination_id}) and was "
        f"left alone. `spapi subscribe --account {account.name} --redirect` replaces it"
    )


def _create(api: NotificationsApi, told: NotificationType, destination: Destination) -> Subscription:
    """With the first payload version that Amazon takes: its pages and its schemas do not always name the same."""
    for version in told.versions[:-1]:
        try:
            return api.ensure_subscription(told.name, destination.destination_id, version)
        except ConfigurationError:
            continue
    return api.ensure_subscription(told.name, destination.destination_id, told.versions[-1])
