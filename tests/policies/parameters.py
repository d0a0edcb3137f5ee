"""A launch parameter must be literal in a policy: no pattern, no variable, no end of a string.

In a policy `*` and `?` stand for anything, in ARNs and in most conditions, and `${...}` for what the request says (IAM user
guide, "IAM policy elements: variables and tags"). A parameter that takes them lets a value mean more than it says.
"""

import re
from collections.abc import Iterator, Mapping
from re import _constants, _parser
from typing import Any

Template = dict[str, Any]

# Characters with a meaning in a policy or in a JSON string.
MEANING = "*?${}\"\\\n\t"
# Whose patterns look ahead or behind and match nothing themselves.
LOOKS = (_constants.ASSERT, _constants.ASSERT_NOT, _constants.AT)


def named(value: Any) -> Iterator[str]:
    """The names that a value refers to."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if key == "Ref":
                yield inner
            elif key == "Fn::Sub":
                text = inner[0] if isinstance(inner, list) else inner
                yield from (found.partition(".")[0] for found in re.findall(r"\$\{([^!}][^}]*)\}", text))
            yield from named(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from named(inner)


def in_policies(tree: Any, within: bool = False) -> Iterator[str]:
    """The names that policies and ARNs refer to."""
    if isinstance(tree, Mapping):
        if within or "Effect" in tree or str(tree.get("Fn::Sub", "")).lstrip("['").startswith("arn:"):
            yield from named(tree)
            return
        for value in tree.values():
            yield from in_policies(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from in_policies(value)


def takes(pattern: str, character: str) -> bool:
    """Whether a text that matches the pattern can contain this character."""
    return any(_matches(item, ord(character)) for item in _items(_parser.parse(pattern)))


def _items(tree: Any) -> Iterator[tuple[Any, Any]]:
    """The parts of a pattern that match one character each."""
    for kind, value in tree:
        if kind in LOOKS:
            continue
        if kind is _constants.BRANCH:
            for branch in value[1]:
                yield from _items(branch)
        elif kind is _constants.SUBPATTERN:
            yield from _items(value[-1])
        elif kind in (_constants.MAX_REPEAT, _constants.MIN_REPEAT):
            yield from _items(value[-1])
        else:
            yield kind, value


def _matches(item: tuple[Any, Any], code: int) -> bool:
    kind, value = item
    if kind is _constants.LITERAL:
        return value == code
    if kind is _constants.NOT_LITERAL:
        return value != code
    if kind is _constants.RANGE:
        return value[0] <= code <= value[1]
    if kind is _constants.IN:
        negated = value[0][0] is _constants.NEGATE
        return negated != any(_matches(one, code) for one in value[negated:])
    if kind is _constants.CATEGORY:
        named_set = {_constants.CATEGORY_DIGIT: r"\d", _constants.CATEGORY_WORD: r"\w", _constants.CATEGORY_SPACE: r"\s",
                     _constants.CATEGORY_NOT_DIGIT: r"\D", _constants.CATEGORY_NOT_WORD: r"\W",
                     _constants.CATEGORY_NOT_SPACE: r"\S"}[value]
        return re.fullmatch(named_set, chr(code)) is not None
    # Anything else, such as a dot, matches any character.
    return True


def parameters_mean_themselves(templates: Mapping[str, Template]) -> Iterator[str]:
    """A parameter that reaches a policy or an ARN allows no character with a meaning there."""
    for path, template in templates.items():
        given = template.get("Parameters", {})
        for name in sorted({*in_policies(template["Resources"])} & set(given)):
            spec = given[name]
            if spec["Type"] == "Number":
                continue
            if "AllowedValues" in spec:
                found = [one for one in MEANING if any(one in str(value) for value in spec["AllowedValues"])]
            elif "AllowedPattern" in spec:
                found = [one for one in MEANING if takes(spec["AllowedPattern"], one)]
            else:
                found = list(MEANING)
            if found:
                yield f"{path}: {name} takes {' '.join(map(repr, found))} into a policy"
