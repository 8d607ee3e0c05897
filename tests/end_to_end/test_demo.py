"""`spapi demo` as a newcomer runs it: everything loads through Dagster's own daemon, the UI shows it, Ctrl-C stops all of it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
import requests

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SECONDS = 840  # beside another worker that takes the second core


@dataclass
class Demo:
    process: subprocess.Popen[str]
    folder: Path
    log: Path

    @property
    def said(self) -> str:
        return self.log.read_text("utf-8")

    @property
    def ui(self) -> str:
        found = re.search(r"Dagster UI\s+(http://\S+)", self.said)
        assert found, self.said
        return found[1]

    def members(self) -> list[int]:
        """Processes that work in the demo's folder: its environment names it."""
        mark, found = str(self.folder).encode(), []
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                if int(entry.name) != os.getpid() and mark in (entry / "environ").read_bytes():
                    found.append(int(entry.name))
            except (OSError, ValueError):
                continue
        return found


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    folder = tmp_path / "run"
    log = folder.parent / "output.txt"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "spapi_assets.cli", "demo", "--days", "4", "--port", "0", "--folder", str(folder)],
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        running = Demo(process, folder, log)
        try:
            deadline = time.monotonic() + SECONDS
            while "Ctrl-C stops" not in running.said:
                assert process.poll() is None, running.said
                assert time.monotonic() < deadline, running.said
                time.sleep(1)
            yield running
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                process.wait(90)


def _it_says_what_it_loaded_and_what_is_missing_and_why(demo: Demo) -> None:
    assert "What is loaded, and what is missing and why" in demo.said
    words = re.sub(r"[^\w.]+", " ", demo.said)  # cells are wrapped
    for dataset in ("fba_inventory", "orders_by_last_update", "settlements", "vendor_sales"):
        assert dataset in words
    assert "not_published" in words
    assert "unavailable" in words


def _every_mart_is_built(demo: Demo) -> None:
    shutil.copy(demo.folder / "warehouse.duckdb", demo.folder / "copy.duckdb")
    with duckdb.connect(str(demo.folder / "copy.duckdb"), read_only=True) as warehouse:
        rows = {
            name: warehouse.execute(f"select count(*) from marts.{name}").fetchone()
            for (name,) in warehouse.execute(
                "select table_name from information_schema.tables where table_schema = 'marts'"
            ).fetchall()
        }
    assert {"fct_order_lines", "fct_sales_traffic_daily", "fct_settlement_lines", "data_coverage"} <= set(rows)
    for name in ("fct_order_lines", "fct_sales_traffic_daily", "fct_inventory_daily", "data_coverage", "dim_product"):
        assert rows[name][0] > 0, name


def _apis_are_read_and_what_changed_is_read_again(demo: Demo) -> None:
    raw = demo.folder / "lake" / "raw"
    for dataset in (
        "api_orders",
        "catalog_items",
        "fba_inventory_summaries",
        "finance_transactions",
        "listings",
        "purchase_orders",
    ):
        assert list(raw.glob(f"{dataset}/**/data.parquet")), f"{dataset} was not read"
    assert "things change" in demo.said
    for dataset in ("listings", "api_orders"):
        assert list(raw.glob(f"{dataset}/**/read-*.parquet")), f"what changed of {dataset} was not read again"
    assert list(raw.glob("any_offer_changed*/**/*.parquet"))


def _the_review_is_one_page_that_needs_nothing_else(demo: Demo) -> None:
    (page,) = (demo.folder / "lake" / "review").glob("*.html")
    text = page.read_text("utf-8")
    assert "<svg" in text
    assert not re.search(r"""(?:src|href)=["']https?://""", text)


def _no_run_failed(demo: Demo) -> None:
    query = "{ runsOrError(filter: {statuses: [FAILURE]}) { ... on Runs { results { runId jobName } } } }"
    answer = requests.post(f"{demo.ui}/graphql", json={"query": query}, timeout=30).json()
    assert answer["data"]["runsOrError"]["results"] == []


def _the_ui_shows_green_partitions_checks_and_readable_metadata(demo: Demo) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1500, "height": 1000})
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(f"{demo.ui}/assets/raw/orders_by_last_update?view=partitions", timeout=60_000)
        page.get_by_text("kestrel_eu", exact=False).first.wait_for(timeout=60_000)
        page.goto(f"{demo.ui}/assets/raw/orders_by_last_update?view=checks", timeout=60_000)
        page.get_by_text("quarantine", exact=False).first.wait_for(timeout=60_000)
        page.goto(f"{demo.ui}/assets/marts/sku_profit_weekly", timeout=60_000)
        page.get_by_text("Profit per SKU and week", exact=False).first.wait_for(timeout=60_000)
        browser.close()
    assert errors == []


def _ctrl_c_stops_every_process_it_started(demo: Demo) -> None:
    assert len(demo.members()) >= 5
    demo.process.send_signal(signal.SIGINT)
    assert demo.process.wait(90) == 0
    assert "nothing of the demo runs any more" in demo.said
    deadline = time.monotonic() + 10
    while demo.members() and time.monotonic() < deadline:
        time.sleep(0.3)
    assert demo.members() == []


@pytest.mark.end_to_end
@pytest.mark.timeout(SECONDS + 120)
def test_the_demo_loads_builds_shows_and_stops(demo: Demo) -> None:
    """One demo for all of it, because it takes a minute or two."""
    _it_says_what_it_loaded_and_what_is_missing_and_why(demo)
    _every_mart_is_built(demo)
    _apis_are_read_and_what_changed_is_read_again(demo)
    _the_review_is_one_page_that_needs_nothing_else(demo)
    _no_run_failed(demo)
    if CHROMIUM:  # Debian's chromium is not part of the two commands
        _the_ui_shows_green_partitions_checks_and_readable_metadata(demo)
    _ctrl_c_stops_every_process_it_started(demo)
