"""Whether a request, or an answer a test has written, is exactly what Amazon's model allows: nothing missing, nothing unknown.
What the models say in prose only is rules.py; quotas and tokens are the server's business."""

from __future__ import annotations

import copy
import re
from datetime import date, datetime
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from .models import Operation

FORMATS = FormatChecker(formats=())
_VALIDATORS: dict[tuple[int, str], Draft202012Validator] = {}


@FORMATS.checks("date-time")
def is_instant(text: object) -> bool:
    """An RFC 3339 date-time: with seconds and an offset."""
    if not isinstance(text, str):
        return True
    if not re.fullmatch(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", text):
        return False
    try:
        return datetime.fromisoformat(text.upper()).tzinfo is not None
    except ValueError:
        return False


@FORMATS.checks("date")
def is_day(text: object) -> bool:
    if not isinstance(text, str):
        return True
    try:
        return bool(re.fullmatch(r"\d{4}-\d\d-\d\d", text) and date.fromisoformat(text))
    except ValueError:
        return False


@FORMATS.checks("boolean")
def is_truth(text: object) -> bool:
    """Some parameters are strings of the format "boolean"."""
    return not isinstance(text, str) or text in ("true", "false")


@FORMATS.checks("int32")
def fits_32_bits(number: object) -> bool:
    return not isinstance(number, int) or -(2**31) <= number < 2**31


@FORMATS.checks("int64")
def fits_64_bits(number: object) -> bool:
    return not isinstance(number, int) or -(2**63) <= number < 2**63


def typed_query(operation: Operation, pairs: list[tuple[str, str]]) -> tuple[dict[str, Any], list[str]]:
    """(the query with the model's types, what is wrong with it as sentences)."""
    known, values, wrong = operation.among("query"), {}, []
    for name, text in pairs:
        if name not in known:
            wrong.append(f"The query parameter {name} is unknown.")
        elif name in values:
            wrong.append(f"The query parameter {name} is sent more than once.")
        elif text == "":
            wrong.append(f"The query parameter {name} is empty.")
        else:
            values[name], problem = _typed(text, known[name])
            wrong += [f"The query parameter {name}: {said}" for said in problem]
    wrong += [f"The query parameter {n} is required." for n, p in known.items() if p.get("required") and n not in values]
    return values, wrong


def path_problems(operation: Operation, values: dict[str, str]) -> list[str]:
    """What is wrong with the decoded path parameters."""
    return [
        f"The path parameter {n}: {said}" for n, text in values.items() for said in _typed(text, operation.among("path")[n])[1]
    ]


def header_problems(operation: Operation, headers: dict[str, str]) -> list[str]:
    """What is wrong with the headers (names in lower case)."""
    wanted = [n for n, p in operation.among("header").items() if p.get("required") and not headers.get(n.lower())]
    return [f"The header {name} is required." for name in wanted]


def body_problems(operation: Operation, body: Any, has_body: bool) -> list[str]:
    """What is wrong with the parsed body."""
    declared = next(iter(operation.among("body").values()), None)
    if declared is None:
        return [f"{operation.name} takes no body."] if has_body else []
    if not has_body:
        return ["The body is required."] if declared.get("required") else []
    return problems(operation, declared["schema"], body)


def answer_problems(operation: Operation, content: Any) -> list[str]:
    """What is wrong with the content of an answer."""
    if operation.schema is None:
        return [] if content is None else [f"{operation.name} answers without a body."]
    return problems(operation, operation.schema, content)


def problems(operation: Operation, schema: dict[str, Any], content: Any) -> list[str]:
    """How content differs from a schema of the operation's model; members that the model does not know are wrong too."""
    key = (id(operation.model), repr(schema) if "$ref" not in schema else schema["$ref"])
    if key not in _VALIDATORS:
        model = operation.model
        strict = {name: _strict(definition) for name, definition in model.get("definitions", {}).items()}
        whole = {**_strict(schema), "definitions": model.get("definitions", {}), "strict": strict}
        _VALIDATORS[key] = Draft202012Validator(whole, format_checker=FORMATS)
    found = sorted(_VALIDATORS[key].iter_errors(content), key=lambda error: error.json_path)
    return [f"{error.json_path}: {_short(error.message)}" for error in found]


def _strict(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with all its objects closed. The parts of an allOf stay open, because each knows only its own members; what they
    know together is closed around them."""
    found = copy.copy(schema)
    if "$ref" in found:
        return {"$ref": found["$ref"].replace("#/definitions/", "#/strict/")}
    found.pop("example", None)
    if "items" in found:
        found["items"] = _strict(found["items"])
    if "properties" in found:
        found["properties"] = {name: _strict(inner) for name, inner in found["properties"].items()}
    if ("properties" in found or "allOf" in found) and "additionalProperties" not in found:
        found["unevaluatedProperties"] = False
    return found


def _typed(text: str, schema: dict[str, Any]) -> tuple[Any, list[str]]:
    if schema["type"] == "array":
        if schema.get("collectionFormat", "csv") != "csv":
            raise NotImplementedError(f"collectionFormat {schema['collectionFormat']}")
        elements = [_scalar(element, schema["items"]) for element in text.split(",")]
        values: Any = [value for value, _ in elements]
        wrong = [said for _, said in elements if said]
    else:
        values, said = _scalar(text, schema)
        wrong = [said] if said else []
    if wrong:
        return values, wrong
    keywords = {
        k: v for k, v in schema.items() if k not in ("required", "in", "name", "description", "collectionFormat", "default")
    }
    errors = Draft202012Validator(keywords, format_checker=FORMATS).iter_errors(values)
    return values, [_short(error.message) for error in errors]


def _short(message: str) -> str:
    # jsonschema repeats the whole value in the middle of what it says.
    return message if len(message) <= 300 else f"{message[:150]} ... {message[-150:]}"


def _scalar(text: str, schema: dict[str, Any]) -> tuple[Any, str]:
    kind = schema["type"]
    if text == "":
        return text, "an element is empty."
    if kind == "integer":
        return (int(text), "") if re.fullmatch(r"-?\d+", text) else (text, f"{text!r} is no integer.")
    if kind == "number":
        return (float(text), "") if re.fullmatch(r"-?\d+(\.\d+)?", text) else (text, f"{text!r} is no number.")
    if kind == "boolean":
        return (text == "true", "") if text in ("true", "false") else (text, f"{text!r} is neither true nor false.")
    return text, ""
