"""Amazon through a year: every report's fate, the quotas, cool-downs and limits that it really enforces, faults on purpose,
and a log of everything that was asked. What is true is `business.py`; judging the log is `expected.py`."""

from __future__ import annotations

import bisect
import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from spapi_assets.spapi.errors import (
    AmazonFault,
    DocumentUrlExpired,
    IncompleteDownload,
    NotFound,
    OutcomeUnknown,
    Throttled,
    TransientError,
)
from spapi_assets.spapi.reports import ReportDocument, ReportInfo
from tests.flow.amazon import Clock
from tests.flow.year.business import IDS, LISTINGS, ORDERS, QUERIES, SETTLEMENTS, STOCK, TRAFFIC, VENDOR, Business, chance
from tests.flow.year.queue import Mailbox

COOL_DOWN = {LISTINGS: timedelta(minutes=60), STOCK: timedelta(minutes=30)}
LAG = {TRAFFIC: 24, VENDOR: 72, QUERIES: 144, ORDERS: 2}  # hours until a closed day is published, as a rule
RATE, BURST = 1 / 60, 15

# Texts of reason documents, one of each kind that matters: what follows is the flow's business.
NOT_YET = "Error in report request: The report data for the requested date range is not yet available. Try again later."
WRONG = "dataStartTime and dataEndTime must be supplied"
INSIDE = "Internal Server Error"
STRANGE = "The flux of the report could not be aligned with the moon"


@dataclass
class Made:
    """One report as Amazon made it. `why` names the cause of an end without data, for the judge of the log."""

    info: ReportInfo
    account: str
    by: str  # us | others | amazon
    options: dict[str, str]
    status: str
    starts: datetime
    ends: datetime
    why: str = ""
    body: bytes | None = None
    gone: bool = False  # getReport no longer knows it
    document_gone: bool = False
    wrong: bool = False  # the document answers another question
    told_at: datetime | None = None  # first notification that is not lost

    @property
    def days(self) -> tuple[date, date]:
        assert self.info.start is not None
        assert self.info.end is not None
        return self.info.start.date(), self.info.end.date()

    @property
    def target(self) -> tuple[Any, ...]:
        """What was asked: type, marketplaces, options, window."""
        info, options = self.info, tuple(sorted(self.options.items()))
        return (self.account, info.report_type, tuple(sorted(info.marketplace_ids)), options, info.start, info.end)


@dataclass
class Call:
    """One createReport call as it arrived, refused ones too."""

    at: datetime
    account: str
    report_type: str
    refused: str = ""
    made: Made | None = None


@dataclass
class Faults:
    """How often things go wrong. All chances are per event; `characters` multiplies the share of targets that never work."""

    fatal: float = 0.015
    without_reason: float = 0.01
    stuck: float = 0.006
    vanished: float = 0.004
    cancelled: float = 0.01  # somebody cancels it in Seller Central, although there is data
    broken_create: float = 0.03
    broken_call: float = 0.02
    truncated: float = 0.015
    expired: float = 0.015
    document_gone: float = 0.006
    wrong: float = 0.004
    lost: float = 0.06  # notifications
    late: float = 0.05
    doubled: float = 0.06
    characters: float = 1.0

    def times(self, factor: float) -> Faults:
        return Faults(**{name: value * factor for name, value in vars(self).items()})


