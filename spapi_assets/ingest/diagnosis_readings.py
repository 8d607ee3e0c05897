"""Looks for the doctor at what should go on by itself: refused APIs, readings and changes that wait, messages not yet rows.
Reads ledger, marks and lake, and asks Amazon nothing; identifiers are `diagnosis_identifiers.py`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from spapi_assets.aws.denials import denial_of
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.diagnosis import Line, failed, passed, warned
from spapi_assets.ingest.notifications.keeping import batches
from spapi_assets.ingest.reading.spool import begun
from spapi_assets.settings import Account

LONG = timedelta(hours=2)  # sensors look every minute, and a full catalogue takes an hour


def look_at_readings(ctx: IngestContext, account: Account) -> Iterator[Line]:
    """Lines about an account's APIs: refused ones (each operation once), and what waits too long."""
    now, about = ctx.now(), account.name
    apis = [source for source in ctx.registry.apis.values() if source.call is not None and account.wants(source)]
    refused: dict[str, str] = {}
    for source in apis:
        for key in ctx.settings.partition_keys(source):
            denial = denial_of(ctx.ledger, source.report_type, key) if key.partition(".")[0] == about else None
            if denial is not None and denial.standing:
                role = f"the role {source.role}" if source.role else "the role Amazon's reference names for it"
                refused[source.report_type] = role
                fix = f"Add {role} to the application, have the account authorise it again, then `spapi connect {about}`."
                said = f"Amazon denies {source.name} of {key} ({source.report_type}) since {denial.at:%Y-%m-%d}: {denial.reason}"
                yield failed(about, "APIs", said, fix)
                break
    if apis and not refused:
        yield passed(about, "APIs", f"Amazon has denied none of {', '.join(source.name for source in apis)}.")
    late = [
        f"{head.source} of {head.account_key} since {head.started:%Y-%m-%d %H:%M} UTC"
        for head in begun(ctx.lake)
        if head.account_key.partition(".")[0] == about and now - head.started > LONG
    ]
    if late:
        fix = "See that the sensors unfinished_readings and api_refreshes run, and look at their last runs."
        yield warned(about, "readings", f"Begun and not finished: {', '.join(sorted(late))}.", fix)
    waiting = [
        f"{count:,} of {name} ({key}) since {oldest:%Y-%m-%d %H:%M} UTC"
        for (name, key), (count, oldest) in sorted(ctx.refreshes.waiting().items())
        if key.partition(".")[0] == about and now - oldest > LONG
    ]
    if waiting:
        fix = "See that the sensor api_refreshes runs, and look at the last runs with the tag spapi/refresh."
        yield warned(about, "changes", f"Identifiers wait too long to be read again: {', '.join(waiting)}.", fix)


def look_at_spool(ctx: IngestContext) -> Line:
    """Messages that were taken from the queue and are not rows yet."""
    spooled = list(batches(ctx.lake))
    total = sum(batch.messages for batch in spooled)
    oldest = min((batch.taken_at for batch in spooled), default=None)
    if oldest is None or ctx.now() - oldest <= LONG:
        return passed("aws", "message rows", f"{total:,} messages gather to become rows.")
    sources = ", ".join(sorted({batch.source for batch in spooled if ctx.now() - batch.taken_at > LONG}))
    said = f"{total:,} messages are not rows yet, the oldest since {oldest:%Y-%m-%d %H:%M} UTC ({sources})."
    return warned("aws", "message rows", said, "See that the sensor notification_tables runs; its log says what it cannot load.")
