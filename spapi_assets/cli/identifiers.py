"""`spapi identifiers`: the ASINs and SKUs that the platform reads one by one: list, import, export and forget them.
The store is `aws/identifiers.py`, the files `ingest/identifier_files.py`; what loads bring is `ingest/feeding.py`."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import click

from spapi_assets.cli.common import account_option, chosen_accounts, console, explained, json_option, print_json
from spapi_assets.settings import load_settings

if TYPE_CHECKING:
    from spapi_assets.aws.identifiers import Identifier
    from spapi_assets.ingest.context import IngestContext
    from spapi_assets.ingest.identifier_files import Key, Parsed

SOURCE = "import"
_KINDS = ("asin", "sku", "fnsku", "order_id")
_SHOWN = 50  # bad lines told one by one


@click.group()
def identifiers() -> None:
    """The ASINs and SKUs that Amazon is asked about one by one, per account and marketplace."""


def _file_command(command: Callable[..., Any]) -> Callable[..., Any]:
    """The argument and options of commands that read a file."""
    for option in (
        click.option("--skip-bad", is_flag=True, help="Use the good lines although others cannot be used."),
        click.option("--dry-run", is_flag=True, help="Only say what would be done."),
        click.option("--kind", type=click.Choice(_KINDS), help="Kind of lines that name none."),
        click.option("--marketplace", metavar="CODE", help="Marketplace of lines that name none, e.g. DE."),
        click.option("--account", metavar="NAME", help="Account of lines that name none."),
        click.argument("file", type=click.File("rb")),
    ):
        command = option(command)
    return command


@identifiers.command("import")
@_file_command
@explained
def import_(file: Any, account: str | None, marketplace: str | None, kind: str | None, dry_run: bool, skip_bad: bool) -> None:
    """Add the identifiers in FILE (- is stdin): a CSV with the columns account, marketplace, kind and identifier.

    One column without a header will do when the options say the rest. Nothing is written when a line cannot be used.
    """
    context, parsed = _read(file, account, marketplace, kind, skip_bad)
    from spapi_assets.aws.identifiers import Found

    for key, values in parsed.found.items():
        if dry_run:
            known = len(context.identifiers.some(*key, values))
            click.echo(f"{_words(key, len(values))}: {len(values) - known:,} new, {known:,} known already")
        else:
            done = context.identifiers.put(*key, (Found(value) for value in values), SOURCE)
            click.echo(f"{_words(key, len(values))}: {done.new:,} new, {done.known:,} known already")
    _end(parsed, "imported", dry_run)


@identifiers.command()
@_file_command
@explained
def forget(file: Any, account: str | None, marketplace: str | None, kind: str | None, dry_run: bool, skip_bad: bool) -> None:
    """Remove the identifiers in FILE (- is stdin), the way back from an import of the same file.

    What a report names is found again by its next load: only what a person added stays away.
    """
    context, parsed = _read(file, account, marketplace, kind, skip_bad)
    for key, values in parsed.found.items():
        known = context.identifiers.some(*key, values)
        reported = sum(bool(one.sources.keys() - {SOURCE}) for one in known.values())
        removed = len(known) if dry_run else context.identifiers.forget(*key, values)
        back = f"; reports name {reported:,} of them, whose next load brings them back" if reported else ""
        click.echo(f"{_words(key, len(values))}: {removed:,} forgotten, {len(values) - len(known):,} were not known{back}")
    _end(parsed, "forgotten", dry_run)


@identifiers.command("list")
@account_option
@click.option("--kind", "kinds", type=click.Choice(_KINDS), multiple=True, help="Only this kind; repeatable.")
@json_option
@explained
def list_(account_names: tuple[str, ...], kinds: tuple[str, ...], as_json: bool) -> None:
    """How many identifiers are known per account, marketplace and kind, and what waits to be read again."""
    context = _context()
    rows = [
        {"account": key[1], "marketplace": key[2], "kind": key[0], **_counts(found)}
        for key, found in _all(context, account_names, kinds)
    ]
    waiting = [
        {"source": source, "account_key": account_key, "identifiers": count, "since": since}
        for (source, account_key), (count, since) in sorted(context.refreshes.waiting().items())
    ]
    if as_json:
        print_json({"known": rows, "waiting": waiting})
        return
    from rich.table import Table

    out = console()
    table = Table(title="Identifiers", title_justify="left", header_style="bold")
    for name in ("account", "marketplace", "kind", "known", "listed", "not listed", "missing at Amazon", "newest"):
        table.add_column(name, justify="left" if name in ("account", "marketplace", "kind", "newest") else "right")
    for row in rows:
        counts = (f"{row[name]:,}" for name in ("known", "listed", "unlisted", "missing"))
        table.add_row(row["account"], row["marketplace"] or "", row["kind"], *counts, row["newest"])
    out.print(table if rows else "No identifiers are known yet. Loads of listings bring them, or `spapi identifiers import`.")
    for one in waiting:
        out.print(
            f"{one['identifiers']:,} wait to be read again by {one['source']} of {one['account_key']}, since {one['since']}."
        )


@identifiers.command()
@account_option
@click.option("--kind", "kinds", type=click.Choice(_KINDS), multiple=True, help="Only this kind; repeatable.")
@click.option("--missing", is_flag=True, help="Only those that Amazon answers without.")
@click.option("--output", type=click.File("w", encoding="utf-8", lazy=True), default="-", help="File instead of stdout.")
@explained
def export(account_names: tuple[str, ...], kinds: tuple[str, ...], missing: bool, output: Any) -> None:
    """Write what is known as CSV, which `import` and `forget` read."""
    from spapi_assets.ingest.identifier_files import HEADER, exported

    writer = csv.writer(output, lineterminator="\n")
    writer.writerow(HEADER)
    for (kind, account, marketplace), found in _all(_context(), account_names, kinds):
        chosen = (one for one in found if one.missing_since or not missing)
        writer.writerows(exported(account, marketplace, kind, chosen))


def _context() -> IngestContext:
    from spapi_assets.ingest.context import build_context

    return build_context(load_settings())


def _read(
    file: Any, account: str | None, marketplace: str | None, kind: str | None, skip_bad: bool
) -> tuple[IngestContext, Parsed]:
    """The file's identifiers; bad lines are told, and end the command unless they are to be skipped."""
    from spapi_assets.ingest.identifier_files import Defaults, IdentifierFileError, decoded, parse

    context = _context()
    if account is not None:
        context.settings.account(account)  # an unknown one is said once, not in every line
    try:
        parsed = parse(decoded(file.read()), context.settings.accounts, Defaults(account, marketplace, kind))
    except IdentifierFileError as error:
        raise click.ClickException(str(error)) from error
    for line, reason in parsed.bad[:_SHOWN]:
        click.echo(f"Line {line:,}: {reason}.", err=True)
    if len(parsed.bad) > _SHOWN:
        click.echo(f"... and {len(parsed.bad) - _SHOWN:,} more.", err=True)
    if parsed.bad and not skip_bad:
        raise click.ClickException(
            f"Nothing was changed: {len(parsed.bad):,} of the file's lines cannot be used. Correct them, or give --skip-bad."
        )
    return context, parsed


