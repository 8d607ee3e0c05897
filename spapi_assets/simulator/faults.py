"""Faults on request: rules that say which call, report or notification goes wrong, how, and how often.
Each stage of the simulator asks for the kinds it can perform; nothing is broken here."""

from __future__ import annotations

import itertools
import random
import threading
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from typing import Any

from spapi_assets.simulator.documents.faults import WIRE_TRANSFORMS
from spapi_assets.simulator.operations import BY_NAME, DOWNLOAD_DOCUMENT, EXCHANGE_TOKEN

# What the gateway answers instead of performing the call; `response_lost` performs it and then loses the answer.
CALL_KINDS = frozenset({"429", "500", "503_html", "timeout", "response_lost", "403_expired", "403_denied"})
LWA_KINDS = frozenset({"invalid_client", "invalid_grant", "unauthorized_client", "server_error", "temporarily_unavailable"})
# What becomes of a report; `stuck` stays IN_PROGRESS for `seconds`.
REPORT_KINDS = frozenset({"fatal", "cancelled", "stuck"})
# What becomes of a document when a URL for it is handed out; `broken_download` closes the connection half-way.
DOCUMENT_KINDS = frozenset({"broken_download", "expired_url", "plain_instead_of_gzip"} | set(WIRE_TRANSFORMS))
NOTIFICATION_KINDS = frozenset({"lost_notification", "duplicate_notification", "delayed_notification"})
TRANSFORM = "document_transform:"
KINDS = CALL_KINDS | LWA_KINDS | REPORT_KINDS | DOCUMENT_KINDS | NOTIFICATION_KINDS
# A rule that names no operation breaks SP-API calls, but neither token exchanges nor downloads.
_NAMED_ONLY = frozenset({EXCHANGE_TOKEN, DOWNLOAD_DOCUMENT})
_FIELDS = frozenset({"kind", "operation", "report_type", "account", "times", "probability", "message", "seconds", "copies"})


@dataclass
class Fault:
    """One rule. It applies `times` times (None: until deleted), each time with `probability`; `hits` counts."""

    kind: str
    operation: str | None = None  # None: wherever the kind makes sense
    report_type: str | None = None
    account: str | None = None  # the account's name or selling partner id
    times: int | None = None
    probability: float = 1.0
    message: str = ""
    seconds: float = 30.0  # timeout, response_lost: real seconds; stuck, delayed_notification: simulated seconds
    copies: int = 2  # duplicate_notification: how many arrive
    id: int = 0
    hits: int = field(default=0)

    def __post_init__(self) -> None:
        if self.kind not in KINDS and not self.kind.startswith(TRANSFORM):
            raise ValueError(f"there is no fault {self.kind!r}; kinds are {', '.join(sorted(KINDS))} and {TRANSFORM}<name>")
        known = {*BY_NAME, EXCHANGE_TOKEN, DOWNLOAD_DOCUMENT}
        if self.operation is not None and self.operation not in known:
            raise ValueError(f"there is no operation {self.operation!r}; operations are {', '.join(sorted(known))}")
        if not 0 <= self.probability <= 1:
            raise ValueError(f"probability must be from 0 to 1, not {self.probability}")
        if self.times is not None and self.times < 1:
            raise ValueError(f"times must be at least 1, not {self.times}")

    @property
    def stage(self) -> str:
        """The kind without a transformation's name."""
        return TRANSFORM if self.kind.startswith(TRANSFORM) else self.kind

    @property
    def spent(self) -> bool:
        return self.times is not None and self.hits >= self.times


class Faults:
    """The rules in force, oldest first; the first that matches is used."""

    def __init__(self, seed: int = 7, transforms: Collection[str] = ()) -> None:
        self._transforms = transforms
        self._rules: list[Fault] = []
        self._ids = itertools.count(1)
        self._random = random.Random(seed)
        self._lock = threading.Lock()

    def add(self, kind: str, **fields: Any) -> Fault:
        """Put a rule in force; see Fault for the fields."""
        if unknown := sorted(set(fields) - _FIELDS):
            raise ValueError(f"a fault has no field {unknown[0]!r}; fields are {', '.join(sorted(_FIELDS))}")
        fault = Fault(kind=kind, **fields)
        if fault.stage == TRANSFORM and (name := kind.removeprefix(TRANSFORM)) not in self._transforms:
            raise ValueError(f"there is no transformation {name!r}; known are {', '.join(self._transforms) or 'none'}")
        with self._lock:
            fault.id = next(self._ids)
            self._rules.append(fault)
        return fault

    def clear(self, fault_id: int | None = None) -> int:
        """Delete one rule, or all; returns how many were deleted."""
        with self._lock:
            before = len(self._rules)
            self._rules = [rule for rule in self._rules if fault_id is not None and rule.id != fault_id]
            return before - len(self._rules)

    def rules(self) -> list[dict[str, Any]]:
        with self._lock:
            return [asdict(rule) for rule in self._rules]

    def strike(
        self,
        kinds: Collection[str],
        *,
        operation: str | None = None,
        report_type: str | None = None,
        account: Collection[str] = (),
    ) -> Fault | None:
        """The rule that applies here, spent by one; None when all is well. `account`: the names this account goes by."""
        with self._lock:
            for rule in self._rules:
                if rule.spent or rule.stage not in kinds:
                    continue
                if operation is not None and rule.operation != operation and (rule.operation or operation in _NAMED_ONLY):
                    continue
                if rule.report_type is not None and rule.report_type != report_type:
                    continue
                if rule.account is not None and rule.account not in account:
                    continue
                if rule.probability < 1 and self._random.random() >= rule.probability:
                    continue
                rule.hits += 1
                return rule
        return None
