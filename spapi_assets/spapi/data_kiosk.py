"""The Data Kiosk API 2023-11-15, complete: queries and documents as typed calls.
What is asked for, how pages become a partition and how documents become rows is decided in ingest/."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from spapi_assets.spapi import documents
from spapi_assets.spapi import operations as ops
from spapi_assets.spapi.documents import DocumentStream, ReportDocument
from spapi_assets.spapi.errors import ConfigurationError
from spapi_assets.spapi.fields import Fields, to_api_time
from spapi_assets.spapi.session import SpApiSession
from spapi_assets.spapi.wire import user_agent

LONGEST_QUERY = 8000  # characters after unnecessary white space is removed (model of createQuery)
# What GraphQL's grammar ignores between tokens: comments, commas, white space, a byte order mark. Texts stay as they are.
_TEXT = r'"""(?:[^"\\]|\\.|"(?!""))*"""|"(?:[^"\\\n]|\\.)*"'
_TOKEN = re.compile(rf"{_TEXT}|#[^\n\r]*|[\s,\ufeff]+|\.\.\.|[_A-Za-z]\w*|-?[0-9][0-9A-Za-z.+-]*|.", re.DOTALL)
_WORD = re.compile(r"[\w-]")


@dataclass(frozen=True)
class QueryInfo:
    """A query as Amazon tells it; times are UTC. The text is told, the paginationToken it was made with is not.

    `status` is IN_QUEUE, IN_PROGRESS, DONE, CANCELLED or FATAL. DONE without a document: there is no data. `next_token`: more
    pages, each a new query with the same text and this token.
    """

    query_id: str
    query: str = field(repr=False)
    status: str
    created: datetime
    data_document_id: str | None
    error_document_id: str | None
    next_token: str | None
    processing_start: datetime | None
    processing_end: datetime | None


class DataKioskApi:
    """Queries of one selling partner. Errors are those of SpApiSession.call."""

    def __init__(self, session: SpApiSession) -> None:
        self._session = session

    def create_query(
        self, query: str, pagination_token: str | None = None, *, reserve: float | None = None, max_wait: float | None = None
    ) -> str:
        """Ask for a query's first page, or with a token for a later one; returns its query id. Each call makes a query, also of a
        twin: on OutcomeUnknown look for its text with `queries` before asking again. Rate 60 an hour, burst 15."""
        text = normalised(query)
        if len(text) > LONGEST_QUERY:
            raise ConfigurationError(
                f"A query of account {self._session.account} has {len(text)} characters without white space; Data Kiosk takes "
                f"{LONGEST_QUERY}. Select fewer fields.",
                account=self._session.account,
                operation=ops.CREATE_QUERY.name,
            )
        body = {"query": text} if pagination_token is None else {"query": text, "paginationToken": pagination_token}
        answer = self._session.call(ops.CREATE_QUERY, json=body, reserve=reserve, max_wait=max_wait)
        return self._fields(answer, ops.CREATE_QUERY).text("queryId")

    def get_query(self, query_id: str, *, reserve: float | None = None, max_wait: float | None = None) -> QueryInfo:
        """One query's state. Cheap: 2 a second."""
        answer = self._session.call(ops.GET_QUERY, path={"queryId": query_id}, reserve=reserve, max_wait=max_wait)
        return self._info(answer, ops.GET_QUERY)

    def queries(
        self,
        *,
        statuses: Sequence[str] | None = None,
        created_since: datetime | None = None,
        created_until: datetime | None = None,
        page_size: int = 100,
        reserve: float | None = None,
        max_wait: float | None = None,
    ) -> Iterator[QueryInfo]:
        """The selling partner's queries, newest or oldest first as Amazon likes. Scarce: a page costs one call of 80 an hour."""
        params: dict[str, Any] = {
            "processingStatuses": list(statuses) if statuses else None,
            "createdSince": to_api_time(created_since) if created_since else None,
            "createdUntil": to_api_time(created_until) if created_until else None,
            "pageSize": page_size,
        }
        while True:
            answer = self._session.call(ops.GET_QUERIES, params=params, reserve=reserve, max_wait=max_wait)
            for query in answer.get("queries") or ():
                yield self._info(query, ops.GET_QUERIES)
            token = (answer.get("pagination") or {}).get("nextToken")
            if not token:
                return
            params["paginationToken"] = token  # beside the token all parameters are repeated, unlike getReports

    def cancel_query(self, query_id: str) -> None:
        """Cancel a query that is IN_QUEUE or IN_PROGRESS; a cancelled one stays as it is."""
        self._session.call(ops.CANCEL_QUERY, path={"queryId": query_id})

    def get_document(self, document_id: str, *, reserve: float | None = None, max_wait: float | None = None) -> ReportDocument:
        """A URL for a data or error document, valid for five minutes. As scarce as creation: 60 an hour, burst 15. Compression is
        told by the download's own Content-Encoding."""
        answer = self._session.call(ops.GET_QUERY_DOCUMENT, path={"documentId": document_id}, reserve=reserve, max_wait=max_wait)
        return ReportDocument(document_id, self._fields(answer, ops.GET_QUERY_DOCUMENT).text("documentUrl"))

    def download(self, document: ReportDocument, *, chunk_size: int = documents.CHUNK) -> AbstractContextManager[DocumentStream]:
        """Open the document for reading, as its exact bytes; see documents.download."""
        return documents.download(document, account=self._session.account, user_agent=user_agent(), chunk_size=chunk_size)

    def _info(self, query: dict[str, Any], operation: ops.Operation) -> QueryInfo:
        fields = self._fields(query, operation)
        return QueryInfo(
            query_id=fields.text("queryId"),
            query=fields.text("query"),
            status=fields.text("processingStatus"),
            created=fields.time("createdTime"),
            data_document_id=query.get("dataDocumentId") or None,
            error_document_id=query.get("errorDocumentId") or None,
            next_token=(query.get("pagination") or {}).get("nextToken") or None,
            processing_start=fields.time_if_any("processingStartTime"),
            processing_end=fields.time_if_any("processingEndTime"),
        )

    def _fields(self, answer: dict[str, Any], operation: ops.Operation) -> Fields:
        return Fields(answer, self._session.account, operation.name)


def normalised(query: str) -> str:
    """The query without what GraphQL ignores, so that two texts of one query are equal: spaces stay between words and texts."""
    made: list[str] = []
    for token in _TOKEN.findall(query):
        if token[0] == "#" or not token.strip(" \t\r\n\f\v,\ufeff"):
            continue
        words = made and _WORD.match(made[-1][-1]) and _WORD.match(token[0])
        if words or (made and made[-1][-1] == token[0] == '"'):
            made.append(" ")
        made.append(token)
    return "".join(made)
