"""What the doctor makes of what it sees: one line a finding, pass or fail, with the fix. Pure functions over facts.
Looking (AWS, Amazon, the clock) is `diagnosis_aws.py` and `diagnosis_accounts.py`; printing is the command's."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any

from spapi_assets.aws.delivery import AMAZON_NOTIFICATIONS_PRINCIPAL, QUEUE_ACTIONS, allows
from spapi_assets.datasets.model import Report
from spapi_assets.settings import Account
from spapi_assets.spapi.marketplaces import BY_ID, MARKETPLACES

CLOCK_SKEW = timedelta(minutes=2)
REMOVAL_NOTICE = timedelta(days=90)
ROTATION_DAYS = 180  # Amazon demands a new client secret after this many days (SP-API documentation, "Rotate credentials")
ROTATION_NOTICE = 30
SILENCE = timedelta(days=2)
# Variables that other parts read by name, beside those of `Settings` (whose field descriptions name theirs).
_MORE_VARIABLES = (
    "SPAPI_ACCOUNTS_FILE",
    *("SPAPI_DBT_THREADS", "SPAPI_DBT_STORE_FAILURES"),
    *(f"SPAPI_ATHENA_{name}" for name in ("CATALOG", "SCHEMA", "WORKGROUP", "STAGING_DIR", "DATA_DIR")),
    *(f"SPAPI_REDSHIFT_{name}" for name in ("HOST", "PORT", "DATABASE", "SCHEMA", "CLUSTER", "USER")),
)


class Level(StrEnum):
    """`SKIP`: could not be looked at because of a failure named above it."""

    PASS = "PASS"
    WARN = "WARN"
    FAIL = "FAIL"
    SKIP = "SKIP"


@dataclass(frozen=True)
class Line:
    """One line of the doctor. `about`: the deployment ("settings", "aws") or an account's name."""

    level: Level
    about: str
    check: str
    sentence: str
    fix: str | None = None


def passed(about: str, check: str, sentence: str) -> Line:
    return Line(Level.PASS, about, check, sentence)


def warned(about: str, check: str, sentence: str, fix: str) -> Line:
    return Line(Level.WARN, about, check, sentence, fix)


def failed(about: str, check: str, sentence: str, fix: str) -> Line:
    return Line(Level.FAIL, about, check, sentence, fix)


def skipped(about: str, check: str, because: str) -> Line:
    return Line(Level.SKIP, about, check, f"Not looked at: {because}")


def judge_environment(names: Iterable[str], known: Iterable[str]) -> list[Line]:
    """SPAPI_ and LWA_ variables that nothing reads: usually a misspelt one whose default is silently used instead."""
    understood = {*known, *_MORE_VARIABLES}
    lines = []
    for name in sorted(names):
        if not name.startswith(("SPAPI_", "LWA_")) or name in understood:
            continue
        near = get_close_matches(name, understood, 1)
        fix = f"Rename it to {near[0]}." if near else f"Remove it; known are {', '.join(sorted(understood))}."
        lines.append(warned("settings", "environment", f"Nothing reads the variable {name}.", fix))
    return lines or [passed("settings", "environment", "Every SPAPI_ and LWA_ variable that is set is one the platform reads.")]


def judge_queue_policy(policy: str | None, queue_name: str) -> Line:
    """Amazon's account must be allowed to send to the queue and to look at it, else creating the destination fails."""
    missing = [action for action in QUEUE_ACTIONS if not allows(policy, action)]
    fix = "Run `spapi setup`; it writes the queue's policy."
    if missing:
        what = " and ".join(action.removeprefix("sqs:") for action in missing)
        return failed(
            "aws", "queue policy", f"Queue {queue_name} does not let Amazon ({AMAZON_NOTIFICATIONS_PRINCIPAL}) {what}.", fix
        )
    return passed("aws", "queue policy", f"Amazon ({AMAZON_NOTIFICATIONS_PRINCIPAL}) may send to {queue_name}.")


def judge_clock(about: str, date_header: str | None, ours: datetime) -> Line:
    """Amazon's Date header against our clock. Quota and tokens are kept by our clock; SigV4 and LWA look at it too."""
    if not date_header:
        return warned(about, "clock", "Amazon's answer carried no Date header.", "Compare this machine's clock by hand.")
    off = ours - parsedate_to_datetime(date_header)
    seconds = abs(off.total_seconds())
    if seconds > CLOCK_SKEW.total_seconds():
        return failed(
            about,
            "clock",
            f"This machine's clock is {seconds:.0f} s {'ahead of' if off > timedelta() else 'behind'} Amazon's.",
            "Switch on time synchronisation (NTP, chrony) on this machine.",
        )
    return passed(about, "clock", f"This machine's clock and Amazon's differ by less than {max(2, round(seconds + 1))} s.")


