"""Login with Amazon: access tokens from refresh tokens or grantless scopes, one exchange per token life for all processes.
Where the shared token cache lies is the cache's business (aws/secrets.py); nothing here calls SP-API itself."""

from __future__ import annotations

import hashlib
import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit

import requests

from spapi_assets.spapi.errors import (
    AmazonFault,
    ConfigurationError,
    ReauthorizationNeeded,
    SpApiError,
    Throttled,
    TransientError,
)
from spapi_assets.spapi.wire import new_http

LWA_ENDPOINT = "https://api.amazon.com/auth/o2/token"
NOTIFICATIONS_SCOPE = "sellingpartnerapi::notifications"
ROTATION_SCOPE = "sellingpartnerapi::client_credential:rotation"

REFRESH_MARGIN = 60.0  # seconds before its end at which a token is no longer used, or a tenth of its life if that is shorter
CREDENTIALS_SECONDS = 300.0  # how long credentials read from their store are trusted
LEASE_SECONDS = 30.0  # longer than an exchange with its retries takes
EXCHANGE_SECONDS = 25.0
TIMEOUT = (5.0, 10.0)

log = logging.getLogger("spapi_assets.spapi")


@dataclass(frozen=True)
class LwaCredentials:
    """An application's client id and secret, and one selling partner's refresh token (None: grantless operations only)."""

    client_id: str
    client_secret: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)

    def fingerprint(self, scope: str | None = None) -> str:
        """A name for the token these credentials give (for all of a selling partner's calls, or for one grantless scope)."""
        grant = f"scope:{scope}" if scope else "refresh:" + hashlib.sha256((self.refresh_token or "").encode()).hexdigest()
        return hashlib.sha256(f"{self.client_id}\n{grant}".encode()).hexdigest()[:32]


@dataclass(frozen=True)
class AccessToken:
    """An access token and when it ends (epoch seconds). `lifetime` is what Amazon gave it, in seconds."""

    value: str = field(repr=False)
    expires_at: float
    lifetime: float = 3600.0

    def usable(self, now: float) -> bool:
        return now < self.expires_at - min(REFRESH_MARGIN, self.lifetime / 10)


class TokenCache(Protocol):
    """Where processes share access tokens, and agree on who exchanges. Keys are fingerprints."""

    def get(self, key: str) -> AccessToken | None: ...
    def put(self, key: str, token: AccessToken) -> None: ...
    def lease(self, key: str, seconds: float) -> bool:
        """True: the caller alone may exchange, until release or for `seconds`."""
        ...

    def release(self, key: str) -> None: ...