class YearAmazon:
    """Amazon for all accounts. `others` makes reports as other applications do."""

    def __init__(self, clock: Clock, mailbox: Mailbox, business: Business, rng: random.Random) -> None:
        self.clock, self.mailbox, self.business, self.rng = clock, mailbox, business, rng
        self.faults = Faults()
        self.partners: dict[str, tuple[str, bool]] = {}  # account -> selling partner id, vendor?
        self.reports: dict[str, Made] = {}
        self.by_account: dict[str, list[Made]] = {}
        self.calls: list[Call] = []
        self.counts: Counter[str] = Counter()
        self.limits: dict[str, int] = {TRAFFIC: 96, QUERIES: 20}
        self._tat: dict[tuple[str, str], datetime] = {}
        self._asked: Counter[tuple[Any, ...]] = Counter()
        self._number = 10_000

    def calm(self) -> None:
        """Nothing goes wrong any more."""
        self.faults = replace(Faults().times(0.0), characters=self.faults.characters)

    # --- making reports -----------------------------------------------------------------------------------------------
    def ask(self, account: str, report_type: str, marketplaces: Sequence[str], asked: dict[str, Any], by: str) -> Made:
        """createReport once it has passed quotas: the report's whole future is decided here."""
        now = self.clock()
        self._number += 1 + int(self.rng.random() * 3)
        start, end = asked.get("start"), asked.get("end")
        if start is not None:
            start, end = start.replace(microsecond=0), end.replace(microsecond=0)
        info = ReportInfo(
            report_id=str(self._number),
            report_type=report_type,
            status="IN_QUEUE",
            created=now,
            start=start,
            end=end,
            marketplace_ids=tuple(marketplaces),
            document_id=None,
            schedule_id=None,
            processing_start=None,
            processing_end=None,
            raw={},
        )
        starts = now + timedelta(seconds=5 + 20 * self.rng.random())
        made = Made(info, account, by, dict(asked.get("options") or {}), "DONE", starts, starts + timedelta(minutes=1))
        made.ends = starts + timedelta(seconds=20 + self.rng.expovariate(1 / 90))
        self._decide(made)
        self._asked[made.target] += 1
        self.reports[info.report_id] = made
        self.by_account.setdefault(account, []).append(made)
        if made.told_at is None and not made.gone:
            self._notify(made)
        return made

    def harvest(self, account: str, marketplaces: Sequence[str], first: date, last: date) -> Made:
        """Amazon makes a settlement report by itself."""
        start, end = (datetime.combine(d, datetime.min.time(), UTC) for d in (first, last))
        made = self.ask(account, SETTLEMENTS, marketplaces, {"start": start, "end": end}, "amazon")
        made.status, made.why, made.body = "DONE", "", self.business.settlement(int(made.info.report_id), first, last)
        return made

    def _decide(self, made: Made) -> None:
        """Status, document and duration. A target's character is the same whenever it is asked for; accidents are not."""
        info, kind, faults = made.info, made.info.report_type, self.faults
        if kind in COOL_DOWN and self._within_cool_down(made):
            self._end(made, "CANCELLED", "cool-down")
            return
        why = "" if made.by != "us" else self.character(kind, info.marketplace_ids, made.options, info.start, info.created)
        if why:
            texts = {"configuration": WRONG, "broken": INSIDE, "strange": STRANGE, "late": NOT_YET}
            self._end(made, "FATAL", why, _reason(texts[why], self.rng))
            return
        made.body = self._document(made)
        if made.body is None:
            self._end(made, "CANCELLED", "no data")
            return
        if made.by != "us":
            return
        draw, tries = self.rng.random(), self._asked[made.target]
        for name in ("fatal", "without_reason", "stuck", "vanished", "cancelled", "document_gone", "wrong"):
            draw -= getattr(faults, name)
            if draw < 0:
                self._accident(made, name, tries)
                return

    def _accident(self, made: Made, name: str, tries: int) -> None:
        now = made.info.created
        if name == "fatal":
            self._end(made, "FATAL", "accident", _reason(INSIDE, self.rng))
        elif name == "without_reason":
            self._end(made, "FATAL", "accident")
        elif name == "stuck":  # hours to days in the queue; half of them come to nothing in the end
            made.starts += timedelta(hours=self.rng.uniform(3, 80))
            made.ends = made.starts + timedelta(minutes=2)
            made.body = self._document(made)
            if self.rng.random() < 0.5:
                self._end(made, "FATAL", "accident")
        elif name == "vanished":
            self._end(made, "FATAL", "accident")
            made.starts, made.ends, made.gone = now + timedelta(minutes=20), now + timedelta(minutes=21), True
        elif name == "cancelled" and tries == 0:
            self._end(made, "CANCELLED", "cancelled")
        elif name == "document_gone":
            made.document_gone, made.why = True, "accident"
        elif name == "wrong" and made.info.report_type == TRAFFIC and made.body:
            other = {"dataStartTime": "2019-01-01", "dataEndTime": "2019-01-01", "reportType": TRAFFIC}
            made.body = made.body.replace(b'"reportSpecification": {}', b'"reportSpecification": ' + json.dumps(other).encode())
            made.wrong, made.why = True, "accident"

    def _end(self, made: Made, status: str, why: str, body: bytes | None = None) -> None:
        made.status, made.why, made.body = status, why, body

    def character(
        self, kind: str, marketplaces: Sequence[str], options: dict[str, str], start: datetime | None, made: datetime
    ) -> str:
        """What is wrong with a target for ever, or still: '' for most."""
        if start is None or kind not in LAG:
            return ""
        place, first, seed = IDS.get(marketplaces[0], ""), start.date(), self.business.seed
        name = f"{kind}{options.get('dateGranularity', '')}{options.get('reportPeriod', '')}"
        draw = chance(seed, "character", name, place, first) / (self.faults.characters or 1.0)
        if kind == TRAFFIC:  # one period a request: a window of several days would take others with it
            for why, share in (("configuration", 0.006), ("broken", 0.006), ("strange", 0.006)):
                draw -= share
                if draw < 0:
                    return why
        if kind != ORDERS and draw < 0.02:
            published = datetime.combine(first, datetime.min.time(), UTC) + timedelta(hours=LAG[kind] + 30)
            published += timedelta(days=5 * chance(seed, "late", name, place, first))
            if options.get("dateGranularity") == "WEEK" or options.get("reportPeriod") == "WEEK":
                published += timedelta(days=6)
            if made < published:
                return "late"
        return ""

    def _within_cool_down(self, made: Made) -> bool:
        for other in reversed(self.by_account.get(made.account, [])):
            if made.info.created - other.info.created >= COOL_DOWN[made.info.report_type]:
                return False
            same = other.info.report_type == made.info.report_type
            if same and set(other.info.marketplace_ids) & set(made.info.marketplace_ids) and other.why != "cool-down":
                return True
        return False

    def _document(self, made: Made) -> bytes | None:
        info, business, at = made.info, self.business, made.info.created
        place = IDS[info.marketplace_ids[0]]
        match info.report_type:
            case kind if kind == LISTINGS:
                return business.listings(place, at)
            case kind if kind == STOCK:
                return business.inventory(place, at)
        first, last = made.days
        match info.report_type:
            case kind if kind == ORDERS:
                return business.orders(first, last, at)
            case kind if kind == TRAFFIC:
                return business.traffic(place, made.options["dateGranularity"], first, last, at)
            case kind if kind == VENDOR:
                return business.vendor(place, made.options, first, last, at)
            case kind if kind == QUERIES:
                return business.queries(place, made.options["asin"], first, last)
        return b""

    # --- notifications --------------------------------------------------------------------------------------------------
    def _notify(self, made: Made) -> None:
        faults, rng = self.faults, self.rng
        if rng.random() < faults.lost:
            return
        late = rng.random() < faults.late
        made.told_at = made.ends + timedelta(seconds=rng.uniform(300, 20_000) if late else rng.uniform(1, 60))
        copies = [made.told_at]
        if rng.random() < faults.doubled:
            copies += [made.told_at + timedelta(seconds=rng.choice([0, 30, 4000, 90_000])) for _ in range(rng.randint(1, 2))]
        for at in copies:
            # Amazon decides at the report's end what it says; until then nothing is known.
            self.mailbox.send(at, f"report:{made.info.report_id}")

    def message(self, body: str) -> str:
        """What the queue's placeholder says in Amazon's words."""
        made = self.reports[body.partition(":")[2]]
        partner, vendor = self.partners[made.account]
        told: dict[str, Any] = {
            "accountId": partner,
            "reportId": made.info.report_id,
            "reportType": made.info.report_type,
            "processingStatus": made.status,
        }
        if not vendor:
            told["sellerId"] = partner
        if made.body is not None:
            told["reportDocumentId"] = f"document-{made.info.report_id}"
        payload = {"reportProcessingFinishedNotification": told}
        return json.dumps({"notificationType": "REPORT_PROCESSING_FINISHED", "payload": payload})

    # --- answers ------------------------------------------------------------------------------------------------------
    def info(self, made: Made) -> ReportInfo:
        now = self.clock.now
        if now < made.ends:
            return replace(made.info, status="IN_QUEUE" if now < made.starts else "IN_PROGRESS")
        document = f"document-{made.info.report_id}" if made.body is not None else None
        return replace(
            made.info, status=made.status, document_id=document, processing_start=made.starts, processing_end=made.ends
        )

    def vanished(self, made: Made) -> bool:
        """Some reports are there at first, and some time later Amazon knows nothing of them."""
        return made.gone and self.clock.now - made.info.created > timedelta(minutes=20)

    def quota(self, account: str, operation: str, rate: float, burst: int) -> bool:
        """Amazon's own bucket, a little more patient than the published rate, as a network needs."""
        now, key, interval = self.clock.now, (account, operation), timedelta(seconds=1 / rate)
        tat = max(self._tat.get(key, now), now)
        if tat - now > interval * (burst - 0.5):
            return False
        self._tat[key] = tat + interval
        return True

    def within_limit(self, account: str, report_type: str) -> bool:
        limit, since = self.limits.get(report_type), self.clock.now - timedelta(days=1)
        if limit is None:
            return True
        recent = 0
        for made in reversed(self.by_account.get(account, [])):
            if made.info.created <= since:
                break
            recent += made.info.report_type == report_type and made.by == "us"
        return recent < limit


