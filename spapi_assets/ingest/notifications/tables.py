"""Spooled messages become rows: those of one source, account key and hour make one archived document, as an API's answers do.
Spooling is `keeping.py`, the document `ingest/reading/document.py`; a copy of a message is left out where both are in one
document, and else by the staging models, which keep one row of each key."""

from __future__ import annotations

import hashlib
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from tempfile import TemporaryDirectory
from typing import Any

from spapi_assets.datasets.model import ApiSource, WindowKind
from spapi_assets.ingest.context import IngestContext
from spapi_assets.ingest.documents.context import LoadResult
from spapi_assets.ingest.documents.errors import DocumentError
from spapi_assets.ingest.documents.json_values import dump
from spapi_assets.ingest.fanout import READ, SOME
from spapi_assets.ingest.load import LoadBusy, exclusive
from spapi_assets.ingest.notifications.envelope import MalformedNotification, parse
from spapi_assets.ingest.notifications.keeping import Batch, Kept, batches, read, shelve_kept
from spapi_assets.ingest.notifications.spelling import Spelling
from spapi_assets.ingest.reading.call import Page, page_text
from spapi_assets.ingest.reading.document import load_pages, try_pages
from spapi_assets.lake.store import Lake

LOADING = "spool/notifications-loading"
SETTLE = timedelta(minutes=10)  # so long messages gather before they make a document, within their hour
# Of one document, which is made in memory while a tick lasts: most messages have 1 to 20 KB, but SQS lets them have 1 MB.
LARGEST, HEAVIEST = 5_000, 48 * 1024  # messages and KiB
_STRANGE = timedelta(days=30)  # an event further from its message than this does not widen the document's window


@dataclass
class Landed:
    """What became rows: loaded documents by (source, account key), messages in them, copies left out, and what went wrong."""

    documents: list[tuple[str, str, LoadResult]] = field(default_factory=list)
    messages: int = 0
    copies: int = 0
    problems: list[str] = field(default_factory=list)
    longest: float = 0.0  # seconds that a document took

    @property
    def sentence(self) -> str:
        if not self.documents:
            return ""
        return f"{self.messages} messages became {len(self.documents)} documents."


def load_batches(ctx: IngestContext, deadline: float, *, settle: timedelta = SETTLE, max_wait: float = 0.0) -> Landed:
    """Make documents of what is spooled, until `deadline` (of `ctx.monotonic`); none is begun that would not be done by then if
    it takes as long as the longest before it.

    A batch waits until its hour is over, it has gathered for `settle`, or there is a document's worth. Killed at any point,
    the same document is made again. Raises LakeError and AwsError.
    """
    landed = Landed()
    grouped: dict[tuple[str, str], list[Batch]] = defaultdict(list)
    for batch in batches(ctx.lake):
        grouped[batch.source, batch.account_key].append(batch)
    begun = {tuple(path.split("/")[2:4]) for path in ctx.lake.list(LOADING)}
    for source, account_key in sorted({*grouped, *begun}):
        if ctx.monotonic() + landed.longest >= deadline:
            break
        try:
            with exclusive(ctx, f"read#{source}#{account_key}", max_wait):
                _land(ctx, source, account_key, grouped.get((source, account_key), []), deadline, settle, landed)
        except LoadBusy:
            continue  # another process does it
    return landed


def _land(
    ctx: IngestContext,
    name: str,
    account_key: str,
    spooled: Sequence[Batch],
    deadline: float,
    settle: timedelta,
    landed: Landed,
) -> None:
    source = ctx.registry.apis.get(name)
    if source is None or account_key not in ctx.settings.partition_keys(source):
        landed.problems.append(
            f"Messages for {name} of {account_key} are spooled, but the deployment no longer has it: they wait in the lake until "
            "the accounts file or the registry names it again."
        )
        return
    taken: set[str] = set()
    for path in list(ctx.lake.list(f"{LOADING}/{name}/{account_key}")):
        plan = ctx.lake.read_json(path)
        taken |= set(plan["batches"])
        _finish(ctx, source, account_key, path, plan, landed)
    for group in _due([b for b in spooled if b.path not in taken], ctx.now(), settle):
        if ctx.monotonic() + landed.longest >= deadline:
            return
        started = ctx.now().astimezone(UTC)
        reading_id = f"read-{started:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}"
        plan = {"reading_id": reading_id, "started": started.isoformat(), "batches": [b.path for b in group], "loaded": False}
        path = f"{LOADING}/{name}/{account_key}/{reading_id}.json"
        ctx.lake.write_json(path, plan)
        _finish(ctx, source, account_key, path, plan, landed)


def _due(spooled: Sequence[Batch], now: datetime, settle: timedelta) -> Iterator[list[Batch]]:
    """The batches of each document that is to be made now: of one hour, and not more messages than a document may have."""
    by_hour: dict[str, list[Batch]] = defaultdict(list)
    for batch in sorted(spooled):
        by_hour[batch.hour].append(batch)
    for hour, of_hour in by_hour.items():
        group: list[Batch] = []
        for batch in of_hour:
            if group and _full([*group, batch]):
                yield group
                group = []
            group.append(batch)
        over = hour != f"{now.astimezone(UTC):%Y-%m-%dT%H}"
        if over or now - group[0].taken_at >= settle or _full(group):
            yield group


def _full(group: Sequence[Batch]) -> bool:
    return sum(b.messages for b in group) > LARGEST or sum(b.kib for b in group) > HEAVIEST


