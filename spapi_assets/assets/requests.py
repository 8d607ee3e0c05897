"""`request/<report>`: asks Amazon for reports within the quota and materializes at once with the report ids.
What is asked is decided by `ingest/planning.py`; what does not fit today's quota stays planned and the sweep continues."""

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import dagster as dg

from spapi_assets.datasets.model import Report
from spapi_assets.partitions import partition_of, partitions_of
from spapi_assets.resources.platform import PlatformResource
from spapi_assets.settings import Settings

if TYPE_CHECKING:
    from spapi_assets.aws.ledger import ReportRecord

PRIORITY_TAG = "spapi/priority"
# A run spends at most this long waiting for quota; the rest stays in the ledger for the sweep.
REQUEST_SECONDS = 45.0


class RequestConfig(dg.Config):
    """Launchpad options of a request run."""

    ask_again: bool = False  # ask even for partitions that are final or already asked for (costs quota)


def request_key(report: Report) -> dg.AssetKey:
    return dg.AssetKey(["request", report.name])


def priority_of(tags: dict[str, str]) -> str:
    """Back-fills leave a reserve in the quota for fresh data; schedules and single materializations are fresh."""
    return tags.get(PRIORITY_TAG) or ("backfill" if "dagster/backfill" in tags else "fresh")


def request_metadata(record: "ReportRecord | None", reason: str) -> dict[str, Any]:
    """What a person wants to know about the request behind one partition."""
    if record is None:
        return {"asked": False, "why": reason}
    return {
        "asked": True,
        "status": str(record.status),
        "report id": record.report_id or "not yet: waiting for quota",
        "window": f"{record.start} to {record.end}",
        "requests spent": record.attempt,
        "why": reason,
    }


def request_asset(report: Report, settings: Settings) -> dg.AssetsDefinition:
    """The request asset of one report type."""

    @dg.asset(
        key=request_key(report),
        partitions_def=partitions_of(report, settings),
        backfill_policy=dg.BackfillPolicy.single_run(),
        group_name=f"requests_{report.family}",
        kinds={"amazon"},
        owners=["team:data-platform"],
        tags={"spapi/report_type": report.report_type.lower()},
        metadata={"report type": report.report_type, "options": report.options, "schedule (UTC)": report.schedule},
        description=f"Requests to Amazon for {report.title}.\n\n{report.description}",
        retry_policy=dg.RetryPolicy(max_retries=2, delay=20, backoff=dg.Backoff.EXPONENTIAL, jitter=dg.Jitter.PLUS_MINUS),
    )
    def request(context: dg.AssetExecutionContext, config: RequestConfig, platform: PlatformResource) -> dg.MaterializeResult:
        from spapi_assets.ingest.requesting import ask

        partitions = [partition_of(key) for key in context.partition_keys]
        priority = priority_of(dict(context.run.tags))
        outcome = ask(
            platform.context(),
            report,
            partitions,
            priority=priority,
            deadline=time.monotonic() + REQUEST_SECONDS,
            force=config.ask_again,
        )
        for sentence in outcome.problems:
            context.log.warning(sentence)
        for key, partition in zip(context.partition_keys, partitions, strict=True):
            context.add_asset_metadata(
                request_metadata(outcome.by_partition.get(partition), outcome.reasons.get(partition, "")), partition_key=key
            )
        if outcome.problems and not outcome.created and not outcome.waiting:
            raise dg.Failure(description=" ".join(outcome.problems), allow_retries=outcome.retryable)
        return dg.MaterializeResult(
            metadata={
                "requests made": len(outcome.created),
                "requests waiting for quota": len(outcome.waiting),
                "days not asked": len(outcome.reasons),
                "asked at": dg.MetadataValue.timestamp(datetime.now(UTC)),
            }
        )

    return request
