"""Takes over a client secret that Amazon made: proved at Login with Amazon, then stored for every account of the application.
The message comes from `notifications/client_secrets.py`; a secret's value is in no sentence, log or archive."""

from __future__ import annotations

from dataclasses import replace

from spapi_assets.aws.clients import AwsError
from spapi_assets.aws.heard import secret_ends
from spapi_assets.aws.secrets import read_credentials, write_credentials
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.notifications.facts import NewSecret
from spapi_assets.settings import Account
from spapi_assets.spapi.auth import NOTIFICATIONS_SCOPE, InMemoryTokenCache, LwaClient, LwaCredentials
from spapi_assets.spapi.errors import ConfigurationError


def store_new_secret(ctx: IngestContext, told: NewSecret) -> str:
    """Store the secret for every account whose credentials have its client id; says in a sentence what was done.

    Repeatable, and in any order: a message of a secret that ends before the one known here, come late or once more, replaces
    nothing. Amazon keeps the old secret working for seven days (SP-API documentation, "Rotate credentials"), so a process that
    still holds it fails at nothing. Raises AwsError or SpApiError when it could not be done now: the old one stays.
    """
    newest = next((e.ends for e in secret_ends(ctx.ledger.table) if e.client_id == told.client_id), None)
    if told.ends is not None and newest is not None and told.ends < newest:
        return f"A client secret of application {told.client_id} came that is older than the one stored; it was deleted."
    matching: list[tuple[Account, LwaCredentials]] = []
    unread: list[AwsError] = []
    for account in ctx.settings.accounts:
        try:
            found = read_credentials(ctx.clients, account.secret)
        except ConfigurationError:
            continue  # no usable credentials: nothing that could belong to the application
        except AwsError as error:
            unread.append(error)
            continue
        if found.client_id == told.client_id:
            matching.append((account, found))
    stale = [(account, found) for account, found in matching if found.client_secret != told.secret]
    if stale:
        _prove(ctx, stale[0][0], replace(stale[0][1], client_secret=told.secret))
    for secret, found in {account.secret: found for account, found in stale}.items():
        write_credentials(ctx.clients, secret, replace(found, client_secret=told.secret))
    if unread:
        raise unread[0]
    if not matching:
        return f"Amazon sent a new client secret of application {told.client_id}, which no account here uses; it was deleted."
    names = ", ".join(account.name for account, _ in matching)
    if not stale:
        return f"The new client secret of application {told.client_id} was stored before for {names}."
    return f"The new client secret of application {told.client_id} is stored for {names}; the old one works seven days more."


def _prove(ctx: IngestContext, account: Account, credentials: LwaCredentials) -> None:
    """Login with Amazon must accept the secret before it replaces one that works. Needs no selling partner's authorization."""
    LwaClient(account.name, lambda: credentials, InMemoryTokenCache(), ctx.settings.lwa_endpoint_url).access_token(
        NOTIFICATIONS_SCOPE
    )
