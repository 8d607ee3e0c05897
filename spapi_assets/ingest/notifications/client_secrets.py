"""Messages about client secrets: a new one is stored and its message deleted, the end of an old one is remembered.
Such a message is never copied, logged or left until SQS would put it aside; storing is `ingest/rotation.py`."""

from __future__ import annotations

from spapi_assets.aws.clients import AwsError
from spapi_assets.aws.heard import SecretEnd, remember_secret_end
from spapi_assets.aws.queue import Message
from spapi_assets.aws.setup import MAX_RECEIVE_COUNT
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.notifications.facts import NewSecret, SecretExpiry
from spapi_assets.ingest.notifications.taken import Taken
from spapi_assets.ingest.rotation import store_new_secret
from spapi_assets.spapi.errors import SpApiError

RELEASE_SECONDS = 600
RELEASE_ON_ERROR_SECONDS = 60


def take_new_secret(ctx: IngestContext, message: Message, told: NewSecret, taken: Taken) -> str:
    """Store it, remember its end, delete its message; returns what became of it, in words for the tick."""
    try:
        taken.complain(store_new_secret(ctx, told))
        if told.ends is not None:
            remember_secret_end(ctx.ledger.table, SecretEnd(told.client_id, told.ends, told.told or message.sent_at or ctx.now()))
    except Exception as error:  # a fault of ours, too: after five receipts SQS would put the secret among the dead letters
        reason = error if isinstance(error, SpApiError | AwsError) else f"This platform failed at it ({type(error).__name__})."
        why = f"The new client secret of application {told.client_id} could not be stored. {reason}"
        if message.received < MAX_RECEIVE_COUNT - 1:
            ctx.queue.release(message, RELEASE_SECONDS)
            taken.complain(f"{why} It is tried again in {RELEASE_SECONDS // 60} min; the old one still works.")
            return "given back (client secret)"
        ctx.queue.delete(message)
        taken.complain(
            f"{why} Its message was deleted, so that it does not end in {ctx.queue.dead_letter_name}. The old secret works for "
            "seven days after the rotation: make another one in the developer console and run `spapi connect` for each account."
        )
        return "deleted (client secret)"
    ctx.queue.delete(message)
    return "new client secret"


def take_expiry(ctx: IngestContext, message: Message, told: SecretExpiry, taken: Taken) -> str:
    """Remember when the secret ends, and say so. The check `client_secrets` fails 30 days ahead, however late a person looks."""
    if told.ends is None:
        taken.complain(
            f"Amazon says that the client secret of application {told.client_id} ends, but not when: run `spapi rotate` soon."
        )
    else:
        try:
            remember_secret_end(ctx.ledger.table, SecretEnd(told.client_id, told.ends, told.told or message.sent_at or ctx.now()))
        except AwsError as error:
            ctx.queue.release(message, RELEASE_ON_ERROR_SECONDS)
            taken.complain(f"The end of the client secret of application {told.client_id} could not be remembered: {error}")
            return "given back (error)"
        taken.complain(
            f"Amazon says that the client secret of application {told.client_id} ends at {told.ends:%Y-%m-%d %H:%M} UTC: rotate "
            "it with `spapi rotate`, or in the developer console."
        )
    ctx.queue.delete(message)
    return "warning of a client secret's end"


def delete_unread(ctx: IngestContext, message: Message, why: str, taken: Taken) -> str:
    """A message nobody understands that may hold a secret: gone, without a copy."""
    ctx.queue.delete(message)
    taken.complain(
        f"Message {message.message_id} was deleted, not put aside, because it may hold a client secret: {why} "
        "If a rotation was asked for, make a new secret in the developer console and run `spapi connect`."
    )
    return "deleted (client secret)"
