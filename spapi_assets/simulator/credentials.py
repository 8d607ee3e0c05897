"""Access tokens in circulation: issued by the LWA exchange and the Tokens API, checked on every call.
They are opaque random strings; the exchange itself is in lwa.py, what an operation needs is in operations.py."""

from __future__ import annotations

import re
import secrets
import threading
from dataclasses import dataclass

from spapi_assets.simulator.accounts import Account, Application
from spapi_assets.simulator.clock import Clock
from spapi_assets.simulator.errors import TOKEN_EXPIRED, TOKEN_INVALID, missing_token, unauthorized


@dataclass(frozen=True)
class Resource:
    """One method and path that a restricted data token opens; `{name}` in the path stands for any one segment."""

    method: str
    path: str

    def covers(self, method: str, path: str) -> bool:
        pattern = "".join("[^/]+" if part.startswith("{") else re.escape(part) for part in re.split(r"(\{[^/]*\})", self.path))
        return method == self.method and re.fullmatch(pattern, path) is not None


@dataclass(frozen=True)
class Token:
    """What an access token stands for: a selling partner, a grantless scope, or a selling partner's restricted resources."""

    value: str
    application: Application
    expires_at: float
    account: Account | None = None
    scope: str | None = None
    resources: tuple[Resource, ...] = ()


class TokenOffice:
    """Issues and verifies tokens on the simulator's clock."""

    def __init__(self, clock: Clock, lifetime_seconds: int = 3600) -> None:
        self.clock = clock
        self.lifetime_seconds = lifetime_seconds
        self._tokens: dict[str, Token] = {}
        self._lock = threading.Lock()

    def issue(
        self,
        application: Application,
        account: Account | None = None,
        scope: str | None = None,
        resources: tuple[Resource, ...] = (),
    ) -> Token:
        prefix = "Atz.sprdt|" if resources else "Atc|" if scope else "Atza|"
        expires = self.clock.timestamp() + self.lifetime_seconds
        token = Token(prefix + secrets.token_urlsafe(48), application, expires, account, scope, resources)
        with self._lock:
            self._tokens[token.value] = token
        return token

    def verify(self, value: str | None) -> Token:
        """The token behind a header value, or Amazon's 401/403."""
        if not value:
            raise missing_token()
        with self._lock:
            token = self._tokens.get(value)
        if token is None:
            raise unauthorized(TOKEN_INVALID)
        if self.clock.timestamp() >= token.expires_at:
            raise unauthorized(TOKEN_EXPIRED)
        return token

    def revoke_all(self) -> None:
        """Make every token in circulation invalid, as a revoked authorization does."""
        with self._lock:
            self._tokens.clear()
