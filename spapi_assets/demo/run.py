"""The demo from start to end: servers, onboarding, a back-fill through Dagster, the tables, the review, the open UI.
Each step is one function; how progress looks is `progress.py`."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import FrameType

import requests
from rich.console import Console

from spapi_assets.demo.dagster_api import DagsterApi
from spapi_assets.demo.environment import DemoEnvironment
from spapi_assets.demo.processes import DemoError, Processes
from spapi_assets.demo.progress import BackfillProgress, coverage_tables
from spapi_assets.settings import PROJECT_ROOT

# The simulator refills its quotas this many times faster than Amazon: two months in minutes, not half a day.
QUOTA_SCALE = 600


def run_demo(folder: Path, *, days: int, headless: bool, ui_port: int, seed: int, console: Console) -> None:
    """Run the demo; returns when it is stopped (or, headless, when everything is loaded and built)."""
    environment = DemoEnvironment.create(folder, days, seed, ui_port)
    variables = environment.variables()
    environment.write_shell(variables)
    os.environ.clear()
    os.environ.update(variables)
    processes = Processes(environment.logs, variables)
    started = time.monotonic()

    def stop(signum: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    try:
        _start_servers(environment, processes, console)
        _onboard(console)
        dagster = _start_dagster(environment, processes, console)
        _backfill(environment, dagster, processes, console)
        coverage_tables(environment, console)
        console.print(f"\nLoaded and built in {time.monotonic() - started:.0f} s.")
        console.print(f"Business review  [bold]{environment.review}[/]")
        if not headless:
            console.print(f"Dagster UI       [bold]{environment.ui_url}[/]")
            console.print(f"Simulator        [bold]{environment.simulator_url}/simulator/[/]")
            console.print(f"In another terminal: source {environment.shell}, then spapi doctor, spapi coverage, spapi plan ...")
            console.print("\nEverything keeps running: new notifications are loaded as they arrive. Ctrl-C stops every process.")
            _wait(processes)
    except KeyboardInterrupt:
        console.print("\nStopping ...")
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not leave processes behind
        processes.stop()
        console.print("Stopped; nothing of the demo runs any more. Its files stay in " + str(environment.folder))


def _answers(url: str) -> Callable[[], bool]:
    def probe() -> bool:
        try:
            return requests.get(url, timeout=2).status_code < 500
        except requests.RequestException:
            return False

    return probe


def _start_servers(environment: DemoEnvironment, processes: Processes, console: Console) -> None:
    console.print(f"[bold]1[/] AWS emulator on {environment.aws_url}, Amazon simulator on {environment.simulator_url}")
    processes.start(
        "aws", [sys.executable, "-m", "spapi_assets.demo.emulator", "-H", "127.0.0.1", "-p", str(environment.aws_port)]
    )
    simulator = [sys.executable, "-m", "spapi_assets.simulator", "--port", str(environment.simulator_port)]
    processes.start(
        "simulator",
        [*simulator, "--seed", str(environment.seed), "--quota-scale", str(QUOTA_SCALE), "--processing-seconds", "4"],
    )
    processes.wait_until("aws", _answers(f"{environment.aws_url}/moto-api/"), 60)
    processes.wait_until("simulator", _answers(f"{environment.simulator_url}/simulator/stats"), 60)


def _onboard(console: Console) -> None:
    from spapi_assets.demo.happenings import subscribe_to_everything
    from spapi_assets.ingest.context import build_context
    from spapi_assets.ingest.onboarding import connect, set_up
    from spapi_assets.settings import load_settings
    from spapi_assets.spapi.auth import LwaCredentials

    settings = load_settings()
    context = build_context(settings)
    console.print("[bold]2[/] Tables, queue and Glue database; two accounts connected and subscribed")
    set_up(context)
    tokens = {"kestrel_eu": "Atzr|simulator-kestrel-eu", "kestrel_vendor_us": "Atzr|simulator-kestrel-vendor-us"}
    for account in settings.accounts:
        credentials = LwaCredentials("amzn1.application-oa2-client.simulator", "simulator-secret", tokens[account.name])
        for line in connect(context, account, credentials):
            console.print(f"    {line}")
    for line in subscribe_to_everything(context):
        console.print(f"    {line}")


def _start_dagster(environment: DemoEnvironment, processes: Processes, console: Console) -> DagsterApi:
    console.print(f"[bold]3[/] Dagster: webserver, daemon, code location on {environment.ui_url}")
    command = [sys.executable, "-m", "dagster", "dev", "-w", str(PROJECT_ROOT / "workspace.yaml")]
    processes.start("dagster", [*command, "-h", "127.0.0.1", "-p", str(environment.ui_port)], cwd=PROJECT_ROOT)
    dagster = DagsterApi(environment.ui_url)
    processes.wait_until("dagster", dagster.answers, 120)
    return dagster


def _backfill(environment: DemoEnvironment, dagster: DagsterApi, processes: Processes, console: Console) -> None:
    from spapi_assets.datasets.loader import load_registry
    from spapi_assets.datasets.model import WindowKind
    from spapi_assets.partitions import days_between
    from spapi_assets.settings import load_settings

    settings = load_settings()
    console.print(
        f"[bold]4[/] Back-fill of {environment.days} days through Dagster's queue: documents load as Amazon announces them, "
        "APIs are read as soon as it is known what to ask for"
    )
    for report in load_registry(*settings.datasets_dirs).reports.values():
        keys = settings.partition_keys(report)
        if not keys or report.window.kind is WindowKind.HARVEST:
            continue  # settlements cannot be asked for; the sweep finds them
        yesterday = environment.today - timedelta(days=1)
        snapshot = report.window.kind is WindowKind.SNAPSHOT
        days = [environment.today] if snapshot else days_between(environment.first_day, yesterday)
        dagster.backfill([("request", report.name)], [f"{k}|{d}" for k in keys for d in days], f"demo: {report.title}")
    BackfillProgress(environment, dagster, processes, console).follow()


def _wait(processes: Processes) -> None:
    while True:
        processes.check_all()
        time.sleep(2)


__all__ = ["DemoError", "run_demo"]
