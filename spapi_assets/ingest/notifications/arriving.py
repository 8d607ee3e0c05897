"""Does a message arrive? One of our own goes through the queue, and in Amazon's sandbox one of Amazon's, until they are taken.
They are taken as any other message is: by the sensor if it runs, else here."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from spapi_assets.aws.heard import counted
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.notifications.take import SELF_TEST_MARK, take_notifications
from spapi_assets.ingest.notifications.types import REPORT_FINISHED, SELF_TEST, TYPES
from spapi_assets.settings import Account
from spapi_assets.spapi.marketplaces import REGIONS

_ROUND = 2.0  # seconds that one look at the queue may take
_PAUSE = 0.5


def verify(ctx: IngestContext, accounts: Sequence[Account], seconds: float, tell: Callable[[str], Any]) -> bool:
    """Send a self-test and wait until it is taken, at most `seconds`; in the sandbox, then a test notification of Amazon's, too.

    Production has no such call: there the first real message is the proof, and the doctor says when the queue was last heard.
    """
    nonce = uuid.uuid4().hex
    message_id = ctx.queue.send(json.dumps({"notificationType": SELF_TEST, "payload": {"nonce": nonce}}))
    tell(f"A self-test (message {message_id}) is on its way through {ctx.queue.name}.")
    if not _wait(ctx, seconds, tell, lambda: ctx.ledger.mark(SELF_TEST_MARK + nonce) is not None):
        tell(
            f"It was not taken within {seconds:.0f} s. Many messages may wait before it (`spapi doctor` counts them): let the "
            "sensor work, then verify once more. Else allow this process sqs:ReceiveMessage and sqs:DeleteMessage."
        )
        return False
    tell("The self-test was taken: what lies in the queue is received, handled and acknowledged.")
    sandboxed = [a for a in accounts if "sandbox" in (ctx.settings.spapi_endpoint_url or REGIONS[a.region].endpoint)]
    arrived = [_from_amazon(ctx, account, seconds, tell) for account in sandboxed]  # each is asked, whatever the others say
    return all(arrived)


def _from_amazon(ctx: IngestContext, account: Account, seconds: float, tell: Callable[[str], Any]) -> bool:
    api = ctx.apis(account.name).notifications
    subscription = api.subscription(REPORT_FINISHED)
    if subscription is None:
        tell(f"{account.name}: not subscribed to {REPORT_FINISHED}, so Amazon is not asked for a test notification.")
        return False
    began = ctx.now()
    api.send_test(REPORT_FINISHED, subscription.destination_id, TYPES[REPORT_FINISHED].versions[0])
    tell(f"{account.name}: Amazon was asked for a test notification.")
    arrived = _wait(ctx, seconds, tell, lambda: _heard_since(ctx, began))
    tell(f"{account.name}: Amazon's test notification {'arrived' if arrived else f'did not arrive within {seconds:.0f} s'}.")
    return arrived


def _heard_since(ctx: IngestContext, began: datetime) -> bool:
    return any(h.type == REPORT_FINISHED and h.last >= began for h in counted(ctx.ledger.table))


def _wait(ctx: IngestContext, seconds: float, tell: Callable[[str], Any], arrived: Callable[[], bool]) -> bool:
    deadline, others = ctx.monotonic() + seconds, 0
    while True:
        if arrived():
            return True
        if ctx.monotonic() >= deadline:
            return False
        taken = take_notifications(ctx, min(deadline, ctx.monotonic() + _ROUND))
        others += sum(taken.counts.values()) - taken.counts["self-test"]
        for sentence in taken.problems:
            tell(sentence)
        if not taken.counts:
            tell(f"Nothing yet; {deadline - ctx.monotonic():.0f} s are left. {others} other messages were taken meanwhile.")
            ctx.sleep(_PAUSE)
