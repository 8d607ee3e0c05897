"""Carries out request plans: intent -> createReport -> ledger, within the quota; what does not fit stays PLANNED.
An intent whose end is not known is resolved by `recovery.py` before anything is asked again."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta

from spapi_assets.aws.clients import AwsError
from spapi_assets.aws.denials import denial_of, lift
from spapi_assets.aws.ledger import LedgerError
from spapi_assets.aws.ledger_records import ReportRecord, Verdict
from spapi_assets.datasets.model import Report, WindowKind
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.creating import RequestOutcome, Wait, create_one
from spapi_assets.ingest.data_kiosk.fallback import decide, stand_ins_of
from spapi_assets.ingest.identifiers import fan
from spapi_assets.ingest.planning import Facts, RequestPlan, plan_requests
from spapi_assets.ingest.windows import partition_days, reachable, today
from spapi_assets.lake.layout import Partition
from spapi_assets.settings import Account, Settings
from spapi_assets.spapi.errors import (
    SpApiError,
    TransientError,
)

_REPLANS = 20  # each lost race means that another process has planned something


def ask(
    ctx: IngestContext,
    report: Report,
    partitions: Iterable[Partition],
    *,
    priority: str | None = None,
    deadline: float,
    force: bool = False,
) -> RequestOutcome:
    """Make sure that these days are asked for: plan what is not yet asked, write it down, create what the quota allows.

    Safe to call from many processes and to repeat: a day with an open, finished or final request is not asked again.
    `deadline` is an instant of `ctx.monotonic`; no call waits beyond it.
    """
    asked = sorted(set(partitions))
    outcome, planned = RequestOutcome(), []
    by_key: dict[str, list[Partition]] = defaultdict(list)
    for partition in asked:
        by_key[partition.account_key].append(partition)
    for days in by_key.values():
        plan = plan_and_write(ctx, report, days, priority=priority, force=force)
        planned += plan.create
        outcome.reasons.update(plan.skipped)
    planned.sort(key=lambda r: (r.priority != "fresh", -r.end.toordinal(), r.account_key))
    create_planned(ctx, planned, deadline, outcome)
    for account_key, days in by_key.items():
        for record in ctx.ledger.records(report.name, account_key, days[0].day, days[-1].day):
            if record.verdict is not Verdict.SUPERSEDED:
                outcome.by_partition.update({p: record for p in days if record.covers(p.day)})
    return outcome


def plan_and_write(
    ctx: IngestContext, report: Report, days: Sequence[Partition], *, priority: str | None = None, force: bool = False
) -> RequestPlan:
    """Plan for partitions of one account key and write the plan down, undisturbed by other planners.

    The version is read before the records and checked by the write, so two processes that plan overlapping windows at the
    same time cannot both succeed: the slower one plans again and finds the days asked for.
    """
    account_key, first, last = days[0].account_key, days[0].day, days[-1].day
    fans = {account_key: fan(ctx, report, account_key)}
    for _ in range(_REPLANS):
        version = ctx.ledger.version(report.name, account_key)
        records = ctx.ledger.records(report.name, account_key, first, last)
        facts = read_facts(ctx, report, account_key, days)
        plan = plan_requests(report, days, records, facts, ctx.now(), force=force, priority=priority, fans=fans)
        if not plan.create or ctx.ledger.plan(*plan.create, seen=version):
            return plan
    raise TransientError(
        f"{report.name} of {account_key} is being planned by other processes all the time; try again in a minute.",
        account=account_key,
    )


def read_facts(ctx: IngestContext, report: Report, account_key: str, days: Sequence[Partition]) -> Facts:
    """Partition facts of the report's first dataset: all its datasets are loaded together."""
    facts: dict[Partition, list] = defaultdict(list)
    for fact in ctx.ledger.partitions(report.datasets[0].name, account_key, days[0].day, days[-1].day):
        assert fact.day is not None
        facts[Partition.of(account_key, fact.day)].append(fact)
    return facts


def create_planned(
    ctx: IngestContext,
    records: Iterable[ReportRecord],
    deadline: float,
    outcome: RequestOutcome,
    stop: float | None = None,
) -> None:
    """createReport for PLANNED records in the given order, as far as quota and cool-downs allow.

    Waits for quota until `deadline`; tokens that are there are used until `stop` (default: the deadline too).
    """
    for record in records:
        if ctx.monotonic() >= (deadline if stop is None else stop) and outcome.created:
            outcome.waiting.append(record)
            continue
        if record.account in outcome.blocked or (record.retry_at and record.retry_at > ctx.now()):
            outcome.waiting.append(record)
            continue
        report = ctx.registry.reports.get(record.report)
        if report is None:
            ctx.ledger.supersede(record, f"The registry no longer has the report {record.report!r}.")
            continue
        lane = _lane(report, record)
        if {lane, _lane(report, record, "fresh")} & outcome.blocked:
            outcome.waiting.append(record)
            continue
        if not _still_possible(ctx, report, record):
            ctx.ledger.supersede(record, "It waited so long that the day can no longer be asked for.")
            outcome.problems.append(f"{record} waited until Amazon no longer gives these days; it was not asked for.")
            continue
        try:
            denial = denial_of(ctx.ledger, record.report_type, record.account_key)
            if denial is not None and denial.standing and (record.requested_at or denial.at) <= denial.at:
                ctx.ledger.supersede(record, f"Not asked: {denial.reason}")  # what is asked with force is younger than the denial
                continue
            before = len(outcome.created)
            _create_within_quota(ctx, report, record, deadline, outcome)
            if denial is not None and denial.standing and len(outcome.created) > before:
                lift(ctx.ledger, record.report_type, record.account_key, denial)
        except (AwsError, LedgerError) as error:
            # An announced call stays announced: recovery looks it up. The other accounts go on.
            outcome.problems.append(f"{record}: {error}")
            outcome.blocked.add(record.account)
    if outcome.instead:
        create_planned(ctx, _planned_instead(ctx, outcome), deadline, outcome, stop)


