"""MiniStack, taught the condition keys of DynamoDB that AWS has and it lacks, so that the functions' own requests are
judged by the conditions of their roles.

MiniStack itself passes its evaluator `dynamodb:Select` and the attributes of a projection. Here it also passes
`dynamodb:LeadingKeys`, `dynamodb:ReturnValues`, and every attribute that a request names; and of a transaction each item's
own. What they mean is AWS's, what is judged with them MiniStack's own evaluator.

Sources: Amazon DynamoDB developer guide, "Using IAM policy conditions for fine-grained access control" and "Using IAM with
DynamoDB transactions"; Service Authorization Reference, "Actions, resources, and condition keys for Amazon DynamoDB".
"""

import json
import re
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from ministack.app import main
from ministack.core import iam_actions, iam_evaluator

# The partition keys of the ledger and of its indexes; a request for an index is judged by the index's own.
PARTITION_KEYS = {"tenant": "tenant_id", "due": "due_shard"}
EXPRESSIONS = ("ProjectionExpression", "KeyConditionExpression", "FilterExpression", "ConditionExpression",
               "UpdateExpression")
# A placeholder that begins a path: of `#notified.#at` only the first names an attribute.
PLACEHOLDER = re.compile(r"(?<![\w.#])#\w+")
WRITES = ("dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem")


def keys_of(request: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The keys and items that a request holds, whichever kind it is."""
    held = [request[name] for name in ("Key", "Item") if name in request]
    held += request.get("Keys", [])
    for wanted in request.get("RequestItems", {}).values():
        entries = wanted.get("Keys", []) if isinstance(wanted, dict) else wanted
        for entry in entries:
            held.append(entry.get("PutRequest", {}).get("Item") or entry.get("DeleteRequest", {}).get("Key") or entry)
    return held


def leading_keys(request: Mapping[str, Any]) -> list[str]:
    """The partition keys of all that a request reads or writes; none for a Scan."""
    partition = PARTITION_KEYS.get(request.get("IndexName"), "pk")
    found = [next(iter(key[partition].values())) for key in keys_of(request) if partition in key]
    names, values = request.get("ExpressionAttributeNames", {}), request.get("ExpressionAttributeValues", {})
    for name, value in re.findall(r"(#?\w+)\s*=\s*(:\w+)", request.get("KeyConditionExpression", "")):
        if names.get(name, name) == partition:
            found += values[value].values()
    return found


def attributes(request: Mapping[str, Any]) -> list[str]:
    """The attributes that a request names, in keys, in items and in expressions."""
    parts = [request, *(part for part in request.get("RequestItems", {}).values() if isinstance(part, dict))]
    named = {name for key in keys_of(request) for name in key}
    for part in parts:
        names = part.get("ExpressionAttributeNames", {})
        for expression in EXPRESSIONS:
            named |= {names[found] for found in PLACEHOLDER.findall(part.get(expression, ""))}
    return sorted(named)


def context_of(action: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """The condition keys of a request for one action. A key without a value is not there."""
    projected = any("ProjectionExpression" in part for part in (
        request, *(part for part in request.get("RequestItems", {}).values() if isinstance(part, dict))))
    context: dict[str, Any] = {"dynamodb:LeadingKeys": leading_keys(request) or None,
                               "dynamodb:Attributes": attributes(request) or None,
                               "dynamodb:Select": "SPECIFIC_ATTRIBUTES" if projected else "ALL_ATTRIBUTES"}
    if action in WRITES:
        context["dynamodb:ReturnValues"] = request.get("ReturnValues", "NONE")
    return context


class ItemArn(str):
    """The ARN of a transaction's table, with what the item there is judged by."""

    context: Mapping[str, Any] = {}


def items_of(iam_action: str, body: bytes, region: str, account: str) -> list[tuple[str, str]]:
    """Each item of a transaction as the action that it is. `ReturnValues` is no parameter of an item's."""
    checks = OWN_TRANSACTION_CHECKS(iam_action, body, region, account)
    if not checks:
        return checks
    items: Iterable[Mapping[str, Any]] = (
        item[member] for item in json.loads(body)["TransactItems"] for member in item)
    judged = []
    for (action, arn), item in zip(checks, items, strict=True):
        named = ItemArn(arn)
        named.context = context_of(action, item) | {"dynamodb:ReturnValues": None}
        judged.append((action, named))
    return judged


def request_context(body: bytes) -> dict[str, Any]:
    """What a single request is judged by. Its action is not known here, so every request that can write something has a
    `ReturnValues`, as reads have none that asks for it."""
    request = json.loads(body or b"{}")
    if "TransactItems" in request or "TableName" not in request and "RequestItems" not in request:
        return {}
    writes = "Item" in request or "UpdateExpression" in request
    return context_of("dynamodb:UpdateItem" if writes else "dynamodb:GetItem", request)


def enforce(access_key: str, iam_action: str, service: str, region: str, resource_arn: str = "*",
            service_context: dict[str, Any] | None = None) -> Any:
    """MiniStack's own judgment; of an item in a transaction, by what that item is."""
    context = resource_arn.context if isinstance(resource_arn, ItemArn) else {}
    return OWN_ENFORCE(access_key, iam_action, service, region, resource_arn=resource_arn,
                       service_context={**(service_context or {}), **context})


# MiniStack looks all three up by these names, at each request.
OWN_TRANSACTION_CHECKS, OWN_ENFORCE = iam_actions.dynamodb_transaction_checks, iam_evaluator.enforce
iam_actions.dynamodb_service_context = request_context
iam_actions.dynamodb_transaction_checks = items_of
iam_evaluator.enforce = enforce

if __name__ == "__main__":
    sys.exit(main())
