"""The one way an SP-API call is made: token, quota, headers, timeouts, retries where they are safe, errors that say what to do.
What the operations mean is left to the API modules beside this one."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, TypedDict, Unpack
from urllib.parse import urlsplit

import requests

from spapi_assets.spapi.answer import Answer, object_of, read_answer
from spapi_assets.spapi.auth import LwaClient
from spapi_assets.spapi.errors import (
    ConfigurationError,
    OutcomeUnknown,
    SpApiError,
    Throttled,
    TransientError,
    error_for,
    is_expired_token,
)
from spapi_assets.spapi.marketplaces import REGIONS
from spapi_assets.spapi.operations import Operation
from spapi_assets.spapi.throttle import BucketKey, Throttle
from spapi_assets.spapi.wire import UnsendableValue, never_sent, new_http, path_segment, query_value, user_agent

ATTEMPTS = 5  # sends of one call that meet 5xx or lost connections
THROTTLED_ATTEMPTS = 3  # 429s in a row after which waiting longer is pointless (some report types answer 429 for ever)
BACKOFF_CAP = 20.0
TIMEOUT = (5.0, 30.0)  # seconds to connect, seconds between bytes

log = logging.getLogger("spapi_assets.spapi")


class Request(TypedDict, total=False):
    """What a call may be given; the meanings are at `SpApiSession.fetch`."""

    path: Mapping[str, str] | None
    params: Mapping[str, Any] | None
    json: Any
    grantless_scope: str | None
    restricted_token: str | None
    reserve: float | None
    max_wait: float | None


class SpApiSession:
    """Calls of one selling partner in one region. Thread-safe.

    `application_id` is the bucket's application (the client id will do); `endpoint_url` replaces the region's endpoint;
    `reserve` is the share of each burst this session's calls must leave to others; `max_wait` is how many seconds one call may
    wait for quota before it raises Throttled. Both can be set per call.
    """

    def __init__(
        self,
        account: str,
        region: str,
        selling_partner_id: str,
        lwa: LwaClient,
        throttle: Throttle,
        *,
        application_id: str | Callable[[], str],
        endpoint_url: str | None = None,
        reserve: float = 0.0,
        max_wait: float = 60.0,
        timeout: tuple[float, float] = TIMEOUT,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if region not in REGIONS:
            raise ConfigurationError(
                f"Account {account}: unknown region {region!r}; use one of {', '.join(REGIONS)}.", account=account
            )
        self.account, self.region, self.selling_partner_id = account, region, selling_partner_id
        self.endpoint = (endpoint_url or REGIONS[region].endpoint).rstrip("/")
        self._lwa, self._throttle, self._application_id = lwa, throttle, application_id
        self._reserve, self._max_wait, self._timeout = reserve, max_wait, timeout
        self._clock, self._sleep = clock, sleep
        self._user_agent = user_agent()
        self._threads = threading.local()

    def call(self, operation: Operation, **request: Unpack[Request]) -> dict[str, Any]:
        """Make the call as `fetch` does and return the JSON object Amazon answers ({} when it answers nothing)."""
        answer = self.fetch(operation, **request)
        return object_of(answer, account=self.account, operation=operation.name)

    def fetch(
        self,
        operation: Operation,
        *,
        path: Mapping[str, str] | None = None,
        params: Mapping[str, Any] | None = None,
        json: Any = None,
        grantless_scope: str | None = None,
        restricted_token: str | None = None,
        reserve: float | None = None,
        max_wait: float | None = None,
    ) -> Answer:
        """Make the call and return Amazon's answer with its exact text.

        `path` fills the operation's path template, `params` is the query (sequences become comma-separated lists, as the models
        say; None is left out), `json` the body. Raises the errors of errors.py: Throttled when quota would take longer than
        `max_wait`, OutcomeUnknown when a creation was lost on the way, TransientError when a repeatable call failed again and
        again, ConfigurationError before anything is sent when a value cannot be put into a URL.
        """
        scope = grantless_scope or operation.scope
        request = self._request(operation, path or {}, params or {}, json)
        key = self._bucket(operation, scope)
        allowed = self._reserve if reserve is None else reserve
        quota_left = self._max_wait if max_wait is None else max_wait
        token = restricted_token or self._lwa.access_token(scope)
        failures = throttled = 0
        refreshed = False
        last: TransientError | None = None
        while True:
            try:
                slept = self._take(key, operation, allowed, quota_left)
            except Throttled:
                if last is not None:
                    raise last from None  # quota for another try is spent; what matters is why the first ones failed
                raise
            quota_left -= slept
            if slept and restricted_token is None:
                token = self._lwa.access_token(scope)  # it may have ended while this call waited for quota
            try:
                response = self._send(operation, request, token)
            except TransientError as error:
                failures += 1
                last = error
                self._pause_or_raise(last, operation, failures)
                continue
            self._learn(key, response)
            status = response.status_code
            if 200 <= status < 300:
                at = datetime.fromtimestamp(self._clock(), UTC)
                return read_answer(response, account=self.account, operation=operation.name, answered_at=at)
            if is_expired_token(status, response.text) and not refreshed and restricted_token is None:
                refreshed = True
                token = self._lwa.access_token(scope, refresh=True, rejected=token)
                continue
            if status == 429:
                throttled += 1
                self._throttle.penalize(key, operation.plan)
                retry_after = self._throttle.peek(key, operation.plan)
                if throttled < THROTTLED_ATTEMPTS and retry_after <= quota_left:
                    # The bucket's own wait is at least 1/rate; the jitter keeps processes that met the same 429 apart.
                    pause = min(random.uniform(0.0, 0.25) / operation.plan.rate, quota_left - retry_after, 5.0)
                    quota_left -= pause
                    self._sleep(pause)
                    continue
                raise self._error(operation, response, retry_after)
            if status >= 500:
                failures += 1
                last = self._server_error(operation, response)
                self._pause_or_raise(last, operation, failures)
                continue
            raise self._error(operation, response)

    def _bucket(self, operation: Operation, scope: str | None) -> BucketKey:
        application = self._application_id if isinstance(self._application_id, str) else self._application_id()
        # Grantless calls are made in no selling partner's name: all accounts of the application share their bucket.
        return BucketKey(application, "grantless" if scope else self.selling_partner_id, self.region, operation.name)

    def _take(self, key: BucketKey, operation: Operation, reserve: float, max_wait: float) -> float:
        try:
            slept = self._throttle.acquire(key, operation.plan, reserve=reserve, max_wait=max(0.0, max_wait))
        except Throttled as error:
            error.account = self.account
            raise
        if slept:
            log.info("account=%s operation=%s waited_for_quota=%.3fs", self.account, operation.name, slept)
        return slept

    def _request(self, operation: Operation, path: Mapping[str, str], params: Mapping[str, Any], body: Any) -> requests.Request:
        try:
            url = self.endpoint + operation.path.format_map({name: path_segment(value) for name, value in path.items()})
            query = {name: query_value(value) for name, value in params.items() if value is not None}
        except UnsendableValue as error:
            raise ConfigurationError(
                f"{operation.name} of account {self.account} was not sent: {error}",
                account=self.account,
                operation=operation.name,
            ) from error
        return requests.Request(operation.method, url, params=query, json=body)

    def _send(self, operation: Operation, request: requests.Request, token: str) -> requests.Response:
        # A kept connection may be closed by the far side just as it is used. That loses the call without a trace, which only
        # repeatable ones can afford: a creation gets a connection of its own.
        http = new_http() if operation.kind == "create" else self._http()
        request.headers = {
            "x-amz-access-token": token,
            "x-amz-date": datetime.fromtimestamp(self._clock(), UTC).strftime("%Y%m%dT%H%M%SZ"),
            "user-agent": self._user_agent,
            "accept": "application/json",
        }
        started = time.monotonic()
        try:
            settings = http.merge_environment_settings(request.url, {}, None, None, None)
            response = http.send(http.prepare_request(request), timeout=self._timeout, allow_redirects=False, **settings)
        except requests.RequestException as error:
            log.warning(
                "account=%s operation=%s status=none error=%s seconds=%.3f",
                self.account,
                operation.name,
                type(error).__name__,
                time.monotonic() - started,
            )
            raise self._lost(operation, error) from error
        finally:
            if operation.kind == "create":
                http.close()
        log.info(
            "account=%s operation=%s status=%s request_id=%s seconds=%.3f",
            self.account,
            operation.name,
            response.status_code,
            response.headers.get("x-amzn-RequestId"),
            time.monotonic() - started,
        )
        return response

    def _http(self) -> requests.Session:
        if not hasattr(self._threads, "http"):
            self._threads.http = new_http()
        http: requests.Session = self._threads.http
        return http

    def _learn(self, key: BucketKey, response: requests.Response) -> None:
        try:
            rate = float(response.headers.get("x-amzn-RateLimit-Limit", ""))
        except ValueError:
            return
        if 0 < rate < 1e6:
            self._throttle.learn(key, rate)

    def _pause_or_raise(self, error: TransientError, operation: Operation, failures: int) -> None:
        if isinstance(error, OutcomeUnknown) or failures >= ATTEMPTS:
            raise error
        pause = random.uniform(0.5, 1.0) * min(BACKOFF_CAP, 0.5 * 2 ** (failures - 1))
        log.warning("account=%s operation=%s retry=%d in=%.1fs", self.account, operation.name, failures, pause)
        self._sleep(pause)

    def _lost(self, operation: Operation, error: requests.RequestException) -> TransientError:
        host = urlsplit(self.endpoint).netloc
        facts: dict[str, Any] = {"account": self.account, "operation": operation.name}
        if operation.kind == "create" and not never_sent(error):
            return OutcomeUnknown(
                f"The connection to {host} was lost ({type(error).__name__}) after {operation.name} of account {self.account} "
                "was sent: Amazon may have done it. Look for the result before asking again.",
                **facts,
            )
        return TransientError(
            f"{host} did not answer {operation.name} of account {self.account} ({type(error).__name__}). "
            "Check the network, or try again later.",
            **facts,
        )

    def _server_error(self, operation: Operation, response: requests.Response) -> TransientError:
        error = self._error(operation, response)
        assert isinstance(error, TransientError)
        if operation.kind == "create":
            return OutcomeUnknown(
                f"{error.message} Amazon may have done it all the same: look for the result before asking again.",
                account=self.account,
                operation=operation.name,
                status=error.status,
                request_id=error.request_id,
                code=error.code,
                body=error.body,
            )
        return error

    def _error(self, operation: Operation, response: requests.Response, retry_after: float = 60.0) -> SpApiError:
        return error_for(
            response.status_code,
            response.text,
            response.headers,
            account=self.account,
            operation=operation.name,
            retry_after=retry_after,
        )
