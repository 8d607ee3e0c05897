"""What a back-fill would cost before anything is spent: requests, calls and hours at the quota, per report and per account.
Pure arithmetic over request plans and bucket states; reading the ledger and the quota table is the caller's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from spapi_assets.datasets.model import Report, WindowKind
from spapi_assets.ingest.planning import RequestPlan
from spapi_assets.ingest.states import TruthState
from spapi_assets.ingest.windows import partition_days
from spapi_assets.spapi.operations import CREATE_QUERY, CREATE_REPORT, GET_QUERY_DOCUMENT, GET_REPORT_DOCUMENT
from spapi_assets.spapi.throttle import ARRIVAL_JITTER, BucketState, RatePlan, spacing

_HELD = {TruthState.FINAL, TruthState.PROVISIONAL, TruthState.EMPTY_CONFIRMED}
_OPEN = {TruthState.REQUESTED, TruthState.THROTTLED}
_NOT_YET = {TruthState.NOT_DUE, TruthState.NOT_PUBLISHED}
_PERSON = {TruthState.DENIED, TruthState.FAILED, TruthState.EMPTY_SUSPECTED}


@dataclass(frozen=True)
class ReportCost:
    """The cost of one report for one account key (account, or account.MARKETPLACE). Days count the days wanted."""

    report: str
    account: str
    account_key: str
    days: int
    held: int  # loaded already and not asked for again
    open: int  # asked for, on the way
    not_yet: int  # not over, or not published: asked for later by itself
    unavailable: int  # beyond the look-back, or a past snapshot
    person: int  # failed or denied: a person has to look first
    asked_days: int  # days the requests below cover
    requests: int
    seconds_between: float = 0.0  # the report type's own cool-down
    report_type: str = ""
    queried: bool = False  # asked of Data Kiosk, whose createQuery and getDocument have quotas of their own
    one_a_day: int = 0  # requests that one request per day, or period, would need
    note: str = ""

    @property
    def create_calls(self) -> int:
        return self.requests

    @property
    def document_calls(self) -> int:
        """One getReportDocument per report; a retry after a broken download costs one more."""
        return self.requests


@dataclass(frozen=True)
class TypeLimit:
    """Amazon's limit a day of one report type for a selling partner, as the plan may use it."""

    limit: int
    usable: int  # without what fresh days need
    free: int  # of those, not yet used in the last 24 h
    learned: bool = False

    def seconds(self, requests: int) -> float:
        """Seconds until the last of so many requests may be made."""
        return max(0, requests - self.free) / self.usable * 86_400.0


@dataclass(frozen=True)
class Bucket:
    """One operation's quota of one account: Amazon's plan and, where known, its learned rate and level."""

    plan: RatePlan
    state: BucketState | None = None

    @property
    def rate(self) -> float:
        """Calls per second after the burst."""
        return 1.0 / spacing(self.state, self.plan)

    @property
    def learned(self) -> bool:
        return self.state is not None and self.state.rate is not None

    def available(self, now: float) -> float:
        """Calls that can be made at once."""
        missing = max(0.0, self.state.tat - now) * self.rate if self.state else 0.0
        return max(0.0, self.plan.burst - missing)

    def calls_within(self, seconds: float, now: float) -> int:
        """Calls that can be made in the next `seconds`."""
        return int(self.available(now) + seconds * self.rate)

    def seconds(self, calls: int, now: float, reserve: float = 0.0) -> float:
        """Seconds until the last of `calls` calls can be made, leaving `reserve` (share of the burst) to others.

        The closed form of `calls` times `throttle.gcra`, each waiting for its token.
        """
        if calls <= 0:
            return 0.0
        interval = spacing(self.state, self.plan)
        usable = max(1.0, self.plan.burst * (1.0 - reserve))
        jitter = min(ARRIVAL_JITTER, interval * ((self.plan.burst - 1) / 2 if self.plan.burst > 1 else 0.1))
        tat = self.state.tat if self.state else now - 1e9
        late = jitter - (usable - 1.0) * interval
        if late > 0:  # so few tokens may be used at once that each one waits out the jitter again
            return max(0.0, tat - now + late) + (calls - 1) * (interval + late)
        return max(0.0, max(tat, now) - now + (calls - 1) * interval + late)


@dataclass(frozen=True)
class AccountCost:
    """All requests of one account: accounts have quotas of their own and work side by side."""

    account: str
    requests: int
    asked_days: int
    one_a_day: int
    seconds: float
    limit: str  # what sets the pace
    create: Bucket = field(repr=False)
    documents: Bucket = field(repr=False)

    @property
    def hours(self) -> float:
        return self.seconds / 3600.0

    def finished(self, now: datetime) -> datetime:
        """When the last document can be fetched, Amazon's own time to make a report (minutes) not counted."""
        return now + timedelta(seconds=self.seconds)


