"""What the commands share: options for reports, accounts and days, the context, and errors as sentences.
Nothing here prints a result; the tables are `tables.py`."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, TypeVar

import click

from spapi_assets.datasets.loader import Registry
from spapi_assets.datasets.model import Source
from spapi_assets.settings import Account, Settings, SettingsError

if TYPE_CHECKING:
    from rich.console import Console

Command = TypeVar("Command", bound=Callable[..., Any])


class Day(click.ParamType):
    """A day as 2026-03-01."""

    name = "YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is not a day; write it as 2026-03-01.", param, ctx)


report_option = click.option(
    "--report", "report_names", multiple=True, metavar="NAME", help="Only this report or API; repeatable"
)
account_option = click.option("--account", "account_names", multiple=True, metavar="NAME", help="Only this account; repeatable.")
json_option = click.option("--json", "as_json", is_flag=True, help="Machine-readable JSON on stdout.")


def explained(command: Command) -> Command:
    """Errors of the AWS side, the lake and the ledger become one sentence and exit code 1; a traceback stays for bugs."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        from botocore.exceptions import BotoCoreError, ClientError

        from spapi_assets.aws.clients import AwsError
        from spapi_assets.aws.ledger import LedgerError
        from spapi_assets.lake.store import LakeError

        try:
            return command(*args, **kwargs)
        except ClientError as error:
            said = error.response.get("Error", {})
            raise click.ClickException(
                f"AWS refused {error.operation_name}: {said.get('Code', 'unknown')}. {said.get('Message', '')} "
                "Run `spapi doctor` to see what is missing."
            ) from error
        except BotoCoreError as error:
            raise click.ClickException(
                f"AWS cannot be used: {error} Check AWS_REGION, AWS_ENDPOINT_URL, credentials and network."
            ) from error
        except (AwsError, LedgerError, LakeError) as error:
            raise click.ClickException(str(error)) from error

    return run  # type: ignore[return-value]


def chosen_sources(registry: Registry, names: Sequence[str]) -> list[Source]:
    """The named reports and APIs, or all. An unknown name is an error that lists the known ones."""
    for name in names:
        if name not in registry.sources:
            hint = f" ({name} is a dataset of {registry.source_of(name).name})" if name in registry.datasets else ""
            raise SettingsError(f"There is no report or API {name!r}{hint}; known are: {', '.join(registry.sources)}.")
    return [registry.sources[name] for name in dict.fromkeys(names)] if names else list(registry.sources.values())


def chosen_accounts(settings: Settings, names: Sequence[str]) -> list[Account]:
    """The named accounts, or all."""
    return [settings.account(name) for name in dict.fromkeys(names)] if names else list(settings.accounts)


def console() -> Console:
    """A console that colours a terminal and writes plain lines, unwrapped, into a pipe."""
    from rich.console import Console

    terminal = sys.stdout.isatty()
    return Console(file=sys.stdout, soft_wrap=not terminal, highlight=False, width=None if terminal else 160)


def print_json(value: Any) -> None:
    click.echo(json.dumps(value, indent=2, default=str, ensure_ascii=False))