def _finish(ctx: IngestContext, source: ApiSource, account_key: str, path: str, plan: dict[str, Any], landed: Landed) -> None:
    """Load a planned document, then forget its batches. Once it is loaded, what is left of them is only forgotten."""
    began = ctx.monotonic()
    if not plan["loaded"]:
        started = datetime.fromisoformat(plan["started"])
        messages = [m for one in plan["batches"] for m in read(ctx.lake, Batch.of(one))]
        pages, days = _pages(ctx, source, account_key, messages, started, landed)
        if pages:
            result = _load(ctx, source, account_key, pages, plan["reading_id"], started, days, landed)
            if result is not None:
                landed.documents.append((source.name, account_key, result))
                landed.messages += len(pages)
        ctx.lake.write_json(path, {**plan, "loaded": True})
    for one in plan["batches"]:
        ctx.lake.delete(one)
    ctx.lake.delete(path)
    landed.longest = max(landed.longest, ctx.monotonic() - began)


def _pages(
    ctx: IngestContext, source: ApiSource, account_key: str, messages: Iterable[Kept], started: datetime, landed: Landed
) -> tuple[list[tuple[Kept, bytes]], list[date]]:
    """A page of each message, copies left out, and the days of their events. What is no strict JSON is shelved in the archive."""
    spelling = Spelling(source)
    copies = _Copies(spelling)
    pages: list[tuple[Kept, bytes]] = []
    days = {started.date()}
    odd: list[Kept] = []
    for kept in messages:
        try:
            message, text, exact = spelling.of(kept.body)
            notification = parse(kept.body)
        except (ValueError, MalformedNotification):
            odd.append(kept)
            continue
        if notification.notification_id and copies.has(notification.notification_id, kept.body, message):
            landed.copies += 1
            continue
        request = {"message_id": kept.message_id, "sent_at": kept.sent_at.isoformat().replace("+00:00", "Z")}
        if not exact:
            request["original"] = kept.body  # nothing Amazon wrote is lost, although its keys are spelt as the registry does
        page = Page(request=request, fetched_at=kept.sent_at, response=text, next_token=None, items=1)
        pages.append((kept, page_text(page)))
        if notification.event_time and abs(notification.event_time - kept.sent_at) <= _STRANGE:
            days.add(notification.event_time.date())
    _shelve(ctx, source, account_key, odd, started, landed, "they are no JSON that can only be read in one way")
    return pages, sorted(days)


class _Copies:
    """The messages of a document, to know one that says the same again, in whatever envelope and spelling."""

    def __init__(self, spelling: Spelling) -> None:
        self._spelling = spelling
        self._first: dict[str, str] = {}  # bodies by id; parsed they would be ten times as large
        self._known: dict[str, set[bytes]] = {}  # digests, of ids that came more than once

    def has(self, notification_id: str, body: str, message: Any) -> bool:
        """Whether it was there before; from now on it was."""
        if notification_id not in self._first:
            self._first[notification_id] = body
            return False
        if notification_id not in self._known:
            self._known[notification_id] = {_digest(self._spelling.of(self._first[notification_id])[0])}
        known = self._known[notification_id]
        mine = _digest(message)
        if mine in known:
            return True
        known.add(mine)
        return False


def _digest(message: Any) -> bytes:
    return hashlib.sha256(dump(message).encode("utf-8", "surrogatepass")).digest()


def _load(
    ctx: IngestContext,
    source: ApiSource,
    account_key: str,
    pages: list[tuple[Kept, bytes]],
    reading_id: str,
    started: datetime,
    days: Sequence[date],
    landed: Landed,
) -> LoadResult | None:
    """The document. Messages that make it unreadable are found, put on the archive's shelf, and left out."""
    # A part of its own in each partition: of a harvested source every document has one, of others those that read only some.
    options = {} if source.window.kind is WindowKind.HARVEST else {READ: SOME}
    place: dict[str, Any] = {"reading_id": reading_id, "started": started, "start": days[0], "end": days[-1], "options": options}
    try:
        return load_pages(ctx, source, account_key, (text for _, text in pages), **place)
    except DocumentError as error:
        with TemporaryDirectory() as folder:
            bad = _unreadable(ctx, source, account_key, pages, place, Lake(folder))
        if not bad:
            raise
        _shelve(
            ctx,
            source,
            account_key,
            [kept for kept, _ in bad],
            started,
            landed,
            f"the registry's entry cannot read them: {error}",
        )
        left_out = {id(page) for page in bad}
        good = [page for page in pages if id(page) not in left_out]
        return load_pages(ctx, source, account_key, (text for _, text in good), **place) if good else None


def _unreadable(
    ctx: IngestContext,
    source: ApiSource,
    account_key: str,
    pages: list[tuple[Kept, bytes]],
    place: dict[str, Any],
    scratch: Lake,
) -> list[tuple[Kept, bytes]]:
    """The pages that cannot be read even alone: found by halves, in a scratch lake."""
    try:
        try_pages(ctx, source, account_key, (text for _, text in pages), scratch, **place)
    except DocumentError:
        if len(pages) == 1:
            return pages
    else:
        return []
    half = len(pages) // 2
    return [
        *_unreadable(ctx, source, account_key, pages[:half], place, scratch),
        *_unreadable(ctx, source, account_key, pages[half:], place, scratch),
    ]


def _shelve(
    ctx: IngestContext, source: ApiSource, account_key: str, odd: Sequence[Kept], now: datetime, landed: Landed, why: str
) -> None:
    if odd:
        path = shelve_kept(ctx.lake, "unreadable", source.report_type, odd, now)
        landed.problems.append(
            f"{len(odd)} messages for {source.name} of {account_key} are in {path} and not in its table: {why}"
        )