def report_costs(report: Report, plan: RequestPlan) -> list[ReportCost]:
    """The plan of one report as a cost per account key."""
    wanted: dict[str, Counter[TruthState]] = {}
    asked: dict[str, set[date]] = {}
    single: Counter[str] = Counter()
    for partition, truth in plan.truths.items():
        states = wanted.setdefault(partition.account_key, Counter())
        if partition not in plan.skipped:
            asked.setdefault(partition.account_key, set()).add(partition.day)
        else:
            states[truth.state] += 1
    requests = Counter(record.account_key for record in plan.create)
    for record in plan.create:
        single[record.account_key] += len(partition_days(report, record.start, record.end))
    note = "cannot be requested: Amazon makes it and the sweep finds it" if report.window.kind is WindowKind.HARVEST else ""
    source = report.fan_out.identifiers if report.fan_out else None
    if source is not None and any(t.state is TruthState.MISSING and not t.ask for t in plan.truths.values()):
        note = f"names what it asks about: nothing is counted until {source.dataset} is loaded"
    if report.window.kind is WindowKind.SNAPSHOT:
        note = "a snapshot: only today can be had"
    costs = []
    for key in sorted(wanted):
        states, days = wanted[key], len(asked.get(key, ()))
        costs.append(
            ReportCost(
                report=report.name,
                account=key.partition(".")[0],
                account_key=key,
                days=days + states.total(),
                held=_sum(states, _HELD),
                open=_sum(states, _OPEN),
                not_yet=_sum(states, _NOT_YET),
                unavailable=states[TruthState.UNAVAILABLE],
                person=_sum(states, _PERSON),
                asked_days=days,
                requests=requests[key],
                seconds_between=report.window.cool_down_minutes * 60.0,
                report_type=report.report_type,
                queried=report.query is not None,
                one_a_day=single[key],
                note=note,
            )
        )
    return costs


def _of_one_cool_down(costs: Iterable[ReportCost]) -> list[tuple[ReportCost, int]]:
    """Requests that wait for each other: reports of one type share its cool-down in a marketplace. With one of their costs."""
    waiting: Counter[tuple[str, str]] = Counter()
    some: dict[tuple[str, str], ReportCost] = {}
    for cost in costs:
        if cost.requests:
            key = (cost.report_type or cost.report, cost.account_key)
            waiting[key] += cost.requests
            some[key] = cost
    return [(some[key], n) for key, n in waiting.items()]


def _sum(states: Mapping[TruthState, int], wanted: Iterable[TruthState]) -> int:
    return sum(states.get(state, 0) for state in wanted)


def account_cost(
    account: str,
    costs: Sequence[ReportCost],
    *,
    reserve: float,
    now: datetime,
    create: BucketState | None = None,
    documents: BucketState | None = None,
    limits: Mapping[str, TypeLimit] | None = None,
) -> AccountCost:
    """Total of one account. The slowest of createReport, getReportDocument, the same two of Data Kiosk (a query counted as one
    page), a type's cool-down and a type's limit a day (`limits`, by report type) sets the pace: they overlap, because a document
    is fetched while later reports are created."""
    requests = sum(c.requests for c in costs if not c.queried)
    queries = sum(c.requests for c in costs if c.queried)
    at = now.timestamp()
    creating = Bucket(CREATE_REPORT.plan, create)
    fetching = Bucket(GET_REPORT_DOCUMENT.plan, documents)
    cooling = max((c.seconds_between * (n - 1) for c, n in _of_one_cool_down(costs)), default=0.0)
    paces = [
        (creating.seconds(requests, at, reserve), "createReport"),
        (fetching.seconds(requests, at), "getReportDocument"),
        (Bucket(CREATE_QUERY.plan, None).seconds(queries, at, reserve), "createQuery"),
        (Bucket(GET_QUERY_DOCUMENT.plan, None).seconds(queries, at), "getDocument"),
        (cooling, "cool-down"),
    ]
    by_type = Counter({c.report_type: 0 for c in costs})
    for cost in costs:
        by_type[cost.report_type] += cost.requests
    for report_type, held in (limits or {}).items():
        paces.append((held.seconds(by_type[report_type]), f"{held.limit} a day of {report_type}"))
    seconds, limit = max(paces, key=lambda pace: pace[0])
    return AccountCost(
        account=account,
        requests=requests + queries,
        asked_days=sum(c.asked_days for c in costs),
        one_a_day=sum(c.one_a_day for c in costs),
        seconds=seconds,
        limit=limit if seconds else "burst",
        create=creating,
        documents=fetching,
    )
