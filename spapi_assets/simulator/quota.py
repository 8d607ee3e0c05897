"""Token buckets, one per application, selling partner and operation, on the simulator's clock.
Rates and bursts come from operations.py; the HTTP answer to an empty bucket is made by the gateway."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from spapi_assets.simulator.clock import Clock


@dataclass
class Bucket:
    tokens: float
    updated: float


class Buckets:
    """`scale` multiplies every rate (and so shortens every wait); bursts stay as Amazon states them."""

    def __init__(self, clock: Clock, scale: float = 1.0) -> None:
        if scale <= 0:
            raise ValueError(f"the quota scale must be greater than 0, not {scale}")
        self.clock = clock
        self.scale = scale
        self._buckets: dict[tuple[str, str, str], Bucket] = {}
        self._lock = threading.Lock()

    def take(self, application: str, partner: str, operation: str, rate: float, burst: int) -> bool:
        """Spend one token; False when the bucket holds less than one."""
        now = self.clock.timestamp()
        with self._lock:
            bucket = self._buckets.setdefault((application, partner, operation), Bucket(float(burst), now))
            bucket.tokens = min(float(burst), bucket.tokens + max(0.0, now - bucket.updated) * rate * self.scale)
            bucket.updated = now
            if bucket.tokens < 1 - 1e-9:
                return False
            bucket.tokens -= 1
            return True

    def drain(self, operation: str) -> None:
        """Empty every bucket of an operation, as another tenant of the same application would."""
        now = self.clock.timestamp()
        with self._lock:
            for (_, _, name), bucket in self._buckets.items():
                if name == operation:
                    bucket.tokens, bucket.updated = 0.0, now

    def refill(self) -> None:
        """Fill every bucket to its burst."""
        with self._lock:
            self._buckets.clear()

    def header(self, rate: float) -> str:
        """The value of x-amzn-RateLimit-Limit: requests per second that refill the bucket, not what is left of it."""
        return str(round(rate * self.scale, 4))
