"""Reads Terraform files and evaluates them, without Terraform and without a provider.

Only what our module uses is known; anything else is an error and never passed over. Where Terraform itself is at
hand, a test compares what this says with what Terraform says.
"""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hcl2
from lark import Token, Tree

SCAFFOLD = ("new_line_or_comment",)


@dataclass(frozen=True)
class Block:
    """A block: its type and labels, its attributes still as expressions, and the blocks in it."""

    words: tuple[str, ...]
    attributes: dict[str, Tree]
    blocks: list["Block"]

    def all(self, *words: str) -> list["Block"]:
        """The blocks in it that begin with these words."""
        return [block for block in self.blocks if block.words[:len(words)] == words]


@dataclass
class Module:
    """The files of a module, with values for its variables, in an account and a Region."""

    blocks: list[Block]
    variables: Mapping[str, Any]
    # What the data sources would return.
    here: Mapping[str, str] = field(default_factory=dict)

    def value(self, expression: Tree, names: Mapping[str, Any] | None = None) -> Any:
        """The expression's value; `names` are those that a `for` gives."""
        return _evaluate(expression, self, names or {})

    def local(self, name: str) -> Any:
        """The local value with this name."""
        if name in self.here:
            return self.here[name]
        for block in self.blocks:
            if block.words == ("locals",) and name in block.attributes:
                return self.value(block.attributes[name])
        raise KeyError(f"no local value {name}")

    def variable(self, name: str) -> Any:
        """The value of a variable, or its default."""
        if name in self.variables:
            return self.variables[name]
        [block] = [block for block in self.blocks if block.words == ("variable", name)]
        return self.value(block.attributes["default"])

    def refused(self) -> list[str]:
        """What the validations say about the variables that have a value."""
        errors = []
        for block in self.blocks:
            if block.words[0] == "variable" and block.words[1] in self.variables:
                errors += [self.value(rule.attributes["error_message"]) for rule in block.all("validation")
                           if not self.value(rule.attributes["condition"])]
        return errors


def load(paths: Iterable[Path]) -> list[Block]:
    """All top blocks of these files."""
    blocks = []
    for path in paths:
        [body] = hcl2.parses_to_tree(path.read_text(encoding="utf-8")).children
        blocks += _body(body).blocks
    return blocks


def _body(tree: Tree, words: tuple[str, ...] = ()) -> Block:
    attributes, blocks = {}, []
    for child in _parts(tree):
        if child.data == "attribute":
            name, _, expression = child.children
            attributes[_text(name)] = expression
        else:
            *labels, _, body, _ = _parts(child)
            blocks.append(_body(body, tuple(map(_text, labels))))
    return Block(words, attributes, blocks)


def _parts(tree: Tree) -> list[Any]:
    """The significant children."""
    return [child for child in tree.children if not (isinstance(child, Tree) and child.data in SCAFFOLD)]


def _trees(tree: Tree) -> list[Tree]:
    """The children that are not punctuation."""
    return [child for child in _parts(tree) if isinstance(child, Tree)]


def _text(tree: Tree) -> str:
    """An identifier, or a string without a template in it."""
    return "".join(str(token) for token in tree.scan_values(lambda token: True)).strip('"')


def _evaluate(tree: Tree, module: Module, names: Mapping[str, Any]) -> Any:
    def value(part: Tree, **more: Any) -> Any:
        return _evaluate(part, module, {**names, **more})

    parts = _trees(tree)
    match tree.data:
        case "expr_term" | "interpolation":
            return value(parts[0])
        case "conditional":
            condition, yes, no = parts
            return value(yes if value(condition) else no)
        case "binary_op":
            left, term = parts
            operator, right = _trees(term)
            return _binary(_text(operator), value(left), lambda: value(right))
        case "unary_op":
            if tree.children[0] != "!":
                raise NotImplementedError(f"{tree.children[0]} is not known to the tests")
            return not value(parts[0])
        case "int_lit":
            return int(_text(tree))
        case "literal_value":
            return {"true": True, "false": False, "null": None}[_text(tree)]
        case "string":
            return "".join(str(value(part)) for part in parts)
        case "string_part":
            [part] = tree.children
            return value(part) if isinstance(part, Tree) else ast.literal_eval(f'"{part}"')
        case "tuple":
            return [value(part) for part in parts]
        case "object":
            return {_key(part, value): value(_trees(part)[1]) for part in parts}
        case "identifier":
            return names[_text(tree)]
        case "get_attr_expr_term":
            whole, attribute = parts
            return _attribute(_text(whole), _text(attribute).lstrip("."), module)
        case "for_tuple_expr":
            intro, each = parts
            name, over = _trees(intro)
            return [value(each, **{_text(name): item}) for item in value(over)]
        case "function_call":
            return _call(_text(parts[0]), _trees(parts[1]) if len(parts) > 1 else [], value)
    raise NotImplementedError(f"{tree.data} is not known to the tests")


def _key(element: Tree, value: Any) -> str:
    [key] = _trees(_trees(element)[0])
    bare = _trees(key)[0].data == "identifier"
    return _text(key) if bare else value(key)


def _attribute(whole: str, name: str, module: Module) -> Any:
    if whole == "var":
        return module.variable(name)
    if whole == "local":
        return module.local(name)
    raise NotImplementedError(f"{whole}.{name} is not known to the tests")


def _binary(operator: str, left: Any, right: Any) -> Any:
    match operator:
        case "&&":
            return left and right()
        case "||":
            return left or right()
        case "==":
            return left == right()
        case "!=":
            return left != right()
        case "<=":
            return left <= right()
        case ">=":
            return left >= right()
        case ">":
            return left > right()
    raise NotImplementedError(f"{operator} is not known to the tests")


def _call(function: str, arguments: list[Tree], value: Any) -> Any:
    if function == "can":
        try:
            value(arguments[0])
        except ValueError:
            return False
        return True
    given = [value(argument) for argument in arguments]
    match function:
        case "regex":
            # Terraform's `$` is the very end of the text; Python's would let a line break follow.
            found = re.search(re.sub(r"\$(?=\)|$)", r"\\Z", given[0]), given[1])
            if found is None:
                raise ValueError("the pattern did not match")
            return found[0]
        case "alltrue":
            return all(given[0])
        case "length":
            return len(given[0])
        case "contains":
            return given[1] in given[0]
        case "concat":
            return [item for items in given for item in items]
        case "floor":
            return int(given[0] // 1)
    raise NotImplementedError(f"{function}() is not known to the tests")


def find(block: Block, *path: str) -> Iterator[Tree]:
    """Every value of an attribute at this path of blocks below the block."""
    *blocks, name = path
    if not blocks:
        yield from ([block.attributes[name]] if name in block.attributes else [])
        return
    for inner in block.all(blocks[0]):
        yield from find(inner, *blocks[1:], name)
