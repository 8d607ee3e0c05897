"""The handmade warehouse, built once per test process."""

from __future__ import annotations

from pathlib import Path

import pytest
from dbt_runner import Warehouse
from scenario import build


@pytest.fixture(scope="session")
def handmade(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """`dbt build` (models, data tests, unit tests) over the lake of scenario.py."""
    folder = tmp_path_factory.mktemp("handmade")
    warehouse = Warehouse(folder)
    build(warehouse.lake)
    built = warehouse.dbt("build")
    assert built.returncode == 0, built.stdout[-4000:]
    return warehouse


@pytest.fixture
def empty_lake(tmp_path: Path) -> Warehouse:
    """A lake in which nothing was loaded: only the zero-row schema files."""
    from handmade_lake import HandmadeLake

    warehouse = Warehouse(tmp_path)
    HandmadeLake(warehouse.lake).finish()
    return warehouse


@pytest.fixture(scope="session")
def reconciled(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The comparisons of Amazon's sources over the lake of reconciliation_scenario.py."""
    from reconciliation_lake import ReconciliationLake
    from reconciliation_scenario import inventory, listings, orders_and_api, orders_and_finances, orders_and_traffic

    folder, lake = tmp_path_factory.mktemp("reconciled"), ReconciliationLake()
    for part in (orders_and_api, orders_and_traffic, orders_and_finances, listings, inventory):
        part(lake)
    warehouse = Warehouse(folder)
    lake.write(warehouse.lake)
    wanted = ("--select", "+data_reconciliation", "+data_reconciliation_rows", "--resource-type", "model", "seed")
    built = warehouse.dbt("build", *wanted)
    assert built.returncode == 0, built.stdout[-4000:]
    return warehouse
