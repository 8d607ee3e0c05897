"""The book of Data Kiosk queries: each one's life on the simulator's clock, its document, and how many may be under way.
What a query gives is in query.py and the data sets' modules; HTTP and notifications are elsewhere."""

from __future__ import annotations

import base64
import binascii
import hashlib
import heapq
import json
import logging
import secrets
import threading
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from spapi_assets.simulator.accounts import Account
from spapi_assets.simulator.business import Business
from spapi_assets.simulator.clock import Clock, iso
from spapi_assets.simulator.delivery import Storage, StoredDocument
from spapi_assets.simulator.faults import REPORT_KINDS, Fault, Faults
from spapi_assets.simulator.kiosk.query import Asking, Checked, Failed, answer
from spapi_assets.simulator.kiosk.schema import RETENTION_DAYS
from spapi_assets.simulator.kiosk.views import VIEWS
from spapi_assets.simulator.rendering import Rendered

FINAL = frozenset({"DONE", "CANCELLED", "FATAL"})
KEPT = timedelta(days=RETENTION_DAYS)
_log = logging.getLogger(__name__)


@dataclass
class KioskQuery:
    """One query. `outcome` is its final status once it has one; before that the clock decides. `offset`: the page's first row."""

    query_id: str
    account: Account
    sent: str  # as the client wrote it
    checked: Checked
    offset: int
    created: datetime
    starts_at: datetime
    finishes_at: datetime
    fault: Fault | None = None
    outcome: str | None = None
    data_document_id: str | None = None
    error_document_id: str | None = None
    next_token: str | None = None

    def status(self, now: datetime) -> str:
        if self.outcome:
            return self.outcome
        return "IN_PROGRESS" if now >= self.starts_at else "IN_QUEUE"

    def describe(self, now: datetime) -> dict[str, Any]:
        """The Query object of the API."""
        status = self.status(now)
        view: dict[str, Any] = {
            "queryId": self.query_id,
            "query": self.sent,
            "createdTime": iso(self.created),
            "processingStatus": status,
        }
        if status != "IN_QUEUE" and self.starts_at <= self.finishes_at:
            view["processingStartTime"] = iso(self.starts_at)
        if status in FINAL:
            view["processingEndTime"] = iso(self.finishes_at)
        return view | self.documents()

    def documents(self) -> dict[str, Any]:
        """The ids of its documents and of its next page, as far as there are any."""
        found: dict[str, Any] = {"dataDocumentId": self.data_document_id, "errorDocumentId": self.error_document_id}
        found["pagination"] = {"nextToken": self.next_token} if self.next_token else None
        return {name: value for name, value in found.items() if value}


