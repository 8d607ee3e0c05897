"""What the demo shows while it works, and the table of what was loaded and what is missing and why at the end.
Starts readings and changes when their time has come, through `readings.py` and `happenings.py`; else it only looks."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from spapi_assets.demo.dagster_api import AssetStatus, DagsterApi
from spapi_assets.demo.environment import DemoEnvironment
from spapi_assets.demo.processes import DemoError, Processes

ACTIVE = ("QUEUED", "NOT_STARTED", "STARTING", "STARTED")
PATIENCE_SECONDS = 900
SETTLED_SECONDS = 6.0
LOOK_SECONDS = 4.0  # asking Dagster how far all partitions are takes it a good second
# Made when a person asks for it, not by the automation.
_PLAN = ("platform", "backfill_plan")
# What changes at Amazon while the demo runs shows in these.
_CHANGING = ("listings", "api_orders")

Assets = dict[tuple[str, ...], AssetStatus]


@dataclass
class _Look:
    """How things stand at one look."""

    assets: Assets
    runs: list[dict[str, Any]] = field(default_factory=list)
    open_reports: Counter[str] = field(default_factory=Counter)
    to_load: int = 0
    marks: int = 0  # identifiers to be read again because of the demo's changes
    messages: int = 0  # spooled, not rows yet

    def raw(self, names: frozenset[str]) -> list[AssetStatus]:
        return [status for key, status in self.assets.items() if key[0] == "raw" and key[1] in names]

    @property
    def built(self) -> list[AssetStatus]:
        return [a for key, a in self.assets.items() if key[0] not in ("raw", "request") and key != _PLAN]


class BackfillProgress:
    """Follows the back-fill until nothing is open in the ledger and everything downstream is newer than the last load."""

    def __init__(self, environment: DemoEnvironment, dagster: DagsterApi, processes: Processes, console: Console) -> None:
        from spapi_assets.demo.happenings import Changes
        from spapi_assets.demo.readings import Readings
        from spapi_assets.ingest.context import build_context
        from spapi_assets.settings import load_settings

        self._context = build_context(load_settings())
        self._environment = environment
        self._dagster = dagster
        self._processes = processes
        self._console = console
        self._readings = Readings(self._context, environment, dagster)
        self._changes = Changes(self._context, environment.simulator_url)
        self._told, self._asked = _datasets(self._context)
        self._bars = self._rows()
        self._started = time.monotonic()
        self._quiet_since: float | None = None
        self._loaded_at: float | None = None

    def follow(self) -> None:
        """Redraw until everything is loaded and built; raises DemoError when a server ends or nothing moves for too long."""
        last_line = ""
        with Live(console=self._console, refresh_per_second=4, transient=True) as live:
            while True:
                self._processes.check_all()
                look = self._look()
                live.update(self._picture(look))
                line = f"{sum(a.materialized for a in look.raw(self._asked))} partitions loaded"
                if not self._console.is_terminal and line != last_line:
                    self._say(f"{line}, {sum(look.open_reports.values())} reports open")
                    last_line = line
                if started := self._readings.start():
                    self._say(f"reading begins: {', '.join(started)}")
                if self._changes.made_at is None and self._changes.possible():
                    self._say(self._changes.make())
                if self._finished(look):
                    break
                if time.monotonic() - self._started > PATIENCE_SECONDS:
                    raise DemoError(
                        f"The back-fill did not finish within {PATIENCE_SECONDS} s.\n{self._processes.tail('dagster', 40)}"
                    )
                time.sleep(LOOK_SECONDS)
        self._console.print(self._picture(_Look(look.assets)))

    def _look(self) -> _Look:
        marks, messages = self._changes.left()
        return _Look(
            self._dagster.assets({dataset for _, dataset, _ in self._bars}),
            self._dagster.runs(*ACTIVE),
            Counter(str(r.status) for r in self._context.ledger.open_records()),
            len(self._context.ledger.done_not_loaded()),
            marks,
            messages,
        )

    def _say(self, line: str) -> None:
        self._console.print(f"    {time.monotonic() - self._started:4.0f} s  {line}")

    def _finished(self, look: _Look) -> bool:
        """Everything that was asked for or told of by the demo is loaded, and all tables were built after that.

        The business goes on meanwhile: what it tells later is loaded, too, but nobody would ever see the end of it.
        """
        if self._loaded_at is None:
            waits = look.open_reports or look.to_load or look.marks or look.messages or self._readings.waiting
            waits = waits or not self._read_again(look)
            if waits or self._changes.made_at is None or self._loads(look) or any(a.last is None for a in look.raw(self._asked)):
                self._quiet_since = None
                return False
            self._quiet_since = self._quiet_since or time.monotonic()
            if time.monotonic() - self._quiet_since < SETTLED_SECONDS:
                return False
            self._loaded_at = max(a.last for a in look.raw(self._asked | self._told) if a.last)
        return all(a.last is not None and a.last > self._loaded_at for a in look.built)

    def _read_again(self, look: _Look) -> bool:
        """Whether what changed at Amazon was read after it had changed: its messages need a while to become marks."""
        made = self._changes.made_at
        found = [look.assets[key].last for name in _CHANGING if (key := ("raw", name)) in look.assets]
        return made is not None and all(last is not None and last > made.timestamp() for last in found)

    @staticmethod
    def _loads(look: _Look) -> list[dict[str, Any]]:
        """Runs that bring data, not those that build tables of it."""
        return [run for run in look.runs if any(key["path"][0] in ("raw", "request") for key in run["assetSelection"] or [])]

    def _picture(self, look: _Look) -> Group:
        table = Table(box=None, padding=(0, 2), header_style="dim")
        for column in ("report or API", "partitions loaded", "", "failed"):
            table.add_column(column, justify="right" if column in ("", "failed") else "left")
        for name, dataset, expected in self._bars:
            status = look.assets.get(("raw", dataset))
            if status is None:
                continue
            total = max(expected, status.materialized, 1)
            failed = Text(str(status.failed), style="red") if status.failed else Text("")
            bar = ProgressBar(total=total, completed=status.materialized, width=36)
            table.add_row(name, bar, f"{status.materialized}/{total}", failed)
        told = look.raw(self._told)
        if told:
            table.add_row(
                "tables of Amazon's messages", "", f"{sum(a.last is not None for a in told)} of {len(told)} have rows", ""
            )
        built = sum(a.last is not None for a in look.built)
        table.add_row("dbt models, coverage, review", ProgressBar(total=len(look.built), completed=built, width=36), "")
        waiting = ", ".join(f"{n} {status.lower()}" for status, n in sorted(look.open_reports.items())) or "none open"
        line = (
            f"{time.monotonic() - self._started:4.0f} s   runs active: {len(look.runs)}   reports at Amazon: {waiting}   "
            f"documents to load: {look.to_load}   changed, to be read again: {look.marks}   messages to load: {look.messages}"
        )
        return Group(table, Text(line, style="dim"))

    def _rows(self) -> list[tuple[str, str, int]]:
        """Of each report and API: its name, its first dataset, and how many partitions the back-fill will fill."""
        from spapi_assets.datasets.model import WindowKind
        from spapi_assets.demo.readings import days_of, read_sources

        settings, days = self._context.settings, self._environment.days
        reports = [
            (r.name, r.datasets[0].name, len(settings.partition_keys(r)) * (days if r.window.kind is WindowKind.DAYS else 1))
            for r in self._context.registry.reports.values()
            if settings.partition_keys(r)
        ]
        apis = [
            (a.name, a.datasets[0].name, len(settings.partition_keys(a)) * len(days_of(a, self._environment)))
            for a in read_sources(self._context)
        ]
        return [*sorted(reports), *sorted(apis)]


def _datasets(context: Any) -> tuple[frozenset[str], frozenset[str]]:
    """The datasets that Amazon's messages fill, some of which may never come; and those that reports and APIs must fill."""
    told: set[str] = set()
    asked: set[str] = set()
    for source in context.registry.sources.values():
        if context.settings.partition_keys(source):
            (told if getattr(source, "notification", None) else asked).update(d.name for d in source.datasets)
    return frozenset(told), frozenset(asked)


def coverage_tables(environment: DemoEnvironment, console: Console) -> None:
    """What was loaded, what is missing, and why: one line per dataset and account."""
    from spapi_assets.cli.tables import complete_line, coverage_table, open_rows
    from spapi_assets.demo.readings import days_of, read_sources
    from spapi_assets.ingest.context import build_context
    from spapi_assets.ingest.coverage import coverage
    from spapi_assets.settings import load_settings

    context = build_context(load_settings())
    asked = {source.name: days_of(source, environment) for source in read_sources(context)}
    rows = [
        row
        for row in coverage(context, environment.first_day, environment.today)
        if row.report not in asked or (asked[row.report] and row.date >= asked[row.report][0])
    ]
    console.print(coverage_table(open_rows(rows)))
    console.print(complete_line(rows))
