"""The documentation against the code: links lead somewhere, and what is named exists, and what exists is named.
Prose is not judged here; only what a reader would copy, click or look up."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from spapi_assets.cli import _COMMANDS
from spapi_assets.datasets.loader import load_registry
from spapi_assets.ingest.truth import TruthState
from spapi_assets.settings import Settings
from spapi_assets.spapi import errors

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "dbt_project" / "README.md"])
FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
VARIABLE = re.compile(r"\bSPAPI_[A-Z_]*[A-Z]\b")


def _text(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def _all_text() -> str:
    return "\n".join(page.read_text("utf-8") for page in PAGES)


def _anchors(page: Path) -> set[str]:
    """Headings as the anchors that GitHub makes of them."""
    headings = re.findall(r"^#{1,6} (.+)$", FENCE.sub("", page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


def _links() -> list[tuple[Path, str]]:
    return [
        (page, target)
        for page in PAGES
        for target in LINK.findall(FENCE.sub("", page.read_text("utf-8")))
        if not re.match(r"[a-z]+:", target)
    ]


def _platform_variables() -> set[str]:
    """What `load_settings` reads."""
    return set(re.findall(r'get\("([A-Z_]+)"\)', _text("spapi_assets/settings.py")))


def _dbt_variables() -> set[str]:
    files = [p for p in (ROOT / "dbt_project").rglob("*") if p.suffix in {".yml", ".sql"} and "target" not in p.parts]
    return {name for p in files for name in re.findall(r"env_var\('+([A-Z_]+)'", p.read_text("utf-8"))}


def _as_written(default: str | float | bool) -> str:
    """A default as one would write it into the environment."""
    if isinstance(default, bool):
        return str(default).lower()
    return f"{default:g}" if isinstance(default, float) else str(default)


def _first_cells(text: str) -> set[str]:
    """Names in backticks in the first column of the page's tables."""
    rows = re.findall(r"^\|([^|\n]+)\|", text, re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row)}


@pytest.mark.parametrize(("page", "target"), [pytest.param(p, t, id=f"{p.relative_to(ROOT)}:{t}") for p, t in _links()])
def test_every_relative_link_leads_to_a_file_and_heading(page: Path, target: str) -> None:
    path, _, anchor = unquote(target).partition("#")
    file = (page.parent / path).resolve() if path else page
    assert file.exists(), f"{page.relative_to(ROOT)} links to {target}, which is not there"
    if anchor and file.suffix == ".md":
        assert anchor in _anchors(file), f"{target}: {file.name} has no such heading"


def test_every_variable_the_code_reads_is_in_the_configuration_page() -> None:
    wanted = _platform_variables() | {name for name in _dbt_variables() if name.startswith("SPAPI_")}
    assert wanted, "the variables are no longer found in the code; correct this test"
    assert wanted - _first_cells(_text("docs/configuration.md")) == set()


def test_no_page_names_a_variable_that_nothing_reads() -> None:
    known = _platform_variables() | _dbt_variables()
    unknown = {
        name
        for page in PAGES
        for name in VARIABLE.findall(page.read_text("utf-8"))
        # `SPAPI_ATHENA_*` stands for all of a prefix.
        if name not in known and not any(k.startswith(f"{name}_") for k in known)
    }
    assert unknown == set()


def test_the_defaults_in_the_configuration_page_are_the_codes_own() -> None:
    rows = dict(re.findall(r"^\| `(SPAPI_[A-Z_]+)` \| `([^`]+)` \|", _text("docs/configuration.md"), re.MULTILINE))
    wrong, compared = {}, 0
    for field in Settings.model_fields.values():
        name = (field.description or "").partition(":")[0]
        if name in rows and isinstance(field.default, str | float | bool):
            compared += 1
            if rows[name] != _as_written(field.default):
                wrong[name] = (rows[name], field.default)
    assert wrong == {}
    assert compared >= 8


def test_every_field_of_an_account_is_explained() -> None:
    from spapi_assets.settings import Account

    assert set(Account.model_fields) <= _first_cells(_text("docs/configuration.md"))


def test_the_families_in_the_readme_are_the_registrys() -> None:
    rows = re.findall(r"^\| `([a-z_]+)` \| (\d+) \| (\d+) \| (\d+) \| ([^|]+) \|", _text("README.md"), re.MULTILINE)
    told = {name: (int(a), int(b), int(c), set(kinds.lower().split(", "))) for name, a, b, c, kinds in rows}
    names = {"file": "files"}
    assert told == {
        family: (
            len(reports),
            len({r.report_type for r in reports}),
            sum(len(r.datasets) for r in reports),
            {names.get(r.format, r.format) for r in reports},
        )
        for family, reports in load_registry().families.items()
    }


