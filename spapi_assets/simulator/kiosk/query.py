"""What one Data Kiosk query asks and gives: checked against its data set's schema, then evaluated field by field.
The rows come from the modules of the data sets; queue, pages and documents are in book.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLResolveInfo,
    OperationDefinitionNode,
    SelectionSetNode,
    execute_sync,
    parse,
    strip_ignored_characters,
    validate,
)

from spapi_assets.simulator.accounts import Account
from spapi_assets.simulator.business import Business
from spapi_assets.simulator.business.marketplaces import BY_ID, Marketplace, utc
from spapi_assets.simulator.kiosk.schema import FOR, schema_of

LONGEST = 8_000  # characters after unnecessary white space is removed (model of createQuery)
_OLDEST = timedelta(days=731)
Row = dict[str, Any]


class Malformed(Exception):
    """The query is no query of any data set; createQuery refuses it."""


class Forbidden(Exception):
    """The data set is for selling partners of another kind."""


class Failed(Exception):
    """The query cannot be answered: it ends FATAL, with this text in its error document."""


@dataclass(frozen=True)
class Checked:
    """A query that fits its schema. `text` is without unnecessary white space."""

    text: str
    dataset: str
    view: str  # the field of the data set that is asked for
    document: DocumentNode


@dataclass(frozen=True)
class Asking:
    """Who asks, and when the answer is written."""

    business: Business
    account: Account
    now: float

    def marketplaces(self, ids: list[str]) -> list[Marketplace]:
        """The stores with these ids, of which the selling partner must have every one."""
        if wrong := [one for one in ids if one not in self.account.marketplace_ids]:
            raise Failed(f"The selling partner is not registered in marketplace {wrong[0]}.")
        if not ids:
            raise Failed("marketplaceIds must not be empty.")
        return [BY_ID[one] for one in dict.fromkeys(ids) if one in BY_ID]

    def window(self, start: str, end: str) -> tuple[date, date]:
        """The dates of a query: real ones, in order, and no more than two years ago."""
        try:
            first, last = date.fromisoformat(start), date.fromisoformat(end)
        except ValueError as error:
            raise Failed(f"startDate {start} or endDate {end} is not a date: {error}.") from None
        if last < first:
            raise Failed(f"endDate {last} must not be before startDate {first}.")
        today = utc(self.now).date()
        if first < today - _OLDEST:
            raise Failed(f"startDate {first} must be no more than two years ago.")
        return first, last


View = Callable[[Asking, GraphQLResolveInfo, Mapping[str, Any]], Iterator[Row]]


def check(text: str, kind: str) -> Checked:
    """The query as a selling partner of this kind may ask it."""
    try:
        short = strip_ignored_characters(text)
        document = parse(short)
    except GraphQLError as error:
        raise Malformed(f"The query is not valid GraphQL: {error.message}") from None
    if len(short) > LONGEST:
        raise Malformed(f"The query has {len(short)} characters; at most {LONGEST:,} are allowed.")
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    if len(operations) != 1 or operations[0].operation.value != "query" or operations[0].variable_definitions:
        raise Malformed("The document must hold exactly one query, without variables.")
    dataset = _only_field(operations[0].selection_set, "one data set")
    if dataset.name.value not in FOR:
        raise Malformed(f"There is no data set {dataset.name.value!r}. Known are: {', '.join(FOR)}.")
    if wrong := validate(schema_of(dataset.name.value), document):
        raise Malformed(f"The query does not fit the schema: {' '.join(error.message for error in wrong[:3])}")
    assert dataset.selection_set is not None, "validation demands fields of an object"
    view = _only_field(dataset.selection_set, "one query of the data set")
    if FOR[dataset.name.value] != kind:
        raise Forbidden(f"The data set {dataset.name.value} is for {FOR[dataset.name.value]}s only.")
    return Checked(short, dataset.name.value, view.name.value, document)


def answer(query: Checked, views: Mapping[str, View], asking: Asking) -> list[Row]:
    """The rows of a query, with the fields that it selects and under the names that it gives them."""

    def resolve(info: GraphQLResolveInfo, **arguments: Any) -> list[Row]:
        return list(views[query.view](asking, info, arguments))

    result = execute_sync(schema_of(query.dataset), query.document, root_value={query.dataset: {query.view: resolve}})
    for error in result.errors or ():
        if isinstance(error.original_error, Failed):
            raise error.original_error
        raise error.original_error or error
    assert result.data is not None, "a query without errors has data"
    (of_dataset,) = result.data.values()
    (rows,) = of_dataset.values()
    return list(rows)


def selected(info: GraphQLResolveInfo, *path: str) -> set[str]:
    """The fields that the query selects below the field being resolved, at the end of a path of field names."""
    found = [node.selection_set for node in info.field_nodes if node.selection_set]
    for name in path:
        found = [
            field.selection_set
            for selection in found
            for field in _fields(info, selection)
            if field.name.value == name and field.selection_set
        ]
    return {field.name.value for selection in found for field in _fields(info, selection)}


def _fields(info: GraphQLResolveInfo, selection: SelectionSetNode) -> Iterator[FieldNode]:
    for node in selection.selections:
        if isinstance(node, FieldNode):
            yield node
        elif isinstance(node, FragmentSpreadNode):
            yield from _fields(info, info.fragments[node.name.value].selection_set)
        else:
            yield from _fields(info, node.selection_set)  # type: ignore[attr-defined]


def _only_field(selection: SelectionSetNode, what: str) -> FieldNode:
    fields = [node for node in selection.selections if isinstance(node, FieldNode)]
    if len(fields) != 1 or len(selection.selections) != 1:
        raise Malformed(f"The query must ask for exactly {what}.")
    return fields[0]
