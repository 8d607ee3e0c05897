"""Token buckets as clients meet them, the faults, the log and the control plane, and starting and stopping."""

from __future__ import annotations

import concurrent.futures
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from spapi_assets.simulator.accounts import load_directory
from spapi_assets.simulator.server import Simulator

from .conftest import DE, INVENTORY, ORDERS, Client, TinyRenderer

REPORTS = "/reports/2021-06-30/reports"
BODY = {"reportType": ORDERS, "marketplaceIds": [DE]}


def test_a_burst_of_fifteen_then_429_then_one_a_minute(simulator: Simulator, seller: Client) -> None:
    first = [seller.call("POST", REPORTS, json=BODY) for _ in range(16)]
    assert [answer.status_code for answer in first] == [202] * 15 + [429]
    assert first[0].headers["x-amzn-RateLimit-Limit"] == "0.0167"
    assert "x-amzn-RateLimit-Limit" not in first[15].headers
    error = first[15].json()["errors"][0]
    assert (error["code"], error["message"]) == ("QuotaExceeded", "You exceeded your quota for the requested resource.")
    simulator.clock.advance(60)
    later = [seller.call("POST", REPORTS, json=BODY).status_code for _ in range(2)]
    assert later == [202, 429]


def test_operations_and_selling_partners_have_buckets_of_their_own(seller: Client, vendor: Client) -> None:
    assert [seller.call("GET", f"{REPORTS}?reportTypes={ORDERS}").status_code for _ in range(11)] == [200] * 10 + [429]
    assert seller.call("GET", f"{REPORTS}/1").status_code == 404
    assert vendor.call("GET", f"{REPORTS}?reportTypes={ORDERS}").status_code == 200


def test_a_refused_request_costs_quota_too(seller: Client) -> None:
    answers = [seller.call("POST", REPORTS, json={}) for _ in range(16)]
    assert [answer.status_code for answer in answers] == [400] * 15 + [429]
    assert answers[0].headers["x-amzn-RateLimit-Limit"] == "0.0167"


def test_the_quota_scale_is_told_in_the_header_and_fills_faster(renderer: TinyRenderer) -> None:
    with Simulator(renderer=renderer, quota_scale=600) as simulator:
        seller = Client(simulator)
        answers = [seller.call("POST", REPORTS, json=BODY)]
        assert answers[0].headers["x-amzn-RateLimit-Limit"] == "10.02"
        time.sleep(0.2)
        assert [seller.call("POST", REPORTS, json=BODY).status_code for _ in range(10)] == [202] * 10


def test_concurrent_clients_cannot_overdraw_a_bucket(seller: Client) -> None:
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        codes = list(pool.map(lambda _: seller.call("POST", REPORTS, json=BODY).status_code, range(40)))
    assert (codes.count(202), codes.count(429)) == (15, 25)


def test_faults_by_operation_type_and_account_and_only_as_often_as_said(
    simulator: Simulator, seller: Client, vendor: Client
) -> None:
    simulator.faults.add("429", operation="createReport", report_type=ORDERS, account="kestrel_eu", times=2)
    codes = [seller.call("POST", REPORTS, json=BODY).status_code for _ in range(3)]
    assert codes == [429, 429, 202]
    simulator.faults.add("503_html", operation="getReport")
    answer = seller.call("GET", f"{REPORTS}/1")
    assert (answer.status_code, answer.headers["Content-Type"]) == (503, "text/html")
    assert answer.text.startswith("<html>")
    assert seller.call("GET", f"{REPORTS}?reportTypes={ORDERS}").status_code == 200
    simulator.faults.clear()
    assert vendor.call("GET", f"{REPORTS}/1").status_code == 404


def test_a_fault_bound_to_a_report_type_also_strikes_calls_that_name_only_an_id(simulator: Simulator, seller: Client) -> None:
    orders, inventory = seller.create(), seller.create(INVENTORY)
    simulator.faults.add("500", operation="getReport", report_type=INVENTORY)
    assert seller.call("GET", f"{REPORTS}/{orders}").status_code == 200
    assert seller.call("GET", f"{REPORTS}/{inventory}").status_code == 500


def test_a_rule_without_an_operation_leaves_token_exchanges_alone(simulator: Simulator, seller: Client) -> None:
    simulator.faults.add("500")
    assert seller.call("GET", f"{REPORTS}/1").status_code == 500
    assert Client(simulator).token


def test_a_probable_fault_strikes_about_as_often_as_said(simulator: Simulator, seller: Client) -> None:
    simulator.faults.add("500", operation="getReport", probability=0.5)
    codes = [seller.call("GET", f"{REPORTS}/1").status_code for _ in range(40)]
    assert 8 <= codes.count(500) <= 32


def test_a_timeout_answers_late_and_a_lost_response_still_made_the_report(simulator: Simulator, seller: Client) -> None:
    simulator.faults.add("timeout", times=1, seconds=20)
    with pytest.raises(requests.Timeout):
        requests.get(f"{simulator.url}{REPORTS}/1", headers={"user-agent": "x", "x-amz-access-token": seller.token}, timeout=0.2)
    simulator.faults.add("response_lost", operation="createReport", times=1, seconds=0.1)
    assert seller.call("POST", REPORTS, json=BODY).status_code == 504
    assert len(seller.call("GET", f"{REPORTS}?reportTypes={ORDERS}").json()["reports"]) == 1


