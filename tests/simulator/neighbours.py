"""What tests of the neighbour APIs share: the business on a fixed date, and calls that are checked against Amazon's models."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from spapi_assets.simulator.operations import OPERATIONS
from spapi_assets.simulator.server import Simulator

from .amazon import Models
from .conftest import SELLER, VENDOR, Client

NOW = datetime(2026, 11, 23, 11, tzinfo=UTC)
TOKENS = {name: f"Atzr|simulator-kestrel-{name}" for name in ("na", "fe", "in")} | {"eu": SELLER, "vendor": VENDOR}
BY_OPERATION = {operation.name: operation for operation in OPERATIONS}


def business_at_now() -> Simulator:
    """A simulator of the business that begins at NOW; not started yet. Its tokens outlive every jump of the clock."""
    return Simulator(now=NOW, processing_seconds=60, token_seconds=10 * 365 * 86_400)


def iso(when: datetime) -> str:
    """As a client writes an instant."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def ago(**span: float) -> str:
    """An instant before NOW."""
    return iso(NOW - timedelta(**span))


class Store:
    """Calls operations by name as a selling partner; every answer is held against Amazon's model."""

    def __init__(self, simulator: Simulator, models: Models, partner: str) -> None:
        self.simulator, self.models = simulator, models
        self.client = Client(simulator, TOKENS[partner])

    def ask(
        self,
        operation: str,
        expected: int = 200,
        *,
        body: Any = None,
        path: dict[str, str] | None = None,
        checked: bool = True,
        **query: Any,
    ) -> Any:
        """The answer's JSON. Buckets are refilled before: quotas have tests of their own. Not `checked` against the model are
        large answers of a kind that is checked elsewhere: that takes seconds."""
        self.simulator.state.buckets.refill()
        found = BY_OPERATION[operation]
        address = found.template.format(**(path or {}))
        more = {"json": body} if body is not None else {}
        params = {name: ",".join(value) if isinstance(value, list) else value for name, value in query.items()}
        answer = self.client.call(found.method, address, params=params, **more)
        assert answer.status_code == expected, f"{operation}: {answer.status_code} {answer.text[:400]}"
        content = answer.json() if answer.content else None
        if checked:
            self.models.check(operation, expected, content)
        return content

    def refused(self, operation: str, words: str, **query: Any) -> None:
        """The call is refused with 400 in these words."""
        (error,) = self.ask(operation, 400, **query)["errors"]
        assert error["code"] == "InvalidInput"
        assert words in f"{error['message']} {error['details']}"
