"""Takes Amazon's messages from the queue into the ledger, then acknowledges them; what they announce is loaded by others.
Duplicates, strangers and malformed messages are told apart here; the queue itself is `aws/queue.py`."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field

from spapi_assets.aws.clients import AwsError
from spapi_assets.aws.ledger import LedgerError
from spapi_assets.aws.queue import (
    REPORT_PROCESSING_FINISHED,
    SECRET_EXPIRY,
    MalformedNotification,
    Message,
    NewSecret,
    Notification,
    ReportFinished,
    may_hold_secret,
    new_secret,
    parse,
    report_finished,
    secret_expiry,
)
from spapi_assets.aws.setup import MAX_RECEIVE_COUNT
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.outcomes import judge, record_outcome
from spapi_assets.ingest.rotation import store_new_secret
from spapi_assets.settings import Account
from spapi_assets.spapi.errors import SpApiError, Throttled

LAST_NOTIFICATION = "last_notification"  # the doctor tells when the queue was last heard
BATCH = 10
MOST = 2000  # messages per call: the next tick takes the rest
RELEASE_SECONDS = 60
SECRET_RELEASE_SECONDS = 600


@dataclass
class Taken:
    """What was taken from the queue. `problems` are sentences for people."""

    counts: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    @property
    def sentence(self) -> str:
        total = sum(self.counts.values())
        if not total:
            return "No message waits."
        return f"{total} messages: " + ", ".join(f"{n} {what}" for what, n in self.counts.most_common()) + "."


def take_notifications(ctx: IngestContext, deadline: float) -> Taken:
    """Empty the queue, within `deadline` (of `ctx.monotonic`). A message is deleted only after the ledger has its news."""
    taken = Taken()
    queue = ctx.queue
    if queue is None:
        return taken
    while ctx.monotonic() < deadline and sum(taken.counts.values()) < MOST:
        messages = queue.receive(BATCH)
        if not messages:
            break
        for message in messages:
            taken.counts[_take(ctx, message, taken)] += 1
    if taken.counts:
        ctx.ledger.set_mark(LAST_NOTIFICATION, ctx.now())
    return taken


def _take(ctx: IngestContext, message: Message, taken: Taken) -> str:
    """Handle one message; returns what became of it, in words for the tick."""
    queue = ctx.queue
    assert queue is not None
    try:
        notification = parse(message.body)
        if notification.secret:
            return _rotate(ctx, message, new_secret(notification), taken)
        if notification.type == SECRET_EXPIRY:
            return _warn_of_expiry(ctx, message, notification, taken)
        if notification.type != REPORT_PROCESSING_FINISHED:
            queue.delete(message)
            return f"ignored ({notification.type})"
        told = report_finished(notification)
    except MalformedNotification as error:
        if may_hold_secret(message.body):
            queue.delete(message)
            taken.problems.append(
                f"Message {message.message_id} was deleted, not put aside, because it may hold a client secret: {error} "
                "If a rotation was asked for, make a new secret in the developer console and run `spapi connect`."
            )
            return "deleted (client secret)"
        queue.dead_letter(message, str(error))
        taken.problems.append(f"Message {message.message_id} was put into {queue.dead_letter_name}: {error}")
        return "dead-lettered"
    accounts = _accounts(ctx, told)
    if not accounts:
        queue.delete(message)
        taken.problems.append(
            f"A finished report of selling partner {told.selling_partner_id} was announced, which is not in the accounts file: "
            "add the account or delete its subscription."
        )
        return "of unknown accounts"
    try:
        word = _record(ctx, accounts, told, taken)
    except (AwsError, LedgerError) as error:
        queue.release(message, RELEASE_SECONDS)
        taken.problems.append(f"Report {told.report_id} of {accounts[0].name}: {error}")
        return "given back (error)"
    queue.delete(message)
    return word


def _accounts(ctx: IngestContext, told: ReportFinished) -> list[Account]:
    """Accounts that may own the report; one seller id can hold authorizations in several regions."""
    return [a for a in ctx.settings.accounts if a.selling_partner_id in (told.selling_partner_id, told.account_id)]


def _record(ctx: IngestContext, accounts: list[Account], told: ReportFinished, taken: Taken) -> str:
    """Write the news into the ledger of the account it belongs to. Raises AwsError and LedgerError only."""
    word = "of reports nobody here asked for"
    for account in sorted(accounts, key=lambda a: ctx.ledger.by_report_id(a.name, told.report_id) is None):
        try:
            record = record_outcome(ctx, account.name, told, "notification")
        except SpApiError as error:
            # Only a report the ledger does not know costs a call: getReport, to see whether it can be adopted. That it cannot
            # be had now loses nothing, so the message need not come back until SQS calls it poison: the sweep lists DONE
            # reports of exactly the types that are adopted, every half hour, and reaches two days behind its last complete list.
            if not isinstance(error, Throttled):
                taken.problems.append(f"Report {told.report_id} of {account.name} is left to the sweep's list: {error}")
            word = "left to the sweep's list"
            continue
        if record is None:
            continue
        if record.unjudged:
            with suppress(SpApiError):  # the outcome is in the ledger; the sweep judges every report that lacks a verdict
                judge(ctx, record)
        return str(record.status)
    return word


def _rotate(ctx: IngestContext, message: Message, told: NewSecret, taken: Taken) -> str:
    """Store a new client secret and delete its message; it is never copied, and never left until SQS would put it aside."""
    queue = ctx.queue
    assert queue is not None
    try:
        taken.problems.append(store_new_secret(ctx, told))
    except (SpApiError, AwsError) as error:
        why = f"The new client secret of application {told.client_id} could not be stored. {error}"
        if message.received < MAX_RECEIVE_COUNT - 1:
            queue.release(message, SECRET_RELEASE_SECONDS)
            taken.problems.append(f"{why} It is tried again in {SECRET_RELEASE_SECONDS // 60} min; the old one still works.")
            return "given back (client secret)"
        queue.delete(message)
        taken.problems.append(
            f"{why} Its message was deleted, so that it does not end in {queue.dead_letter_name}. The old secret works for seven "
            "days after the rotation: make another one in the developer console and run `spapi connect` for each account."
        )
        return "deleted (client secret)"
    queue.delete(message)
    return "new client secret"


def _warn_of_expiry(ctx: IngestContext, message: Message, notification: Notification, taken: Taken) -> str:
    assert ctx.queue is not None
    client_id, ends = secret_expiry(notification)
    taken.problems.append(
        f"Amazon says that the client secret of application {client_id} ends at {ends}: rotate it in the developer console."
    )
    ctx.queue.delete(message)
    return "warning of a client secret's end"
