"""One authorized call as a handler sees it. How it was authorized is the gateway's business."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from spapi_assets.simulator.accounts import Account
from spapi_assets.simulator.credentials import Token
from spapi_assets.simulator.operations import Operation
from spapi_assets.simulator.state import State
from spapi_assets.simulator.validation import Query, parse_body


@dataclass
class Call:
    """`path` holds the decoded path parameters."""

    state: State
    operation: Operation
    token: Token
    path: dict[str, str]
    query: Query
    raw_body: bytes
    content_type: str

    @property
    def account(self) -> Account:
        """The selling partner; only operations that are not grantless have one."""
        assert self.token.account, f"{self.operation.name} is grantless: it has no selling partner"
        return self.token.account

    def body(self, required: tuple[str, ...], optional: tuple[str, ...] = ()) -> dict[str, Any]:
        return parse_body(self.raw_body, self.content_type, required, optional)


Answer = dict[str, Any] | list[Any] | None
Handler = Callable[[Call], Answer]