def _reason(text: str, rng: random.Random) -> bytes:
    return json.dumps({"errorDetails": text}).encode() if rng.random() < 0.5 else text.encode()


@dataclass
class Reports:
    """ReportsApi of one account, with our throttle before the call as in SpApiSession; may die at every call."""

    amazon: YearAmazon
    account: str
    acquire: Any  # (operation, reserve, max_wait) -> None, raises Throttled
    penalize: Any
    fuse: Any
    revoked: Any
    _truncated: set[str] = field(default_factory=set)

    def _call(self, name: str, max_wait: float | None = None, reserve: float = 0.0) -> None:
        amazon = self.amazon
        self.revoked(self.account)
        self.acquire(name, reserve, 60.0 if max_wait is None else max_wait)
        self.fuse.boundary(f"before {name}")
        amazon.clock.forward(seconds=0.2)
        amazon.counts[name] += 1
        if name != "createReport" and amazon.rng.random() < amazon.faults.broken_call:
            raise TransientError(f"HTTP 503 of {name}.")

    def create_report(self, report_type: str, marketplace_ids: Sequence[str], **asked: Any) -> str:
        amazon = self.amazon
        self._call("createReport", asked.get("max_wait"), asked["reserve"])
        call = Call(amazon.clock.now, self.account, report_type)
        fault = amazon.rng.random() / amazon.faults.broken_create if amazon.faults.broken_create else 9.0
        if fault < 0.25:
            raise TransientError("No connection.")
        amazon.calls.append(call)
        if not amazon.quota(self.account, "createReport", RATE, BURST):
            call.refused = "bucket"
            self.penalize("createReport")
            raise Throttled("Too many requests.", retry_after=60.0, status=429)
        if not amazon.within_limit(self.account, report_type):
            call.refused = "daily limit"
            self.penalize("createReport")
            raise Throttled("Too many requests.", retry_after=60.0, status=429)
        if fault < 0.5:
            call.refused = "broken"
            raise OutcomeUnknown("HTTP 500")
        call.made = amazon.ask(self.account, report_type, marketplace_ids, asked, "us")
        amazon.clock.forward(seconds=0.2)
        if fault < 0.9:
            raise OutcomeUnknown("The answer was lost.")
        if fault < 1.0:
            raise AmazonFault("An answer without a reportId.")
        self.fuse.boundary("after createReport")
        return call.made.info.report_id

    def get_report(self, report_id: str, max_wait: float | None = None, **_: Any) -> ReportInfo:
        self._call("getReport", max_wait)
        made = self.amazon.reports.get(report_id)
        if made is None or made.account != self.account or self.amazon.vanished(made):
            raise NotFound("There is no such report.")
        return self.amazon.info(made)

    def get_reports(
        self,
        report_types: Sequence[str],
        *,
        statuses: Sequence[str] | None = None,
        created_since: datetime | None = None,
        created_until: datetime | None = None,
        max_wait: float | None = None,
        **_: Any,
    ) -> Iterator[ReportInfo]:
        self._call("getReports", max_wait)
        listed = self.amazon.by_account.get(self.account, [])
        low = 0 if created_since is None else bisect.bisect_left(listed, created_since, key=lambda m: m.info.created)
        high = len(listed) if created_until is None else bisect.bisect_right(listed, created_until, key=lambda m: m.info.created)
        for made in listed[low:high]:
            if made.info.report_type in report_types and not self.amazon.vanished(made):
                info = self.amazon.info(made)
                if statuses is None or info.status in statuses:
                    yield info

    def get_report_document(self, document_id: str, token: str | None = None, max_wait: float | None = None, **_: Any) -> Any:
        self._call("getReportDocument", max_wait)
        if self.amazon.reports[document_id.partition("-")[2]].document_gone:
            raise NotFound("There is no such document.")
        return ReportDocument(document_id, f"memory:{document_id}", None)

    def get_report_schedules(self, _: Sequence[str]) -> list[Any]:
        return []

    @contextmanager
    def download(self, document: ReportDocument, *, chunk_size: int = 1 << 20) -> Iterator[Any]:
        amazon = self.amazon
        self.fuse.boundary("before download")
        amazon.clock.forward(seconds=0.2)
        body = amazon.reports[document.document_id.partition("-")[2]].body
        assert body is not None
        if amazon.rng.random() < amazon.faults.expired:
            raise DocumentUrlExpired("The URL is over.")
        cut = amazon.rng.random() < amazon.faults.truncated

        def parts() -> Iterator[bytes]:
            if cut:
                yield body[: len(body) // 2]
                raise IncompleteDownload("The document ended early.")
            yield body

        stream = type("Stream", (), {})()
        stream.headers = {"Content-Type": "text/plain; charset=UTF-8", "Content-Length": str(len(body))}
        stream.iter_raw = parts
        yield stream
