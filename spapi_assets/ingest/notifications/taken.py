"""What came of the messages of one tick, counted and in sentences for people.
The messages themselves are never part of it; the loop is `take.py`."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

_MOST = 50  # sentences a tick says; the counts hold the rest


@dataclass
class Taken:
    """`counts`: messages by what became of them. `heard`: those handled, by (type, shelf of the archive)."""

    counts: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)
    heard: Counter[tuple[str, str | None]] = field(default_factory=Counter)
    marks: int = 0
    batches: int = 0

    @property
    def sentence(self) -> str:
        total = sum(self.counts.values())
        if not total:
            return "No message waits."
        said = f"{total} messages: " + ", ".join(f"{n} {what}" for what, n in self.counts.most_common()) + "."
        if self.marks:
            said += f" {self.marks} identifiers are marked for reading again."
        return said

    def complain(self, sentence: str) -> None:
        """Say it once; after fifty different sentences only that there are more."""
        if sentence in self.problems:
            return
        if len(self.problems) < _MOST:
            self.problems.append(sentence)
        elif len(self.problems) == _MOST:
            self.problems.append(
                "There are more problems of this kind; the counts of this tick say how many messages they are about."
            )
