"""`spapi doctor`: is everything there that ingestion needs? Each line passes or fails, with the fix.
The looking and judging is `ingest/diagnosis*.py`; here is only their order and how it is printed."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import click

from spapi_assets.cli.common import account_option, chosen_accounts, console, explained, json_option, print_json
from spapi_assets.settings import Account, Settings, SettingsError, load_settings

if TYPE_CHECKING:
    from rich.console import Console

    from spapi_assets.ingest.context import IngestContext
    from spapi_assets.ingest.diagnosis import Line

_STYLES = {"PASS": "green", "WARN": "yellow", "FAIL": "bold red", "SKIP": "dim"}


@click.command()
@account_option
@json_option
@explained
def doctor(account_names: tuple[str, ...], as_json: bool) -> None:
    """Check settings, AWS, credentials, roles, queue and clock: each line pass or fail with the fix. Exit code 1 on a failure."""
    from spapi_assets.ingest.diagnosis import Level
    from spapi_assets.ingest.diagnosis import as_json as plain

    out = None if as_json else console()
    lines = []
    for line in diagnose(account_names):
        lines.append(line)
        if out is not None:
            _print(out, line)
    if out is None:
        print_json(plain(lines))
    else:
        counts = Counter(line.level for line in lines)
        out.print(", ".join(f"{counts[level]} {level.value.lower()}" for level in Level if counts[level]))
    if any(line.level is Level.FAIL for line in lines):
        raise SystemExit(1)


def diagnose(account_names: Sequence[str] = ()) -> Iterator[Line]:
    """All lines for a deployment, in order. Settings that cannot be read are the only line: nothing else can be said."""
    from spapi_assets.datasets.loader import RegistryError, load_registry
    from spapi_assets.ingest.context import build_context
    from spapi_assets.ingest.diagnosis import failed

    try:
        settings = load_settings()
    except SettingsError as error:
        yield failed("settings", "settings", str(error), "Correct the file or variable it names.")
        return
    try:
        load_registry(*settings.datasets_dirs)
    except RegistryError as error:
        yield failed("settings", "registry", str(error), "Correct the YAML file it names.")
        return
    yield from examine(build_context(settings), chosen_accounts(settings, account_names))


def examine(ctx: IngestContext, accounts: Sequence[Account]) -> Iterator[Line]:
    """The lines about a context and some of its accounts."""
    from spapi_assets.ingest.diagnosis import judge_environment, judge_notifications, judge_removals, passed
    from spapi_assets.ingest.diagnosis_accounts import Heard, look_at_account
    from spapi_assets.ingest.diagnosis_aws import AwsSide, look_at_aws
    from spapi_assets.ingest.diagnosis_identifiers import look_at_identifiers
    from spapi_assets.ingest.diagnosis_notifications import look_at_notifications
    from spapi_assets.ingest.diagnosis_readings import look_at_readings, look_at_spool
    from spapi_assets.ingest.notifications.take import LAST_NOTIFICATION

    known = ", ".join(f"{a.name} ({a.kind}, {a.region}: {', '.join(a.marketplaces)})" for a in accounts)
    yield passed("settings", "settings", f"{len(accounts)} accounts: {known}; lake {ctx.settings.lake_uri}.")
    yield from judge_environment(os.environ, _variables())
    wanted = [r for r in ctx.registry.reports.values() if any(a.wants(r) for a in accounts)]
    yield from judge_removals(wanted, ctx.now().date())
    side, heard = AwsSide(), Heard()
    yield from look_at_aws(ctx, side)
    for account in accounts:
        yield from look_at_account(ctx, account, side, heard)
        if side.identifiers_table:
            yield look_at_identifiers(ctx, account)
            if side.ledger_table:
                yield from look_at_readings(ctx, account)
    if side.ledger_table:
        yield judge_notifications(ctx.ledger.mark(LAST_NOTIFICATION), heard.subscribed, heard.finished, ctx.now())
        yield from look_at_notifications(ctx)
        yield look_at_spool(ctx)


def _variables() -> list[str]:
    """The names in the field descriptions of `Settings`: the word before the colon."""
    return [f.description.partition(":")[0] for f in Settings.model_fields.values() if f.description]


def _print(out: Console, line: Line) -> None:
    from rich.text import Text

    style = _STYLES[line.level.value]
    text = Text.assemble(
        (f"{line.level.value} ", style), f"{line.about}: {line.check}. ", (line.sentence, "dim" if line.level == "SKIP" else "")
    )
    if line.fix:
        text.append(f"\n     Fix: {line.fix}", style="bold" if line.level == "FAIL" else "")
    out.print(text)
