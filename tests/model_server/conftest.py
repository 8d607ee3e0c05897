"""A plain HTTP client of the model server, so that nothing of the project can hide a mistake in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from . import ModelServer

DE = "A1PA6795UKMFR9"


class Client:
    """Sends what it is told with a seller's token, or the application's when `scope` is given."""

    def __init__(self, server: ModelServer, scope: str | None = None) -> None:
        self.server, self.http = server, requests.Session()
        form = {"client_id": "c", "client_secret": "s"}
        form |= {"grant_type": "client_credentials", "scope": scope} if scope else {"grant_type": "refresh_token"}
        if not scope:
            form["refresh_token"] = "Atzr|seller"
        answer = self.http.post(f"{server.url}/auth/o2/token", data=form, timeout=5).json()
        self.token = answer["access_token"]

    def __call__(self, path: str, query: dict[str, Any] | None = None, *, method: str = "GET", **more: Any) -> requests.Response:
        headers = {"x-amz-access-token": self.token, **more.pop("headers", {})}
        return self.http.request(method, self.server.url + path, params=query, headers=headers, timeout=5, **more)


@pytest.fixture
def client(model_server: ModelServer) -> Client:
    return Client(model_server)


@pytest.fixture
def scoped(model_server: ModelServer) -> Callable[[str], Client]:
    return lambda scope: Client(model_server, scope)