def _still_possible(ctx: IngestContext, report: Report, record: ReportRecord) -> bool:
    if report.window.kind is WindowKind.SNAPSHOT:
        return record.start == today(report, record.marketplace, ctx.now())
    return reachable(report, record.end, ctx.now(), record.marketplace)


def _lane(report: Report, record: ReportRecord, priority: str | None = None) -> str:
    """What one quota serves: reports and queries each have their own, and back-fills leave a part to what is fresh."""
    return f"{record.account} {'reports' if report.query is None else 'queries'} {priority or record.priority}"


def _create_within_quota(
    ctx: IngestContext, report: Report, record: ReportRecord, deadline: float, outcome: RequestOutcome
) -> None:
    account = ctx.settings.account(record.account)
    cool_down = cool_down_key(account, report, record.marketplace)
    if report.window.cool_down_minutes:
        left = ctx.throttle.cool_down_left(cool_down)
        if left > 0:
            why = f"Amazon makes {report.report_type} at most once in {report.window.cool_down_minutes} min."
            ctx.ledger.defer(record, why, ctx.now() + timedelta(seconds=left))
            outcome.waiting.append(record)
            return
    if report.query is not None:
        # createQuery has no limit a day: a refusal there teaches none.
        while (wait := create_one(ctx, report, record, outcome)) and _waited(ctx, report, record, wait, deadline, outcome):
            pass
        return
    while True:
        limit = ctx.settings.daily_limit(report)
        share = fresh_share(ctx.settings, account, report, limit) if limit and record.priority == "backfill" else 0.0
        left = ctx.allowance.take(allowance_key(account, report), limit, reserve=share)
        if left > 0:
            _defer(ctx, report, record, left, outcome)
            return
        before = len(outcome.created)
        wait = create_one(ctx, report, record, outcome)
        if len(outcome.created) > before:
            ctx.allowance.made(allowance_key(account, report))
            if report.window.cool_down_minutes:
                ctx.throttle.cool_down(cool_down, report.window.cool_down_minutes * 60.0)
            return
        if wait is None:
            return
        if wait.by_amazon and ctx.allowance.refused(allowance_key(account, report)) is not None:
            continue  # the type's own limit: the next round writes down how long it lasts; other types go on
        if not wait.by_amazon:
            ctx.allowance.give_back(allowance_key(account, report))
        if not _waited(ctx, report, record, wait, deadline, outcome):
            return


def _defer(ctx: IngestContext, report: Report, record: ReportRecord, left: float, outcome: RequestOutcome) -> None:
    """The type's limit a day is used up: the request waits, and what stands in for it is planned where waiting takes long."""
    account = ctx.settings.account(record.account)
    known = ctx.allowance.state(allowance_key(account, report))
    limit = known.limit(ctx.settings.daily_limit(report), ctx.now().timestamp()) or 1
    others = [r for r in ctx.registry.reports.values() if record.account_key in ctx.settings.partition_keys(r)]
    ahead = sum(r.report_type == record.report_type and r.account == record.account for r in outcome.waiting)
    found = decide(report, stand_ins_of(report, others), limit, left, ahead)
    for other in found.ask:
        days = outcome.instead.setdefault((other.name, record.account_key, record.priority), set())
        days.update(partition_days(other, record.start, record.end))
    ctx.ledger.defer(record, found.sentence, ctx.now() + timedelta(seconds=left))
    outcome.waiting.append(record)


def _planned_instead(ctx: IngestContext, outcome: RequestOutcome) -> list[ReportRecord]:
    """The requests of sources that stand in, planned for all days at once: a query may cover many. Killed before, the days are
    found again when their reports are looked at the next time."""
    planned: list[ReportRecord] = []
    for (name, account_key, priority), days in outcome.instead.items():
        partitions = [Partition.of(account_key, day) for day in sorted(days)]
        try:
            planned += plan_and_write(ctx, ctx.registry.reports[name], partitions, priority=priority).create
        except (SpApiError, AwsError, LedgerError) as error:
            outcome.problems.append(f"{name} of {account_key} could not be planned instead of its report: {error}")
    outcome.instead.clear()
    return planned


def _waited(
    ctx: IngestContext, report: Report, record: ReportRecord, wait: Wait, deadline: float, outcome: RequestOutcome
) -> bool:
    """Whether the wait for quota fitted. The first record of a lane that does not ends it: more would hold a run for nothing."""
    if ctx.monotonic() + wait.seconds > deadline:
        outcome.blocked.add(_lane(report, record))
        outcome.waiting.append(record)
        return False
    ctx.sleep(wait.seconds)
    return True


def cool_down_key(account: Account, report: Report, marketplace: str | None) -> str:
    """Amazon's cool-downs hold per selling partner, marketplace and type, whatever the options."""
    return f"{account.selling_partner_id}#{account.region}#{report.report_type}#{marketplace or '-'}"


def allowance_key(account: Account, report: Report) -> str:
    """Amazon's limits a day hold per selling partner and type; whether over all applications is disputed (docs/operations.md)."""
    return f"{account.selling_partner_id}#{account.region}#{report.report_type}"


def fresh_share(settings: Settings, account: Account, report: Report, limit: int) -> float:
    """The share of a type's limit a day that the account's fresh days need: a back-fill may use the rest.

    Each marketplace's new day is asked for once, and again at every age at which Amazon may have restated it.
    """
    keys = sum(key.partition(".")[0] == account.name for key in settings.partition_keys(report))
    return min(0.9, keys * (1 + len(report.window.restated_ages)) / limit)
