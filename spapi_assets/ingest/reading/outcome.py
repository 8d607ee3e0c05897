"""What a reading did, and how far it is while it runs: plain counts and sentences.
Reading is `run.py`; how Dagster shows these is its own business."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from spapi_assets.ingest.documents.context import LoadResult
from spapi_assets.lake.layout import Partition

TOLD_EVERY = 30.0  # seconds between two sentences about progress
PUT_ASIDE = 20  # chains in a row that get no answer: then it is no identifier's fault
SPARE = 40  # calls that may be spent, without an answer between them, on finding out which identifiers Amazon refuses


@dataclass
class ReadOutcome:
    """What became of the days asked for. `reasons` says why a day was not read; `problems` are sentences for people.

    `early`: days of which nothing can be expected yet, because Amazon does not have them or no identifier is known.
    """

    loaded: list[LoadResult] = field(default_factory=list)
    calls: int = 0
    identifiers: int = 0
    missing: int = 0
    reasons: dict[Partition, str] = field(default_factory=dict)
    early: set[Partition] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """Why it was read in this way, where there was a choice."""

    def add(self, other: ReadOutcome) -> None:
        """What another reading did, as part of this one."""
        self.loaded += other.loaded
        self.calls += other.calls
        self.identifiers += other.identifiers
        self.missing += other.missing
        self.reasons |= other.reasons
        self.early |= other.early
        self.problems += other.problems
        self.notes += other.notes


@dataclass
class Progress:
    """Counts of one reading, told now and then."""

    total: int
    tell: Callable[[str], Any]
    clock: Callable[[], float]
    done: int = 0
    calls: int = 0
    answers: int = 0  # of Amazon's in this run: what was kept before, and what it refused, do not count
    spare: int = SPARE
    unanswered: int = 0  # chains put aside since the last answer
    problems: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    began: float = 0.0
    told: float = 0.0

    def __post_init__(self) -> None:
        self.began = self.told = self.clock()

    def answered(self) -> None:
        """Amazon answered: the request as such is right, and what was spent on refused identifiers is regained."""
        with self.lock:
            self.answers += 1
            self.unanswered = 0
            self.spare = min(SPARE, self.spare + 2)

    def split(self) -> bool:
        """Whether one more refused call may be made again as two."""
        with self.lock:
            self.spare -= 2
            return self.spare >= 0

    def refuse(self) -> bool:
        """Whether one more identifier may be given up that Amazon refuses in a call of its own."""
        with self.lock:
            self.spare -= 1
            return self.spare >= 0

    def put_aside(self) -> bool:
        """Whether a chain that Amazon does not answer may wait until the others are read: not where it answers nothing at all."""
        with self.lock:
            self.unanswered += 1
            return self.unanswered <= PUT_ASIDE

    def called(self, what: str, *, finished: bool) -> None:
        with self.lock:
            self.calls += 1
            self.done += finished
            now = self.clock()
            if now - self.told < TOLD_EVERY:
                return
            self.told = now
            pace = self.calls / max(now - self.began, 1e-9)
            left = f", about {(self.total - self.done) / pace / 60:.0f} min left" if self.total > 1 and pace else ""
            self.tell(f"{what}: {self.done:,} of {self.total:,} requests answered, {pace:.2f} calls a second{left}.")
