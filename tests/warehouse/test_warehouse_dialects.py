"""The same models for Athena and Redshift: every rendering parses in the engine's grammar and uses only what the engine has.
That is syntax, not execution: no Athena or Redshift answers here."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import jinja2
import pytest
import sqlglot
from dbt_runner import PROJECT
from sqlglot import exp

pytestmark = pytest.mark.xdist_group("warehouse")

MODELS = sorted([*(PROJECT / "models").rglob("*.sql"), *(PROJECT / "tests").glob("*.sql")])
# Functions the models may use, each in the engine's own documentation; sqlglot accepts any name, so names are checked here.
COMMON = {
    "coalesce",
    "lower",
    "min",
    "max",
    "sum",
    "count",
    "nullif",
    "dense_rank",
    "row_number",
    "lag",
    "lead",
    "cast",
    "date_trunc",
}
COMMON |= {"case", "md5", "abs"}
OWN = {
    "duckdb": {"timezone", "date_diff"},
    "athena": {"at_timezone", "with_timezone", "date_add", "date_diff", "to_hex", "to_utf8"},
    "redshift": {"convert_timezone", "dateadd", "datediff"},
}
KEYWORDS = {
    "as",
    "and",
    "or",
    "in",
    "over",
    "exists",
    "by",
    "on",
    "from",
    "where",
    "when",
    "then",
    "else",
    "not",
    "select",
    "join",
    "interval",
}
TYPES = {"decimal", "timestamp", "varchar"}


class _Adapter:
    """dbt's dispatch: the engine's own macro, else the default."""

    def __init__(self, engine: str) -> None:
        self.engine = engine
        self.macros: Any = None

    def dispatch(self, name: str, package: str) -> Any:
        return getattr(self.macros, f"{self.engine}__{name}", None) or getattr(self.macros, f"default__{name}")


def render(path: Path, engine: str) -> str:
    """A model's SQL for an engine, as dbt would compile it, names of relations apart."""
    macros = "\n".join(p.read_text("utf-8") for p in sorted((PROJECT / "macros").glob("*.sql")))
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, extensions=["jinja2.ext.do"])
    adapter = _Adapter(engine)
    environment.globals.update(
        adapter=adapter,
        ref=lambda name: f"spapi_marts.{name}",
        config=lambda **_: "",
        var=lambda name, default: default,
        source=lambda schema, name: f"spapi_{schema}.{name}",
        **{"return": lambda value: value},
    )
    adapter.macros = environment.from_string(macros).module
    return environment.from_string(macros + path.read_text("utf-8")).render()


@pytest.mark.parametrize("engine", OWN)
@pytest.mark.parametrize("path", MODELS, ids=lambda p: p.stem)
def test_every_model_parses_in_every_engines_grammar(path: Path, engine: str) -> None:
    statements = sqlglot.parse(render(path, engine), read=engine, error_level=sqlglot.ErrorLevel.RAISE)
    assert len([s for s in statements if s is not None]) == 1
    assert isinstance(statements[-1], exp.Query)


@pytest.mark.parametrize("engine", OWN)
@pytest.mark.parametrize("path", MODELS, ids=lambda p: p.stem)
def test_every_model_uses_only_functions_its_engine_has(path: Path, engine: str) -> None:
    sql = re.sub(r"'[^']*'", "''", re.sub(r"--.*", "", render(path, engine)))
    tables = set(re.findall(r"\b(\w+) as \(", sql))
    called = {name.lower() for name in re.findall(r"\b([a-zA-Z_]\w*)\s*\(", sql)}
    assert called - COMMON - OWN[engine] - KEYWORDS - TYPES - tables == set()


@pytest.mark.parametrize("path", MODELS, ids=lambda p: p.stem)
def test_no_model_uses_what_one_of_the_engines_lacks(path: Path) -> None:
    tree = sqlglot.parse_one(render(path, "duckdb"), read="duckdb")
    assert not list(tree.find_all(exp.Filter)), "Redshift has no FILTER on aggregates"
    assert not list(tree.find_all(exp.Qualify)), "Athena has no QUALIFY"
    casts = [c.to for c in sqlglot.parse_one(render(path, "redshift"), read="redshift").find_all(exp.Cast)]
    texts = [to for to in casts if to.this in (exp.DataType.Type.TEXT, exp.DataType.Type.VARCHAR)]
    assert all(to.expressions for to in texts), "a cast to varchar without a length cuts at 256 characters in Redshift"


def test_a_time_zone_may_be_a_column_in_every_engine() -> None:
    """The local day of a purchase depends on the row's marketplace."""
    path = PROJECT / "models" / "marts" / "fct_order_lines.sql"
    zone = "coalesce(marketplaces.time_zone, 'UTC')"
    assert f"timezone({zone}, timezone('UTC', lines.purchased_at))" in render(path, "duckdb")
    assert f"at_timezone(with_timezone(lines.purchased_at, 'UTC'), {zone})" in render(path, "athena")
    assert f"convert_timezone('UTC', {zone}, lines.purchased_at)" in render(path, "redshift")
