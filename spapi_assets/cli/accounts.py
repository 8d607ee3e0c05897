"""`spapi setup` and `spapi connect`: the AWS side once, then one selling partner after the other.
Secrets are read from files, stdin, the environment or a hidden prompt, never from an argument; none is ever printed."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from spapi_assets.cli.common import explained
from spapi_assets.settings import Account, SettingsError, load_settings
from spapi_assets.spapi.auth import LwaCredentials
from spapi_assets.spapi.errors import ConfigurationError

_FILE = click.Path(exists=True, dir_okay=False, allow_dash=True)


@click.command()
@click.option("--dry-run", is_flag=True, help="Only say what would be made.")
@explained
def setup(dry_run: bool) -> None:
    """Create what the AWS account needs: DynamoDB tables, SQS queues and their policy, Glue database, S3 bucket."""
    from spapi_assets.ingest.context import build_context
    from spapi_assets.ingest.onboarding import set_up, what_set_up_would_make

    context = build_context(load_settings())
    for sentence in what_set_up_would_make(context) if dry_run else set_up(context):
        click.echo(sentence)
    if not dry_run:
        click.echo("Next: `spapi connect ACCOUNT` for each account, then `spapi doctor`.")


@click.command()
@click.argument("account_name", metavar="ACCOUNT")
@click.option("--client-id", envvar="LWA_CLIENT_ID", show_envvar=True, help="The application's client id; it is no secret.")
@click.option("--client-secret-file", type=_FILE, help="File with the client secret; - is stdin. Or LWA_CLIENT_SECRET.")
@click.option("--refresh-token-file", type=_FILE, help="File with the refresh token; - is stdin. Or LWA_REFRESH_TOKEN.")
@click.option("--redirect", is_flag=True, help="Replace a subscription that delivers to another queue.")
@explained
def connect(
    account_name: str, client_id: str | None, client_secret_file: str | None, refresh_token_file: str | None, redirect: bool
) -> None:
    """Connect a selling partner: prove and store its credentials, compare marketplaces, subscribe to finished reports.

    Without credentials those in Secrets Manager are used; what is missing is asked for. Safe to repeat.
    """
    from spapi_assets.ingest import onboarding
    from spapi_assets.ingest.context import build_context

    if client_secret_file == refresh_token_file == "-":
        raise click.UsageError("Only one of the two can come from stdin; put the other into a file.")
    settings = load_settings()
    account = settings.account(account_name)
    context = build_context(settings)
    assert context.clients is not None
    given = {
        "client_id": client_id or None,
        "client_secret": _secret(client_secret_file, "LWA_CLIENT_SECRET"),
        "refresh_token": _secret(refresh_token_file, "LWA_REFRESH_TOKEN"),
    }
    stored = _stored(context.clients, account)
    credentials = None
    if any(given.values()) or any(value is None for value in stored.values()):
        values = {name: given[name] or stored[name] or _ask(name, account) for name in given}
        credentials = LwaCredentials(str(values["client_id"]), str(values["client_secret"]), values["refresh_token"])
    for sentence in onboarding.connect(context, account, credentials, redirect=redirect):
        click.echo(sentence)


def _secret(file: str | None, variable: str) -> str | None:
    if file is None:
        return (os.environ.get(variable) or "").strip() or None
    text = (sys.stdin.read() if file == "-" else Path(file).read_text("utf-8")).strip()
    if not text:
        raise SettingsError(f"{'Stdin' if file == '-' else file} is empty; it should hold the value that goes into the secret.")
    return text


def _stored(clients: object, account: Account) -> dict[str, str | None]:
    """What Secrets Manager has already; nothing when the secret is missing or damaged, which is what connecting mends."""
    from spapi_assets.aws.secrets import read_credentials

    try:
        found = read_credentials(clients, account.secret)  # type: ignore[arg-type]
    except ConfigurationError:
        return {"client_id": None, "client_secret": None, "refresh_token": None}
    return {"client_id": found.client_id, "client_secret": found.client_secret, "refresh_token": found.refresh_token}


def _ask(name: str, account: Account) -> str:
    words = name.replace("_", " ")
    if not sys.stdin.isatty():
        option = f"--{name.replace('_', '-')}" + ("" if name == "client_id" else "-file FILE")
        raise SettingsError(
            f"The {words} of account {account.name} is not known: secret {account.secret} lacks it. "
            f"Give {option} or LWA_{name.upper()}, or run this in a terminal to be asked for it."
        )
    return str(click.prompt(f"{words} of {account.name}", hide_input=name != "client_id")).strip()
