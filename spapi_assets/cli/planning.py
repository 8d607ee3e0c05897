"""`spapi plan` and `spapi coverage`: what a back-fill would cost before it is started, and what is known about every day.
Both only read; the arithmetic is `ingest/forecast.py`, the truth `ingest/coverage.py`, the tables `cli/tables.py`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from typing import TYPE_CHECKING

import click

from spapi_assets.cli.common import (
    Day,
    account_option,
    chosen_accounts,
    chosen_reports,
    console,
    explained,
    json_option,
    print_json,
    report_option,
)
from spapi_assets.settings import Account, Settings, SettingsError, load_settings

if TYPE_CHECKING:
    from spapi_assets.aws.ledger_records import ReportRecord
    from spapi_assets.datasets.model import Report
    from spapi_assets.ingest.context import IngestContext
    from spapi_assets.ingest.forecast import AccountCost, ReportCost
    from spapi_assets.ingest.planning import Facts
    from spapi_assets.lake.layout import Partition
    from spapi_assets.spapi.throttle import BucketState


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
    from spapi_assets.cli.tables import plan_tables
    from spapi_assets.ingest.context import build_context

    settings = load_settings()
    context = build_context(settings)
    days = _days(settings, context, first, last)
    reports = chosen_reports(context.registry, report_names)
    accounts = chosen_accounts(settings, account_names)
    _refuse_empty(reports, accounts, report_names, account_names)
    costs, totals, notes = forecast(context, reports, accounts, days)
    now = context.now()
    if as_json:
        print_json(
            {
                "from": days[0],
                "to": days[-1],
                "notes": notes,
                "reports": [
                    asdict(c) | {"create_calls": c.create_calls, "document_calls": c.document_calls, "one_a_day": c.one_a_day}
                    for c in costs
                ],
                "accounts": [
                    {
                        "account": t.account,
                        "requests": t.requests,
                        "one_a_day": t.asked_days,
                        "hours": round(t.hours, 3),
                        "finished": t.finished(now).isoformat(timespec="seconds"),
                        "limit": t.limit,
                        "create_rate_per_hour": round(t.create.rate * 3600, 1),
                        "create_rate_learned": t.create.learned,
                        "create_available_now": int(t.create.available(now.timestamp())),
                    }
                    for t in totals
                ],
            }
        )
        return
    out = console()
    for renderable in plan_tables(costs, totals, days[0], days[-1], now, settings.request_reserve):
        out.print(renderable)
    for note in notes:
        out.print(note, style="yellow")


def forecast(
    ctx: IngestContext, reports: Sequence[Report], accounts: Sequence[Account], days: Sequence[date]
) -> tuple[list[ReportCost], list[AccountCost], list[str]]:
    """Costs per report and account key, totals per account, and sentences about what could not be taken into account."""
    from spapi_assets.ingest.forecast import account_cost, report_costs
    from spapi_assets.ingest.identifiers import fan
    from spapi_assets.ingest.planning import plan_requests
    from spapi_assets.ingest.windows import partition_days
    from spapi_assets.lake.layout import Partition

    notes: list[str] = []
    ledger = _has_table(ctx, ctx.settings.ledger_table, "ledger", notes)
    quota = _has_table(ctx, ctx.settings.quota_table, "quota", notes)
    costs: list[ReportCost] = []
    for report in reports:
        wanted = partition_days(report, days[0], days[-1])
        for key in ctx.settings.partition_keys(report) if wanted else ():
            if not any(a.name == key.partition(".")[0] for a in accounts):
                continue
            partitions = [Partition.of(key, day) for day in wanted]
            fans = {key: fan(ctx, report, key)} if ledger else None
            records, facts = _known(ctx, report, partitions) if ledger else ([], {})
            found = plan_requests(report, partitions, records, facts, ctx.now(), fans=fans)
            costs += report_costs(report, found)
    by_account = defaultdict(list)
    for cost in costs:
        by_account[cost.account].append(cost)
    totals = []
    for account in accounts:
        if account.name in by_account:
            create, documents = _levels(ctx, account, notes) if quota else (None, None)
            totals.append(
                account_cost(
                    account.name,
                    by_account[account.name],
                    reserve=ctx.settings.request_reserve,
                    now=ctx.now(),
                    create=create,
                    documents=documents,
                )
            )
    return costs, totals, notes


def _known(ctx: IngestContext, report: Report, partitions: Sequence[Partition]) -> tuple[list[ReportRecord], Facts]:
    from spapi_assets.ingest.requesting import read_facts

    key, first, last = partitions[0].account_key, partitions[0].day, partitions[-1].day
    return ctx.ledger.records(report.name, key, first, last), read_facts(ctx, report, key, partitions)


def _has_table(ctx: IngestContext, name: str, what: str, notes: list[str]) -> bool:
    """Whether a DynamoDB table can be read. A plan needs none: it then says what it could not know."""
    from botocore.exceptions import BotoCoreError, ClientError

    from spapi_assets.aws.clients import AwsError

    assert ctx.clients is not None
    try:
        ctx.clients.dynamodb.describe_table(TableName=name)
    except (ClientError, BotoCoreError, AwsError) as error:
        means = (
            "every day counts as unknown, also those already loaded" if what == "ledger" else "Amazon's published rates are used"
        )
        code = error.response.get("Error", {}).get("Code") if isinstance(error, ClientError) else type(error).__name__
        notes.append(f"The {what} table {name} cannot be read ({code}): {means}.")
        return False
    return True


def _levels(ctx: IngestContext, account: Account, notes: list[str]) -> tuple[BucketState | None, BucketState | None]:
    """createReport's and getReportDocument's buckets as they are now: learned rate and tokens spent."""
    from spapi_assets.aws.clients import AwsError
    from spapi_assets.ingest.context import bucket_state
    from spapi_assets.spapi.errors import ConfigurationError
    from spapi_assets.spapi.operations import CREATE_REPORT, GET_REPORT_DOCUMENT

    try:
        return bucket_state(ctx, account.name, CREATE_REPORT), bucket_state(ctx, account.name, GET_REPORT_DOCUMENT)
    except (ConfigurationError, AwsError):
        notes.append(f"Account {account.name} has no readable credentials: Amazon's published rates and a full burst are used.")
        return None, None


@click.command()
@report_option
@account_option
@click.option("--from", "first", type=Day(), help="First day; default: SPAPI_FIRST_DATE.")
@click.option("--to", "last", type=Day(), help="Last day; default: today.")
@json_option
@explained
def coverage(
    report_names: tuple[str, ...], account_names: tuple[str, ...], first: date | None, last: date | None, as_json: bool
) -> None:
    """What is known about every dataset, account and day: loaded, missing and why, and what a person has to do."""
    from spapi_assets.cli.tables import coverage_table, day_strips, person_table
    from spapi_assets.ingest.context import build_context
    from spapi_assets.ingest.coverage import coverage as rows_of

    settings = load_settings()
    context = build_context(settings)
    days = _days(settings, context, first, last)
    reports = chosen_reports(context.registry, report_names)
    accounts = {a.name for a in chosen_accounts(settings, account_names)}
    _refuse_empty(reports, [settings.account(a) for a in accounts], report_names, account_names)
    datasets = {d.name for r in reports for d in r.datasets}
    rows = [r for r in rows_of(context, days[0], days[-1], datasets=datasets) if r.account in accounts]
    if as_json:
        print_json([asdict(row) for row in rows])
        return
    out = console()
    out.print(coverage_table(rows))
    if out.is_terminal:
        out.print(day_strips(rows, out.width))
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
    reports: Iterable[Report], accounts: Sequence[Account], report_names: Sequence[str], account_names: Sequence[str]
) -> None:
    """A combination that selects nothing is a mistake, not an empty table."""
    if not any(account.wants(report) for report in reports for account in accounts):
        raise SettingsError(
            f"None of the accounts ({', '.join(account_names) or 'all'}) takes any of the reports "
            f"({', '.join(report_names) or 'all'}): "
            "sellers and vendors have different reports, and the accounts file may limit an account's reports."
        )
