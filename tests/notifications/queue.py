"""An SQS queue in memory and virtual time: calls cost some, messages come back unless they are deleted, five times at most."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterable, Sequence
from datetime import timedelta

from spapi_assets.aws.queue import Message
from tests.flow.amazon import Clock

VISIBILITY = 120.0
MOST_RECEIVED = 5


class FakeQueue:
    """NotificationQueue's interface. Standard queues give messages in any order; so does this, by its seed."""

    name, dead_letter_name = "spapi-notifications", "spapi-notifications-dlq"

    def __init__(self, clock: Clock, call_seconds: float = 0.0, seed: int = 1) -> None:
        self.clock, self.call_seconds = clock, call_seconds
        self.bodies: dict[str, str] = {}
        self.visible_at: dict[str, float] = {}
        self.received: dict[str, int] = {}
        self.dead: list[tuple[str, str]] = []
        self.calls: list[str] = []
        self._order: list[str] = []
        self._rng = random.Random(seed)
        self._lock = threading.RLock()

    def send(self, body: str) -> str:
        with self._lock:
            message_id = f"m{len(self.received)}"
            self.bodies[message_id], self.visible_at[message_id], self.received[message_id] = body, 0.0, 0
            return message_id

    def send_all(self, bodies: Iterable[str]) -> None:
        for body in bodies:
            self.send(body)

    def receive(self, maximum: int = 10, wait: float = 0.0) -> list[Message]:
        with self._lock:
            self._called("receive")
            now, found = self.clock.monotonic(), []
            if not self._order:
                self._order = [m for m in self.bodies if self.visible_at[m] <= now]
                self._rng.shuffle(self._order)
            while self._order and len(found) < maximum:
                message_id = self._order.pop()
                if message_id not in self.bodies or self.visible_at[message_id] > now:
                    continue
                self.received[message_id] += 1
                if self.received[message_id] > MOST_RECEIVED:
                    self.dead.append((self.bodies.pop(message_id), "received too often"))
                    continue
                self.visible_at[message_id] = now + VISIBILITY
                count = self.received[message_id]
                found.append(
                    Message(message_id, message_id, self.bodies[message_id], count, self.clock.now - timedelta(seconds=5))
                )
            return found

    def delete(self, message: Message) -> None:
        self.delete_batch([message])

    def delete_batch(self, messages: Sequence[Message]) -> list[Message]:
        with self._lock:
            self._called("delete")
            assert len(messages) <= 10
            for message in messages:
                self.bodies.pop(message.message_id, None)
            return []

    def release(self, message: Message, seconds: int = 0) -> None:
        self.release_batch([message], seconds)

    def release_batch(self, messages: Sequence[Message], seconds: int = 0) -> list[Message]:
        with self._lock:
            self._called("release")
            for message in messages:
                if message.message_id in self.bodies:
                    self.visible_at[message.message_id] = self.clock.monotonic() + seconds
            return []

    def dead_letter(self, message: Message, reason: str) -> None:
        with self._lock:
            self._called("dead-letter")
            self.dead.append((message.body, reason))
            self.bodies.pop(message.message_id, None)

    def _called(self, what: str) -> None:
        self.calls.append(what)
        self.clock.sleep(self.call_seconds)
