"""Token buckets for SP-API operations: the pure GCRA step, the protocol, and the in-memory throttle of one process.
The throttle that all processes share lies in aws/quota.py; it uses the same step."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from spapi_assets.spapi.errors import Throttled

# Amazon rounds published rates (0.0167 stands for 1/60), so a client at exactly the published rate drifts into 429.
RATE_MARGIN = 0.99
# A token is taken when a call starts but counted when it arrives at Amazon: seconds by which arrivals may bunch up
# (latency that shrinks between calls, clocks of two machines that differ) without exceeding the bucket.
ARRIVAL_JITTER = 0.5


@dataclass(frozen=True)
class RatePlan:
    """A usage plan: `rate` in requests per second, `burst` the bucket's size in requests. Source: the operation's model."""

    rate: float
    burst: int


@dataclass(frozen=True)
class BucketKey:
    """What Amazon counts by: one bucket per application, selling partner, region and operation."""

    application: str
    selling_partner: str
    region: str
    operation: str

    def __str__(self) -> str:
        return "#".join((self.application, self.selling_partner, self.region, self.operation))


@dataclass(frozen=True)
class BucketState:
    """A bucket: `tat` is when it will be full again (epoch seconds, GCRA's theoretical arrival time); `rate` is what Amazon's
    header last said (1/s), None before it said anything."""

    tat: float
    rate: float | None = None


@dataclass(frozen=True)
class Decision:
    """`wait` 0 means the token is taken and `state` is the bucket after it; otherwise seconds to wait, `state` unchanged."""

    wait: float
    state: BucketState


def spacing(state: BucketState | None, plan: RatePlan) -> float:
    """Seconds one token takes to grow back, a margin included; the learned rate beats the published one."""
    rate = state.rate if state and state.rate else plan.rate
    return 1.0 / (rate * RATE_MARGIN)


def _jitter(plan: RatePlan, interval: float) -> float:
    # Where the bucket is small against the jitter, a full margin would cost throughput: settle for a part of it.
    return min(ARRIVAL_JITTER, interval * ((plan.burst - 1) / 2 if plan.burst > 1 else 0.1))


def gcra(state: BucketState | None, plan: RatePlan, now: float, reserve: float = 0.0) -> Decision:
    """One step of the generic cell rate algorithm: take a token at `now` (epoch seconds), or say how long to wait.

    `reserve` is the share of the burst (0..1) that this take must leave in the bucket; at least one token stays usable, so
    that a reserve never blocks for ever. A bucket never seen (`state` None) is full.
    """
    state = state or BucketState(tat=now - 1e9)
    interval = spacing(state, plan)
    usable = max(1.0, plan.burst * (1.0 - reserve))
    not_before = state.tat - (usable - 1.0) * interval + _jitter(plan, interval)
    if now < not_before:
        return Decision(not_before - now, state)
    return Decision(0.0, replace(state, tat=max(state.tat, now) + interval))


def relearn(state: BucketState | None, plan: RatePlan, rate: float | None, now: float) -> BucketState:
    """The bucket under a new rate: tokens that are missing stay missing, the time to regain them changes."""
    if state is None:
        return BucketState(tat=now, rate=rate)
    changed = replace(state, rate=rate)
    missing = max(0.0, state.tat - now) / spacing(state, plan)
    return replace(changed, tat=now + missing * spacing(changed, plan))


def emptied(state: BucketState | None, plan: RatePlan, now: float) -> BucketState:
    """The bucket after a 429: empty. The rate stays as learned, because a 429 carries no rate header."""
    return BucketState(tat=now + plan.burst * spacing(state, plan), rate=state.rate if state else None)


class Throttle(Protocol):
    """Quota shared by whoever shares the throttle."""

    def acquire(self, key: BucketKey, plan: RatePlan, *, reserve: float = 0.0, max_wait: float) -> float:
        """Take a token, waiting up to `max_wait` seconds; returns the seconds slept, raises Throttled if it would be longer."""
        ...

    def learn(self, key: BucketKey, rate: float) -> None:
        """Amazon's header x-amzn-RateLimit-Limit said `rate` (1/s)."""
        ...

    def penalize(self, key: BucketKey, plan: RatePlan) -> None:
        """Amazon answered 429: its bucket is empty, whatever ours says."""
        ...

    def peek(self, key: BucketKey, plan: RatePlan) -> float:
        """Seconds until the next token, without taking it."""
        ...


def wait_for_token(step: Callable[[], float], key: BucketKey, max_wait: float, sleep: Callable[[float], None]) -> float:
    """Repeat `step` (0 = token taken, else seconds to wait) until it succeeds; Throttled when `max_wait` would be exceeded."""
    slept = 0.0
    while (wait := step()) > 0:
        if slept + wait > max_wait:
            raise Throttled(
                f"The quota of {key.operation} for selling partner {key.selling_partner} in region {key.region} is spent: the "
                f"next call is free in {wait:.0f} s, which is longer than this call may wait ({max_wait - slept:.0f} s). "
                "Continue later; nothing was sent.",
                retry_after=wait,
                operation=key.operation,
            )
        # Waiters in other processes wake for the same token: a little disorder saves most of their collisions.
        pause = wait + random.uniform(0.0, min(0.05, wait * 0.1))
        sleep(pause)
        slept += pause
    return slept


class InMemoryThrottle:
    """The throttle of one process (threads may share it). For tests and single-process tools."""

    def __init__(self, clock: Callable[[], float] = time.time, sleep: Callable[[float], None] = time.sleep) -> None:
        self._clock, self._sleep = clock, sleep
        self._states: dict[BucketKey, BucketState] = {}
        self._plans: dict[BucketKey, RatePlan] = {}
        self._cool_downs: dict[str, float] = {}
        self._lock = threading.Lock()

    def acquire(self, key: BucketKey, plan: RatePlan, *, reserve: float = 0.0, max_wait: float) -> float:
        def step() -> float:
            with self._lock:
                decision = gcra(self._states.get(key), plan, self._clock(), reserve)
                self._states[key], self._plans[key] = decision.state, plan
                return decision.wait

        return wait_for_token(step, key, max_wait, self._sleep)

    def learn(self, key: BucketKey, rate: float) -> None:
        with self._lock:
            plan = self._plans.get(key, RatePlan(rate, 1))
            self._states[key] = relearn(self._states.get(key), plan, rate, self._clock())

    def penalize(self, key: BucketKey, plan: RatePlan) -> None:
        with self._lock:
            self._states[key] = emptied(self._states.get(key), plan, self._clock())

    def peek(self, key: BucketKey, plan: RatePlan) -> float:
        with self._lock:
            return gcra(self._states.get(key), plan, self._clock()).wait

    def cool_down(self, key: str, seconds: float) -> None:
        """Nobody should ask for `key` for so long; a longer cool-down in force stays."""
        with self._lock:
            self._cool_downs[key] = max(self._cool_downs.get(key, 0.0), self._clock() + seconds)

    def cool_down_left(self, key: str) -> float:
        """Seconds until `key` may be asked for again; 0 when it may now."""
        with self._lock:
            return max(0.0, self._cool_downs.get(key, 0.0) - self._clock())