@pytest.mark.parametrize(("kind", "outcome"), [("fatal", "FATAL"), ("cancelled", "CANCELLED")])
def test_a_report_can_be_made_to_end_badly(simulator: Simulator, seller: Client, kind: str, outcome: str) -> None:
    simulator.faults.add(kind, report_type=ORDERS, times=1)
    assert seller.finished(seller.create())["processingStatus"] == outcome
    assert seller.finished(seller.create())["processingStatus"] == "DONE"


def test_a_stuck_report_stays_in_progress(simulator: Simulator, seller: Client) -> None:
    simulator.faults.add("stuck", seconds=86400, times=1)
    report_id = seller.create()
    simulator.clock.advance(7200)
    assert seller.report(report_id)["processingStatus"] == "IN_PROGRESS"


def test_the_control_plane_works_over_http(simulator: Simulator, seller: Client) -> None:
    control = f"{simulator.url}/simulator"
    before = requests.get(f"{control}/clock", timeout=10).json()["now"]
    after = requests.post(f"{control}/clock", json={"advance_seconds": 86400}, timeout=10).json()["now"]
    assert after[:10] > before[:10]
    assert requests.post(f"{control}/clock", json={"now": before}, timeout=10).status_code == 400
    rule = {"kind": "500", "operation": "getReport", "times": 1}
    added = requests.post(f"{control}/faults", json=rule, timeout=10).json()["ids"]
    assert seller.call("GET", f"{REPORTS}/1").status_code == 500
    assert requests.get(f"{control}/faults", timeout=10).json()[0]["hits"] == 1
    assert requests.delete(f"{control}/faults/{added[0]}", timeout=10).json() == {"deleted": 1}
    wrong = requests.post(f"{control}/faults", json={"kind": "meteor"}, timeout=10)
    assert (wrong.status_code, "no fault 'meteor'" in wrong.json()["error"]) == (400, True)
    assert requests.post(f"{control}/faults", json={"kind": "500", "when": "now"}, timeout=10).status_code == 400
    assert requests.get(f"{control}/weather", timeout=10).status_code == 404


def test_the_log_tells_every_request_with_account_and_body_and_stats_count_them(simulator: Simulator, seller: Client) -> None:
    report_id = seller.create()
    entry = requests.get(f"{simulator.url}/simulator/log?operation=createReport", timeout=10).json()[-1]
    assert (entry["account"], entry["status"], entry["body"]["reportType"]) == ("kestrel_eu", 202, ORDERS)
    assert entry["answer"] == {"reportId": report_id}
    assert seller.token not in str(simulator.journal.entries())
    assert simulator.journal.count("createReport", 202) == 1
    stats = requests.get(f"{simulator.url}/simulator/stats", timeout=10).json()
    assert (stats["operations"]["createReport"], stats["throttled"], stats["reports"]["IN_QUEUE"]) == ({"202": 1}, 0, 1)


def test_the_status_page_shows_accounts_calls_and_faults(simulator: Simulator, seller: Client) -> None:
    seller.create()
    simulator.faults.add("fatal", report_type="GET_<b>")
    page = requests.get(simulator.url, timeout=10)
    assert page.headers["Content-Type"].startswith("text/html")
    for text in ("kestrel_vendor_us", "createReport", "202 × 1", "GET_&lt;b&gt;", simulator.url):
        assert text in page.text


def test_accounts_come_from_the_platforms_own_file_and_mistakes_are_sentences(tmp_path: Path) -> None:
    path = tmp_path / "accounts.yaml"
    path.write_text(
        "accounts: [{name: brand_eu, kind: seller, region: eu, selling_partner_id: A1, marketplaces: [DE, UK], secret: x/y}]"
    )
    (account,) = load_directory(path).accounts
    assert (account.refresh_token, account.account_id) == ("Atzr|simulator-brand-eu", "amzn1.merchant.o.A1")
    path.write_text("accounts: [{name: a, kind: seller, region: eu, selling_partner_id: A1, marketplaces: [US]}]")
    with pytest.raises(ValueError, match="account a: marketplaces must be at least one of region eu"):
        load_directory(path)


def test_an_account_can_lack_the_role_for_a_report_type(renderer: TinyRenderer, tmp_path: Path) -> None:
    path = tmp_path / "accounts.yaml"
    path.write_text(
        "accounts: [{name: kestrel_eu, kind: seller, region: eu, selling_partner_id: A1, marketplaces: [DE], "
        f"denied_report_types: [{ORDERS}]}}]"
    )
    with Simulator(renderer=renderer, directory=load_directory(path)) as simulator:
        assert Client(simulator).call("POST", REPORTS, json=BODY).status_code == 403


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_starts_within_two_seconds_and_ends_cleanly(number: signal.Signals) -> None:
    command = [sys.executable, "-m", "spapi_assets.simulator", "--port", "0"]
    began = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=dict(os.environ)) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().strip()
            assert requests.get(f"{url}/simulator/stats", timeout=10).status_code == 200
            # The promise is 2 s on an idle machine; a busy one gets some grace.
            assert time.monotonic() - began < 6
            process.send_signal(number)
            assert process.wait(timeout=10) == 0
            assert process.stderr is not None
            assert "Traceback" not in process.stderr.read()
        finally:
            process.kill()


def test_a_taken_port_is_a_sentence_and_exit_code_2(simulator: Simulator) -> None:
    command = [sys.executable, "-m", "spapi_assets.simulator", "--port", simulator.url.rsplit(":", 1)[1]]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert "cannot listen on 127.0.0.1" in ended.stderr
