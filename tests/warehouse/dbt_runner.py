"""Runs dbt as a user does, as a command, on a copy of the project in a folder of its own.
A process parses once: the later copies begin with what the first one parsed; what is in the lakes is each test's business."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
_PARSED = "partial_parse.msgpack"
_parsed: list[Path] = []


def copy_of_project(folder: Path) -> Path:
    """The project's files beside a lake, as in a checkout, without what builds left there."""
    return Path(shutil.copytree(PROJECT, folder, ignore=shutil.ignore_patterns("target", "logs")))


@dataclass(frozen=True)
class Warehouse:
    """A folder with a lake and the project beside each other, the DuckDB file built from them, and what dbt said."""

    folder: Path

    @property
    def lake(self) -> Path:
        return self.folder / "lake"

    @property
    def project(self) -> Path:
        return self.folder / "dbt_project"

    @property
    def database(self) -> Path:
        return self.folder / "warehouse.duckdb"

    def dbt(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        if not self.project.exists():
            copy_of_project(self.project)
        target = self.folder / "target"
        if _parsed and not (target / _PARSED).exists():
            target.mkdir(parents=True, exist_ok=True)
            shutil.copy(_parsed[0], target)
        environ = {k: v for k, v in os.environ.items() if not k.startswith(("SPAPI_", "DBT_"))}
        # Relative to the project, so that they are the same for every folder: dbt parses all anew when one of them changes.
        environ |= {"SPAPI_LAKE_URI": "../lake", "SPAPI_DUCKDB_PATH": "../warehouse.duckdb"}
        environ |= {"DBT_TARGET_PATH": str(target), "DBT_LOG_PATH": str(self.folder / "logs"), "NO_COLOR": "1"}
        dbt = str(Path(sys.executable).parent / "dbt")
        command = [dbt, *arguments, "--profiles-dir", "."]
        done = subprocess.run(command, env=environ, cwd=self.project, capture_output=True, text=True, timeout=240, check=False)
        if not _parsed:
            _parsed.append(target / _PARSED)
        return done

    def results(self) -> dict[str, str]:
        """Status of every node of the last invocation, by its name."""
        found = json.loads((self.folder / "target" / "run_results.json").read_text("utf-8"))["results"]
        return {r["unique_id"].split(".")[2]: r["status"] for r in found}

    def manifest(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads((self.folder / "target" / "manifest.json").read_text("utf-8"))
        return content

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        import duckdb

        with duckdb.connect(str(self.database), read_only=True) as connection:
            connection.execute(f"set file_search_path = '{self.project}'")  # views name the lake as the project does
            return connection.execute(sql).fetchall()
