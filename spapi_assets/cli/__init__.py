"""`spapi`: everything a person does beside the Dagster UI. This module only names the commands; each lives in its own.
Errors that carry a sentence for the operator are printed as that sentence, not as a traceback."""

from __future__ import annotations

import importlib
import sys

import click

# Loaded only when called, so that `spapi --help` is quick and one command never pays for another's imports.
_COMMANDS = {
    "demo": "spapi_assets.cli.local",
    "simulator": "spapi_assets.cli.local",
    "setup": "spapi_assets.cli.accounts",
    "connect": "spapi_assets.cli.accounts",
    "subscribe": "spapi_assets.cli.subscriptions",
    "rotate": "spapi_assets.cli.subscriptions",
    "doctor": "spapi_assets.cli.doctor",
    "plan": "spapi_assets.cli.planning",
    "coverage": "spapi_assets.cli.planning",
    "replay": "spapi_assets.cli.replay",
    "identifiers": "spapi_assets.cli.identifiers",
    "docs": "spapi_assets.cli.docs",
}


class _Lazy(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        module = _COMMANDS.get(name)
        return getattr(importlib.import_module(module), name) if module else None


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Amazon Selling Partner API as Dagster assets."""


def main() -> None:
    """Entry point of the `spapi` command."""
    from spapi_assets.aws.clients import AwsError
    from spapi_assets.datasets.loader import RegistryError
    from spapi_assets.demo.processes import DemoError
    from spapi_assets.settings import SettingsError
    from spapi_assets.spapi.errors import SpApiError

    try:
        cli(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (SpApiError, SettingsError, RegistryError, DemoError, AwsError) as error:
        click.secho(str(error), fg="red", err=True)
        sys.exit(1)
