"""Starts the demo's readings of APIs as their schedules would, each when it is known what to ask for: SKUs come with reports.
How a reading works is `ingest/reading/`; what Amazon then tells of changes is `happenings.py`."""

from __future__ import annotations

from datetime import date, timedelta

from spapi_assets.datasets.model import ApiSource, WindowKind
from spapi_assets.demo.dagster_api import DagsterApi
from spapi_assets.demo.environment import DemoEnvironment
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.windows import due_range
from spapi_assets.lake.layout import Partition
from spapi_assets.partitions import days_between

# A day of orders is seventeen tables: ten days of them show what sixty would.
API_DAYS = 10


def read_sources(context: IngestContext) -> list[ApiSource]:
    """The APIs that some account takes and that are asked, not told."""
    apis = context.registry.apis.values()
    return [source for source in apis if source.call is not None and context.settings.partition_keys(source)]


def days_of(source: ApiSource, environment: DemoEnvironment) -> list[date]:
    """The newest days of the back-fill, as far as Amazon has them by now; of a snapshot only today."""
    if source.window.kind is WindowKind.SNAPSHOT:
        return [environment.today]
    reach = environment.today - timedelta(days=min(API_DAYS, source.window.lookback_days - 1))
    first, newest = max(environment.first_day, reach), due_range(source, environment.today, date.min)[1]
    return days_between(first, newest) if first <= newest else []


class Readings:
    """The readings that still wait for their beginning. Lists of SKUs and ASINs come with reports and are empty before these."""

    def __init__(self, context: IngestContext, environment: DemoEnvironment, dagster: DagsterApi) -> None:
        self._context = context
        self._environment = environment
        self._dagster = dagster
        self.waiting = {
            source.name: (source, list(context.settings.partition_keys(source)))
            for source in read_sources(context)
            if days_of(source, environment)
        }

    def start(self) -> list[str]:
        """Start what can be started, each account and store as soon as something is known to ask about; returns the names."""
        started = []
        for source, keys in list(self.waiting.values()):
            ready = [key for key in keys if self._known(source, key)]
            if not ready:
                continue
            partitions = [f"{key}|{day}" for key in ready for day in days_of(source, self._environment)]
            assets = [("raw", dataset.name) for dataset in source.datasets]
            self._dagster.backfill(assets, partitions, f"demo: {source.title}")
            started.append(source.name if ready == keys else f"{source.name} of {', '.join(ready)}")
            left = [key for key in keys if key not in ready]
            if left:
                self.waiting[source.name] = (source, left)
            else:
                del self.waiting[source.name]
        return started

    def _known(self, source: ApiSource, key: str) -> bool:
        batch = source.call.batch if source.call else None
        if batch is None or source.window.kind is WindowKind.DAYS:
            return True
        place = Partition.of(key, self._environment.today)
        return next(self._context.identifiers.all(batch.kind, place.account, place.marketplace), None) is not None
