"""Data Kiosk in memory, beside the reports of `amazon.py`: queries, pages, lost answers, all counted."""

from __future__ import annotations

import gzip
import itertools
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from spapi_assets.spapi.data_kiosk import QueryInfo
from spapi_assets.spapi.errors import NotFound
from spapi_assets.spapi.reports import ReportDocument
from tests.flow.amazon import Clock


class Kiosk:
    """One selling partner's queries. `answers` maps a query's text to the pages it has, each a list of rows."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.queries: dict[str, QueryInfo] = {}
        self.tokens: dict[str, str | None] = {}
        self.bodies: dict[str, bytes] = {}
        self.calls: Counter[str] = Counter()
        self.faults: dict[str, list[Exception]] = {}  # before anything is done
        self.lost: list[Exception] = []  # createQuery works, then this is raised
        self._ids = itertools.count(1)

    def fail(self, operation: str) -> None:
        self.calls[operation] += 1
        if self.faults.get(operation):
            raise self.faults[operation].pop(0)

    # what a test does
    def finish(self, query_id: str, rows: list[dict[str, Any]] | None, token: str | None = None) -> QueryInfo:
        """DONE, with these rows (None: no data) and perhaps a further page."""
        document = None
        if rows is not None:
            document = f"data-{query_id}"
            self.bodies[document] = gzip.compress("".join(json.dumps(row) + "\n" for row in rows).encode())
        return self._set(query_id, status="DONE", data_document_id=document, next_token=token)

    def kill(self, query_id: str, reason: Any) -> QueryInfo:
        """FATAL, with an error document."""
        self.bodies[f"error-{query_id}"] = json.dumps(reason).encode()
        return self._set(query_id, status="FATAL", error_document_id=f"error-{query_id}")

    def cancel(self, query_id: str) -> QueryInfo:
        return self._set(query_id, status="CANCELLED")

    def _set(self, query_id: str, **facts: Any) -> QueryInfo:
        self.queries[query_id] = replace(self.queries[query_id], processing_end=self.clock(), **facts)
        return self.queries[query_id]

    # what the client does
    def create_query(self, query: str, token: str | None = None, **_: Any) -> str:
        self.fail("createQuery")
        query_id = f"q{next(self._ids)}"
        self.queries[query_id] = QueryInfo(query_id, query, "IN_QUEUE", self.clock(), None, None, None, None, None)
        self.tokens[query_id] = token
        if self.lost:
            raise self.lost.pop(0)
        return query_id

    def get_query(self, query_id: str, **_: Any) -> QueryInfo:
        self.fail("getQuery")
        if query_id not in self.queries:
            raise NotFound("There is no such query.")
        return self.queries[query_id]

    def queries_since(self, *, created_since: Any = None, **_: Any) -> Iterator[QueryInfo]:
        self.fail("getQueries")
        return iter([q for q in self.queries.values() if created_since is None or q.created >= created_since])

    def get_document(self, document_id: str, **_: Any) -> ReportDocument:
        self.fail("getDocument")
        return ReportDocument(document_id, f"memory:{document_id}")

    @contextmanager
    def download(self, document: ReportDocument, *, chunk_size: int = 1 << 20) -> Iterator[Any]:
        self.fail("download")
        body = self.bodies[document.document_id]
        headers = {"Content-Type": "application/jsonl", "Content-Encoding": "gzip", "Content-Length": str(len(body))}
        yield SimpleNamespace(headers=headers, iter_raw=lambda: iter([body]))

    def api(self) -> Any:
        """As `AccountApis.data_kiosk`."""
        names = ("create_query", "get_query", "get_document", "download")
        return SimpleNamespace(**{name: getattr(self, name) for name in names}, queries=self.queries_since)
