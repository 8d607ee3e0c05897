"""Takes Amazon's messages from the queue into the ledger, then acknowledges them; what they announce is loaded by others.
Duplicates, strangers and malformed messages are told apart here; the queue itself is `aws/queue.py`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from spapi_assets.aws.queue import (
    REPORT_PROCESSING_FINISHED,
    MalformedNotification,
    Message,
    ReportFinished,
    parse,
    report_finished,
)
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.outcomes import judge, record_outcome
from spapi_assets.settings import Account
from spapi_assets.spapi.errors import SpApiError, Throttled

LAST_NOTIFICATION = "last_notification"  # the doctor tells when the queue was last heard
BATCH = 10
MOST = 2000  # messages per call: the next tick takes the rest
RELEASE_SECONDS = 60


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
            # It carries a client secret in clear text: it is neither copied nor logged, and stays for the rotation.
            queue.release(message, RELEASE_SECONDS * 10)
            return "left (client secret)"
        if notification.type != REPORT_PROCESSING_FINISHED:
            queue.delete(message)
            return f"ignored ({notification.type})"
        told = report_finished(notification)
    except MalformedNotification as error:
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
        word = _record(ctx, accounts, told)
    except Throttled:
        queue.release(message, RELEASE_SECONDS)
        return "given back (quota spent)"
    except SpApiError as error:
        queue.release(message, RELEASE_SECONDS)
        taken.problems.append(f"Report {told.report_id} of {accounts[0].name}: {error}")
        return "given back (error)"
    queue.delete(message)
    return word


def _accounts(ctx: IngestContext, told: ReportFinished) -> list[Account]:
    """Accounts that may own the report; one seller id can hold authorizations in several regions."""
    return [a for a in ctx.settings.accounts if a.selling_partner_id in (told.selling_partner_id, told.account_id)]


def _record(ctx: IngestContext, accounts: list[Account], told: ReportFinished) -> str:
    ordered = sorted(accounts, key=lambda a: ctx.ledger.by_report_id(a.name, told.report_id) is None)
    for account in ordered:
        record = record_outcome(ctx, account.name, told, "notification")
        if record is None:
            continue
        if record.unjudged:
            judge(ctx, record)
        return str(record.status)
    return "of reports nobody here asked for"