class InMemoryTokenCache:
    """The cache of one process."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._tokens: dict[str, AccessToken] = {}
        self._leases: dict[str, float] = {}
        self._lock = threading.Lock()

    def get(self, key: str) -> AccessToken | None:
        return self._tokens.get(key)

    def put(self, key: str, token: AccessToken) -> None:
        self._tokens[key] = token

    def lease(self, key: str, seconds: float) -> bool:
        with self._lock:
            free = self._leases.get(key, 0.0) <= self._clock()
            if free:
                self._leases[key] = self._clock() + seconds
            return free

    def release(self, key: str) -> None:
        with self._lock:
            self._leases.pop(key, None)


class LwaClient:
    """Gives access tokens for one account. Thread-safe.

    `credentials` is called when needed and its answer kept for five minutes; when Amazon refuses it, it is read anew once, so a
    rotated secret is picked up without a restart.
    """

    def __init__(
        self,
        account: str,
        credentials: Callable[[], LwaCredentials],
        cache: TokenCache,
        endpoint_url: str | None = None,
        http: requests.Session | None = None,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.account = account
        self._read_credentials, self._cache = credentials, cache
        self._url = token_url(endpoint_url)
        self._http = http or new_http()
        self._clock, self._sleep = clock, sleep
        self._memory: dict[str, AccessToken] = {}
        self._credentials: tuple[LwaCredentials, float] | None = None
        self._lock = threading.RLock()

    def access_token(self, scope: str | None = None, *, refresh: bool = False, rejected: str | None = None) -> str:
        """The token for the selling partner's calls, or for a grantless scope.

        `refresh` says that Amazon refused the token given last (or `rejected`) as expired: that value is not given again. Raises
        ReauthorizationNeeded, ConfigurationError, Throttled or TransientError.
        """
        with self._lock:
            key = self.credentials().fingerprint(scope)
            known = self._memory.get(key)
            if refresh and rejected is None and known is not None:
                rejected = known.value
            if not self._good(known, rejected):
                known = self._cache.get(key)
            if not self._good(known, rejected):
                known = self._single_flight(key, scope, rejected)
            assert known is not None
            self._memory[key] = known
            return known.value

    def credentials(self, *, fresh: bool = False) -> LwaCredentials:
        """The account's credentials, at most five minutes old."""
        with self._lock:
            if fresh or self._credentials is None or self._credentials[1] < self._clock():
                self._credentials = (self._read_credentials(), self._clock() + CREDENTIALS_SECONDS)
            return self._credentials[0]

    def _good(self, token: AccessToken | None, rejected: str | None) -> bool:
        return token is not None and token.value != rejected and token.usable(self._clock())

    def _single_flight(self, key: str, scope: str | None, rejected: str | None) -> AccessToken:
        """Exchange, or wait for the process that does; when it does not finish within its lease, take over."""
        deadline = self._clock() + 3 * LEASE_SECONDS
        while not self._cache.lease(key, LEASE_SECONDS):
            if self._clock() > deadline:
                raise TransientError(
                    f"No access token for account {self.account}: for {3 * LEASE_SECONDS:.0f} s other processes held the right "
                    "to exchange the refresh token and none succeeded. Look for their error, then try again.",
                    account=self.account,
                    operation="lwa",
                )
            self._sleep(random.uniform(0.1, 0.4))
            token = self._cache.get(key)
            if token is not None and self._good(token, rejected):
                return token
        try:
            token = self._cache.get(key)  # the previous holder may have finished between our look and our lease
            if token is None or not self._good(token, rejected):
                token = self._exchange_with_current_credentials(scope)
                self._cache.put(key, token)
            return token
        finally:
            self._cache.release(key)

    def _exchange_with_current_credentials(self, scope: str | None) -> AccessToken:
        tried = self.credentials()
        try:
            return self._exchange(tried, scope)
        except (ReauthorizationNeeded, ConfigurationError):
            current = self.credentials(fresh=True)
            if current == tried:
                raise
            return self._exchange(current, scope)

    def _exchange(self, credentials: LwaCredentials, scope: str | None) -> AccessToken:
        form = {"client_id": credentials.client_id, "client_secret": credentials.client_secret}
        if scope:
            form |= {"grant_type": "client_credentials", "scope": scope}
        elif credentials.refresh_token:
            form |= {"grant_type": "refresh_token", "refresh_token": credentials.refresh_token}
        else:
            raise ConfigurationError(
                f"Account {self.account} has no refresh token: store one in its secret.", account=self.account, operation="lwa"
            )
        started = self._clock()
        for attempt in range(5):
            try:
                return self._post(form, scope)
            except (TransientError, Throttled) as error:
                pause = random.uniform(0.5, 1.0) * min(8.0, 0.5 * 2**attempt)
                if attempt == 4 or self._clock() + pause - started > EXCHANGE_SECONDS:
                    raise
                log.warning("account=%s operation=lwa retry=%d in=%.1fs: %s", self.account, attempt + 1, pause, error)
                self._sleep(pause)
        raise AssertionError("unreachable")

    def _post(self, form: dict[str, str], scope: str | None) -> AccessToken:
        started = self._clock()
        try:
            response = self._http.post(
                self._url,
                data=form,
                headers={"Content-Type": "application/x-www-form-urlencoded;charset=UTF-8", "Accept": "application/json"},
                timeout=TIMEOUT,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            raise TransientError(
                f"Login with Amazon at {urlsplit(self._url).netloc} did not answer for account {self.account} "
                f"({type(error).__name__}). Check the network and try again.",
                account=self.account,
                operation="lwa",
            ) from error
        request_id = response.headers.get("x-amzn-RequestId")
        log.info(
            "account=%s operation=lwa grant=%s status=%s request_id=%s seconds=%.3f",
            self.account,
            form["grant_type"],
            response.status_code,
            request_id,
            self._clock() - started,
        )
        try:
            answer: Any = response.json()
        except ValueError:
            answer = None
        fields: dict[str, Any] = answer if isinstance(answer, dict) else {}
        if response.status_code != 200:
            raise lwa_error(self.account, response.status_code, fields, request_id, scope)
        value, lifetime = fields.get("access_token"), fields.get("expires_in", 3600)
        if not isinstance(value, str) or not value or not isinstance(lifetime, (int, float)):
            raise AmazonFault(
                f"Login with Amazon answered 200 to account {self.account} without an access token.",
                account=self.account,
                operation="lwa",
                status=200,
                request_id=request_id,
            )
        return AccessToken(value, started + float(lifetime), float(lifetime))


def token_url(endpoint_url: str | None) -> str:
    """The token endpoint: Amazon's, or an override that may be a bare origin."""
    if not endpoint_url:
        return LWA_ENDPOINT
    return endpoint_url if urlsplit(endpoint_url).path.strip("/") else endpoint_url.rstrip("/") + "/auth/o2/token"


def lwa_error(account: str, status: int, fields: dict[str, Any], request_id: str | None, scope: str | None) -> SpApiError:
    """What a refusal of the token endpoint means (codes: RFC 6749 section 5.2, as Login with Amazon uses them)."""
    code = str(fields.get("error") or "") or None
    said = f": {fields['error_description']}".rstrip(".") if fields.get("error_description") else ""
    facts: dict[str, Any] = {"account": account, "operation": "lwa", "status": status, "request_id": request_id, "code": code}
    if status == 429:
        return Throttled(f"Login with Amazon throttles account {account}{said}. Wait a minute.", retry_after=60.0, **facts)
    if status >= 500 or code in ("server_error", "temporarily_unavailable"):
        return TransientError(f"Login with Amazon is unavailable for account {account}{said}. Try again later.", **facts)
    if code == "invalid_grant":
        return ReauthorizationNeeded(
            f"Amazon no longer accepts the refresh token of account {account}{said}. It is revoked, expired, or belongs to "
            "another application: authorise the application again in Seller or Vendor Central and store the new refresh token in "
            "the account's secret.",
            **facts,
        )
    if code in ("invalid_client", "unauthorized_client"):
        return ConfigurationError(
            f"Amazon does not accept the client id and client secret of account {account}{said}. The secret is wrong or has been "
            "rotated (Amazon demands it every 180 days): store the current one, from the developer console, in the account's "
            "secret.",
            **facts,
        )
    if code == "invalid_scope":
        return ConfigurationError(
            f"The application of account {account} may not use the grantless scope {scope}{said}. Check its roles.", **facts
        )
    return ConfigurationError(f"Login with Amazon refuses account {account} ({code or 'no error code'}){said}.", **facts)
