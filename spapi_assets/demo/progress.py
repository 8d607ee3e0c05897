"""What the demo shows while it works, and the table of what was loaded and what is missing and why at the end.
Reads Dagster and the ledger; changes nothing."""

from __future__ import annotations

import time
from collections import Counter

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from spapi_assets.demo.dagster_api import AssetStatus, DagsterApi
from spapi_assets.demo.environment import DemoEnvironment
from spapi_assets.demo.processes import DemoError, Processes

ACTIVE = ("QUEUED", "NOT_STARTED", "STARTING", "STARTED")
REVIEW = ("review", "business_review")
PATIENCE_SECONDS = 900
SETTLED_SECONDS = 6.0
LOOK_SECONDS = 4.0  # asking Dagster how far all partitions are takes it a good second
# Made when a person asks for it, not by the automation.
_PLAN = ("platform", "backfill_plan")


class BackfillProgress:
    """Follows the back-fill until nothing is open in the ledger and everything downstream is newer than the last load."""

    def __init__(self, environment: DemoEnvironment, dagster: DagsterApi, processes: Processes, console: Console) -> None:
        from spapi_assets.ingest.context import build_context
        from spapi_assets.settings import load_settings

        self._context = build_context(load_settings())
        self._environment = environment
        self._dagster = dagster
        self._processes = processes
        self._console = console
        self._started = time.monotonic()
        self._quiet_since: float | None = None

    def follow(self) -> None:
        """Redraw until everything is loaded and built; raises DemoError when a server ends or nothing moves for too long."""
        last_line = ""
        with Live(console=self._console, refresh_per_second=4, transient=True) as live:
            while True:
                self._processes.check_all()
                assets = self._dagster.assets()
                runs = self._dagster.runs(*ACTIVE)
                open_reports = Counter(str(r.status) for r in self._context.ledger.open_records())
                to_load = len(self._context.ledger.done_not_loaded())
                live.update(self._picture(assets, runs, open_reports, to_load))
                line = f"{sum(a.materialized for k, a in assets.items() if k[0] == 'raw')} partitions loaded"
                if not self._console.is_terminal and line != last_line:
                    self._console.print(
                        f"    {time.monotonic() - self._started:4.0f} s  {line}, {sum(open_reports.values())} reports open"
                    )
                    last_line = line
                if self._finished(assets, runs, open_reports, to_load):
                    break
                if time.monotonic() - self._started > PATIENCE_SECONDS:
                    raise DemoError(
                        f"The back-fill did not finish within {PATIENCE_SECONDS} s.\n{self._processes.tail('dagster', 40)}"
                    )
                time.sleep(LOOK_SECONDS)
        self._console.print(self._picture(assets, [], Counter(), 0))

    def _finished(
        self, assets: dict[tuple[str, ...], AssetStatus], runs: list[dict[str, object]], open_reports: Counter[str], to_load: int
    ) -> bool:
        if runs or open_reports or to_load or not self._downstream_is_newest(assets):
            self._quiet_since = None
            return False
        self._quiet_since = self._quiet_since or time.monotonic()
        return time.monotonic() - self._quiet_since > SETTLED_SECONDS

    @staticmethod
    def _downstream_is_newest(assets: dict[tuple[str, ...], AssetStatus]) -> bool:
        loads = [a.last for key, a in assets.items() if key[0] == "raw" and a.last]
        others = [a.last for key, a in assets.items() if key[0] not in ("raw", "request") and key != _PLAN]
        if not loads or any(last is None for last in others):
            return False
        # Every raw asset but the harvested one was asked for; each must have arrived before "quiet" means "finished".
        if any(a.last is None for key, a in assets.items() if key[0] == "raw"):
            return False
        return min(last for last in others if last is not None) > max(loads)

    def _picture(
        self, assets: dict[tuple[str, ...], AssetStatus], runs: list[dict[str, object]], open_reports: Counter[str], to_load: int
    ) -> Group:
        table = Table(box=None, padding=(0, 2), header_style="dim")
        for column, justify in (("dataset", "left"), ("partitions loaded", "left"), ("", "right"), ("failed", "right")):
            table.add_column(column, justify="right" if justify == "right" else "left")
        expected = self._expected()
        for key in sorted(k for k in assets if k[0] == "raw"):
            status = assets[key]
            total = max(expected.get(key[1], 0), status.materialized, 1)
            failed = Text(str(status.failed), style="red") if status.failed else Text("")
            table.add_row(
                key[1],
                ProgressBar(total=total, completed=status.materialized, width=36),
                f"{status.materialized}/{total}",
                failed,
            )
        built = [a for k, a in assets.items() if k[0] not in ("raw", "request") and k != _PLAN]
        table.add_row(
            "dbt models, coverage, review",
            ProgressBar(total=len(built), completed=sum(a.last is not None for a in built), width=36),
            "",
        )
        waiting = ", ".join(f"{n} {status.lower()}" for status, n in sorted(open_reports.items())) or "none open"
        elapsed = f"{time.monotonic() - self._started:4.0f} s"
        line = f"{elapsed}   runs active: {len(runs)}   reports at Amazon: {waiting}   documents to load: {to_load}"
        return Group(table, Text(line, style="dim"))

    def _expected(self) -> dict[str, int]:
        from spapi_assets.datasets.model import WindowKind

        settings, days = self._context.settings, self._environment.days
        return {
            dataset.name: len(settings.partition_keys(report)) * (days if report.window.kind is WindowKind.DAYS else 1)
            for report in self._context.registry.reports.values()
            for dataset in report.datasets
        }


def coverage_tables(environment: DemoEnvironment, console: Console) -> None:
    """What was loaded, what is missing, and why: one line per dataset and account."""
    from spapi_assets.cli.tables import coverage_table
    from spapi_assets.ingest.context import build_context
    from spapi_assets.ingest.coverage import coverage
    from spapi_assets.settings import load_settings

    rows = list(coverage(build_context(load_settings()), environment.first_day, environment.today))
    console.print(coverage_table(rows))
