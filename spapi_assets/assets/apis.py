"""`raw/<dataset>` of an API: its pages become archived bytes and typed Parquet, one object per partition, within the quota.
A thin shell: `ingest/reading/run.py` decides what has to be asked and asks; the events that tell of it are `api_events.py`."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

import dagster as dg

from spapi_assets.assets.api_events import CHANGES_TAG, Unread, read_events
from spapi_assets.assets.specs import raw_checks, raw_spec
from spapi_assets.datasets.model import ApiSource
from spapi_assets.partitions import partition_of, partitions_of
from spapi_assets.resources.platform import PlatformResource
from spapi_assets.settings import Settings

if TYPE_CHECKING:
    from spapi_assets.ingest.context import IngestContext
    from spapi_assets.ingest.reading.outcome import ReadOutcome


class ReadConfig(dg.Config):
    """Launchpad options of a run that reads an API."""

    read_again: bool = False  # also what was read already (costs quota)


def api_assets(source: ApiSource, settings: Settings) -> dg.AssetsDefinition:
    """The raw assets of one API: all datasets that its answers feed are read in one pass."""

    @dg.multi_asset(
        name=f"raw_{source.name}",
        specs=[raw_spec(source, dataset) for dataset in source.datasets],
        check_specs=[check for dataset in source.datasets for check in raw_checks(dataset)],
        partitions_def=partitions_of(source, settings),
        backfill_policy=dg.BackfillPolicy.single_run(),
        can_subset=True,
        retry_policy=dg.RetryPolicy(max_retries=2, delay=20, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS),
    )
    def raw(context: dg.AssetExecutionContext, config: ReadConfig, platform: PlatformResource) -> Iterator[Any]:
        ctx = platform.context()
        partitions = [partition_of(key) for key in context.partition_keys]
        days: dict[str, list[date]] = defaultdict(list)
        for partition in partitions:
            days[partition.account_key].append(partition.day)
        outcomes: list[ReadOutcome] = []
        unread: list[Unread] = []
        for account_key, wanted in days.items():
            found = _read(context, ctx, source, account_key, wanted, config.read_again)
            if isinstance(found, Unread):
                context.log.warning(found.sentence)
                unread.append(found)  # the other accounts' days are read all the same
            else:
                outcomes.append(found)
        for sentence in (s for outcome in outcomes for s in outcome.problems):
            context.log.warning(sentence)
        yield from read_events(context, ctx, source, partitions, outcomes, unread)

    return raw


def _read(
    context: dg.AssetExecutionContext, ctx: "IngestContext", source: ApiSource, account_key: str, days: list[date], again: bool
) -> "ReadOutcome | Unread":
    """One account key's days, or what is marked as changed; what went wrong as a sentence, and whether a retry may mend it."""
    from spapi_assets.ingest.documents.errors import DocumentError
    from spapi_assets.ingest.load import LoadBusy
    from spapi_assets.ingest.order_reading import read_changed
    from spapi_assets.ingest.reading.run import read
    from spapi_assets.spapi.errors import SpApiError, Throttled, TransientError

    try:
        if CHANGES_TAG in context.run.tags:
            return read_changed(ctx, source, account_key, tell=context.log.info)
        return read(ctx, source, account_key, days, again=again, tell=context.log.info)
    except LoadBusy:
        return Unread(account_key, "Another run is reading it at this moment; when that is done, its days are there for all.")
    except Throttled as error:
        return Unread(account_key, f"{error} What was read until now is kept: schedule or sensor go on from there.")
    except (SpApiError, DocumentError) as error:
        return Unread(account_key, str(error), again=isinstance(error, TransientError))
