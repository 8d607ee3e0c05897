"""Classifies why a FATAL report failed, by the table in `reasons.yaml` and the deployment's own rules before it.
Fetching and keeping the reason document is `reason_documents.py`; what follows from a verdict is `outcomes.py`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from spapi_assets.aws.ledger_records import Verdict

BUILT_IN = Path(__file__).parent / "reasons.yaml"
_LONGEST = 1000  # characters of Amazon's text that are shown


class ReasonsError(ValueError):
    """A file of rules cannot be used; the message names the file, the rule and what to change."""


@dataclass(frozen=True)
class Rule:
    """One row of the table. `later`: the verdict once waiting makes no sense any more."""

    verdict: Verdict
    pattern: re.Pattern[str]
    means: str
    source: str
    seen: tuple[str, ...] = ()
    later: Verdict | None = None


@dataclass(frozen=True)
class Reason:
    """What Amazon says about a FATAL report. `text` is empty when it gave no document; `known`: a rule knows the text."""

    verdict: Verdict
    text: str
    means: str
    later: Verdict | None = None
    known: bool = True
    uri: str | None = None

    @property
    def sentence(self) -> str:
        return f'{self.means} Amazon says: "{self.text}"' if self.text else self.means


@cache
def read_rules(path: Path) -> tuple[Rule, ...]:
    """The rules of one file, in its order. ReasonsError names what is wrong."""
    try:
        rows = yaml.safe_load(path.read_text("utf-8"))["rules"]
        return tuple(_rule(path, number, row) for number, row in enumerate(rows, 1))
    except (OSError, yaml.YAMLError, UnicodeDecodeError, TypeError, KeyError) as error:
        raise ReasonsError(f"{path} is not a YAML file with a list of rules under `rules`: {error}") from error


def _rule(path: Path, number: int, row: Mapping[str, Any]) -> Rule:
    try:
        later = row.get("later")
        return Rule(
            Verdict(row["verdict"]),
            re.compile(row["pattern"], re.IGNORECASE),
            row["means"].strip(),
            row.get("source", ""),
            tuple(" ".join(text.split()) for text in row.get("seen") or ()),
            Verdict(later) if later else None,
        )
    except (KeyError, ValueError, AttributeError, TypeError, re.error) as error:
        raise ReasonsError(
            f"{path}: rule {number} is not usable ({type(error).__name__}: {error}). A rule needs verdict, pattern and means."
        ) from error


def classify(text: str, own: Path | None = None) -> Reason:
    """The verdict of a reason text; `own`: the deployment's rules, which come first.

    An unknown text is retryable: retries are bounded, the text is kept and shown. Broken rules of the deployment do not stop
    the flow; the sentence says so.
    """
    flat = " ".join(text.split())
    rules, trouble = read_rules(BUILT_IN), ""
    if own is not None:
        try:
            rules = (*read_rules(own), *rules)
        except ReasonsError as error:
            trouble = f" The rules of SPAPI_REASONS_FILE were left out: {error}"
    for rule in rules:
        if flat and rule.pattern.search(flat):
            return Reason(rule.verdict, flat[:_LONGEST], rule.means + trouble, rule.later)
    if flat:
        means = f"Amazon gives a reason this platform does not know.{trouble}"
        return Reason(Verdict.RETRYABLE, flat[:_LONGEST], means, known=False)
    return Reason(Verdict.RETRYABLE, "", "Amazon failed to make the report and gave no reason.")
