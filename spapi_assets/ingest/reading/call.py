"""One call of an API source: its parameters from the registry's spec, the exact answer as a page, the next page's token.
Which calls a reading makes is `tasks.py`; keeping the pages is `spool.py`."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from spapi_assets.datasets.calls import Single
from spapi_assets.datasets.model import ApiSource
from spapi_assets.ingest.documents.json_values import dump, parse
from spapi_assets.ingest.reading.tasks import Task, filled, instant
from spapi_assets.settings import Account
from spapi_assets.spapi.answer import Answer
from spapi_assets.spapi.errors import AmazonFault, NotFound, first_error
from spapi_assets.spapi.operations import BY_NAME
from spapi_assets.spapi.session import SpApiSession


@dataclass(frozen=True)
class Page:
    """One answer. `response` is Amazon's exact JSON text, `items` counts its rows, `found` are the asked identifiers in it.

    `total` is Amazon's own count of what the call finds on all pages, where it has one. `content` tells two pages with the same
    items, where another follows. `problem`: a sentence about an answer that holds errors beside its rows. `unread`: why Amazon
    gave no answer about these identifiers, although the items of some are there and tell their failure.
    """

    request: Mapping[str, Any]
    fetched_at: datetime
    response: str
    next_token: str | None
    items: int
    found: tuple[str, ...] = ()
    total: int | None = None
    content: int = 0
    problem: str | None = None
    unread: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Caller:
    """Makes the calls of one source for one account (and marketplace). `facts` fill the spec's placeholders."""

    source: ApiSource
    account: Account
    session: SpApiSession
    facts: Mapping[str, Any]

    def page(self, task: Task, token: str | None, *, max_wait: float) -> Page:
        """The page that `token` leads to, the first without one. Raises SpApiError; an identifier that Amazon does not know is an
        answer without it."""
        return self._single(task, token, max_wait) if task.single else self._listed(task, token, max_wait)

    def _listed(self, task: Task, token: str | None, max_wait: float) -> Page:
        call = self.source.call
        assert call is not None
        facts = {**self.facts, "identifiers": list(task.identifiers)}
        params = {**filled({**call.params, **self._of_kind(call)}, facts), **task.params}
        body: Any = None
        if task.identifiers and call.batch is not None:
            params |= filled(call.batch.params, facts)
            if call.batch.param is not None:
                params[call.batch.param] = list(task.identifiers)
            if call.batch.body is not None:
                elements = [self._element(call.batch.element, task, one) for one in task.identifiers]
                body = {call.batch.body: elements} if call.batch.body else elements
        if token is not None and call.paging is not None:
            params = {call.paging.param: token} if call.paging.alone else {**params, call.paging.param: token}
        request = {**params, **({"body": body} if body is not None else {})}
        operation = BY_NAME[call.operation]
        try:
            answer = self.session.fetch(operation, path=filled(call.path, facts), params=params, json=body, max_wait=max_wait)
        except NotFound:
            if not task.identifiers or token is not None:
                raise
            return Page(request, datetime.now(UTC), "null", None, 0)  # none of them
        items = self._items(answer.content)
        following = _at(answer.content, call.paging.token) if call.paging else None
        total = _at(answer.content, call.total) if call.total else None
        problem, unread = self._errors(answer, rows=bool(items)), self._unread(answer, items, task)
        return Page(
            request=request,
            fetched_at=answer.answered_at,
            response=answer.text or "null",
            next_token=str(following) if following else None,
            items=len(items),
            found=self._found(items, task),
            total=total if isinstance(total, int) else None,
            content=zlib.crc32(json.dumps(items).encode()) if following else 0,
            problem=problem or next((f"Amazon gives no answer about {one}: {why}" for one, why in unread.items()), None),
            unread=unread,
        )

    def _errors(self, answer: Answer, *, rows: bool) -> str | None:
        """Errors that stand in a success. Raises AmazonFault where they came instead of rows: that is no empty answer."""
        told = answer.content.get("errors") if isinstance(answer.content, dict) else None
        if not told:
            return None
        code, said = first_error(answer.text)
        what = f"Amazon answered {self.source.report_type} of account {self.account.name} with success and the error"
        sentence = f"{what} {code or ''} {said}".rstrip(". ")
        sentence += " beside its rows." if rows else " instead of rows. Try again later."
        if rows:
            return sentence
        raise self._fault(sentence, answer, code)

    def _fault(self, sentence: str, answer: Answer, code: str | None) -> AmazonFault:
        return AmazonFault(
            sentence,
            account=self.account.name,
            operation=self.source.report_type,
            status=answer.status,
            request_id=answer.request_id,
            code=code,
            body=answer.text,
        )

    def _unread(self, answer: Answer, items: list[Any], task: Task) -> dict[str, str]:
        """Identifiers whose items tell that Amazon failed at them, and how. Raises AmazonFault where all items do."""
        told = [self._failure(item) for item in items]
        failures = [status for status in told if status is not None]
        if not failures:
            return {}
        if len(failures) == len(items):
            what = f"Amazon answered {self.source.report_type} of account {self.account.name} with success and each of its"
            raise self._fault(f"{what} {len(items)} items with the status {failures[0]}. Try again later.", answer, failures[0])
        answered = set(self._found([item for item, status in zip(items, told, strict=True) if status is None], task))
        why = f"its part of the answer has the status {failures[0]}."
        return {one: why for one in self._found(items, task) if one not in answered}

    def _failure(self, item: Any) -> str | None:
        """The status of an item where it says that Amazon failed at it, which is no answer."""
        batch = self.source.call.batch if self.source.call else None
        status = _at(item, batch.status) if batch is not None and batch.status is not None else None
        if isinstance(status, int):
            return str(status) if status == 429 or status >= 500 else None
        return status if batch is not None and status in batch.unanswered else None

    def brought_by(self, text: bytes, task: Task) -> tuple[int, tuple[str, ...]]:
        """How many items a kept page has, and the task's identifiers among them."""
        items = self._items(json.loads(text)["response"])
        return len(items), self._found(items, task)

    def named_in(self, text: bytes) -> set[str]:
        """All identifiers that a kept page names, whether they were asked for or not."""
        batch = self.source.call.batch if self.source.call else None
        if batch is None or batch.found is None:
            return set()
        named = (_at(item, batch.found) for item in self._items(json.loads(text)["response"]))
        return {one for one in named if isinstance(one, str)}

    def _element(self, template: Mapping[str, Any], task: Task, identifier: str) -> Any:
        return filled(template, {**self.facts, "identifier": identifier, **task.facts.get(identifier, {})})

    def _single(self, task: Task, token: str | None, max_wait: float) -> Page:
        call = self.source.call
        assert call is not None
        assert call.single is not None
        single, (identifier,) = call.single, task.identifiers
        facts = {**self.facts, "identifier": identifier}
        path = filled(single.path, facts)
        params = filled({**single.params, **self._of_kind(single)}, facts)
        if token is not None and call.paging is not None:
            params[call.paging.param] = token
        request = {**path, **params}
        try:
            answer = self.session.fetch(BY_NAME[single.operation], path=path, params=params, max_wait=max_wait)
        except NotFound:
            return Page(request, datetime.now(UTC), _wrapped(single.wrap, ""), None, 0)
        # One item may be long enough for pages of its own: an invoice of more than 600 lines.
        following = _at(answer.content, call.paging.token) if call.paging else None
        self._errors(answer, rows=False)
        inner = _wrapped(single.wrap, self._inner(answer, single))
        return Page(request, answer.answered_at, inner, str(following) if following else None, 1, (identifier,))

    def _inner(self, answer: Answer, single: Single) -> str:
        """The exact text of the one item: the answer, or the member of it that the spec unwraps."""
        if single.unwrap is None:
            return answer.text
        member = _at(parse(answer.text.encode()), single.unwrap)
        if member is None:
            raise AmazonFault(
                f"Amazon's answer to {single.operation} of account {self.account.name} has no {single.unwrap!r}. Try again; if "
                "it stays, open a case with Amazon and name the request id.",
                account=self.account.name,
                operation=single.operation,
                status=answer.status,
                request_id=answer.request_id,
            )
        return dump(member)

    def _of_kind(self, spec: Any) -> Mapping[str, Any]:
        """The parameters that sellers or vendors send instead of the common ones."""
        return spec.vendor if self.account.kind == "vendor" else spec.seller

    def _items(self, content: Any) -> list[Any]:
        call = self.source.call
        assert call is not None
        found = _at(content, call.items) if call.items else content
        if isinstance(found, list):
            return found
        return [] if found is None else [found]

    def _found(self, items: list[Any], task: Task) -> tuple[str, ...]:
        batch = self.source.call.batch if self.source.call else None
        if batch is None or batch.found is None:
            return ()
        # Amazon writes ASINs in capitals and names without blanks around them, however they were asked for. A SKU in another case
        # is the one that was asked for, unless that spelling was asked for, too.
        plain = str.upper if batch.kind == "asin" else str
        named = {plain(name.strip()) for item in items if isinstance(name := _at(item, batch.found), str)}
        asked = {one: plain(one.strip()) for one in task.identifiers}
        others = {name.casefold() for name in named - set(asked.values())}
        if any(self._failure(item) and not isinstance(_at(item, batch.found), str) for item in items):
            return tuple(asked)  # whichever it failed at without naming it: none is missing
        return tuple(one for one, name in asked.items() if name in named or name.casefold() in others)


def page_text(page: Page, missing: tuple[str, ...] = ()) -> bytes:
    """A page as it lies in the document. The answer stands last, exactly as Amazon wrote it."""
    facts: dict[str, Any] = {"fetched_at": instant(page.fetched_at), "request": page.request, "next_token": page.next_token}
    facts |= {"missing": [{"identifier": one} for one in missing]}
    if page.unread:
        facts["unread"] = [{"identifier": one, "why": why} for one, why in page.unread.items()]
    return f'{json.dumps(facts, ensure_ascii=False)[:-1]}, "response": {page.response}}}'.encode()


def facts_of_page(text: bytes) -> dict[str, Any]:
    """Our own part of a page, without reading the answer."""
    # Unescaped, these characters cannot stand inside a text, and no parameter of Amazon's is called so.
    facts: dict[str, Any] = json.loads(text[: text.index(b', "response": ')] + b"}")
    return facts


def _wrapped(path: str, text: str) -> str:
    """`{"payload": {"orders": [<text>]}}` for the path payload.orders."""
    keys = path.split(".")
    return "".join(f"{{{json.dumps(key)}: " for key in keys) + f"[{text}]" + "}" * len(keys)


def _at(value: Any, path: str) -> Any:
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value
