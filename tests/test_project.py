"""The project's own shape: one code location under one name, and imports that run downwards."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "spapi_assets"

# Each layer may import itself and the layers named; everything else of the package is above it.
ALLOWED = {
    "spapi": set(),
    "datasets": {"spapi"},
    "settings": {"datasets", "spapi"},
    "aws": {"datasets", "spapi", "settings"},
    "lake": {"datasets", "spapi", "settings"},
    "ingest": {"aws", "lake", "datasets", "spapi", "settings"},
    "resources": {"ingest", "aws", "lake", "datasets", "spapi", "settings"},
    "simulator": set(),
}
FORBIDDEN_LIBRARIES = {
    "spapi": {"dagster", "boto3", "botocore", "pandas", "pyarrow"},
    "datasets": {"dagster", "boto3", "botocore", "pandas", "pyarrow"},
    "aws": {"dagster", "pandas", "pyarrow"},
    "lake": {"dagster", "pandas"},
    "ingest": {"dagster", "pandas"},
}


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def _files(layer: str) -> list[Path]:
    folder = PACKAGE / layer
    return sorted(folder.rglob("*.py")) if folder.is_dir() else [PACKAGE / f"{layer}.py"]


@pytest.mark.parametrize("layer", ALLOWED)
def test_imports_run_downwards(layer: str) -> None:
    wrong = []
    for path in _files(layer):
        for name in _imports(path):
            parts = name.split(".")
            if parts[0] == "spapi_assets" and len(parts) > 1 and parts[1] not in ALLOWED[layer] | {layer}:
                wrong.append(f"{path.relative_to(ROOT)} imports {name}")
            if parts[0] in FORBIDDEN_LIBRARIES.get(layer, set()):
                wrong.append(f"{path.relative_to(ROOT)} imports {name}")
    assert not wrong, "\n".join(wrong)


def test_workspace_and_pyproject_name_the_same_code_location() -> None:
    module = yaml.safe_load((ROOT / "workspace.yaml").read_text("utf-8"))["load_from"][0]["python_module"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["dg"]["project"]
    assert module["module_name"] == project["code_location_target_module"]
    assert module["location_name"] == project["code_location_name"]
