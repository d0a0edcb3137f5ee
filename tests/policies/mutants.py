"""Loosens a template's policies, one change at a time: each condition, action and resource of each statement.

What is tried follows from the template itself, so a new condition is tried as soon as it is written.
"""

import copy
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from cells import Cell, judge

# Keys that a request may come without; the others are in every request, so that "if it exists" changes nothing.
MAY_BE_MISSING = ("sts:ExternalId", "s3:prefix")


@dataclass(frozen=True)
class Mutant:
    """A template with one change. `opens` says whether the change must allow more, or else deny more."""

    name: str
    template: dict[str, Any]
    opens: bool = True


def statements(tree: Any, path: tuple = ()) -> Iterator[tuple]:
    """The paths of all policy statements in a template."""
    if isinstance(tree, dict) and "Effect" in tree:
        yield path
        return
    entries = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in entries:
        yield from statements(value, (*path, key))


def at(tree: Any, path: tuple) -> Any:
    """The value at this path."""
    for key in path:
        tree = tree[key]
    return tree


def mutants(template: dict[str, Any], within: tuple = ()) -> Iterator[Mutant]:
    """The template with one change at a time; only below a path, if one is given."""
    for path in statements(at(template, within), within):
        statement = at(template, path)
        refuses = statement["Effect"] == "Deny"
        for what, changed in _conditions(statement):
            # A Deny without a condition denies more.
            yield _with(template, path, what, changed, opens=not refuses)
        for what, changed in _refused(statement) if refuses else _allowed(statement):
            yield _with(template, path, what, changed)
        if refuses:
            changed = copy.deepcopy(template)
            del at(changed, path[:-1])[path[-1]]
            yield Mutant(f"{statement['Sid']}: left out", changed)


def idle(tried: Iterable[Mutant], ask: Callable[[dict[str, Any]], list[Cell]]) -> list[str]:
    """The changes that no promise detects. Prints the effect of each of the others."""
    tried = list(tried)
    asked = [ask(mutant.template) for mutant in tried]
    verdicts = iter(judge([cell for cells in asked for cell in cells]))
    unnoticed = []
    for mutant, cells in zip(tried, asked, strict=True):
        changed = [cell for cell in cells if next(verdicts) != cell.promised]
        noticed = [cell for cell in changed if cell.promised != mutant.opens]
        word = "opens" if mutant.opens else "shuts"
        print(f"  {mutant.name}: {word} {len(noticed)}" + (f", such as: {noticed[0].what}" if noticed else ""))
        unnoticed += [] if noticed else [mutant.name]
    return unnoticed


def _with(template: dict[str, Any], path: tuple, what: str, statement: dict[str, Any], *, opens: bool = True) -> Mutant:
    changed = copy.deepcopy(template)
    at(changed, path[:-1])[path[-1]] = statement
    return Mutant(f"{statement['Sid']}: {what}", changed, opens)


def _conditions(statement: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each condition left out; where it allows, also asked of those only who have the key, and met by any value."""
    for operator, keys in _block(statement).items():
        for key in keys:
            changed, block = _without(statement, operator, key)
            yield f"without {operator} {key}", changed
            if statement["Effect"] == "Deny":
                continue
            if key in MAY_BE_MISSING:
                changed, block = _without(statement, operator, key)
                block[f"{operator}IfExists"] = {key: keys[key]}
                yield f"{operator} {key} only if it exists", changed
            # `Null` asks whether there is a value, so there is no pattern for it.
            if operator == "Null":
                continue
            changed, block = _without(statement, operator, key)
            block.setdefault("ForAllValues:StringLike" if operator.startswith("ForAllValues:") else "StringLike", {})[key] = "*"
            yield f"any {key}", changed


def _block(statement: dict[str, Any]) -> dict[str, Any]:
    """The conditions of a statement, also where a parameter decides whether there are any."""
    block = statement.get("Condition", {})
    return block["Fn::If"][1] if "Fn::If" in block else block


def _without(statement: dict[str, Any], operator: str, key: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A copy without this condition, and the rest of its conditions to write to."""
    changed = copy.deepcopy(statement)
    block = _block(changed)
    del block[operator][key]
    if not block[operator]:
        del block[operator]
    return changed, block


def _allowed(statement: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What is allowed, widened in every way that a typing mistake could."""
    # A trust policy names no resource, and can only allow assuming the role.
    if "Principal" in statement:
        return
    resource = statement["Resource"]
    yield "any resource", statement | {"Resource": "*"}
    match resource:
        case {"Fn::Sub": [str(text), dict(local)]}:
            for what, wider in {
                "any folder": [text.replace("${Folder}", ""), local],
                "a folder without its slash": [text, local | {"Folder": {"Ref": "Prefix"}}],
                "any bucket": [text.replace("${Bucket}", "*").replace("${BucketName}", "*"), local],
            }.items():
                yield what, statement | {"Resource": {"Fn::Sub": wider}}
    if isinstance(statement["Action"], str):
        every = statement["Action"].split(":")[0] + ":*"
        yield every, statement | {"Action": every}


def _refused(statement: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What is denied, with one resource less."""
    resources = statement["Resource"]
    for left_out in range(len(resources)) if isinstance(resources, list) else ():
        kept = [resource for place, resource in enumerate(resources) if place != left_out]
        yield f"without resource {left_out}", statement | {"Resource": kept}
