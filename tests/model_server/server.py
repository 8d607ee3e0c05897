"""Amazon built from its models alone, over real HTTP on loopback: tokens, quotas, strict requests, answers, and faults on demand.
What is legal is validation.py and rules.py, what is answered answers.py; nothing of spapi_assets is imported here."""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from . import rules, validation
from .answers import Answers, Reply
from .asked import Request
from .generator import Override, to_text
from .models import ModelError, Models, Operation
from .wire import listen

Hook = Callable[[Request], Reply | None]


@dataclass(frozen=True)
class Refusal:
    """A request that Amazon would refuse: the operation ("" when there is none), the status and why."""

    operation: str
    status: int
    reasons: tuple[str, ...]


class _Bucket:
    """A usage plan: full at first, a token back every 1/rate seconds."""

    def __init__(self, rate: float, burst: int, now: float) -> None:
        self.rate, self.burst, self.tokens, self.at = rate, burst, float(burst), now

    def take(self, now: float) -> bool:
        self.tokens = min(self.burst, self.tokens + max(0.0, now - self.at) * self.rate)
        self.at = max(self.at, now)
        # Binary fractions: 0.1 s at 10/s must be one token.
        if self.tokens < 1 - 1e-9:
            return False
        self.tokens -= 1
        return True


class ModelServer:
    """One Amazon. `calls` counts all requests of an operation that had a valid token (refused ones too), `requests` keeps the
    legal ones, `refusals` what was wrong with the others; `throttled` counts the 429s. `clock` may be a test's own time.

    `answers.counts` and `answers.missing` shape what is generated; `values`, `items`, `reply`, `fail`, `cut` and `on` replace
    it."""

    def __init__(self, models: Models, *, seed: int = 0, clock: Callable[[], float] = time.time) -> None:
        self.models, self.clock = models, clock
        self.answers = Answers(models, seed)
        self.calls: Counter[str] = Counter()
        self.throttled: Counter[str] = Counter()
        self.requests: list[Request] = []
        self.refusals: list[Refusal] = []
        self.exchanges = 0
        self._identities: dict[str, str] = {}
        self._expired: set[str] = set()
        self._buckets: dict[tuple[str, str], _Bucket] = {}
        self._plans: dict[str, tuple[float, int] | None] = {}
        self._scripts: dict[str, deque[Reply]] = defaultdict(deque)
        self._hooks: dict[str, list[Hook]] = defaultdict(list)
        self._lock = threading.RLock()
        self._http = listen(self.handle)
        self.url = f"http://127.0.0.1:{self._http.server_port}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._http.shutdown()
        self._http.server_close()

    # What a test says beforehand

    def reply(self, operation: str, *answers: Any, checked: bool = True) -> None:
        """The next answers of an operation, in this order: contents, exact JSON texts (str) or Replies. Contents must fit the
        model unless `checked` is False."""
        for answer in answers:
            self._scripts[operation].append(self._reply(operation, answer, checked))

    def items(self, operation: str, items: Iterable[Any]) -> None:
        """The whole list of an operation, given out in pages as they are asked for. Contents must fit the model."""
        whole, described = list(items), self.models[operation]
        array = next(schema for path, schema in described.walk() if path == (described.list_path or ""))
        wrong = validation.problems(described, array, json.loads(to_text(whole)))
        if wrong:
            raise ModelError(f"Amazon's model of {operation} has no such items: {'; '.join(wrong)}")
        self.answers.own_items[operation] = whole

    def values(self, operation: str, **at: Override) -> None:
        """What stands at a path (dots written as two underscores) of every answer: a value, or a function of its Slot."""
        for name, value in at.items():
            path = name.replace("__", ".")
            if path not in {p for p, _ in self.models[operation].walk()}:
                raise ModelError(f"An answer of {operation} has no {path}.")
            self.answers.values[operation][path] = value

    def on(self, operation: str, hook: Hook) -> None:
        """Called with every legal request within quota; what it returns, if anything, is the answer."""
        self.models[operation]
        self._hooks[operation].append(hook)

    def fail(self, operation: str, *calls: int, status: int, code: str = "", text: str | None = None) -> None:
        """Answer the operation's requests with these numbers (from 1; none: all) with an error; `text` replaces Amazon's form."""
        error = Reply(status, text) if text is not None else Reply.error(status, code or f"Status{status}", "As the test says.")
        self.on(operation, lambda request: error if not calls or request.number in calls else None)

    def cut(self, operation: str, *calls: int, after: int = -1) -> None:
        """Break the connection at the requests with these numbers: before a byte is sent, or `after` so many of the body."""

        def hook(request: Request) -> Reply | None:
            if calls and request.number not in calls:
                return None
            whole = self._answer(request)
            return Reply(whole.status, whole.text, whole.headers, cut=after)

        self.on(operation, hook)

    def quota(self, operation: str, rate: float | None, burst: int = 1) -> None:
        """Another usage plan than the model's (and the header says so); `rate` None: no limit."""
        self.models[operation]
        self._plans[operation] = None if rate is None else (rate, burst)

    def unlimited(self) -> None:
        """A plan that no test uses up, whatever the models say; every answer says so, or the client would keep Amazon's pace."""
        for operation in self.models.operations:
            self.quota(operation, 1000.0, 1000)

    def expire_tokens(self) -> None:
        """All access tokens given so far are over their hour."""
        with self._lock:
            self._expired |= set(self._identities)

    def legal(self) -> None:
        """Raise unless every request so far was legal and none met a quota."""
        assert not self.refusals, "\n".join(f"{r.operation} {r.status}: {'; '.join(r.reasons)}" for r in self.refusals)
        assert not self.throttled, dict(self.throttled)

    def asked(self, operation: str) -> list[Request]:
        """The legal requests of one operation in order of arrival."""
        return [request for request in self.requests if request.operation == operation]

    # What happens to a request

    def handle(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Reply:
        url = urlsplit(target)
        if method == "POST" and url.path == "/auth/o2/token":
            return self._exchange(dict(parse_qsl(body.decode())))
        found = self.models.route(method, url.path)
        if found is None:
            return self._refuse("", 404, f"{method} {url.path} is no operation of Amazon's models.")
        name, operation, raw_path = found
        at = self.clock()
        refused = self._identity_refusal(name, operation, headers.get("x-amz-access-token", ""))
        if refused is not None:
            return refused
        with self._lock:
            identity = self._identities[headers["x-amz-access-token"]]
            self.calls[name] += 1
            number = self.calls[name]
            if not self._within_quota(name, operation, identity, at):
                self.throttled[name] += 1
                return Reply.error(429, "QuotaExceeded", "You exceeded your quota for the requested resource.")
        path = {key: unquote(value) for key, value in raw_path.items()}
        query, wrong = validation.typed_query(operation, parse_qsl(url.query, keep_blank_values=True))
        content, said = _parsed(operation, headers, body)
        wrong += [*validation.path_problems(operation, path), *validation.header_problems(operation, headers), *said]
        request = Request(name, number, identity, path, query, content, headers, at)
        with self._lock:
            wrong = wrong or rules.broken_rules(name, query, content, request.now) or self.answers.token_problems(request)
            if wrong:
                return self._with_rate(name, operation, self._refuse(name, 400, *wrong))
            self.requests.append(request)
        return self._with_rate(name, operation, self._answer_or_fault(request))

    def _answer_or_fault(self, request: Request) -> Reply:
        for hook in self._hooks[request.operation]:
            answer = hook(request)
            if answer is not None:
                return answer
        return self._answer(request)

    def _answer(self, request: Request) -> Reply:
        with self._lock:
            script = self._scripts[request.operation]
            if script:
                return script.popleft()
            return self.answers.answer(request)

    def _reply(self, operation: str, answer: Any, checked: bool) -> Reply:
        if isinstance(answer, Reply):
            return answer
        described = self.models[operation]
        text = answer if isinstance(answer, str) else "" if answer is None else to_text(answer)
        wrong = validation.answer_problems(described, json.loads(text) if text else None) if checked else []
        if wrong:
            raise ModelError(f"Amazon's model of {operation} has no such answer: {'; '.join(wrong)}")
        return Reply(described.success, text)

    def _identity_refusal(self, name: str, operation: Operation, token: str) -> Reply | None:
        with self._lock:
            identity = self._identities.get(token)
            if identity is None:
                return self._refuse(name, 403, "Access to requested resource is denied.")
            if token in self._expired:  # no fault of the client: it cannot know
                text = "Access to requested resource is denied. The access token you provided has expired."
                return Reply.error(403, "Unauthorized", text)
            if ("is grantless" in operation.description) != identity.startswith(
                "scope:"
            ) and "/applications/" not in operation.path:
                return self._refuse(name, 403, "Access to requested resource is denied: the wrong kind of access token.")
        return None

    def _within_quota(self, name: str, operation: Operation, identity: str, now: float) -> bool:
        plan = self._plan(name, operation)
        if plan is None:
            return True
        bucket = self._buckets.setdefault((identity, name), _Bucket(plan[0], plan[1], now))
        bucket.rate, bucket.burst = plan
        return bucket.take(now)

    def _plan(self, name: str, operation: Operation) -> tuple[float, int] | None:
        if name in self._plans:
            return self._plans[name]
        return (float(operation.plan[0]), operation.plan[1]) if operation.plan else None

    def _with_rate(self, name: str, operation: Operation, reply: Reply) -> Reply:
        plan = self._plan(name, operation)
        if plan is None or not operation.sends_rate(reply.status):
            return reply
        text = operation.plan[0] if operation.plan and name not in self._plans else str(plan[0])
        return Reply(reply.status, reply.text, {"x-amzn-RateLimit-Limit": text, **reply.headers}, reply.cut, reply.delay)

    def _refuse(self, operation: str, status: int, *reasons: str) -> Reply:
        with self._lock:
            self.refusals.append(Refusal(operation, status, reasons))
        code = {400: "InvalidInput", 403: "Unauthorized", 404: "NotFound"}[status]
        return Reply.error(status, code, " ".join(reasons))

    def _exchange(self, form: dict[str, str]) -> Reply:
        grant = form.get("grant_type")
        identity = {"refresh_token": form.get("refresh_token"), "client_credentials": f"scope:{form.get('scope')}"}.get(
            grant or ""
        )
        if not identity or not form.get("client_id") or not form.get("client_secret"):
            return Reply(400, to_text({"error": "invalid_request", "error_description": "A parameter is missing."}))
        token = f"Atza|{secrets.token_hex(8)}"
        with self._lock:
            self.exchanges += 1
            self._identities[token] = identity
        return Reply(200, to_text({"access_token": token, "token_type": "bearer", "expires_in": 3600}))


def _parsed(operation: Operation, headers: dict[str, str], body: bytes) -> tuple[Any, list[str]]:
    """(the body's content, what is wrong with it)."""
    content = None
    if body:
        if headers.get("content-type", "").split(";")[0].strip() != "application/json":
            return None, ["The content type of the body must be application/json."]
        try:
            content = json.loads(body)
        except ValueError:
            return None, ["The body is not JSON."]
    return content, validation.body_problems(operation, content, bool(body))
