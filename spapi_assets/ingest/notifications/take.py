"""The loop over Amazon's queue: gather, handle in order of urgency, keep, acknowledge, until the queue or the time is at its end.
What one message asks for is `route.py`; it is deleted only after its news is in the ledger, the lake or Secrets Manager."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from spapi_assets.aws.clients import AwsError
from spapi_assets.aws.heard import count, subscriptions
from spapi_assets.aws.ledger import LedgerError
from spapi_assets.aws.queue import Message, NotificationQueue
from spapi_assets.aws.setup import MAX_RECEIVE_COUNT
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.notifications import client_secrets, queries, reports
from spapi_assets.ingest.notifications.envelope import MalformedNotification, Notification, parse
from spapi_assets.ingest.notifications.gather import Hands
from spapi_assets.ingest.notifications.keeping import shelve, spool
from spapi_assets.ingest.notifications.marks import Marking
from spapi_assets.ingest.notifications.route import Plan, Router
from spapi_assets.ingest.notifications.secrecy import holds_secret, may_hold_secret
from spapi_assets.ingest.notifications.taken import Taken
from spapi_assets.ingest.notifications.types import Urgency
from spapi_assets.ingest.notifications.whose import Directory

LAST_NOTIFICATION = "last_notification"  # the doctor tells when the queue was last heard
SELF_TEST_MARK = "self_test#"  # and a self-test's nonce
THREADS = 8
FIRST_GATHER = 500  # messages, while nothing is known of this tick's pace
GATHER = 2000
RELEASE_SECONDS = 60  # after an error; four times as long each time, for the fifth receipt would be the last


@dataclass
class _Round:
    """The messages of one gather, each in exactly one place until it is done."""

    todo: dict[Urgency, list[tuple[Message, Notification, Plan]]] = field(default_factory=lambda: defaultdict(list))
    words: dict[str, str] = field(default_factory=dict)  # what became of finished reports and queries, by message id
    done: list[Message] = field(default_factory=list)
    back: list[Message] = field(default_factory=list)  # not handled: visible again at once
    later: list[Message] = field(default_factory=list)  # an error: visible again after a while


def take_notifications(ctx: IngestContext, deadline: float, *, threads: int = THREADS) -> Taken:
    """Handle what waits in the queue until `deadline` (of `ctx.monotonic`). One thread: in a fixed order.

    Killed at any moment nothing is lost: messages that were not deleted come back, and doing again what they ask for changes
    nothing. Raises AwsError when the queue cannot be read.
    """
    return _Take(ctx, deadline, threads).run()


class _Take:
    def __init__(self, ctx: IngestContext, deadline: float, threads: int) -> None:
        self.ctx, self.deadline = ctx, deadline
        self.queue: NotificationQueue = ctx.queue
        self.taken, self.marking = Taken(), Marking(ctx)
        self.hands = Hands(threads)

    def run(self) -> Taken:
        size, clock = FIRST_GATHER, self.ctx.monotonic
        # Before anything is received: a table that cannot be read must not wear out what waits, a client secret among it.
        directory = Directory(self.ctx.settings.accounts, subscriptions(self.ctx.ledger.table))
        self._router = Router(self.ctx.settings, self.ctx.registry.apis, directory)
        with self.hands:
            while (left := self.deadline - clock()) > 0 and size > 0:
                began = clock()
                messages = self.hands.gather(self.queue, size, clock, began + left / 4)
                if not messages:
                    break
                if not self._handle(messages):
                    break  # the lake or a table is out of order: what waits had better not be received in vain
                size = self._next_size(len(messages), clock() - began)
        if self.taken.counts:
            try:
                count(self.ctx.ledger.table, self.taken.heard, self.ctx.now())
                self.ctx.ledger.set_mark(LAST_NOTIFICATION, self.ctx.now())
            except AwsError as error:  # the messages are handled all the same
                self.taken.complain(f"The messages of this tick could not be counted: {error}")
        return self.taken

    def _next_size(self, messages: int, seconds: float) -> int:
        """As many as the time left is good for, at this round's pace, with some to spare: what is gathered should be finished.

        A message given back unhandled counts as received; after five times SQS would take it for poison.
        """
        left = self.deadline - self.ctx.monotonic()
        possible = int(0.6 * left * messages / seconds) if seconds > 0 else GATHER
        return max(0, min(GATHER, possible))

    # --- one gather -------------------------------------------------------------------------------------------------------
    def _handle(self, messages: Sequence[Message]) -> bool:
        """False: nothing could be done but giving all of it back after an error."""
        round_ = self._sorted(messages)
        for urgency, handle in ((Urgency.SECRET, self._secret), (Urgency.FINISHED, self._finished)):
            for message, notification, plan in round_.todo.pop(urgency, ()):
                if self.ctx.monotonic() >= self.deadline and urgency is not Urgency.SECRET:
                    round_.back.append(message)
                    continue
                try:
                    handle(round_, message, notification, plan)
                except Exception as error:  # one message we fail at must not hold up, and at last bury, 2000 others
                    self.taken.complain(f"Message {message.message_id} ({plan.type}) comes back: {_fault(error)}")
                    round_.later.append(message)
                    self._told(1, "given back (error)")
        rest = [entry for urgency in sorted(round_.todo) for entry in round_.todo[urgency]]
        if self.ctx.monotonic() >= self.deadline:  # what is recorded is finished all the same, lest it never gets done
            round_.back += [message for message, _, _ in rest if message.message_id not in round_.words]
            rest = [entry for entry in rest if entry[0].message_id in round_.words]
        self._keep(round_, self._mark(round_, rest))
        self.hands.each(self.queue.delete_batch, round_.done)
        self.hands.each(self.queue.release_batch, round_.back)
        for received in {message.received for message in round_.later}:
            seconds = RELEASE_SECONDS * 4 ** (min(received, MAX_RECEIVE_COUNT) - 1)
            some = [message for message in round_.later if message.received == received]
            self.hands.each(partial(self.queue.release_batch, seconds=seconds), some)
        self._told(len(round_.back), "given back (out of time)")
        return len(round_.later) < len(messages)

    def _sorted(self, messages: Sequence[Message]) -> _Round:
        """Understand each message once; a second copy goes with the first."""
        round_, seen = _Round(), set()
        for message in messages:
            try:
                notification = parse(message.body)
                plan = self._router.route(notification)
            except MalformedNotification as error:
                self._put_aside(message, str(error))
                continue
            except Exception as error:  # as above
                self._put_aside(message, f"This platform failed at it, which is a fault to report ({type(error).__name__}).")
                continue
            if plan.urgency is not Urgency.SECRET and self._secretive(message, plan):
                continue
            copy = (plan.type, notification.notification_id, message.body)
            if notification.notification_id is not None and copy in seen and plan.urgency > Urgency.SECRET:
                round_.done.append(message)
                self._told(1, "copies")
                continue
            seen.add(copy)
            round_.todo[plan.urgency].append((message, notification, plan))
        for entries in round_.todo.values():  # what SQS has given us often goes first, then what happened first
            entries.sort(key=lambda e: (-e[0].received, e[1].event_time or datetime.max.replace(tzinfo=UTC)))
        return round_

    def _secretive(self, message: Message, plan: Plan) -> bool:
        """A secret in a message of another type lands nowhere, whatever else it says."""
        unknown = plan.urgency is Urgency.OTHER
        if not (may_hold_secret(message.body) if unknown else holds_secret(message.body)):
            return False
        self._put_aside(message, f"it is of the type {plan.type}.", secret=True)
        self.taken.heard[plan.type, "deleted" if unknown else None] += 1
        return True

    def _put_aside(self, message: Message, why: str, *, secret: bool = False) -> None:
        """To the dead letters with the reason; what may hold a secret is deleted instead."""
        try:
            if secret or may_hold_secret(message.body):
                self._told(1, client_secrets.delete_unread(self.ctx, message, why, self.taken))
                return
            self.queue.dead_letter(message, why)
        except AwsError as error:
            self.taken.complain(str(error))
            self._told(1, "given back (error)")
            return
        self.taken.complain(f"Message {message.message_id} was put into {self.queue.dead_letter_name}: {why}")
        self._told(1, "dead-lettered")

    # --- one class of urgency after the other -----------------------------------------------------------------------------
    def _secret(self, round_: _Round, message: Message, notification: Notification, plan: Plan) -> None:
        if plan.secret is not None:
            self._told(1, client_secrets.take_new_secret(self.ctx, message, plan.secret, self.taken))
        elif plan.expiry is not None:
            self._told(1, client_secrets.take_expiry(self.ctx, message, plan.expiry, self.taken))
        else:
            self.ctx.ledger.set_mark(SELF_TEST_MARK + (plan.nonce or ""), self.ctx.now())
            round_.done.append(message)
            self._told(1, "self-test")
        self.taken.heard[plan.type, None] += 1

    def _finished(self, round_: _Round, message: Message, notification: Notification, plan: Plan) -> None:
        """The outcome first, for somebody waits for it; then the message is kept with the others."""
        word = None
        try:
            if plan.report is not None:
                word = reports.record(self.ctx, plan.accounts, plan.report, self.taken)
            elif plan.query is not None:
                word = queries.record(self.ctx, plan.accounts, plan.query)
        except (AwsError, LedgerError) as error:
            what = f"Report {plan.report.report_id}" if plan.report else f"Query {plan.query.query_id if plan.query else ''}"
            self.taken.complain(f"{what} of {plan.accounts[0].name}: {error}")
            round_.later.append(message)
            self._told(1, "given back (error)")
            return
        if word is not None:
            round_.words[message.message_id] = word
        round_.todo[Urgency.OTHER].append((message, notification, plan))

    def _mark(
        self, round_: _Round, entries: list[tuple[Message, Notification, Plan]]
    ) -> list[tuple[Message, Notification, Plan]]:
        """Mark what changed; returns the messages that are still to be kept."""
        changes = [(mark, plan.type, told.event_time) for _, told, plan in entries for mark in plan.marks]
        try:
            self.taken.marks += self.marking.ask(changes)
        except AwsError as error:
            self.taken.complain(f"What changed could not be marked for reading again: {error}")
            failed = [entry for entry in entries if entry[2].marks]
            round_.later += [message for message, _, _ in failed]
            self._told(len(failed), "given back (error)")
            return [entry for entry in entries if not entry[2].marks]
        return entries

    def _keep(self, round_: _Round, entries: list[tuple[Message, Notification, Plan]]) -> None:
        """Spool what becomes rows and shelve the rest, before anything is deleted."""
        try:
            now = self.ctx.now()
            self.taken.batches += len(spool(self.ctx.lake, ((row, m) for m, _, plan in entries for row in plan.rows), now))
            shelve(self.ctx.lake, ((plan.shelf, m) for m, _, plan in entries if plan.shelf), now)
        except OSError as error:
            self.taken.complain(f"{len(entries)} messages could not be kept in {self.ctx.lake.root_uri} and come back: {error}")
            round_.later += [message for message, _, _ in entries]
            self._told(len(entries), "given back (error)")
            return
        for message, _, plan in entries:
            round_.done.append(message)
            shelf = plan.shelf.name if plan.shelf else None
            self.taken.heard[plan.type, shelf] += 1
            word = {"unknown": f"of the unknown type {plan.type}", "strangers": "of unknown accounts"}.get(shelf or "", plan.type)
            self._told(1, round_.words.get(message.message_id, word))
            if plan.said:
                self.taken.complain(plan.said)

    # --- small things -----------------------------------------------------------------------------------------------------
    def _told(self, number: int, word: str) -> None:
        if number:
            self.taken.counts[word] += number


def _fault(error: Exception) -> str:
    """Our own sentence; of a fault its kind only, because its text may quote the message."""
    return (
        str(error) if isinstance(error, AwsError) else f"this platform failed at it, a fault to report ({type(error).__name__})."
    )
