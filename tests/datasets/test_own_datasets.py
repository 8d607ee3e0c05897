"""A deployment's own YAML files: they are added without code, and a mistake is named by file and field."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from spapi_assets.datasets.loader import BUILT_IN, RegistryError, load_registry, read_sources
from spapi_assets.settings import load_settings

ROOT = Path(__file__).resolve().parents[2]


def _entry(**changes: Any) -> dict[str, Any]:
    return {
        "name": "shelf_stock",
        "report_type": "GET_SHELF_STOCK_DATA",
        "title": "Shelf stock",
        "description": "Units Amazon holds back, by reason.",
        "kind": "seller",
        "scope": "marketplace",
        "format": "tsv",
        "window": {"kind": "snapshot"},
        "source": "A test.",
        "datasets": [
            {
                "name": "shelf_stock",
                "title": "Shelf stock",
                "description": "Units Amazon holds back, by reason.",
                "grain": "One SKU",
                "day_of": "fetch",
                "columns": [{"name": "sku", "header": "sku", "description": "The seller's SKU."}],
            }
        ],
        **changes,
    }


def _write(folder: Path, entry: Any, name: str = "shelf_stock.yaml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(entry if isinstance(entry, str) else yaml.safe_dump(entry), "utf-8")
    return path


def test_a_folder_in_spapi_datasets_dirs_adds_its_reports(tmp_path: Path) -> None:
    _write(tmp_path / "mine" / "logistics", _entry())
    settings = load_settings({"SPAPI_DATASETS_DIRS": str(tmp_path / "mine")})
    registry = load_registry(*settings.datasets_dirs)
    assert registry.source_of("shelf_stock").family == "logistics"
    assert set(load_registry().datasets) < set(registry.datasets)


def test_a_folder_that_is_not_there_is_an_error_and_not_an_empty_registry(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match=r"SPAPI_DATASETS_DIRS names .*nowhere, which is not a folder"):
        load_registry(tmp_path / "nowhere")


def test_a_report_of_a_name_that_exists_is_refused(tmp_path: Path) -> None:
    (tmp_path / "orders.yaml").write_bytes((BUILT_IN / "orders" / "orders_by_last_update.yaml").read_bytes())
    with pytest.raises(RegistryError, match="'orders_by_last_update' is defined twice"):
        load_registry(tmp_path)


def _columns(*columns: dict[str, Any]) -> dict[str, Any]:
    return _entry(datasets=[{**_entry()["datasets"][0], "columns": list(columns)}])


SKU = {"name": "sku", "header": "sku", "description": "The seller's SKU."}


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        (_entry(window={"kind": "days", "max_days": 0}), r"window\.max_days: .*greater than or equal to 1"),
        (_entry(scope="region"), r"scope: Input should be 'account' or 'marketplace'"),
        (_entry(colour="red"), r"colour: Extra inputs are not permitted"),
        (_entry(title=None), r"title: Input should be a valid string"),
        (_columns({**SKU, "type": "string"}), r"datasets\.0\.columns\.0\.type: "),
        (_columns({**SKU, "path": "sku"}), r"datasets\.0\.columns\.0: column sku: one of 'header'"),
        (_columns(SKU, SKU), r"datasets\.0: dataset shelf_stock: a column name occurs twice"),
        (_columns({**SKU, "name": "date"}), r"datasets\.0: .*\['date'\] are partition columns"),
        (_columns({**SKU, "name": "Seller SKU"}), r"datasets\.0\.columns\.0\.name: "),
        (_entry(adoptable=True, options={"a": "b"}), r"the entry: report shelf_stock: .*not adoptable"),
        (_entry(datasets=[{**_entry()["datasets"][0], "row_key": ["asin"]}]), r"unknown columns \['asin'\]"),
        (_entry(datasets=[{**_entry()["datasets"][0], "day_of": "column"}]), r"needs a date_column"),
        ("just a sentence", "not a YAML mapping"),
        ("name: [unclosed", "not a YAML mapping"),
        ("", "not a YAML mapping"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_mistake_is_named_by_file_and_field(tmp_path: Path, entry: Any, field: str) -> None:
    path = _write(tmp_path, entry, "broken.yaml")
    with pytest.raises(RegistryError, match=field) as caught:
        read_sources([path])
    assert str(path) in str(caught.value)


def test_a_file_that_is_not_utf8_is_refused_with_its_name(tmp_path: Path) -> None:
    path = tmp_path / "latin.yaml"
    path.write_bytes("title: Verkäufe".encode("latin-1"))
    with pytest.raises(RegistryError, match=r"latin\.yaml is not a YAML mapping in UTF-8"):
        read_sources([path])


def test_the_example_of_the_guide_is_a_report_that_loads(tmp_path: Path) -> None:
    guide = (ROOT / "docs" / "adding-a-dataset.md").read_text("utf-8")
    examples = re.findall(r"```yaml\n(name:.*?)```", guide, re.DOTALL)
    assert examples
    for number, example in enumerate(examples):
        _write(tmp_path / "guide", example, f"{number}.yaml")
    own = set(load_registry(tmp_path / "guide").reports) - set(load_registry().reports)
    named = {re.match(r"name: (\w+)", example)[1] for example in examples}  # type: ignore[index]
    assert own == named | {"shop_visits_weekly", "shop_visits_monthly"}
