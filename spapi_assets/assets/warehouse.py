"""The dbt project as assets: staging, intermediate and marts, built by one dbt invocation per run.
Models and tests live in dbt_project/; here is only how Dagster names, groups and triggers them."""

import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import (
    DagsterDbtTranslator,
    DagsterDbtTranslatorSettings,
    DbtCliInvocation,
    DbtCliResource,
    DbtProject,
    dbt_assets,
)
from dagster_dbt.core.dbt_cli_invocation import PARTIAL_PARSE_FILE_NAME
from dagster_dbt.core.dbt_event_iterator import DbtEventIterator
from dagster_dbt.errors import DagsterDbtCliRuntimeError

from spapi_assets.automation import after_coverage
from spapi_assets.settings import PROJECT_ROOT, Settings

DBT_FOLDER = PROJECT_ROOT / "dbt_project"
# DuckDB has one writer, and concurrent dbt runs collide on temporary tables on warehouses too.
DBT_POOL = "dbt"


def dbt_project(settings: Settings) -> DbtProject:
    """The project with a manifest that is as new as its files. Parsing takes seconds, so an up-to-date one is left alone."""
    project = DbtProject(project_dir=DBT_FOLDER, target=settings.dbt_target)
    if _is_stale(Path(project.manifest_path)):
        from filelock import FileLock

        with FileLock(str(PROJECT_ROOT / ".dbt_parse.lock")):
            if _is_stale(Path(project.manifest_path)):
                os.environ.update(settings.dbt_environment)
                dbt_resource(settings).cli(["parse", "--quiet"], manifest={}, target_path=Path("target")).wait()
    return project


def _is_stale(manifest: Path) -> bool:
    if not manifest.exists():
        return True
    made = manifest.stat().st_mtime
    written = [entry for entry in DBT_FOLDER.iterdir() if entry.name not in {"target", "logs"}]
    files = (file for entry in written for file in (entry.rglob("*") if entry.is_dir() else [entry]))
    return any(file.stat().st_mtime > made for file in files if file.suffix in {".sql", ".yml", ".csv"})


def dbt_resource(settings: Settings) -> DbtCliResource:
    return DbtCliResource(
        project_dir=str(DBT_FOLDER),
        profiles_dir=str(DBT_FOLDER),
        target=settings.dbt_target,
        dbt_executable=str(Path(sys.executable).parent / "dbt"),
    )


class Translator(DagsterDbtTranslator):
    """Keys are layer and name (`marts/fct_order_lines`); every model rebuilds after fresh coverage."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        if dbt_resource_props["resource_type"] == "source":
            return super().get_asset_key(dbt_resource_props)
        return dg.AssetKey([_layer(dbt_resource_props), dbt_resource_props["name"]])

    def get_asset_check_spec(
        self, asset_spec: dg.AssetSpec, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetCheckSpec | None:
        """dbt tests are asked for together with their models: an automated run takes only what a condition asked for."""
        spec = super().get_asset_check_spec(asset_spec, manifest, unique_id, project)
        if spec is None:
            return None
        return dg.AssetCheckSpec(
            spec.name,
            asset=spec.asset_key,
            description=spec.description,
            additional_deps=[d.asset_key for d in spec.additional_deps],
            blocking=spec.blocking,
            metadata=spec.metadata,
            automation_condition=after_coverage,
        )

    def get_description(self, dbt_resource_props: Mapping[str, Any]) -> str:
        return str(dbt_resource_props["description"])  # the SQL is one click away, under "Source code"

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        return _layer(dbt_resource_props)

    def get_automation_condition(self, dbt_resource_props: Mapping[str, Any]) -> dg.AutomationCondition:
        return after_coverage


def _layer(props: Mapping[str, Any]) -> str:
    """staging, intermediate, marts or seeds: the first folder below models/ (dbt's `fqn` is project, folders, name)."""
    return "seeds" if props["resource_type"] == "seed" else str(props["fqn"][1])


def _after_the_build(invocation: DbtCliInvocation) -> Iterator[Any]:
    """A build's events with row counts and column lineage, which are looked up when dbt is done; then the build's failure.

    dagster-dbt looks for events in a loop that keeps a core busy, for which dbt has a use; and DuckDB has one writer, so nothing
    can be looked up before.
    """
    told: list[Any] = []
    failure = None
    try:
        told.extend(invocation.stream())
    except DagsterDbtCliRuntimeError as error:
        failure = error
    yield from DbtEventIterator(iter(told), invocation).fetch_row_counts().fetch_column_metadata()
    if failure is not None:
        raise failure


def _keep_parse(made: Path) -> None:
    """The next build begins with what this one parsed: dbt parses all again if its connection is not the one parsed for last."""
    parsed = made / PARTIAL_PARSE_FILE_NAME
    if parsed.exists():
        os.replace(shutil.copy(parsed, DBT_FOLDER / "target" / f"{made.name}.msgpack"), DBT_FOLDER / "target" / parsed.name)


def warehouse_assets(settings: Settings) -> dg.AssetsDefinition:
    """Every dbt model and seed as an asset, every dbt test as an asset check."""
    project = dbt_project(settings)

    @dbt_assets(
        name="warehouse",
        manifest=project.manifest_path,
        project=project,
        pool=DBT_POOL,
        dagster_dbt_translator=Translator(DagsterDbtTranslatorSettings(enable_code_references=True)),
    )
    def warehouse(context: dg.AssetExecutionContext, dbt: DbtCliResource) -> Iterator[Any]:
        os.environ.update(settings.dbt_environment)  # dbt is a process of its own and reads its settings from there
        invocation = dbt.cli(["build"], context=context)
        try:
            if not settings.dbt_metadata:
                yield from invocation.stream()
            elif settings.dbt_target == "local":
                yield from _after_the_build(invocation)
            else:
                yield from invocation.stream().fetch_row_counts().fetch_column_metadata()
        finally:
            _keep_parse(invocation.target_path)
        shutil.rmtree(invocation.target_path)  # compiled SQL stays of builds that failed

    return warehouse
