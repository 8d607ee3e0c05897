"""Runs dbt as a user does, as a command, in a folder of its own. Nothing is written into the project."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"


@dataclass(frozen=True)
class Warehouse:
    """A lake, the DuckDB file built from it, and what dbt said."""

    folder: Path
    lake: Path
    project: Path = PROJECT

    @property
    def database(self) -> Path:
        return self.folder / "warehouse.duckdb"

    def dbt(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environ = {k: v for k, v in os.environ.items() if not k.startswith(("SPAPI_", "DBT_"))}
        environ |= {
            "SPAPI_LAKE_URI": str(self.lake),
            "SPAPI_DUCKDB_PATH": str(self.database),
            "DBT_TARGET_PATH": str(self.folder / "target"),
            "DBT_LOG_PATH": str(self.folder / "logs"),
            "NO_COLOR": "1",
        }
        command = [
            str(Path(sys.executable).parent / "dbt"),
            *arguments,
            "--project-dir",
            str(self.project),
            "--profiles-dir",
            str(self.project),
        ]
        return subprocess.run(command, env=environ, cwd=self.folder, capture_output=True, text=True, timeout=240, check=False)

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
            return connection.execute(sql).fetchall()
