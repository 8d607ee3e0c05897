"""The dbt project's own promises: described columns, declared grains, sources that exist, facts that agree."""

from __future__ import annotations

import csv
import re
import shutil
from pathlib import Path

import pytest
from dbt_runner import PROJECT, Warehouse, copy_of_project
from scenario import DAY, settlement

from spapi_assets.datasets.dbt_sources import is_modelled
from spapi_assets.datasets.loader import load_registry
from spapi_assets.spapi.marketplaces import MARKETPLACES

pytestmark = pytest.mark.xdist_group("warehouse")

_A_JOIN = r"\b(?:left|inner|full|right|cross) join\b"
JOIN = rf"{_A_JOIN}(.*?)(?={_A_JOIN}|\bwhere\b|\bgroup\b|\n\n|\Z)"
EUROPEAN_UNION = {"DE", "FR", "IT", "ES", "NL", "BE", "SE", "PL", "IE"}


def marts(warehouse: Warehouse) -> dict[str, dict]:
    return {
        n["name"]: n for n in warehouse.manifest()["nodes"].values() if n["resource_type"] == "model" and n["fqn"][1] == "marts"
    }


def test_every_mart_describes_exactly_its_columns(handmade: Warehouse) -> None:
    wrong = []
    for name, node in marts(handmade).items():
        actual = [
            c
            for (c,) in handmade.query(
                f"select column_name from information_schema.columns where table_schema = 'marts' and table_name = '{name}'"
            )
        ]
        described = {c for c, facts in node["columns"].items() if facts["description"]}
        wrong += [f"{name}.{c} is not described" for c in actual if c not in described]
        wrong += [f"{name}.{c} is described but does not exist" for c in described - set(actual)]
    assert not wrong, "\n".join(wrong)


def test_every_mart_declares_its_grain_and_a_test_proves_it(handmade: Warehouse) -> None:
    manifest = handmade.manifest()
    proven = {
        n["attached_node"].split(".")[-1]
        for n in manifest["nodes"].values()
        if n.get("test_metadata", {}).get("name") == "unique_grain"
    }
    for name, node in marts(handmade).items():
        assert "Grain: " in node["description"], f"{name} does not say what one row is"
        assert name in proven, f"{name} has no unique_grain test"
        assert node["config"]["materialized"] == "table"


def test_every_mart_has_a_uniqueness_a_not_null_and_a_relationship_test(handmade: Warehouse) -> None:
    kinds: dict[str, set[str]] = {name: set() for name in marts(handmade)}
    for node in handmade.manifest()["nodes"].values():
        mart = (node.get("attached_node") or "").split(".")[-1]
        if node["resource_type"] == "test" and mart in kinds:
            kind = node.get("test_metadata", {}).get("name")
            kinds[mart].add("relationship" if kind in ("relationships", "relationship_on") else str(kind))
    wanted = {"unique_grain", "not_null", "relationship"}
    assert {mart: wanted - found for mart, found in kinds.items() if wanted - found} == {}


def test_a_store_that_nobody_knows_turns_the_relationship_tests_red(tmp_path: Path, handmade: Warehouse) -> None:
    import duckdb

    compiled = {
        node["attached_node"].split(".")[-1]: node["compiled_code"]
        for node in handmade.manifest()["nodes"].values()
        if node.get("test_metadata", {}).get("name") == "relationships"
    }
    copy = tmp_path / handmade.database.name
    shutil.copy(handmade.database, copy)
    with duckdb.connect(str(copy)) as connection:
        for mart in ("dim_product", "fct_settlements", "data_coverage"):
            assert connection.execute(compiled[mart]).fetchall() == [], mart
            connection.execute(f"update marts.{mart} set marketplace = 'XX' where marketplace in ('DE', 'US')")
            assert connection.execute(compiled[mart]).fetchall(), mart


def test_every_default_report_and_platform_table_has_its_staging_model(handmade: Warehouse) -> None:
    """The marts are built on what every account has; the others are sources for models of your own (docs/warehouse.md)."""
    wanted = {r.datasets[0].name for r in load_registry().reports.values() if r.default} | {"coverage", "restatements"}
    assert wanted <= {path.stem.removeprefix("stg_") for path in (PROJECT / "models" / "staging").glob("stg_*.sql")}


def test_staging_reads_the_datasets_of_one_source_that_is_always_there_and_joins_nothing_else() -> None:
    registry = load_registry()
    prepared = {s.name for s in registry.sources.values() if is_modelled(s, registry)}
    for path in (PROJECT / "models" / "staging").glob("stg_*.sql"):
        text = re.sub(r"--.*", "", path.read_text("utf-8"))
        read = re.findall(r"source\('(\w+)', '(\w+)'\)", text)
        sources = {registry.source_of(name).name if schema == "raw" else "platform" for schema, name in read}
        assert len(sources) == 1, f"{path.stem} reads {sources}"
        assert sources <= {"platform", *prepared}, f"{path.stem} reads {sources}, which a lake may not have"
        assert not re.search(r"\bjoin\b|\bref\(", text), f"{path.stem} joins"


