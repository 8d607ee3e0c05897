"""Fields of an answer that Amazon's own model demands, checked and typed, and times as the API writes and takes them.
What an answer is, and what its text must be, is answer.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from spapi_assets.spapi.errors import AmazonFault, ConfigurationError


@dataclass(frozen=True)
class Fields:
    """The fields of one object of an answer to `operation`. Each raises AmazonFault when it is not what the model promises."""

    answer: Mapping[str, Any]
    account: str
    operation: str

    def text(self, name: str) -> str:
        """A text that must be there."""
        value = self.answer.get(name)
        if not isinstance(value, str) or not value:
            raise self._broken(name)
        return value

    def time(self, name: str) -> datetime:
        """An instant (UTC) that must be there."""
        value = self.time_if_any(name)
        if value is None:
            raise self._broken(name)
        return value

    def time_if_any(self, name: str) -> datetime | None:
        """An instant (UTC), or None where Amazon tells none."""
        try:
            return parse_time(self.answer[name]) if self.answer.get(name) else None
        except (ValueError, TypeError):
            raise self._broken(name) from None

    def _broken(self, name: str) -> AmazonFault:
        return AmazonFault(
            f"Amazon's answer to {self.operation} for account {self.account} has no valid {name}, which its own model "
            "demands. Try again; if it stays, open a case with Amazon.",
            account=self.account,
            operation=self.operation,
        )


def parse_time(text: str) -> datetime:
    """An instant of the API as UTC. Amazon writes Z or an offset; one without is taken as UTC."""
    value = datetime.fromisoformat(text)
    return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC)


def to_api_time(value: datetime) -> str:
    """The instant as ISO 8601 in UTC with whole seconds. A time without zone is refused: it would be a guess."""
    if value.tzinfo is None:
        raise ConfigurationError(f"The time {value.isoformat()} has no time zone; give one, for example UTC.")
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
