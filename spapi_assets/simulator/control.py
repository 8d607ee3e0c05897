"""The control plane under /simulator/: clock, faults, changes, log, counts, and a page for people. Amazon has nothing like it."""

from __future__ import annotations

import html
import json
from datetime import datetime
from importlib.resources import files
from string import Template
from typing import Any

from spapi_assets.simulator.changing import change
from spapi_assets.simulator.clock import iso_millis
from spapi_assets.simulator.gateway import Reply, Request
from spapi_assets.simulator.state import State
from spapi_assets.simulator.telling import tell_now


class ControlPlane:
    """Answers /simulator/*; errors are 400 with a sentence in {"error": ...}."""

    def __init__(self, state: State) -> None:
        self.state = state

    def answer(self, request: Request) -> Reply:
        path = request.path.removeprefix("/simulator").strip("/")
        try:
            if path == "" and request.method == "GET":
                return Reply(200, self.page().encode(), {"Content-Type": "text/html; charset=utf-8"})
            answer = self._route(request, path)
        except (ValueError, TypeError, KeyError) as error:
            return _json(400, {"error": str(error)})
        if answer is None:
            return _json(404, {"error": f"there is no {request.method} /simulator/{path}"})
        return _json(200, answer)

    def _route(self, request: Request, path: str) -> Any:
        state, method = self.state, request.method
        body = json.loads(request.body) if request.body else {}
        match (method, path.split("/")):
            case "GET", ["clock"]:
                return self._clock()
            case "POST", ["clock"]:
                if set(body) == {"advance_seconds"}:
                    state.clock.advance(float(body["advance_seconds"]))
                elif set(body) == {"now"}:
                    state.clock.set(_aware(body["now"]))
                else:
                    raise ValueError('send {"advance_seconds": n} or {"now": "<ISO 8601>"}')
                return self._clock()
            case "GET", ["faults"]:
                return state.faults.rules()
            case "POST", ["faults"]:
                rules = body if isinstance(body, list) else [body]
                added = [state.faults.add(**rule).id for rule in rules]
                return {"ids": added}
            case "DELETE", ["faults"]:
                return {"deleted": state.faults.clear()}
            case "DELETE", ["faults", fault_id]:
                return {"deleted": state.faults.clear(int(fault_id))}
            case "GET", ["log"]:
                wanted = dict(part.split("=", 1) for part in request.query.split("&") if "=" in part)
                return state.journal.entries(wanted.get("operation"), int(wanted.get("last", 1000)))
            case "GET", ["stats"]:
                return self.stats()
            case "POST", ["changes"]:
                commands = body if isinstance(body, list) else [body]
                return {"notifications": sum(change(state, command) for command in commands)}
            case "POST", ["notifications"]:
                commands = body if isinstance(body, list) else [body]
                return {"notifications": sum(tell_now(state, command) for command in commands)}
            case "POST", ["kiosk"]:
                if not set(body) <= {"page_rows", "concurrent"}:
                    raise ValueError('send {"page_rows": n} or {"concurrent": n}, or both')
                state.kiosk.page_rows = int(body.get("page_rows", state.kiosk.page_rows))
                state.kiosk.concurrent = int(body.get("concurrent", state.kiosk.concurrent))
                return {"page_rows": state.kiosk.page_rows, "concurrent": state.kiosk.concurrent}
            case "POST", ["articles"]:
                account = state.directory.by_name(str(body["account"]))
                state.business.list_extra_articles(state.business.account(account.selling_partner_id), int(body["count"]))
                return {"account": account.name, "articles": int(body["count"])}
            case "POST", ["quota", "refill"]:
                state.buckets.refill()
                return {"refilled": True}
            case "POST", ["tokens", "revoke"]:
                state.tokens.revoke_all()
                return {"revoked": True}
        return None

    def stats(self) -> dict[str, Any]:
        """Counts of everything since the start."""
        destinations, subscriptions = self.state.subscriptions.count()
        return self.state.journal.stats() | {
            "reports": self.state.book.counts(),
            "destinations": destinations,
            "subscriptions": subscriptions,
            "notifications_waiting": self.state.publisher.waiting(),
        }

    def page(self) -> str:
        """A status page that needs nothing but a browser."""
        state, stats = self.state, self.stats()
        accounts = [
            (
                account.name,
                account.kind,
                account.region,
                account.selling_partner_id,
                ", ".join(m.code for m in account.marketplaces),
                account.refresh_token,
            )
            for account in state.directory.accounts
        ]
        operations = [
            (name, sum(by_status.values()), ", ".join(f"{status} × {n}" for status, n in by_status.items()))
            for name, by_status in stats["operations"].items()
        ]
        recent = [
            (
                entry["time"][11:19],
                entry.get("account") or "",
                entry.get("operation") or entry.get("event"),
                entry.get("status") or entry.get("outcome") or "",
                entry.get("error") or entry.get("fault") or entry.get("report_type") or entry.get("path") or "",
            )
            for entry in reversed(state.journal.entries(last=25))
        ]
        faults = [
            (rule["id"], rule["kind"], rule["operation"] or rule["report_type"] or "any", rule["hits"], rule["times"] or "∞")
            for rule in state.faults.rules()
        ]
        template = Template(files("spapi_assets.simulator").joinpath("page.html").read_text("utf-8"))
        return template.substitute(
            url=html.escape(state.storage.base_url),
            now=state.clock.now().strftime("%Y-%m-%d %H:%M:%S UTC"),
            speed=f"{state.clock.speed:g}",
            scale=f"{state.buckets.scale:g}",
            requests=stats["requests"],
            throttled=stats["throttled"],
            exchanges=stats["lwa_exchanges"],
            sent=stats["events"].get("notification_sent", 0),
            reports=" · ".join(f"{n} {status}" for status, n in stats["reports"].items() if n) or "none yet",
            accounts=_rows(accounts, "none"),
            operations=_rows(operations, "no call yet"),
            recent=_rows(recent, "nothing yet"),
            faults=_rows(faults, "none: everything works"),
        )

    def _clock(self) -> dict[str, Any]:
        return {"now": iso_millis(self.state.clock.now()), "speed": self.state.clock.speed}


def _rows(rows: list[tuple[Any, ...]], nothing: str) -> str:
    if not rows:
        return f'<tr><td class="nothing" colspan="9">{html.escape(nothing)}</td></tr>'
    return "\n".join("<tr>" + "".join(f"<td>{html.escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows)


def _aware(text: str) -> datetime:
    when = datetime.fromisoformat(text)
    if when.tzinfo is None:
        raise ValueError(f"{text!r} needs an offset, such as Z")
    return when


def _json(status: int, answer: Any) -> Reply:
    return Reply(status, json.dumps(answer, default=str).encode(), {"Content-Type": "application/json"})
