"""An SQS queue in virtual time: messages arrive when their time has come, stay hidden while somebody works on them, return if
nobody acknowledges. Lost, doubled and late messages are made by `amazon.py`; here every message that arrives is kept."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Sequence
from datetime import datetime, timedelta

from spapi_assets.aws.queue import Message
from tests.flow.amazon import Clock
from tests.flow.year.crashes import Fuse

VISIBILITY = timedelta(seconds=120)


class Mailbox:
    """What lies in the queue, whoever reads it."""

    def __init__(self) -> None:
        self._waiting: list[tuple[datetime, int, str, int]] = []
        self._hidden: dict[str, tuple[int, str, int]] = {}
        self._numbers = itertools.count()
        self.put_aside: list[tuple[str, str]] = []

    def send(self, at: datetime, body: str) -> None:
        heapq.heappush(self._waiting, (at, next(self._numbers), body, 0))

    def next_at(self) -> datetime | None:
        return self._waiting[0][0] if self._waiting else None

    def receive(self, now: datetime, most: int) -> list[Message]:
        taken = []
        while self._waiting and self._waiting[0][0] <= now and len(taken) < most:
            _, number, body, received = heapq.heappop(self._waiting)
            # It comes back by itself unless it is deleted.
            heapq.heappush(self._waiting, (now + VISIBILITY, number, body, received + 1))
            taken.append(Message(str(number), str(number), body, received + 1))
        return taken

    def delete(self, message: Message) -> None:
        self._waiting = [m for m in self._waiting if m[1] != int(message.message_id)]
        heapq.heapify(self._waiting)

    def release(self, message: Message, at: datetime) -> None:
        self.delete(message)
        heapq.heappush(self._waiting, (at, int(message.message_id), message.body, message.received))


class MortalQueue:
    """NotificationQueue's interface for one process."""

    name, dead_letter_name = "spapi-notifications", "spapi-notifications-dlq"

    def __init__(self, mailbox: Mailbox, clock: Clock, fuse: Fuse) -> None:
        self._mailbox, self._clock, self._fuse = mailbox, clock, fuse

    def receive(self, maximum: int = 10, wait: float = 0.0) -> list[Message]:
        return self._fuse.around("receive", lambda: self._mailbox.receive(self._clock(), maximum))

    def delete(self, message: Message) -> None:
        self._fuse.around("acknowledge", lambda: self._mailbox.delete(message))

    def release(self, message: Message, seconds: int = 0) -> None:
        self._fuse.around("release", lambda: self._mailbox.release(message, self._clock() + timedelta(seconds=seconds)))

    def delete_batch(self, messages: Sequence[Message]) -> list[Message]:
        self._fuse.around("acknowledge", lambda: [self._mailbox.delete(message) for message in messages])
        return []

    def release_batch(self, messages: Sequence[Message], seconds: int = 0) -> list[Message]:
        at = self._clock() + timedelta(seconds=seconds)
        self._fuse.around("release", lambda: [self._mailbox.release(message, at) for message in messages])
        return []

    def dead_letter(self, message: Message, reason: str) -> None:
        self._mailbox.put_aside.append((message.body, reason))
        self.delete(message)
