"""A whole deployment on loopback, as a test drives it: what the UI's buttons and the daemon's ticks do, and what they show."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import dagster as dg

from spapi_assets.ingest.context import IngestContext
from spapi_assets.partitions import RANGE_END, RANGE_START
from spapi_assets.resources.platform import PlatformResource
from spapi_assets.simulator.server import Simulator

TOKENS = {"kestrel_eu": "Atzr|simulator-kestrel-eu", "kestrel_vendor_us": "Atzr|simulator-kestrel-vendor-us"}


@dataclass
class Deployment:
    """Two connected accounts. `materialize` runs what the UI's button runs, `tick` what the daemon does."""

    simulator: Simulator
    platform: PlatformResource
    instance: dg.DagsterInstance
    definitions: dg.Definitions
    lake: Path

    @property
    def context(self) -> IngestContext:
        return self.platform.context()

    @property
    def yesterday(self) -> date:
        return datetime.now(UTC).date() - timedelta(days=1)

    def materialize(self, *keys: str, first: str, last: str | None = None, tags: dict[str, str] | None = None) -> Any:
        """Materialize assets for one partition or a range of them; never raises, look at `success`."""
        selection = [dg.AssetKey(k.split("/")) for k in keys]
        job = self.definitions.get_repository_def().get_implicit_job_def_for_assets(selection)
        assert job is not None
        return job.get_subset(asset_selection=set(selection)).execute_in_process(
            instance=self.instance,
            raise_on_error=False,
            partition_key=None if last else first,
            tags={**(tags or {}), **({RANGE_START: first, RANGE_END: last} if last else {})},
        )

    def tick(self, sensor: str) -> Any:
        repository = self.definitions.get_repository_def()
        definition = repository.get_sensor_def(sensor)
        with dg.build_sensor_context(
            instance=self.instance, repository_def=repository, resources={"platform": self.platform}
        ) as context:
            return definition.evaluate_tick(context)

    def job(self, name: str) -> dg.JobDefinition:
        return self.definitions.get_repository_def().get_job(name)

    def partitions(self, key: str) -> set[str]:
        return set(self.instance.get_materialized_partitions(dg.AssetKey(key.split("/"))))

    def metadata(self, key: str, partition: str) -> dict[str, Any]:
        records = self.instance.fetch_materializations(
            dg.AssetRecordsFilter(asset_key=dg.AssetKey(key.split("/")), asset_partitions=[partition]), limit=1
        ).records
        assert records, f"{key} {partition} is not materialized"
        found = records[0].asset_materialization
        assert found is not None
        return {name: value.value for name, value in found.metadata.items()}
