"""What a plan costs as the ledger and the quota table stand now: `spapi plan` and the plan asset ask here.
Reads only; the arithmetic is `forecast.py`, what would be asked is `planning.py`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from spapi_assets.aws.allowance import Allowance
from spapi_assets.aws.clients import AwsError
from spapi_assets.aws.ledger_records import ReportRecord
from spapi_assets.datasets.model import Report
from spapi_assets.ingest.context import IngestContext, bucket_state
from spapi_assets.ingest.forecast import AccountCost, ReportCost, TypeLimit, account_cost, report_costs
from spapi_assets.ingest.identifiers import fan
from spapi_assets.ingest.planning import Facts, plan_requests
from spapi_assets.ingest.requesting import allowance_key, fresh_share, read_facts
from spapi_assets.ingest.windows import partition_days
from spapi_assets.lake.layout import Partition
from spapi_assets.settings import Account, Settings
from spapi_assets.spapi.errors import ConfigurationError
from spapi_assets.spapi.operations import CREATE_REPORT, GET_REPORT_DOCUMENT
from spapi_assets.spapi.throttle import BucketState


def forecast(
    ctx: IngestContext, reports: Sequence[Report], accounts: Sequence[Account], first: date, last: date
) -> tuple[list[ReportCost], list[AccountCost], list[str]]:
    """Costs per report and account key, totals per account, and sentences about what could not be taken into account.

    Days are inclusive. Asks Amazon nothing and writes nothing.
    """
    notes: list[str] = []
    ledger = _has_table(ctx, ctx.settings.ledger_table, "ledger", notes)
    quota = _has_table(ctx, ctx.settings.quota_table, "quota", notes)
    costs: list[ReportCost] = []
    for report in reports:
        wanted = partition_days(report, first, last)
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
                    limits=type_limits(ctx, account, reports, counted=quota),
                )
            )
    return costs, totals, notes


def _known(ctx: IngestContext, report: Report, partitions: Sequence[Partition]) -> tuple[list[ReportRecord], Facts]:
    key, first, last = partitions[0].account_key, partitions[0].day, partitions[-1].day
    return ctx.ledger.records(report.name, key, first, last), read_facts(ctx, report, key, partitions)


def _has_table(ctx: IngestContext, name: str, what: str, notes: list[str]) -> bool:
    """Whether a DynamoDB table can be read. A plan needs none: it then says what it could not know."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        ctx.clients.dynamodb.describe_table(TableName=name)
    except (ClientError, BotoCoreError, AwsError) as error:
        means = (
            "every day counts as unknown, also those already loaded"
            if what == "ledger"
            else "Amazon's published rates and the registry's limits a day are used"
        )
        code = error.response.get("Error", {}).get("Code") if isinstance(error, ClientError) else type(error).__name__
        notes.append(f"The {what} table {name} cannot be read ({code}): {means}.")
        return False
    return True


def _levels(ctx: IngestContext, account: Account, notes: list[str]) -> tuple[BucketState | None, BucketState | None]:
    """createReport's and getReportDocument's buckets as they are now: learned rate and tokens spent."""
    try:
        return bucket_state(ctx, account.name, CREATE_REPORT), bucket_state(ctx, account.name, GET_REPORT_DOCUMENT)
    except (ConfigurationError, AwsError):
        notes.append(f"Account {account.name} has no readable credentials: Amazon's published rates and a full burst are used.")
        return None, None


def type_limits(ctx: IngestContext, account: Account, reports: Sequence[Report], *, counted: bool = True) -> dict[str, TypeLimit]:
    """The limits a day of these reports' types, registered or learned, as they stand for the account.

    `counted`: the quota table knows what was asked for in the last day; without it the registry's limits are taken as unused.
    """
    now, found = ctx.now().timestamp(), {}
    for report in reports:
        if report.report_type in found or not account.wants(report):
            continue
        state = ctx.allowance.state(allowance_key(account, report)) if counted else Allowance()
        limit = type_limit(ctx.settings, account, report, state, now)
        if limit is not None:
            found[report.report_type] = limit
    return found


def type_limit(settings: Settings, account: Account, report: Report, state: Allowance, now: float) -> TypeLimit | None:
    """The limit a day of a report's type for an account, from its use of the last day (`now`: epoch seconds), if any is known."""
    registered = settings.daily_limit(report)
    limit = state.limit(registered, now)
    if limit is None:
        return None
    usable = max(1, int(limit * (1.0 - fresh_share(settings, account, report, limit))))
    recent = sum(now - t < 86_400.0 for t in state.taken)
    return TypeLimit(limit, usable, max(0, usable - recent), learned=limit != registered)