def test_every_source_names_the_dagster_asset_that_makes_it(handmade: Warehouse) -> None:
    sources = [s for s in handmade.manifest()["sources"].values() if s["source_name"] == "raw"]
    assert {s["name"] for s in sources} == set(load_registry().datasets)
    for source in sources:
        assert source["config"]["meta"]["dagster"]["asset_key"] == ["raw", source["name"]]


def test_every_join_names_the_account_unless_it_looks_up_a_marketplace() -> None:
    for path in [*(PROJECT / "models").rglob("*.sql"), *(PROJECT / "macros").rglob("*.sql")]:
        text = re.sub(r"--.*", "", path.read_text("utf-8"))
        for join in re.findall(
            JOIN,
            text,
            re.S,
        ):
            if re.match(r"\s*(tolerances|measures|\{\{ ref\('reconciliation_checks'\))", join) and ".check_name = " in join:
                continue  # seeds about checks, the same for every account
            if re.search(r"(\w+)\.\{\{ key \}\} = \w+\.\{\{ key \}\}", join):
                continue  # a macro that is told its keys; the models that call it name them
            looks_up = "marketplaces" in join and re.search(r"sales_channel_key =|marketplace(_id)? = ", join)
            assert looks_up or re.search(r"\w+\.account = \w+\.account", join), f"{path.name}: a join without the account:{join}"


def test_the_marketplace_seed_agrees_with_the_clients_facts() -> None:
    with (PROJECT / "seeds" / "dim_marketplace.csv").open(encoding="utf-8", newline="") as file:
        rows = {r["marketplace"]: r for r in csv.DictReader(file)}
    expected = {
        m.code: {
            "marketplace": m.code,
            "marketplace_id": m.id,
            "region": m.region,
            "country": m.country,
            "sales_channel": m.sales_channel,
            "time_zone": m.time_zone,
            "currency": m.currency,
            "stock_pool": "EU" if m.code in EUROPEAN_UNION else m.code,
        }
        for m in MARKETPLACES.values()
    }
    assert rows == expected


def test_a_settlement_that_does_not_add_up_turns_its_test_red(tmp_path: Path) -> None:
    from handmade_lake import HandmadeLake

    warehouse = Warehouse(tmp_path)
    lake = HandmadeLake(warehouse.lake)
    rows = settlement(
        "1",
        "Amazon.de",
        "EUR",
        [("Order", "ItemPrice", "Principal", "S", 10), ("Order", "ItemFees", "Commission", "S", -1.5)],
        DAY,
    )
    lake.write("settlements", "kestrel_eu", None, DAY, rows[:-1])  # the last line is lost
    lake.finish()
    assert warehouse.dbt("build", "--select", "+every_settlement_adds_up_to_its_deposit").returncode != 0
    assert warehouse.results()["every_settlement_adds_up_to_its_deposit"] == "fail"


def test_a_join_that_forgets_the_marketplace_turns_the_fan_out_test_red(tmp_path: Path, handmade: Warehouse) -> None:
    broken = Warehouse(tmp_path)
    model = copy_of_project(broken.project) / "models" / "marts" / "fct_marketplace_daily.sql"
    text = model.read_text("utf-8")
    assert "    and products.marketplace = days.marketplace\n" in text
    model.write_text(text.replace("    and products.marketplace = days.marketplace\n", ""), "utf-8")
    shutil.copy(handmade.database, broken.database)
    broken.lake.symlink_to(handmade.lake)
    proofs = ["a_second_marketplace_multiplies_nothing", "unique_grain_fct_marketplace_daily_account__marketplace__date"]
    broken.dbt("build", "--indirect-selection", "empty", "--select", "fct_marketplace_daily", *proofs)
    assert broken.results() == {"fct_marketplace_daily": "success"} | dict.fromkeys(proofs, "fail")


def test_the_states_that_dbt_accepts_are_the_platforms_truth_states(handmade: Warehouse) -> None:
    from spapi_assets.ingest.truth import TruthState

    tests = [
        n
        for n in handmade.manifest()["nodes"].values()
        if n["resource_type"] == "test" and "accepted_values_data_coverage" in n["name"]
    ]
    assert [set(t["test_metadata"]["kwargs"]["values"]) for t in tests] == [{s.value for s in TruthState}]
