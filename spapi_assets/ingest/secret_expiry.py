"""When the applications' client secrets end: what Amazon has said of it, held against today, and how to have the next one made.
Amazon's word comes by `notifications/client_secrets.py`; the secrets themselves are `rotation.py`'s."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from spapi_assets.aws.heard import SecretEnd, secret_ends
from spapi_assets.aws.secrets import read_credentials
from spapi_assets.ingest.context import IngestContext
from spapi_assets.settings import Account
from spapi_assets.spapi.applications import rotate_client_secret
from spapi_assets.spapi.errors import ConfigurationError, MissingRole

NOTICE = timedelta(days=30)


@dataclass(frozen=True)
class SecretFinding:
    """One application whose secret's end is known. `passed`: it lies more than 30 days ahead."""

    application: str
    accounts: tuple[str, ...]
    ends: datetime
    passed: bool
    sentence: str


def secret_expiry_findings(ctx: IngestContext, now: datetime) -> list[SecretFinding]:
    """One finding an application, the soonest end first; none for those of which Amazon has said nothing yet.

    Applications no account uses are left out: their secrets are others' to look after. Raises AwsError.
    """
    used = _used(ctx)
    found = [_finding(end, tuple(used[end.client_id]), now) for end in secret_ends(ctx.ledger.table) if end.client_id in used]
    return sorted(found, key=lambda f: (f.ends, f.application))


def _used(ctx: IngestContext) -> dict[str, list[str]]:
    """Accounts by application. Credentials that cannot be read are the doctor's to report."""
    found: dict[str, list[str]] = {}
    for account in ctx.settings.accounts:
        try:
            client_id = read_credentials(ctx.clients, account.secret).client_id
        except ConfigurationError:
            continue
        found.setdefault(client_id, []).append(account.name)
    return found


def _finding(end: SecretEnd, accounts: tuple[str, ...], now: datetime) -> SecretFinding:
    passed, days = end.ends - now > NOTICE, (end.ends - now).days
    when = f"{end.ends:%Y-%m-%d %H:%M} UTC"
    about = f"The client secret of application {end.client_id} ({', '.join(accounts)})"
    if end.ends <= now:
        sentence = (
            f"{about} ended at {when}: every call is refused. Make a new one in the developer console, then `spapi connect "
            f"{accounts[0]} --client-secret-file FILE` for each account."
        )
    elif passed:
        sentence = f"{about} is good until {when}, {days} days more."
    else:
        sentence = (
            f"{about} ends at {when}, in {days} days: run `spapi rotate {accounts[0]}`; the new one comes by the queue and is "
            "stored by itself. Or make one in the developer console and `spapi connect` each account with it."
        )
    return SecretFinding(end.client_id, accounts, end.ends, passed, sentence)


def rotate(ctx: IngestContext, account: Account, *, dry_run: bool = False) -> Iterator[str]:
    """Have Amazon make the next client secret of the account's application; it comes by the queue. One sentence a step.

    Raises ConfigurationError with what to do when the application has no queue, or may not do this by itself.
    """
    apis = ctx.apis(account.name)
    client_id = apis.lwa.credentials().client_id
    accounts = _used(ctx).get(client_id, [account.name])
    ends = next((e.ends for e in secret_ends(ctx.ledger.table) if e.client_id == client_id), None)
    known = f"ends at {ends:%Y-%m-%d %H:%M} UTC" if ends else "ends at a time Amazon has not told us"
    yield f"Application {client_id} is used by {', '.join(accounts)}; its client secret {known}."
    if dry_run:
        yield "Amazon would be asked for a new client secret, and would send it to the application's queue. Nothing was changed."
        return
    try:
        rotate_client_secret(apis.session)
    except (ConfigurationError, MissingRole) as error:
        raise ConfigurationError(
            f"Amazon makes no new client secret for application {client_id}: {error} Register {ctx.queue.name} as the queue "
            "of its credential notifications in the developer console (Notification preferences), or make a secret there and run "
            f"`spapi connect {account.name} --client-secret-file FILE`.",
            account=account.name,
            operation="rotateApplicationClientSecret",
        ) from error
    yield (
        "Amazon is making it. It comes by the application's queue; the sensor proves it, stores it for these accounts and "
        "deletes the message. The old one works seven days more; `spapi doctor` says when the new one ends."
    )
