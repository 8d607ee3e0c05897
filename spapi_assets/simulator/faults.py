"""Faults on request: rules that say which call, report, document or notification goes wrong, how, and how often.
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
# What becomes of a report; `stuck` stays IN_PROGRESS for `seconds`, `fatal_silent` has no document that says why.
REPORT_KINDS = frozenset({"fatal", "fatal_silent", "cancelled", "stuck"})
# What becomes of a document when a URL for it is handed out; `broken_download` closes the connection half-way.
DOCUMENT_KINDS = frozenset({"broken_download", "expired_url", "plain_instead_of_gzip"} | set(WIRE_TRANSFORMS))
NOTIFICATION_KINDS = frozenset({"lost_notification", "duplicate_notification", "delayed_notification", "reordered_notification"})
# What happens to pages: a token that is good is refused once in a while, and a page names no next one though there is one.
PAGE_TOKEN_REFUSED, NEXT_TOKEN_MISSING = "page_token_refused", "next_token_missing"
# Other habits of Amazon, in force as long as the rule is: other limits and cool-downs, and what happens to those who exceed them.
LIMIT_KIND, COOL_DOWN_KIND, COOL_DOWN_FATAL = "daily_limit", "cool_down", "cool_down_fatal"
OVER_LIMIT_KINDS = frozenset({"over_limit_429", "over_limit_queued", "over_limit_cancelled"})
HABIT_KINDS = frozenset({LIMIT_KIND, COOL_DOWN_KIND, COOL_DOWN_FATAL} | OVER_LIMIT_KINDS)
TRANSFORM = "document_transform:"
KINDS = (
    CALL_KINDS
    | LWA_KINDS
    | REPORT_KINDS
    | DOCUMENT_KINDS
    | NOTIFICATION_KINDS
    | HABIT_KINDS
    | {
        PAGE_TOKEN_REFUSED,
        NEXT_TOKEN_MISSING,
    }
)
# Texts of reason documents by a short name, for the `message` of `fatal` (texts seen: fact sheet, section 2).
REASONS = {
    "internal": "An internal error occurred while the report was generated. Please try again later.",
    "not_published": "The requested data is unavailable. The report data for the requested date range is not yet available.",
    "config": "A client error occurred. Please double check that your parameters are valid.",
    "dates": "dataStartTime and dataEndTime must be supplied.",
    "permission": "The selling partner does not have permission to access the requested report.",
}
# A rule that names no operation breaks SP-API calls, but neither token exchanges nor downloads.
_NAMED_ONLY = frozenset({EXCHANGE_TOKEN, DOWNLOAD_DOCUMENT})


@dataclass
class Fault:
    """One rule. Of the occasions that match, the first `skip` pass; then it applies `times` times (None: until deleted),
    each time with `probability`, drawn from a generator of its own (`seed`). `hits` counts."""

    kind: str
    operation: str | None = None  # None: wherever the kind makes sense
    report_type: str | None = None
    account: str | None = None  # the account's name or selling partner id
    times: int | None = None
    probability: float = 1.0
    skip: int = 0
    seed: int | None = None  # None: from the simulator's seed and the rule's number
    message: str = ""
    seconds: float = 30.0  # timeout, response_lost: real seconds; stuck, cool_down, notifications: simulated seconds
    copies: int = 2  # duplicate_notification: how many arrive
    limit: int = 0  # daily_limit: requests in 24 hours
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
        if self.skip < 0:
            raise ValueError(f"skip must not be negative, not {self.skip}")
        if self.kind == LIMIT_KIND and self.limit < 1:
            raise ValueError(f"a daily_limit needs a limit of at least 1, not {self.limit}")

    @property
    def stage(self) -> str:
        """The kind without a transformation's name."""
        return TRANSFORM if self.kind.startswith(TRANSFORM) else self.kind

    @property
    def spent(self) -> bool:
        return self.times is not None and self.hits >= self.times

    @property
    def reason(self) -> str:
        """The text of a FATAL report's reason document; `message` may be one of the short names."""
        return REASONS.get(self.message, self.message) or REASONS["internal"]


_FIELDS = frozenset(Fault.__dataclass_fields__) - {"id", "hits"}


class Faults:
    """The rules in force, oldest first; the first that matches is used."""

    def __init__(self, seed: int = 7, transforms: Collection[str] = ()) -> None:
        self._transforms = transforms
        self._seed = seed
        self._rules: list[Fault] = []
        self._passed: dict[int, int] = {}
        self._random: dict[int, random.Random] = {}
        self._ids = itertools.count(1)
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
            # A generator for each rule: what one rule draws does not depend on how often others are asked.
            self._random[fault.id] = random.Random(f"{self._seed} {fault.id}" if fault.seed is None else fault.seed)
            self._passed[fault.id] = 0
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
                if not _matches(rule, kinds, operation, report_type, account):
                    continue
                if self._passed[rule.id] < rule.skip:
                    self._passed[rule.id] += 1
                    continue
                if rule.probability < 1 and self._random[rule.id].random() >= rule.probability:
                    continue
                rule.hits += 1
                return rule
        return None

    def habit(self, kind: str, report_type: str, account: Collection[str]) -> Fault | None:
        """The newest rule of this kind in force, which is not spent by looking at it."""
        with self._lock:
            return next((r for r in reversed(self._rules) if _matches(r, (kind,), None, report_type, account)), None)


def _matches(
    rule: Fault, kinds: Collection[str], operation: str | None, report_type: str | None, account: Collection[str]
) -> bool:
    if rule.spent or rule.stage not in kinds:
        return False
    if operation is not None and rule.operation != operation and (rule.operation or operation in _NAMED_ONLY):
        return False
    if rule.report_type is not None and rule.report_type != report_type:
        return False
    return rule.account is None or rule.account in account
