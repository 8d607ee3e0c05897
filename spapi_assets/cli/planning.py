"""`spapi plan` and `spapi coverage`: what a back-fill would cost before it is started, and what is known about every day.
Both only read; the costs are `ingest/costs.py`, the truth `ingest/coverage.py`, the tables `cli/tables.py`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from typing import TYPE_CHECKING

import click

from spapi_assets.cli.common import (
    Day,
    account_option,
    chosen_accounts,
    chosen_sources,
    console,
    explained,
    json_option,
    print_json,
    report_option,
)
from spapi_assets.settings import Account, Settings, SettingsError, load_settings

if TYPE_CHECKING:
    from spapi_assets.datasets.model import Source
    from spapi_assets.ingest.context import IngestContext


@click.command()
@report_option
@account_option
@click.option("--from", "first", type=Day(), help="First day; default: SPAPI_FIRST_DATE.")
@click.option("--to", "last", type=Day(), help="Last day; default: today.")
@json_option
@explained
def plan(
    report_names: tuple[str, ...], account_names: tuple[str, ...], first: date | None, last: date | None, as_json: bool
) -> None:
    """What a back-fill would cost: requests, calls, hours at the quota. Asks Amazon nothing and writes nothing."""
    from spapi_assets.cli.tables import plan_tables, read_tables
    from spapi_assets.datasets.model import ApiSource, Report
    from spapi_assets.ingest.context import build_context
    from spapi_assets.ingest.costs import forecast
    from spapi_assets.ingest.order_reading import order_plans
    from spapi_assets.ingest.reading_costs import read_forecast

    settings = load_settings()
    context = build_context(settings)
    days = _days(settings, context, first, last)
    sources = chosen_sources(context.registry, report_names)
    accounts = chosen_accounts(settings, account_names)
    _refuse_empty(sources, accounts, report_names, account_names)
    reports = [source for source in sources if isinstance(source, Report)]
    apis = [source for source in sources if isinstance(source, ApiSource)]
    costs, totals, notes = forecast(context, reports, accounts, days[0], days[-1])
    reads, read_totals = read_forecast(context, apis, accounts, days[0], days[-1], notes)
    orders = [] if report_names else order_plans(context, {a.name for a in accounts}, notes)
    now = context.now()
    if as_json:
        print_json(
            {
                "from": days[0],
                "to": days[-1],
                "notes": notes,
                "reports": [asdict(c) | {"create_calls": c.create_calls, "document_calls": c.document_calls} for c in costs],
                "accounts": [
                    {
                        "account": t.account,
                        "requests": t.requests,
                        "one_a_day": t.one_a_day,
                        "hours": round(t.hours, 3),
                        "finished": t.finished(now).isoformat(timespec="seconds"),
                        "limit": t.limit,
                        "create_rate_per_hour": round(t.create.rate * 3600, 1),
                        "create_rate_learned": t.create.learned,
                        "create_available_now": int(t.create.available(now.timestamp())),
                    }
                    for t in totals
                ],
                "apis": [asdict(c) for c in reads],
                "api_accounts": [asdict(t) | {"finished": t.finished(now).isoformat(timespec="seconds")} for t in read_totals],
                "orders": [
                    {"account_key": key, "why": found.why, "steps": list(map(asdict, found.steps))} for key, found in orders
                ],
            }
        )
        return
    out = console()
    if costs:
        for renderable in plan_tables(costs, totals, days[0], days[-1], now, settings.request_reserve):
            out.print(renderable)
    if reads:
        for renderable in read_tables(reads, read_totals, now):
            out.print(renderable)
    for key, found in orders:
        out.print(f"Orders of {key} by the API: {' '.join(found.why)}")
    for note in notes:
        out.print(note, style="yellow")


@click.command()
@report_option
@account_option
@click.option("--from", "first", type=Day(), help="First day; default: SPAPI_FIRST_DATE.")
@click.option("--to", "last", type=Day(), help="Last day; default: today.")
@click.option("--all", "everything", is_flag=True, help="Also the datasets of which nothing is open.")
@json_option
@explained
def coverage(
    report_names: tuple[str, ...],
    account_names: tuple[str, ...],
    first: date | None,
    last: date | None,
    everything: bool,
    as_json: bool,
) -> None:
    """What is known about every dataset, account and day: loaded, missing and why, and what a person has to do."""
    from spapi_assets.cli.tables import complete_line, coverage_table, day_strips, open_rows, person_table
    from spapi_assets.ingest.context import build_context
    from spapi_assets.ingest.coverage import coverage as rows_of

    settings = load_settings()
    context = build_context(settings)
    days = _days(settings, context, first, last)
    reports = chosen_sources(context.registry, report_names)
    accounts = {a.name for a in chosen_accounts(settings, account_names)}
    _refuse_empty(reports, [settings.account(a) for a in accounts], report_names, account_names)
    datasets = {d.name for r in reports for d in r.datasets}
    rows = [r for r in rows_of(context, days[0], days[-1], datasets=datasets) if r.account in accounts]
    if as_json:
        print_json([asdict(row) for row in rows])
        return
    out, shown = console(), rows if everything else open_rows(rows)
    if shown:
        out.print(coverage_table(shown))
    if shown and out.is_terminal:
        out.print(day_strips(shown, out.width))
    if not everything:
        out.print(complete_line(rows))
    people = person_table(rows)
    if people is not None:
        out.print(people)
    else:
        out.print("No day waits for a person.")


def _days(settings: Settings, ctx: IngestContext, first: date | None, last: date | None) -> list[date]:
    start = first or date.fromisoformat(settings.first_date)
    end = last or ctx.now().date()
    if end < start:
        raise click.UsageError(f"--to {end} lies before --from {start}.")
    return [start + timedelta(days=n) for n in range((end - start).days + 1)]


def _refuse_empty(
    reports: Iterable[Source], accounts: Sequence[Account], report_names: Sequence[str], account_names: Sequence[str]
) -> None:
    """A combination that selects nothing is a mistake, not an empty table."""
    if not any(account.wants(report) for report in reports for account in accounts):
        raise SettingsError(
            f"None of the accounts ({', '.join(account_names) or 'all'}) takes any of the reports and APIs "
            f"({', '.join(report_names) or 'all'}): "
            "sellers and vendors have different reports, and the accounts file may limit an account's reports."
        )
