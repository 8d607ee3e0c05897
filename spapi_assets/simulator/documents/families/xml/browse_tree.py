"""GET_XML_BROWSE_TREE_DATA: Amazon's categories of one store, which the option MarketplaceId names rather than the request.
A node may hang on several paths and then occurs several times; names after Airbyte's schema of the report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from ....business.browse import node_id as _id
from ....business.catalog import LINES
from ....business.marketplaces import BY_ID, Marketplace
from ....business.queries import DEPARTMENTS, queries
from ...model import BadRequest, Document, NoData, Request
from ...xml_document import element, leaf, xml_document


@dataclass
class _Node:
    name: str
    id: str
    product_type: str = ""
    children: list[_Node] = field(default_factory=list)


def render(request: Request) -> Document:
    """The whole tree, its roots only, or one node with everything below it."""
    wanted = request.options.get("MarketplaceId")
    if wanted and wanted not in BY_ID:
        raise BadRequest(f"The MarketplaceId reportOption has the invalid value {wanted}.")
    m = BY_ID[wanted] if wanted else request.marketplaces[0]
    roots_only = request.option("RootNodesOnly", ("true", "false"), "false") == "true"
    root = _tree(m)
    nodes = [_node(root, (root,), m)] if roots_only else [_node(node, path, m) for node, path in _walk(root, (root,))]
    if (one := request.options.get("BrowseNodeId")) and not roots_only:
        nodes = [node for node in nodes if one in (node.findtext("browsePathById") or "").split(",")]
        if not nodes:
            raise NoData(f"There is no browse node {one} in {m.sales_channel}.")
    return xml_document(element("Result", *nodes))


def _tree(m: Marketplace) -> _Node:
    """Two departments of lines and their queries; the first line of goods hangs in both."""
    root = _Node(m.sales_channel, _id(m, "root"))
    for number, department in enumerate((DEPARTMENTS[m.language], "Kestrel & Co Store")):
        branch = _Node(department, _id(m, department))
        for line in LINES if number == 0 else LINES[:1]:
            words = queries(m.language, line)[:2]
            leaves = [_Node(text.title(), _id(m, text), line.upper()) for text in words]
            branch.children.append(_Node(words[0].title(), _id(m, line), line.upper(), leaves))
        root.children.append(branch)
    return root


def _walk(node: _Node, path: tuple[_Node, ...]) -> Iterator[tuple[_Node, tuple[_Node, ...]]]:
    yield node, path
    for child in node.children:
        yield from _walk(child, (*path, child))


def _node(node: _Node, path: tuple[_Node, ...], m: Marketplace) -> ET.Element:
    attributes = element("browseNodeAttributes", leaf("attribute", node.name, name="item_type_keyword"))
    attributes.set("count", "1")
    children = element("childNodes", *(leaf("id", child.id) for child in node.children))
    children.set("count", str(len(node.children)))
    return element(
        "Node",
        attributes,
        children,
        _refinements(node),
        browseNodeId=node.id,
        browseNodeName=node.name,
        browseNodeStoreContextName=path[-1].name if len(path) < 3 else path[1].name,
        browsePathById=",".join(step.id for step in path),
        browsePathByName=",".join(step.name for step in path),
        hasChildren="true" if node.children else "false",
        productTypeDefinitions=node.product_type,
    )


def _refinements(node: _Node) -> ET.Element:
    if not node.product_type or node.children:
        found = element("refinementsInformation")
        found.set("count", "0")
        return found
    name = element(
        "refinementName",
        element(
            "refinementField", acceptedValues="red,blue,green", hasModifier="false", modifiers="", refinementAttribute="colour"
        ),
    )
    name.set("name", "Colour")
    found = element("refinementsInformation", name)
    found.set("count", "1")
    return found
