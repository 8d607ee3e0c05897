"""A deployment that takes every report of the registry: simulator over HTTP, AWS emulator, folder lake, a calendar of its own.
How a report is brought home stands here; what must hold then is the tests'."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from spapi_assets.aws.ledger_records import ReportRecord, Verdict
from spapi_assets.aws.quota import DynamoThrottle
from spapi_assets.aws.secrets import write_credentials
from spapi_assets.aws.setup import set_up_aws
from spapi_assets.datasets.model import Report, WindowKind
from spapi_assets.ingest.amazon_schedules import keep_schedules
from spapi_assets.ingest.context import account_apis, build_context
from spapi_assets.ingest.documents.context import LoadResult
from spapi_assets.ingest.load import load_report
from spapi_assets.ingest.requesting import ask
from spapi_assets.ingest.sweep import sweep
from spapi_assets.ingest.windows import due, due_range, partition_days, reachable, today
from spapi_assets.lake.layout import Partition
from spapi_assets.settings import Account, Settings
from spapi_assets.simulator.accounts import CLIENT_ID, CLIENT_SECRET
from spapi_assets.simulator.server import Simulator
from spapi_assets.spapi.auth import LwaCredentials
from spapi_assets.spapi.marketplaces import MARKETPLACES
from tests.flow.year.dynamo import MemoryDynamo

# Amazon's monthly schedules are made at BEGIN; everything is asked for from NOW on, when GST of the last month can still be had.
BEGIN, NOW = datetime(2026, 9, 13, 9, tzinfo=UTC), datetime(2026, 10, 14, 11, tzinfo=UTC)
PLACES = {"kestrel_eu": ("DE", "UK", "FR"), "kestrel_na": ("US",), "kestrel_fe": ("JP",), "kestrel_in": ("IN",)}
VENDOR = "kestrel_vendor_us"
SCALE = 1.0
# The account keys a report is tried for, most wanted first.
LOOKS_BACK = {"kestrel_eu": timedelta(days=14)}  # a settlement; where parcels of the seller's own are rare, a month
FOREIGN = ("kestrel_eu.DE", "kestrel_fe.JP", "kestrel_eu", "kestrel_fe", "kestrel_in.IN", "kestrel_in")
DAYS = 28  # so many of the newest days, where one request may hold several: a whole cycle of the simulated stock
PATIENCE = 40.0  # real seconds until every request of a report has ended


def accounts() -> tuple[Account, ...]:
    """Every account of the simulated business, each with all reports."""
    sellers = [
        Account(
            name=name, kind="seller", region={"kestrel_na": "na", "kestrel_fe": "fe"}.get(name, "eu"),
            selling_partner_id=f"A3KESTREL0{name[-2:].upper()}0", marketplaces=places, secret=f"spapi/{name}", reports=("all",),
            fan_out={"productType": ("TENT", "CHAIR")},
        )
        for name, places in PLACES.items()
    ]  # fmt: skip
    vendor = Account(
        name=VENDOR, kind="vendor", region="na", selling_partner_id="amzn1.vg.1000001", marketplaces=("US",),
        secret=f"spapi/{VENDOR}", reports=("all",), fan_out={"sellingProgram": ("RETAIL", "BUSINESS")},
    )  # fmt: skip
    return (*sellers, vendor)


@dataclass
class Brought:
    """What came of one report: the partitions asked for, its requests, and what each document did."""

    report: Report
    asked: dict[str, list[Partition]] = field(default_factory=dict)
    records: list[ReportRecord] = field(default_factory=list)
    loads: dict[str, LoadResult] = field(default_factory=dict)  # by request id
    problems: list[str] = field(default_factory=list)


class Deployment:
    """The platform and its Amazon. Reports are brought home once, however many tests look at them."""

    def __init__(self, folder: Path) -> None:
        options = {"quota_scale": 1e5, "processing_seconds": 0.0, "token_seconds": 10**8}
        self.simulator = Simulator(now=BEGIN, scale=SCALE, **options).start()  # type: ignore[arg-type]
        settings = Settings(
            accounts=accounts(), lake_uri=str(folder / "lake"), first_date="2024-01-01",
            spapi_endpoint_url=self.simulator.url, lwa_endpoint_url=self.simulator.url,
        )  # fmt: skip
        self.ctx = build_context(settings)
        # Its table and its quota in memory: the emulator's answer of 8 ms, forty times a report, would be most of the test.
        self.ctx.clients._clients["dynamodb"] = MemoryDynamo()
        clock = self.simulator.clock
        self.ctx.now = self.ctx.ledger.now = clock.now
        self.ctx.throttle = throttle = DynamoThrottle(self.ctx.clients, settings.quota_table, clock=clock.timestamp)
        self.ctx.make_apis = lambda account: account_apis(self.ctx.clients, throttle, settings, account)
        self.ctx.times = replace(self.ctx.times, poll_first=0.0, poll_longest=0.0, look_after=0.0, upkeep_every=1e9)
        set_up_aws(self.ctx.clients, settings)
        for account in settings.accounts:
            token = "Atzr|simulator-" + account.name.replace("_", "-")
            write_credentials(self.ctx.clients, account.secret, LwaCredentials(CLIENT_ID, CLIENT_SECRET, token))
        self.brought: dict[str, dict[str, Brought]] = {}  # by family
        self._wait_for_amazons_schedules()

    def _wait_for_amazons_schedules(self) -> None:
        """Schedules are made, a month passes, and others' reports lie at Amazon: then the platform looks for the first time."""
        problems: list[str] = []
        for account in self.ctx.settings.accounts:
            keep_schedules(self.ctx, account, problems)
            # Nobody has kept up with anything yet: there are no gaps to look for.
            self.ctx.ledger.set_mark(f"upkeep#{account.name}", NOW)
            self.ctx.ledger.set_mark(f"listed#{account.name}", NOW - LOOKS_BACK.get(account.name, timedelta(days=31)))
        while self.ctx.now() < NOW - timedelta(days=2):
            self.simulator.advance(86400)
            self._somebody_asks_in_seller_central("kestrel_in", "GET_EASYSHIP_PICKEDUP", "GET_EASYSHIP_WAITING_FOR_PICKUP")
        self.simulator.clock.set(NOW)
        problems += sweep(self.ctx, PATIENCE).problems  # lists what others made
        self.ctx.times = replace(self.ctx.times, list_every=1e9)
        assert problems == []

    def _somebody_asks_in_seller_central(self, account: str, *report_types: str) -> None:
        end = self.ctx.now() - timedelta(seconds=1)
        for report_type in report_types:
            ids = [MARKETPLACES[code].id for code in PLACES[account]]
            self.ctx.apis(account).reports.create_report(report_type, ids, start=end - timedelta(days=7), end=end)

    def keys(self, report: Report) -> list[str]:
        """One account key, and a second one where the document follows the marketplace's habits."""
        known = self.ctx.settings.partition_keys(report)
        many = 2 if report.family == "listings" or set(report.localised or ()) & {"headers", "charset"} else 1
        return sorted(known, key=lambda k: FOREIGN.index(k) if k in FOREIGN else len(FOREIGN))[:many]

    def newest(self, report: Report, account_key: str) -> list[Partition]:
        """The newest partitions that are due."""
        place = Partition.of(account_key, self.ctx.now().date()).marketplace
        first, last = due_range(report, today(report, place, self.ctx.now()), date(2024, 1, 1))
        days = partition_days(report, first, last)
        if report.window.kind is WindowKind.DAYS:
            now = self.ctx.now()
            days = [d for d in days if due(report, d, now, place) and reachable(report, d, now, place)]
        many = DAYS if report.window.max_days > 1 and report.window.period == "day" else 1
        return [Partition.of(account_key, day) for day in days[-many:]]

    def bring(self, name: str) -> Brought:
        """Ask for the newest partitions of a report and its whole family, sweep until all has ended, load this one."""
        report = self.ctx.registry.reports[name]
        if report.family not in self.brought:
            self.brought[report.family] = family = {r.name: Brought(r) for r in self.ctx.registry.families[report.family]}
            for brought in family.values():
                with suppress(Exception) if brought.report is not report else nullcontext():
                    self._ask(brought)
            self._until_ended(family.values())
        brought = self.brought[report.family][name]
        self._load(brought)
        return brought

    def _ask(self, brought: Brought) -> None:
        report = brought.report
        if report.window.kind is WindowKind.HARVEST:  # Amazon makes it, or a person did in Seller Central
            brought.asked = {key: [] for key in self.ctx.settings.partition_keys(report)}
            return
        if report.fan_out and report.fan_out.identifiers:
            self.bring(self.ctx.registry.source_of(report.fan_out.identifiers.dataset).name)
        for key in self.keys(report):
            brought.asked[key] = self.newest(report, key)
            brought.problems += ask(self.ctx, report, brought.asked[key], deadline=time.monotonic() + PATIENCE).problems

    def _until_ended(self, family: Iterable[Brought]) -> None:
        """Sweep until nothing is open; time passes for reports of one type, which Amazon makes one after the other."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            result = sweep(self.ctx, PATIENCE)
            assert result.problems == []
            waiting = self.ctx.ledger.open_records()
            if any(r.retry_at is None for r in waiting) or self.ctx.ledger.unjudged():
                continue
            suspected = [r for b in family for r in self._mine(b) if r.verdict is Verdict.EMPTY_SUSPECTED]
            later = [r.retry_at for r in [*waiting, *suspected] if r.retry_at is not None and r.retry_at > self.ctx.now()]
            if not later and not waiting:
                return
            if later:
                self.simulator.clock.set(max(later))

    def _mine(self, brought: Brought) -> list[ReportRecord]:
        first, last = date(2024, 1, 1), self.ctx.now().date() + timedelta(days=1)
        found = []
        for key, asked in brought.asked.items():
            days = [p.day for p in asked]
            found += self.ctx.ledger.records(brought.report.name, key, min(days, default=first), max(days, default=last))
        return found

    def _load(self, brought: Brought) -> None:
        for record in self._mine(brought):
            if record.ready:
                result = load_report(self.ctx, record)
                assert result is not None
                brought.loads[record.request_id] = result
        brought.records = self._mine(brought)
        if brought.report.window.kind is WindowKind.HARVEST:
            brought.asked = {r.account_key: [] for r in brought.records}

    def parts(self, dataset: str, account_key: str, days: Iterable[date]) -> dict[Partition, list[str]]:
        """The Parquet objects of a dataset's partitions, as paths below the lake's root."""
        found: dict[Partition, list[str]] = defaultdict(list)
        wanted = set(days)
        for fact in self.ctx.ledger.partitions(dataset, account_key, min(wanted), max(wanted)):
            if fact.day in wanted:
                found[Partition.of(account_key, fact.day)].append(str(fact.uri))
        return found


def failures(records: Iterable[ReportRecord]) -> list[str]:
    """What became of requests that brought nothing and were not answered by a later one, for the message of a test."""
    last = {(r.account_key, r.start, r.end, tuple(r.options.items())): r for r in records if r.verdict is not Verdict.SUPERSEDED}
    return [f"{r}: {r.verdict} {r.reason}" for r in last.values() if r.loaded_at is None]
