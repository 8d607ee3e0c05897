"""One consistent business, told by reports and by APIs: every comparison agrees, to the unit and the cent.
A difference here is a fault of a comparison, of a parser, of the registry or of the simulator."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from dbt_runner import Warehouse
from simulated_readings import LISTED_DAYS, SimulatedReadings

pytestmark = pytest.mark.xdist_group("warehouse")
NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
DAYS = 18
EXACT = {"orders_report_vs_orders_api", "orders_report_vs_finances", "listings_report_vs_listings_api"}


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    warehouse = Warehouse(tmp_path_factory.mktemp("reconciled_simulation"))
    lake = SimulatedReadings(warehouse.lake, NOW, DAYS).fill()
    assert not [name for load in lake.loads for name, d in load.datasets.items() if d.quarantined]
    wanted = ("--select", "+data_reconciliation", "+data_reconciliation_rows", "--resource-type", "model", "seed")
    built = warehouse.dbt("build", *wanted)
    assert built.returncode == 0, built.stdout[-4000:]
    return warehouse


def counts(warehouse: Warehouse, what: str) -> dict[str, Any]:
    return dict(warehouse.query(f"select check_name, {what} from marts.data_reconciliation group by 1"))


def test_reports_and_apis_of_the_same_days_reconcile_without_a_difference(simulated: Warehouse) -> None:
    rows = simulated.query(
        "select check_name, marketplace, date, measure, row_key, left_value, right_value, tolerance_name"
        " from marts.data_reconciliation_rows where state = 'different'"
    )
    assert rows == []
    # Nothing agrees because nothing was compared.
    compared = counts(simulated, "sum(rows_compared) filter (state in ('equal', 'within_tolerance'))")
    assert len(compared) == 6
    assert min(compared.values()) > 70, compared
    within = counts(simulated, "sum(rows_within_tolerance)")
    assert {check for check, number in within.items() if number == 0} >= EXACT
    assert within["orders_report_vs_sales_and_traffic"] > 0, "cancelled orders stay counted there"


def test_every_day_that_both_sides_hold_for_good_is_compared(simulated: Warehouse) -> None:
    known = simulated.query(
        "select check_name, count(*) from marts.data_reconciliation where state in ('equal', 'within_tolerance') and measure in"
        " ('orders', 'units', 'listings', 'fulfillable_units', 'warehouse_units') group by 1 order by 1"
    )
    found = dict(known)
    # Two stores. Berlin's first day began before the first loaded day; Finances are complete after 48 hours.
    assert found["orders_report_vs_orders_api"] >= 2 * (DAYS - 3)
    assert found["orders_report_vs_finances"] >= 2 * (DAYS - 8)
    assert found["listings_report_vs_listings_api"] == found["inventory_report_vs_inventory_api"] == 2 * LISTED_DAYS
    assert found["inventory_report_vs_ledger"] == 2 * LISTED_DAYS


def test_what_cannot_be_compared_says_why(simulated: Warehouse) -> None:
    open_days = simulated.query("select count(*), count(reason) from marts.data_reconciliation where state = 'not_comparable'")
    ((number, explained),) = open_days
    assert number == explained > 0