def test_every_field_of_a_registry_entry_and_every_shorthand_is_explained() -> None:
    from spapi_assets.datasets import model

    shapes = (model.Report, model.Window, model.Dataset, model.Column, model.FanOut, model.Identifiers)
    wanted = {name for shape in shapes for name in shape.model_fields}
    wanted |= {"like", "without", "periods", "period_option", "period_values"}
    page = _text("docs/adding-a-dataset.md").partition("### Every field")[2]
    explained = {name for code in re.findall(r"`([^`]+)`", page) for name in re.findall(r"^[a-z_]+", code)}
    assert wanted - explained == set()


def test_every_command_is_described_and_every_command_named_exists() -> None:
    named = set(re.findall(r"`spapi ([a-z]+)", _all_text())) | set(re.findall(r"^ *spapi ([a-z]+)", _all_text(), re.MULTILINE))
    assert set(_COMMANDS) - named == set()
    assert named - set(_COMMANDS) == set()


def test_every_make_target_named_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", _text("Makefile"), re.MULTILINE))
    named = set(re.findall(r"^make ([a-z]+)|`make ([a-z]+)", _all_text(), re.MULTILINE))
    assert {a or b for a, b in named} - targets == set()


def test_every_truth_state_is_explained_with_what_a_person_does() -> None:
    rows = re.findall(r"^\| `([a-z_]+)` \|(.+)\|$", _text("docs/operations.md"), re.MULTILINE)
    explained = {state for state, rest in rows if rest.count("|") >= 2 and all(cell.strip() for cell in rest.split("|"))}
    assert {str(state) for state in TruthState} - explained == set()


def test_the_two_years_in_the_operations_page_count_todays_seller_reports() -> None:
    from benchmarks.two_years import row_of, seller

    page = _text("docs/operations.md").partition("**One marketplace (DE)**")[2].partition("**Five")[0]
    told = {name: int(number) for name, number in re.findall(r"^\| ([a-z_: ]+) \| (\d+) \|", page, re.MULTILINE)}
    account, now = seller(["DE"]).accounts[0], {}
    for report in load_registry().reports.values():
        if account.wants(report):
            now[row_of(report)] = now.get(row_of(report), 0) + 1
    assert told == now, "run `python -m benchmarks.two_years` as the page says, and put its tables there"


def test_every_error_class_says_what_to_do() -> None:
    classes = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.SpApiError) and value is not errors.SpApiError
    }
    assert classes - _first_cells(_text("docs/operations.md")) == set()


def test_every_sensor_and_check_is_in_the_operations_page() -> None:
    from spapi_assets.definitions import build_defs
    from spapi_assets.settings import load_settings

    repository = build_defs(load_settings({})).get_repository_def()
    sensors = {sensor.name for sensor in repository.sensor_defs}
    checks = {key.name for key in repository.asset_graph.asset_check_keys if key.asset_key.path[0] in ("raw", "platform")}
    schedules = [schedule.name for schedule in repository.schedule_defs]
    assert {"report_notifications", "report_sweep", "api_refreshes", "notification_tables", "warehouse_automation"} <= sensors
    assert {"contract", "quarantine", "completeness", "client_secrets"} <= checks
    page = _text("docs/operations.md")
    assert [name for name in sorted(sensors | checks) if f"`{name}`" not in page] == []
    assert [name for name in schedules if not name.startswith(("ask_for_", "read_"))] == []
    assert "`ask_for_<report>`" in page
    assert "`read_<source>`" in page


def test_every_field_of_a_call_is_explained() -> None:
    from spapi_assets.datasets import calls, model

    shapes = (calls.Call, calls.Span, calls.Batch, calls.Single, calls.Paging)
    wanted = {name for shape in shapes for name in shape.model_fields}
    wanted |= set(model.ApiSource.model_fields) - set(model.Source.model_fields)
    page = FENCE.sub("", _text("docs/apis.md"))
    explained = {name for code in re.findall(r"`([^`]+)`", page) for name in re.findall(r"^[a-z_]+", code)}
    assert wanted - explained == set()


def test_every_mart_is_in_the_warehouse_page() -> None:
    marts = {p.stem for p in (ROOT / "dbt_project" / "models" / "marts").glob("*.sql")}
    marts |= {p.stem for p in (ROOT / "dbt_project" / "seeds").glob("*.csv")}
    assert marts - _first_cells(_text("docs/warehouse.md")) == set()


def test_every_dataset_is_in_the_data_dictionary() -> None:
    pages = "\n".join(page.read_text("utf-8") for page in (ROOT / "docs" / "data-dictionary").glob("*.md"))
    assert set(load_registry().datasets) <= set(re.findall(r"^## (\S+)$", pages, re.MULTILINE))