def _words(key: Key, count: int) -> str:
    kind, account, marketplace = key
    names = {"asin": "ASIN", "sku": "SKU", "fnsku": "FNSKU", "order_id": "order id"}
    return f"{account}{f'.{marketplace}' if marketplace else ''}: {count:,} {names[kind]}{'' if count == 1 else 's'}"


def _end(parsed: Parsed, done: str, dry_run: bool) -> None:
    total = sum(map(len, parsed.found.values()))
    left = [(parsed.duplicates, "named a second time"), (len(parsed.bad), "in lines that cannot be used")]
    told = "".join(f", {count:,} {words} left out" for count, words in left if count)
    click.echo(
        f"{total:,} identifier{'' if total == 1 else 's'}{told}."
        + (" Nothing was changed." if dry_run or not total else f" They are {done}.")
    )


def _all(
    context: IngestContext, account_names: tuple[str, ...], kinds: tuple[str, ...]
) -> Iterator[tuple[Key, list[Identifier]]]:
    """What is known, by kind, account and marketplace; nothing for those of which nothing is."""
    for account in chosen_accounts(context.settings, account_names):
        for marketplace in (*account.marketplaces, None):
            for kind in kinds or _KINDS:
                found = list(context.identifiers.all(kind, account.name, marketplace))
                if found:
                    yield (kind, account.name, marketplace), found


def _counts(found: list[Identifier]) -> dict[str, Any]:
    return {
        "known": len(found),
        "listed": sum(one.listed is True for one in found),
        "unlisted": sum(one.listed is False for one in found),
        "missing": sum(one.missing_since is not None for one in found),
        "newest": max(one.first_seen for one in found).isoformat(),
    }
