"""The code location as a whole: it loads without a network, is cheap to import, and keeps the rules of the design."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from spapi_assets.datasets.loader import load_registry
from spapi_assets.definitions import build_defs
from spapi_assets.settings import SettingsError, load_settings

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def defs() -> dg.Definitions:
    return build_defs(load_settings({}))


@pytest.fixture(scope="module")
def graph(defs: dg.Definitions) -> dg.AssetGraph:  # type: ignore[name-defined]
    return defs.resolve_asset_graph()


def test_every_definition_can_be_loaded(defs: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(defs)


def test_importing_the_code_location_leaves_the_heavy_libraries_alone() -> None:
    heavy = "pyarrow pandas boto3 duckdb"
    code = f"import spapi_assets.definitions, sys; print([m for m in {heavy.split()!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"


def test_every_dataset_is_a_raw_asset_and_every_report_that_can_be_asked_for_a_request_asset(graph) -> None:
    keys = {k.to_user_string() for k in graph.get_all_asset_keys()}
    reports = [r for r in load_registry().reports.values() if r.default]
    assert {f"raw/{d.name}" for r in reports for d in r.datasets} <= keys
    assert {f"request/{r.name}" for r in reports if r.window.kind != "harvest"} <= keys
    assert "request/settlements" not in keys


def test_switching_everything_on_gives_every_report_its_assets_and_partitions() -> None:
    settings = load_settings({})
    accounts = tuple(a.model_copy(update={"reports": ("all",)}) for a in settings.accounts)
    everything = settings.model_copy(update={"accounts": accounts})
    found = build_defs(everything)
    dg.Definitions.validate_loadable(found)
    keys = {k.to_user_string() for k in found.resolve_asset_graph().get_all_asset_keys()}
    for report in load_registry().reports.values():
        if everything.partition_keys(report):
            assert {f"raw/{d.name}" for d in report.datasets} <= keys


def test_a_misspelt_family_is_refused_at_start() -> None:
    settings = load_settings({})
    accounts = tuple(a.model_copy(update={"reports": ("default", "fbaa")}) for a in settings.accounts)
    with pytest.raises(SettingsError, match="did you mean 'fba'"):
        build_defs(settings.model_copy(update={"accounts": accounts}))


def test_no_condition_sits_on_a_date_x_account_asset(graph) -> None:
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        if isinstance(node.partitions_def, dg.MultiPartitionsDefinition):
            assert node.automation_condition is None, key


def test_everything_from_staging_on_is_automated(graph) -> None:
    downstream = [k for k in graph.get_all_asset_keys() if k.path[0] not in ("raw", "request")]
    without = [k.to_user_string() for k in downstream if graph.get(k).automation_condition is None]
    assert downstream
    # The plan is an answer to a person's question; the other two are made by the step that makes coverage, and only with it.
    assert sorted(without) == ["platform/backfill_plan", "platform/reports", "platform/restatements"]
    coverage = graph.get(dg.AssetKey(["platform", "coverage"]))
    with_it = {"platform/reports", "platform/restatements"}
    assert with_it < {key.to_user_string() for key in coverage.execution_set_asset_keys}


def test_every_asset_tells_what_it_is_and_whose(graph) -> None:
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        assert node.description, f"{key.to_user_string()} has no description"
        assert node.group_name not in (None, "default"), key
        if key.path[0] in ("raw", "request", "platform", "review"):
            assert node.owners, key


def test_every_dbt_source_is_made_by_an_asset(graph) -> None:
    staging = [k for k in graph.get_all_asset_keys() if k.path[0] == "staging"]
    for key in staging:
        for parent in graph.get(key).parent_keys:
            # Amazon's messages come by themselves: the sensor reports them, and nobody can materialize them.
            assert graph.get(parent).description, f"{key} reads {parent}, which nothing makes"


def test_every_dbt_test_is_a_check_that_runs_with_its_model(graph) -> None:
    manifest = json.loads((ROOT / "dbt_project" / "target" / "manifest.json").read_text("utf-8"))
    tests = {n["name"] for n in manifest["nodes"].values() if n["resource_type"] == "test"}
    checks = {key.name: key for key in graph.asset_check_keys if key.asset_key.path[0] != "raw"}
    # Locally each comparison of Amazon's sources is a check with the rows that differ; dbt has one test of them all.
    ours = {name for name in checks if name.startswith("reconciliation_")}
    assert len(ours) == 6
    assert len(tests) == len(checks) - len(ours | {"client_secrets"})
    for key in checks.values():
        assert graph.get(key).automation_condition is not None, f"{key.name} would be left out of automated runs"
    assert "every_settlement_adds_up_to_its_deposit" in checks
    assert "a_second_marketplace_multiplies_nothing" in checks


def test_raw_assets_show_their_columns_before_the_first_load(graph) -> None:
    schema = graph.get(dg.AssetKey(["raw", "settlements"])).metadata["dagster/column_schema"]
    column = next(c for c in schema.columns if c.name == "amount")
    assert column.type == "decimal"
    assert column.description


def test_a_ranged_backfill_is_one_run_per_account(graph) -> None:
    for key in graph.get_all_asset_keys():
        if key.path[0] in ("raw", "request") and graph.get(key).is_executable:
            assert graph.get(key).backfill_policy == dg.BackfillPolicy.single_run(), key