def judge_secret_age(account: Account, changed: datetime | None, now: datetime) -> Line | None:
    """Amazon ends a client secret after 180 days; the secret's last change is the best that is known of its age."""
    if changed is None:
        return None
    age = (now - changed).days
    if age < ROTATION_DAYS - ROTATION_NOTICE:
        return None
    return warned(
        account.name,
        "secret age",
        f"Secret {account.secret} was last written {age} days ago; Amazon ends client secrets after {ROTATION_DAYS} days.",
        f"Rotate the client secret in the developer console, then `spapi connect {account.name} --client-secret-file FILE`.",
    )


def judge_marketplaces(account: Account, participating: Iterable[str]) -> Line:
    """`participating`: ids of marketplaces where the seller takes part. What is not in the accounts file is only said."""
    ids = set(participating)
    missing = [code for code in account.marketplaces if MARKETPLACES[code].id not in ids]
    if missing:
        return failed(
            account.name,
            "marketplaces",
            f"The selling partner does not take part in {', '.join(missing)}, which the accounts file names.",
            "Take them out of the accounts file, or authorise the application with the account that sells there.",
        )
    more = sorted(BY_ID[i].code for i in ids if i in BY_ID and BY_ID[i].code not in account.marketplaces)
    also = f" It also takes part in {', '.join(more)}: add them to the accounts file to ingest them." if more else ""
    return passed(account.name, "marketplaces", f"Takes part in {', '.join(account.marketplaces)}.{also}")


def judge_roles(account: Account, reports: Sequence[Report], denied: Mapping[str, str]) -> list[Line]:
    """One line for all reports that may be asked for, and a failing one for each type that Amazon denies (type -> evidence)."""
    fine = [r.name for r in reports if r.report_type not in denied]
    lines = [passed(account.name, "roles", f"Amazon denies none of {', '.join(fine)}.")] if fine else []
    by_type: dict[str, list[Report]] = {}
    for report in reports:
        if report.report_type in denied:
            by_type.setdefault(report.report_type, []).append(report)
    for report_type, mine in by_type.items():
        named = next((r.role for r in mine if r.role), None)
        role = f"the role {named}" if named else "the role Amazon's page of report types names for it"
        lines.append(
            failed(
                account.name,
                "roles",
                f"Amazon denies {', '.join(r.name for r in mine)} ({report_type}): {denied[report_type]}",
                f"Add {role} to the application in the developer console, have the selling partner authorise it again, then "
                f"`spapi connect {account.name}` with the new refresh token.",
            )
        )
    return lines


def denied_types(types: Sequence[str], allowed: Callable[[Sequence[str]], str | None]) -> dict[str, str]:
    """Which types are denied, and what Amazon said. `allowed` asks for several at once: None, or the denial.

    One call when all is well; a denial of the whole pack is narrowed down type by type, because getReports is scarce and a
    denial names no type.
    """
    found: dict[str, str] = {}
    for first in range(0, len(types), 10):
        pack = types[first : first + 10]
        said = allowed(pack)
        if said is None:
            continue
        if len(pack) == 1:
            found[pack[0]] = said
            continue
        for one in pack:
            if (why := allowed([one])) is not None:
                found[one] = why
    return found


def judge_removals(reports: Iterable[Report], today: date) -> list[Line]:
    """Report types that Amazon has removed or will remove within 90 days."""
    lines = []
    for report in reports:
        if report.removal_date is None:
            continue
        gone = date.fromisoformat(report.removal_date)
        fix = "Move to the report type Amazon names as its successor, and load what is still missing before that day."
        said = f"Amazon removes {report.report_type} ({report.name}) on {gone}"
        if gone <= today:
            lines.append(failed("settings", "removals", f"{said}: that day is over.", fix))
        elif gone - today <= REMOVAL_NOTICE:
            lines.append(warned("settings", "removals", f"{said}, in {(gone - today).days} days.", fix))
    return lines or [passed("settings", "removals", "Amazon has announced the removal of no report in use within 90 days.")]


def judge_notifications(last: datetime | None, subscribed_sellers: int, finished: int, now: datetime) -> Line:
    """`finished`: reports of subscribed accounts that became final within the last two days."""
    if last is not None and now - last < SILENCE:
        return passed("aws", "notifications", f"The last message was taken from the queue {_ago(now - last)} ago.")
    heard = f"The last message was taken from the queue {_ago(now - last)} ago" if last else "No message has come yet"
    if subscribed_sellers and finished:
        return warned(
            "aws",
            "notifications",
            f"{heard}, although {finished} reports finished in the last two days.",
            "A new subscription needs up to an hour. After that look at the queue's policy, its encryption key (Amazon must be "
            "allowed to use it) and whether the sensor runs; until then reports are polled.",
        )
    return passed("aws", "notifications", f"{heard}, and no subscribed account's report has finished lately.")


def _ago(span: timedelta) -> str:
    minutes = max(0, int(span.total_seconds() // 60))
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h" if minutes < 2880 else f"{minutes // 1440} days"


def as_json(lines: Iterable[Line]) -> list[dict[str, Any]]:
    return [{"level": x.level.value, "about": x.about, "check": x.check, "sentence": x.sentence, "fix": x.fix} for x in lines]
