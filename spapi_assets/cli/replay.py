"""`spapi replay`: rebuild Parquet from the archive with today's registry, with progress and without one API call.
What is replayed and how is `ingest/replaying.py`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

from spapi_assets.cli.common import account_option, chosen_accounts, chosen_sources, console, explained, report_option
from spapi_assets.settings import load_settings

if TYPE_CHECKING:
    from rich.console import Console

    from spapi_assets.ingest.replaying import Replayed, ReplayPlan


@click.command()
@report_option
@account_option
@click.option("--dry-run", is_flag=True, help="Only list what would be replayed.")
@explained
def replay(report_names: tuple[str, ...], account_names: tuple[str, ...], dry_run: bool) -> None:
    """Rebuild Parquet, Glue partitions and ledger facts from the archive: zero API calls. Exit code 1 if a document fails.

    Use it after a registry change (new column, other type), after a fix of a parser, or when Parquet or the ledger was lost.
    """
    from spapi_assets.ingest.context import build_context
    from spapi_assets.ingest.replaying import plan_replay, replay_all

    settings = load_settings()
    context = build_context(settings)
    reports = {r.name for r in chosen_sources(context.registry, report_names)}
    accounts = {a.name for a in chosen_accounts(settings, account_names)}
    plan = plan_replay(context, reports, accounts)
    out = console()
    _introduce(out, plan)
    if dry_run:
        for step in plan.steps:
            out.print(str(step), markup=False)
        out.print("Nothing was changed.")
        return
    rows: Counter[str] = Counter()
    days: Counter[str] = Counter()
    quarantined: Counter[str] = Counter()
    problems: list[str] = []
    for done in _shown(out, replay_all(context, plan), len(plan.steps)):
        if done.problem is not None:
            problems.append(done.problem)
        if done.result is not None:
            for name, load in done.result.datasets.items():
                rows[name] += load.rows_out
                quarantined[name] += load.quarantined
                days[name] += len(load.partitions)
    _summarise(out, rows, days, quarantined)
    out.print(f"{len(plan.steps) - len(problems)} of {len(plan.steps)} replayed, 0 API calls.")
    for problem in problems:
        out.print(problem, style="red", markup=False)
    if problems:
        raise SystemExit(1)


def _introduce(out: Console, plan: ReplayPlan) -> None:
    documents = sum(step.archived is not None for step in plan.steps)
    left = [
        (plan.replaced, "replaced whole by newer documents"),
        *((count, f"of {name}, which the registry no longer has") for name, count in plan.unknown.items()),
    ]
    out.print(f"{documents} archived documents and {len(plan.steps) - documents} confirmed empty windows to replay.")
    if plan.retried:
        out.print(f"{plan.retried} of them were refused when they came and are tried again.")
    for count, why in left:
        if count:
            out.print(f"{count} documents left out: {why}.")


def _shown(out: Console, done: Iterable[Replayed], total: int) -> Iterator[Replayed]:
    """A bar in a terminal, a line per document in a pipe."""
    if not out.is_terminal:
        for number, item in enumerate(done, 1):
            counts = ", ".join(f"{n:,} rows {name}" for name, n in item.result.rows.items()) if item.result else "failed"
            out.print(f"[{number}/{total}] {item.step}: {counts}", markup=False)
            yield item
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.description}", markup=False))
    with Progress(*columns, console=out) as bar:
        task = bar.add_task("", total=total)
        for item in done:
            bar.update(task, advance=1, description=str(item.step))
            yield item


def _summarise(out: Console, rows: Counter[str], days: Counter[str], quarantined: Counter[str]) -> None:
    from rich.table import Table

    table = Table(title="Replayed", title_justify="left", header_style="bold")
    for name in ("dataset", "partitions written", "rows", "quarantined"):
        table.add_column(name, justify="left" if name == "dataset" else "right")
    for name in sorted(rows):
        table.add_row(name, f"{days[name]:,}", f"{rows[name]:,}", f"{quarantined[name]:,}")
    if rows:
        out.print(table)
