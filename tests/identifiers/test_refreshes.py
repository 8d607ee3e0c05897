"""Marks of what must be read again: a burst is one mark, and a change that arrives during a reading is never lost."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spapi_assets.aws.refreshes import Mark, Refreshes
from tests.identifiers.conftest import TABLE, in_memory
from tests.identifiers.test_identifiers import Counting

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
HERE = ("listings", "kestrel_eu.DE")


def at(seconds: int) -> datetime:
    return START + timedelta(seconds=seconds)


def test_a_burst_is_one_mark_each_the_oldest_first(refreshes: Refreshes) -> None:
    refreshes.ask(*HERE, ["B #2/ä"], "LISTINGS_ITEM_STATUS_CHANGE", at(5))
    refreshes.ask(*HERE, ["A", "A", "B #2/ä"], "LISTINGS_ITEM_ISSUES_CHANGE", at(9))
    assert refreshes.ask(*HERE, ["A"], "LISTINGS_ITEM_ISSUES_CHANGE", at(9)) == 0
    assert refreshes.ask(*HERE, ["A"], "LISTINGS_ITEM_ISSUES_CHANGE", at(7)) == 1
    assert refreshes.pending(*HERE) == [
        Mark("B #2/ä", at(5), at(9), ("LISTINGS_ITEM_ISSUES_CHANGE", "LISTINGS_ITEM_STATUS_CHANGE")),
        Mark("A", at(7), at(9), ("LISTINGS_ITEM_ISSUES_CHANGE",)),
    ]
    assert refreshes.waiting() == {HERE: (2, at(5))}


def test_what_is_asked_for_during_the_reading_stays(refreshes: Refreshes) -> None:
    refreshes.ask(*HERE, ["A", "B", "C"], "change", at(0))
    refreshes.ask(*HERE, ["B"], "change", at(11))
    assert refreshes.done(*HERE, ["A", "B", "NOT MARKED"], read_from=at(10)) == 1
    assert [m.identifier for m in refreshes.pending(*HERE)] == ["B", "C"]
    assert refreshes.done(*HERE, ["B", "C"], read_from=at(12)) == 2
    assert refreshes.waiting() == {}
    assert refreshes.done(*HERE, ["B", "C"], read_from=at(12)) == 0


def test_sources_and_accounts_wait_apart(refreshes: Refreshes) -> None:
    refreshes.ask("listings", "kestrel_eu.DE", ["A"], "change", at(0))
    refreshes.ask("listings", "kestrel_eu.UK", ["A", "B"], "change", at(1))
    refreshes.ask("orders", "kestrel_eu", ["1-2-3"], "change", at(2))
    refreshes.done("listings", "kestrel_eu.DE", ["A"], read_from=at(3))
    assert refreshes.waiting() == {("listings", "kestrel_eu.UK"): (2, at(1)), ("orders", "kestrel_eu"): (1, at(2))}


def test_ten_thousand_changes_of_two_thousand_skus_are_two_thousand_marks_in_few_calls() -> None:
    clients = in_memory()
    marks = Refreshes(clients, TABLE)
    for n in range(10):
        marks.ask(*HERE, [f"SKU-{(n * 1000 + m) % 2000}" for m in range(1000)], "change", at(n))
    assert marks.waiting() == {HERE: (2000, at(0))}
    counting = Counting(clients)
    taken = Refreshes(SimpleNamespace(dynamodb=counting), TABLE)  # type: ignore[arg-type]
    assert taken.done(*HERE, [m.identifier for m in taken.pending(*HERE)], read_from=at(60)) == 2000
    assert counting.items == 2001  # each mark, and the entry that the source waits
    assert marks.waiting() == {}


def test_an_impossible_identifier_marks_nothing(refreshes: Refreshes) -> None:
    with pytest.raises(ValueError, match="cannot be an identifier"):
        refreshes.ask(*HERE, ["A", " "], "change")
    assert refreshes.waiting() == {}


def test_the_entry_of_a_source_survives_an_asking_between_the_last_look_and_its_removal() -> None:
    clients = in_memory()
    Refreshes(clients, TABLE).ask(*HERE, ["A"], "change", at(0))

    class Between:
        def __getattr__(self, name: str) -> Any:
            if name == "delete_item":
                Refreshes(clients, TABLE).ask(*HERE, ["B"], "change", at(2))
            return getattr(clients.dynamodb, name)

    slow = Refreshes(SimpleNamespace(dynamodb=Between()), TABLE)  # type: ignore[arg-type]
    assert slow.done(*HERE, ["A"], read_from=at(1)) == 1
    assert Refreshes(clients, TABLE).waiting() == {HERE: (1, at(2))}


ASK = st.tuples(st.just("ask"), st.sets(st.integers(0, 120), min_size=1), st.integers(0, 20))
DONE = st.tuples(st.just("done"), st.sets(st.integers(0, 120)), st.integers(0, 20))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(ASK | DONE, st.integers(-1, 3)), max_size=8))
def test_whatever_the_order_and_the_deaths_only_what_was_read_after_it_was_asked_for_is_gone(
    events: list[tuple[tuple[str, set[int], int], int]],
) -> None:
    clients = in_memory()
    asked: dict[str, int] = {}
    for (what, numbers, second), calls_to_live in events:
        names = [str(n) for n in sorted(numbers)]

        def go(marks: Refreshes, what: str = what, names: list[str] = names, second: int = second) -> None:
            if what == "ask":
                marks.ask(*HERE, names, "change", at(second))
            else:
                marks.done(*HERE, names, read_from=at(second))

        if calls_to_live >= 0:
            mortal: Any = SimpleNamespace(dynamodb=Counting(clients, calls_to_live))
            try:
                go(Refreshes(mortal, TABLE))
            except KeyboardInterrupt:
                assert what == "ask" or all(n in {m.identifier for m in Refreshes(clients, TABLE).pending(*HERE)}
                                            for n, last in asked.items() if n not in names or last >= second)  # fmt: skip
        go(Refreshes(clients, TABLE))
        if what == "ask":
            asked |= {name: max(second, asked.get(name, second)) for name in names}
        else:
            asked = {n: last for n, last in asked.items() if n not in names or last >= second}
        marks = Refreshes(clients, TABLE)
        assert {m.identifier: m.asked for m in marks.pending(*HERE)} == {n: at(last) for n, last in asked.items()}
        assert {key: count for key, (count, _) in marks.waiting().items()} == ({HERE: len(asked)} if asked else {})
