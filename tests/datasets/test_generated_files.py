"""Files made from the registry: the checked-in ones are current, and odd text in a YAML file cannot break them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import Environment

from spapi_assets.datasets.dbt_sources import LINEAGE_COLUMNS, dbt_sources, is_modelled
from spapi_assets.datasets.dictionary import INDEX, PAGES, data_dictionary
from spapi_assets.datasets.documentation import generated_files, main, write_documentation
from spapi_assets.datasets.loader import Registry, load_registry
from spapi_assets.datasets.model import Report

ROOT = Path(__file__).resolve().parents[2]
REGISTRY = load_registry()


def _tables(text: str) -> dict[tuple[str, str], dict[str, Any]]:
    sources = yaml.safe_load(text)["sources"]
    return {(source["name"], table["name"]): table for source in sources for table in source["tables"]}


def test_the_checked_in_files_are_what_the_registry_says() -> None:
    for path, text in generated_files(REGISTRY).items():
        assert (ROOT / path).read_text("utf-8") == text, f"{path} is stale: run `spapi docs` and commit it"


def _dictionary() -> str:
    return "\n".join(data_dictionary(REGISTRY).values())


def test_writing_twice_changes_nothing_the_second_time(tmp_path: Path) -> None:
    assert len(write_documentation(tmp_path)) == 2 + len(REGISTRY.families)
    assert write_documentation(tmp_path) == []
    assert main(["--root", str(tmp_path)]) == 0


def test_the_page_of_a_family_that_is_gone_is_removed(tmp_path: Path) -> None:
    write_documentation(tmp_path)
    old = tmp_path / PAGES / "seller.md"
    old.write_text("old", "utf-8")
    assert main(["--root", str(tmp_path)]) == 1
    assert write_documentation(tmp_path) == [old]
    assert not old.exists()


def test_the_command_says_which_file_is_stale(tmp_path: Path) -> None:
    write_documentation(tmp_path)
    (tmp_path / "docs" / "data-dictionary.md").write_text("old", "utf-8")
    command = [sys.executable, "-m", "spapi_assets.datasets.documentation", "--root", str(tmp_path)]
    told = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert told.returncode == 1
    assert told.stdout.strip() == "docs/data-dictionary.md is not what the registry says; run with --write"
    assert subprocess.run([*command, "--write"], cwd=ROOT, check=False).returncode == 0
    assert "# Data dictionary" in (tmp_path / "docs" / "data-dictionary.md").read_text("utf-8")


def test_every_dbt_source_is_tied_to_the_asset_of_its_name() -> None:
    keys = {name: table["config"]["meta"]["dagster"]["asset_key"] for name, table in _tables(dbt_sources(REGISTRY)).items()}
    assert keys == {name: list(name) for name in keys}
    assert {table for source, table in keys if source == "raw"} == set(REGISTRY.datasets)
    assert {table for source, table in keys if source == "platform"} == {"coverage", "reports", "restatements"}


def test_a_dbt_source_that_models_read_lists_partition_data_and_lineage_columns_the_others_name_their_page() -> None:
    tables = _tables(dbt_sources(REGISTRY))
    for name, dataset in REGISTRY.datasets.items():
        source = REGISTRY.source_of(name)
        if not is_modelled(source, REGISTRY):
            assert "columns" not in tables["raw", name]
            assert tables["raw", name]["description"].endswith(f" Columns: {PAGES.as_posix()}/{source.family}.md.")
            continue
        columns = [column["name"] for column in tables["raw", name]["columns"]]
        partition = ["account", "date"] if REGISTRY.source_of(name).scope == "account" else ["account", "marketplace", "date"]
        assert columns == [*partition, *(column.name for column in dataset.columns), *LINEAGE_COLUMNS]


def test_personal_data_is_marked_in_the_dictionary_and_in_the_dbt_sources() -> None:
    columns = {c["name"]: c for c in _tables(dbt_sources(REGISTRY))["raw", "orders_by_last_update"]["columns"]}
    assert columns["ship_postal_code"]["config"]["meta"]["pii"] is True
    assert "config" not in columns["ship_country"]
    line = next(line for line in _dictionary().splitlines() if line.startswith("| `ship_postal_code`"))
    assert "| **yes** |" in line


def test_the_dictionary_says_when_a_report_is_asked_for_and_how_long_it_moves() -> None:
    text = _dictionary()
    assert "Up to 30 consecutive days per request, as far back as 730 days. A day runs from midnight to midnight in UTC." in text
    assert "A day is asked for 72 hours after it closed. Amazon corrects a day for 30 days" in text
    assert "only today can be had, a missed day is lost. Amazon makes it at most once in 30 minutes." in text
    assert "Cannot be requested: Amazon makes the documents and they are collected." in text


def test_the_dictionary_says_what_a_period_a_schedule_and_a_limit_mean() -> None:
    text = _dictionary()
    assert "One month per request, as far back as 540 days." in text
    assert (
        "A partition is a month, keyed by its first day. A month is asked for 60 hours after it closed. A loaded month is final."
        in text
    )
    assert "Amazon makes them by a schedule (P1D) that the platform creates." in text
    assert "Amazon makes the type at most 96 times in 24 hours for a selling partner." in text
    assert "each document is fetched with a restricted data token naming it" in text


def test_every_dataset_stands_once_on_its_familys_page_and_once_in_the_index() -> None:
    pages = data_dictionary(REGISTRY)
    for family, reports in REGISTRY.families.items():
        names = [d.name for r in reports for d in r.datasets]
        assert sorted(re.findall(r"^## (\S+)$", pages[PAGES / f"{family}.md"], re.MULTILINE)) == sorted(names)
        assert all(pages[INDEX].count(f"(data-dictionary/{family}.md#{name})") == 1 for name in names)


def _registry_saying(text: str) -> Registry:
    column = {"name": "c", "header": "c", "description": text, "unit": text, "aliases": [text]}
    dataset = {"name": "d", "title": "t", "description": text, "grain": text, "day_of": "fetch", "columns": [column]}
    report = {
        "name": "r",
        "report_type": "R",
        "title": "t",
        "description": text,
        "family": "f",
        "kind": "seller",
        "scope": "account",
        "default": True,
        "format": "tsv",
        "window": {"kind": "snapshot"},
        "source": text,
        "datasets": [dataset],
    }
    return Registry([Report.model_validate(report)])


@settings(deadline=None)  # a busy machine is no failure
@given(st.text(alphabet=st.sampled_from("ab .,'\"`|\n\t:#-{}%$é品"), max_size=40))
def test_no_text_in_a_yaml_file_breaks_the_generated_files(text: str) -> None:
    registry = _registry_saying(text)
    table = _tables(dbt_sources(registry))["raw", "d"]
    names = [column["name"] for column in table["columns"]]
    assert names == ["account", "date", "c", *LINEAGE_COLUMNS]
    for described in (table, *table["columns"]):
        # dbt renders descriptions as templates: what comes out must be what was written.
        assert Environment().from_string(described["description"]).render() == described["description"]
    rows = [line for page in data_dictionary(registry).values() for line in page.splitlines() if line.startswith("| `c`")]
    assert len(rows) == 1
    assert rows[0].replace("\\|", "").count("|") == 7