class QueryBook:
    """All queries. `page_rows` rows fit into a document, and `concurrent` queries of a selling partner may be under way at once;
    Amazon states neither number."""

    page_rows = 5_000
    concurrent = 10

    def __init__(
        self,
        clock: Clock,
        business: Business,
        storage: Storage,
        faults: Faults,
        processing_seconds: float,
        on_finished: Callable[[KioskQuery], None],
    ) -> None:
        self.clock, self.business, self.storage, self.faults = clock, business, storage, faults
        self.processing_seconds = processing_seconds
        self.on_finished = on_finished
        self._queries: dict[tuple[str, str], KioskQuery] = {}
        self._due: list[tuple[datetime, str, KioskQuery]] = []
        self._prefix = str(secrets.randbelow(9 * 10**5) + 10**5)
        self._count = 0
        self._lock = threading.RLock()
        self._settling = threading.Lock()

    def create(self, account: Account, sent: str, checked: Checked, offset: int) -> KioskQuery | None:
        """Enter a query; None when too many of the selling partner's are under way."""
        now = self.clock.now()
        fault = self.faults.strike(REPORT_KINDS, report_type=checked.dataset, account=(account.name, account.selling_partner_id))
        finishes = now + timedelta(seconds=self.processing_seconds)
        if fault and fault.kind == "stuck":
            finishes += timedelta(seconds=fault.seconds)
        with self._lock:
            if sum(q.status(now) not in FINAL for q in self._of(account)) >= self.concurrent:
                return None
            self._count += 1
            query = KioskQuery(
                f"{self._prefix}{self._count:06d}", account, sent, checked, offset, now,
                now + timedelta(seconds=self.processing_seconds / 4), finishes, fault,
            )  # fmt: skip
            self._queries[account.selling_partner_id, query.query_id] = query
            heapq.heappush(self._due, (finishes, query.query_id, query))
        return query

    def find(self, account: Account, query_id: str) -> KioskQuery | None:
        with self._lock:
            query = self._queries.get((account.selling_partner_id, query_id))
        return query if query and query.created > self.clock.now() - KEPT else None

    def search(self, account: Account, statuses: Collection[str] | None, since: datetime, until: datetime) -> list[KioskQuery]:
        """The selling partner's queries created in [since, until], newest first."""
        now = self.clock.now()
        with self._lock:
            found = [
                query
                for query in self._of(account)
                if since <= query.created <= until
                and query.created > now - KEPT
                and (statuses is None or query.status(now) in statuses)
            ]
        return sorted(found, key=lambda query: (query.created, query.query_id), reverse=True)

    def cancel(self, query: KioskQuery) -> bool:
        """Cancel a query that is not finished; a cancelled one stays so. False when it is too late."""
        now = self.clock.now()
        with self._settling, self._lock:
            if query.outcome:
                return query.outcome == "CANCELLED"
            query.finishes_at, query.outcome = now, "CANCELLED"
        self.on_finished(query)
        return True

    def document(self, account: Account, document_id: str) -> StoredDocument | None:
        """A document of the selling partner's queries, as long as it is kept."""
        now = self.clock.now()
        with self._lock:
            mine = any(
                document_id in (q.data_document_id, q.error_document_id) and q.created > now - KEPT for q in self._of(account)
            )
        return self.storage.get(document_id) if mine else None

    def settle(self) -> None:
        """Finish every query that is due, in order."""
        with self._settling:
            while (query := self._next()) is not None:
                if query.outcome is None:
                    self._finish(query)
                    self.on_finished(query)

    def next_due(self) -> float | None:
        """The simulated time of the next query to finish."""
        with self._lock:
            return self._due[0][0].timestamp() if self._due else None

    def token(self, checked: Checked, offset: int) -> str:
        """What leads to the rows from `offset` on, with the same query only."""
        return base64.b64encode(json.dumps([_digest(checked), offset]).encode()).decode()

    def offset_of(self, checked: Checked, token: str) -> int | None:
        """The first row of the page behind a token; None when it is not this query's."""
        try:
            digest, offset = json.loads(base64.b64decode(token, validate=True))
        except (binascii.Error, ValueError, TypeError):
            return None
        return offset if digest == _digest(checked) and isinstance(offset, int) else None

    def _of(self, account: Account) -> list[KioskQuery]:
        return [q for (partner, _), q in self._queries.items() if partner == account.selling_partner_id]

    def _next(self) -> KioskQuery | None:
        with self._lock:
            if self._due and self._due[0][0] <= self.clock.now():
                return heapq.heappop(self._due)[2]
        return None

    def _finish(self, query: KioskQuery) -> None:
        kind = query.fault.kind if query.fault else ""
        if kind in ("cancelled", "fatal_silent"):
            query.outcome = "CANCELLED" if kind == "cancelled" else "FATAL"
            return
        if query.fault and kind == "fatal":
            self._fail(query, query.fault.reason)
            return
        asking = Asking(self.business, query.account, query.finishes_at.timestamp())
        try:
            rows = answer(query.checked, VIEWS[query.checked.dataset], asking)
        except Failed as failure:
            self._fail(query, str(failure))
            return
        except Exception as error:
            # The simulator's own mistake: show it where its user looks, and in the log with its place.
            _log.exception("answering query %s failed", query.query_id)
            self._fail(query, f"The simulator could not answer this query: {error!r}")
            return
        page = rows[query.offset : query.offset + self.page_rows]
        if page:
            body = "".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in page)
            query.data_document_id = self._store(body, "application/jsonl; charset=UTF-8")
        if query.offset + self.page_rows < len(rows):
            query.next_token = self.token(query.checked, query.offset + self.page_rows)
        query.outcome = "DONE"

    def _fail(self, query: KioskQuery, message: str) -> None:
        query.error_document_id = self._store(json.dumps({"errors": [{"message": message}]}), "application/json; charset=UTF-8")
        query.outcome = "FATAL"

    def _store(self, text: str, content_type: str) -> str:
        document_id = f"amzn1.tortuga.3.{uuid.uuid4()}.{secrets.token_hex(7).upper()}"
        self.storage.put(document_id, Rendered(text.encode(), content_type))
        return document_id


def _digest(checked: Checked) -> str:
    return hashlib.blake2b(checked.text.encode(), digest_size=9).hexdigest()
