"""The checks `reconciliation_...` as a person opens them: both numbers, the rows behind them, and why days were left open."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import pytest

from spapi_assets.assets.reconciliation import RECONCILIATION, ROWS, reconciliation_checks
from spapi_assets.assets.warehouse import DBT_FOLDER
from spapi_assets.review.marts import NEEDED
from spapi_assets.settings import Account, Settings

DAY = date(2026, 11, 20)
API, FINANCES = "reconciliation_orders_report_vs_orders_api", "reconciliation_orders_report_vs_finances"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    account = Account(
        name="acc", kind="seller", region="eu", selling_partner_id="A", marketplaces=("DE",), reports=("default",), secret="s"
    )
    return Settings(
        accounts=(account,), lake_uri=str(tmp_path / "lake"), duckdb_path=str(tmp_path / "w.duckdb"), first_date="2026-01-01"
    )


@pytest.fixture
def warehouse(settings: Settings) -> Path:
    """One order is missing in the Orders API; Finances are not loaded; of the other comparisons nothing is known."""
    path = Path(str(settings.duckdb_path))
    facts = (
        "check_name varchar, account varchar, marketplace varchar, date date, measure varchar, currency varchar, subject varchar"
    )
    sides = "left_source varchar, left_value decimal(18,4), right_source varchar, right_value decimal(18,4)"
    with duckdb.connect(str(path)) as db:
        db.execute("create schema marts")
        for name in set(NEEDED) - {"data_reconciliation", "data_reconciliation_rows"}:
            db.execute(f"create table marts.{name} (account varchar)")
        rest = "difference decimal(18,4), tolerance_name varchar, tolerance decimal(18,4), state varchar, reason varchar"
        db.execute(
            f"create table marts.data_reconciliation ({facts}, {sides}, {rest}, rows_compared bigint, rows_different bigint)"
        )
        db.execute(
            f"create table marts.data_reconciliation_rows ({facts}, row_key varchar, {sides}, {rest}, left_text varchar,"
            " right_text varchar, lacking_source varchar)"
        )
        place = ["acc", "DE", DAY]
        values = "?, ?, ?, ?, ?, ?, 'order', 'orders report', ?, ?, ?, ?, ?, 0, ?, ?, 9, ?"
        insert = f"insert into marts.data_reconciliation values ({values})"
        api, money = "orders_report_vs_orders_api", "orders_report_vs_finances"
        db.execute(insert, [api, *place, "units", None, 120, "Orders API", 118, -2, "units_exact", "different", None, 1])
        db.execute(insert, [api, *place, "orders", None, 9, "Orders API", 9, 0, "orders_exact", "equal", None, 0])
        why = "Finances of 2026-11-21: Nobody asked for this day."
        db.execute(
            insert, [money, *place, "units", None, 120, "Finances", None, None, "shipped_units_exact", "not_comparable", why, 0]
        )
        db.execute(
            "insert into marts.data_reconciliation_rows values (?, ?, ?, ?, 'units', null, 'order', '302-1', 'orders report', 2,"
            " 'Orders API', null, -2, 'units_exact', 0, 'different', null, 'Shipped', null, 'Orders API')",
            [api, *place],
        )
    return path


def evaluations(settings: Settings) -> dict[str, Any]:
    models = [dg.AssetSpec(key) for key in (RECONCILIATION, ROWS)]
    job = dg.define_asset_job("judging", dg.AssetSelection.all_asset_checks())
    definitions = dg.Definitions(assets=models, asset_checks=reconciliation_checks(settings), jobs=[job])
    done = definitions.resolve_job_def("judging").execute_in_process()
    return {evaluation.check_name: evaluation for evaluation in done.get_asset_check_evaluations()}


def test_a_difference_is_a_warning_with_both_numbers_and_the_orders_behind_it(settings: Settings, warehouse: Path) -> None:
    found = evaluations(settings)[API]
    assert not found.passed
    assert found.severity is dg.AssetCheckSeverity.WARN
    assert found.description.endswith(
        "DE 2026-11-20 (acc): orders report 120 units, Orders API 118; 1 order differs: 302-1; tolerance units_exact (0)."
    )
    (difference,) = found.metadata["differences"].records
    assert (difference.data["orders report"], difference.data["Orders API"], difference.data["difference"]) == (
        "120",
        "118",
        "-2",
    )
    (row,) = found.metadata["rows that differ"].records
    assert (row.data["order"], row.data["Orders API"], row.data["missing in"]) == ("302-1", "nothing", "Orders API")
    assert found.metadata["comparisons equal"].value == 1


def test_what_could_not_be_compared_fails_nothing_and_says_why(settings: Settings, warehouse: Path) -> None:
    found = evaluations(settings)
    assert found[FINANCES].passed
    assert "Finances of 2026-11-21: Nobody asked for this day." in found[FINANCES].description
    (left_open,) = found[FINANCES].metadata["left open, and why"].records
    assert left_open.data["comparisons"] == 1
    with (DBT_FOLDER / "seeds" / "reconciliation_checks.csv").open(encoding="utf-8", newline="") as file:
        assert set(found) == {f"reconciliation_{row['check_name']}" for row in csv.DictReader(file)}
    unknown = found["reconciliation_inventory_report_vs_ledger"]
    assert unknown.passed
    assert unknown.description == "No account has loaded a day of either source yet."


def test_a_warehouse_elsewhere_has_the_dbt_test_alone(settings: Settings) -> None:
    assert reconciliation_checks(settings.model_copy(update={"dbt_target": "athena"})) == []
