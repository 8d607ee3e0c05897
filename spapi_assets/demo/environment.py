"""The demo's folder and environment: where its servers listen and what the platform's variables are.
Starting the servers is `processes.py`; what happens in them is `run.py`."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from spapi_assets.demo.processes import DemoError, free_port
from spapi_assets.settings import PROJECT_ROOT

# The user's own AWS identity must never leak into a demo that talks to an emulator.
_MARK = "README"
_FOREIGN = ("AWS_", "SPAPI_", "LWA_", "DAGSTER_", "DBT_")


@dataclass(frozen=True)
class DemoEnvironment:
    """Folders, ports and days of one demo."""

    folder: Path
    days: int
    seed: int
    aws_port: int
    simulator_port: int
    ui_port: int
    today: date

    @classmethod
    def create(cls, folder: Path, days: int, seed: int, ui_port: int) -> DemoEnvironment:
        """A fresh folder: what an earlier demo left is removed."""
        if folder.exists() and any(folder.iterdir()):
            if not (folder / _MARK).is_file():
                raise DemoError(f"{folder} is not empty and no demo made it; name another --folder, or empty it yourself.")
            shutil.rmtree(folder)
        environment = cls(folder, days, seed, free_port(), free_port(), free_port(ui_port), datetime.now(UTC).date())
        for path in (environment.logs, environment.dagster_home, environment.lake):
            path.mkdir(parents=True)
        (folder / _MARK).write_text("This folder belongs to `spapi demo`, which empties it when it starts.\n", "utf-8")
        shutil.copy(PROJECT_ROOT / "dagster.yaml", environment.dagster_home / "dagster.yaml")
        return environment

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    @property
    def dagster_home(self) -> Path:
        return self.folder / "dagster_home"

    @property
    def lake(self) -> Path:
        return self.folder / "lake"

    @property
    def duckdb(self) -> Path:
        return self.folder / "warehouse.duckdb"

    @property
    def review(self) -> Path:
        return self.lake / "review" / "business_review.html"

    @property
    def aws_url(self) -> str:
        return f"http://127.0.0.1:{self.aws_port}"

    @property
    def simulator_url(self) -> str:
        return f"http://127.0.0.1:{self.simulator_port}"

    @property
    def ui_url(self) -> str:
        return f"http://127.0.0.1:{self.ui_port}"

    @property
    def first_day(self) -> date:
        return self.today - timedelta(days=self.days)

    @property
    def shell(self) -> Path:
        """To be sourced, so that `spapi` and dbt in another terminal talk to the running demo."""
        return self.folder / "env.sh"

    def write_shell(self, variables: Mapping[str, str]) -> None:
        lines = [f"export {name}={shlex.quote(value)}" for name, value in sorted(variables.items()) if name.startswith(_FOREIGN)]
        self.shell.write_text("\n".join(lines) + "\n", "utf-8")

    def variables(self, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
        """The environment of every process of the demo."""
        kept = {k: v for k, v in environ.items() if not k.startswith(_FOREIGN)}
        return kept | {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', '')}",
            "PYTHONUNBUFFERED": "1",
            "AWS_ENDPOINT_URL": self.aws_url,
            "AWS_ACCESS_KEY_ID": "demo",
            "AWS_SECRET_ACCESS_KEY": "demo",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_REGION": "eu-west-1",
            "SPAPI_ENDPOINT_URL": self.simulator_url,
            "LWA_ENDPOINT_URL": self.simulator_url,
            "SPAPI_ACCOUNTS_FILE": str(PROJECT_ROOT / "accounts.yaml"),
            "SPAPI_LAKE_URI": str(self.lake),
            "SPAPI_DUCKDB_PATH": str(self.duckdb),
            "SPAPI_FIRST_DATE": str(self.first_day),
            # Amazon makes this type 96 times a day: two marketplaces x 60 days would be two days. The simulator is not so slow.
            "SPAPI_DAILY_LIMITS": "GET_SALES_AND_TRAFFIC_REPORT=10000",
            # What Amazon tells is read within the demo, not within minutes.
            "SPAPI_CHANGE_REST_SECONDS": "10",
            "SPAPI_MESSAGE_REST_SECONDS": "20",
            "SPAPI_REBUILD_CRON": "* * * * *",
            "DAGSTER_HOME": str(self.dagster_home),
        }
