"""`spapi subscribe` and `spapi rotate`: what Amazon sends by itself, and its next client secret, which it sends, too.
The doing is `ingest/notifications/` and `ingest/secret_expiry.py`; nothing here ever sees a secret."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from spapi_assets.cli.common import account_option, chosen_accounts, explained
from spapi_assets.settings import SettingsError, load_settings

if TYPE_CHECKING:
    from spapi_assets.ingest.context import IngestContext
    from spapi_assets.ingest.notifications.types import NotificationType
    from spapi_assets.settings import Account


class _EventBridge(click.ParamType):
    """An AWS account and region as 111122223333:eu-west-1."""

    name = "ACCOUNT_ID:REGION"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        account, _, region = str(value).partition(":")
        if not (account.isdigit() and len(account) == 12 and region):
            self.fail(f"{value!r} is not an AWS account and region; write them as 111122223333:eu-west-1.", param, ctx)
        return account, region


@click.command()
@account_option
@click.option("--types", "type_names", metavar="A,B", help="Only these notification types; default: all the account can have.")
@click.option("--event-bridge", type=_EventBridge(), help="Where Amazon sends what it does not send to queues.")
@click.option("--redirect", is_flag=True, help="Replace subscriptions that deliver elsewhere.")
@click.option("--dry-run", is_flag=True, help="Only say what would be done; nothing is sent, nothing is changed.")
@click.option(
    "--verify", default=30.0, show_default=True, type=click.FloatRange(0), help="Seconds to wait for a message; 0: no test."
)
@explained
def subscribe(
    account_names: tuple[str, ...],
    type_names: str | None,
    event_bridge: tuple[str, str] | None,
    redirect: bool,
    dry_run: bool,
    verify: float,
) -> None:
    """Subscribe accounts to Amazon's notifications, check what the queue allows, and see a message arrive. Safe to repeat.

    Exit code 1 when the queue's or its key's policy lacks something, or no message arrived.
    """
    from spapi_assets.aws.delivery import missing_grants
    from spapi_assets.ingest.context import build_context
    from spapi_assets.ingest.notifications import arriving
    from spapi_assets.ingest.notifications.subscribing import Wanted
    from spapi_assets.ingest.notifications.subscribing import subscribe as subscribe_account

    settings = load_settings()
    accounts, context = chosen_accounts(settings, account_names), build_context(settings)
    wanted = Wanted(_chosen_types(type_names), event_bridge, redirect, dry_run)
    for account in accounts:
        for sentence in subscribe_account(context, account, wanted):
            click.echo(sentence)
    lacking = list(missing_grants(context.clients, context.queue, event_bridge=event_bridge is not None))
    _print_needs(context, event_bridge, sorted(_event_sources(context, accounts, event_bridge)))
    for sentence in lacking:
        click.secho(sentence, fg="red")
    if not lacking:
        click.echo(f"The real policy of queue {context.queue.name} has what Amazon needs.")
    arrived = dry_run or verify == 0 or arriving.verify(context, accounts, verify, click.echo)
    if lacking or not arrived:
        raise SystemExit(1)


def _chosen_types(names: str | None) -> Sequence[NotificationType] | None:
    from spapi_assets.ingest.notifications.types import TYPES, Transport, known

    if names is None:
        return None
    found = []
    for name in filter(None, names.replace(" ", "").split(",")):
        told = known(name)
        if told is None or told.transport not in (Transport.SQS, Transport.EVENT_BRIDGE):
            able = ", ".join(t.name for t in TYPES.values() if t.transport in (Transport.SQS, Transport.EVENT_BRIDGE))
            raise SettingsError(f"{name!r} is no notification type that can be subscribed to; there are {able}.")
        found.append(told)
    return found


def _event_sources(context: IngestContext, accounts: Sequence[Account], event_bridge: tuple[str, str] | None) -> set[str]:
    """The partner event sources that Amazon offers there, one an application and region; what it refuses was said before."""
    from spapi_assets.spapi.errors import SpApiError

    found = set()
    for account in accounts if event_bridge is not None else ():
        with suppress(SpApiError):
            destination = context.apis(account.name).notifications.find_destination("", event_bridge=event_bridge)
            if destination is not None and destination.event_source:
                found.add(destination.event_source)
    return found


def _print_needs(context: IngestContext, event_bridge: tuple[str, str] | None, sources: Sequence[str]) -> None:
    """The policies as JSON, to be compared or copied, and the commands for the event bus."""
    from spapi_assets.aws.delivery import event_rule, key_statement, queue_policy

    arn = context.queue.arn
    click.echo(f"\nPolicy of queue {context.queue.name}, written by `spapi setup`:")
    click.echo(json.dumps(queue_policy(arn, event_bridge=event_bridge is not None), indent=2))
    click.echo("\nStatement for the queue's KMS key, only if it has one of yours (queues made by `spapi setup` use SSE-SQS):")
    click.echo(json.dumps(key_statement(), indent=2))
    if event_bridge is not None:
        click.echo(
            "\nAmazon offers a partner event source in that account and region. Give it a bus and a rule to the queue, once:"
        )
        for source in sources or ("THE_EVENT_SOURCE",):  # in a dry run there is no destination yet, whose name it bears
            for command in event_rule(arn, source, event_bridge[1]):
                click.echo(f"  {command}")
    click.echo()


@click.command()
@click.argument("account_name", metavar="ACCOUNT")
@click.option("--dry-run", is_flag=True, help="Only say which application and accounts it is about.")
@explained
def rotate(account_name: str, dry_run: bool) -> None:
    """Have Amazon make the next client secret of ACCOUNT's application; it comes by the queue and is stored by itself."""
    from spapi_assets.ingest import secret_expiry
    from spapi_assets.ingest.context import build_context

    settings = load_settings()
    for sentence in secret_expiry.rotate(build_context(settings), settings.account(account_name), dry_run=dry_run):
        click.echo(sentence)
