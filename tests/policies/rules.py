"""Rules that no scanner checks, over all of our CloudFormation templates together.

Each rule is a function that is given the templates and names every place that breaks it. `test_rules.py` holds the
templates to them, and each of them to templates that break it.
"""

import functools
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from cloudformation import load
from gateway import callers_are_logged, the_network_has_a_share
from parameters import parameters_mean_themselves

ROOT = Path(__file__).resolve().parents[2]
VENDOR = "template.yaml"
ALARMS = "infra/alarms.yaml"

Template = dict[str, Any]
Bundle = dict[str, Template]
# Whose sessions could come from another account than their role's.
CUSTOMERS_ROLES = {"Fn::Sub": "arn:${AWS::Partition}:iam::*:role/auditferry/*"}
EXPORTERS_ROLE = {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/${ExporterRoleName}"}


@functools.cache
def bundle() -> Bundle:
    """All templates by their paths, read once; whoever changes one changes a copy."""
    paths = [ROOT / VENDOR, *(path for path in sorted((ROOT / "infra").glob("*.yaml"))
                              if path.read_text(encoding="utf-8").count("\nAWSTemplateFormatVersion:"))]
    return {str(path.relative_to(ROOT)): load(path) for path in paths}


def of_type(template: Template, *kinds: str) -> dict[str, Template]:
    """The resources of these types, by their names."""
    return {name: resource for name, resource in template["Resources"].items() if resource["Type"] in kinds}


def both(value: Any) -> Iterator[Any]:
    """A value, or what it is if its condition holds and if not."""
    if isinstance(value, dict) and "Fn::If" in value:
        for one in value["Fn::If"][1:]:
            yield from both(one)
    elif value != {"Ref": "AWS::NoValue"}:
        yield value


def several(value: Any) -> list[Any]:
    """What may be one or a list, as a list."""
    return [one for item in (value if isinstance(value, list) else [value]) for one in both(item)]


def statements(templates: Bundle) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each statement of each policy: where it stands, of which property it is part, and it."""
    def within(tree: Any, where: str, part: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
        if isinstance(tree, dict) and "Effect" in tree:
            yield f"{where} {tree.get('Sid', '(without Sid)')}", part, tree
        elif isinstance(tree, dict):
            for key, value in tree.items():
                yield from within(value, where, key if key.endswith(("Document", "KeyPolicy")) else part)
        elif isinstance(tree, list):
            for value in tree:
                yield from within(value, where, part)

    for path, template in templates.items():
        for name, resource in template["Resources"].items():
            yield from within(resource, f"{path}: {name}", "")


def actions_are_named(templates: Bundle) -> Iterator[str]:
    """What is allowed is allowed by name: no wildcard in an action, nothing but what is named."""
    for where, _, statement in statements(templates):
        if statement["Effect"] == "Allow":
            if "NotAction" in statement:
                yield f"{where} allows all but some actions"
            yield from (f"{where} allows {action}" for action in several(statement.get("Action", []))
                        if "*" in str(action))


def resources_are_named(templates: Bundle) -> Iterator[str]:
    """What is allowed is allowed on something: never on everything. In a key's own policy `*` is that key (AWS KMS
    developer guide, "Elements in a key policy")."""
    for where, part, statement in statements(templates):
        if statement["Effect"] == "Allow" and part not in ("AssumeRolePolicyDocument", "KeyPolicy"):
            if "NotResource" in statement:
                yield f"{where} allows it on all but some resources"
            yield from (f"{where} allows it on everything" for resource in several(statement.get("Resource", []))
                        if resource == "*")


def only_customers_roles_are_assumed(templates: Bundle) -> Iterator[str]:
    """Roles on Auditferry's path, and the exporter's own by the API: no other can be assumed, whoever trusts us."""
    for where, part, statement in statements(templates):
        if part == "AssumeRolePolicyDocument" or statement["Effect"] != "Allow":
            continue
        if any(str(action).lower().startswith("sts:") for action in several(statement.get("Action", []))):
            if several(statement["Action"]) != ["sts:AssumeRole"]:
                yield f"{where} allows more than to assume a role"
            yield from (f"{where} lets {resource} be assumed" for resource in several(statement["Resource"])
                        if resource not in (CUSTOMERS_ROLES, EXPORTERS_ROLE))


def external_ids_are_strict(templates: Bundle) -> Iterator[str]:
    """Whoever comes from another account shows the external ID, the very one, and is the exporter."""
    for where, part, statement in statements(templates):
        if part != "AssumeRolePolicyDocument" or statement["Effect"] != "Allow":
            continue
        principals = [one for kind, value in statement["Principal"].items() if kind == "AWS" for one in several(value)]
        if "*" in str(statement["Principal"]):
            yield f"{where} trusts everybody"
        if not any("VendorAccountId" in str(principal) for principal in principals):
            continue
        condition = statement.get("Condition", {})
        if condition.get("StringEquals", {}).get("sts:ExternalId") != {"Ref": "ExternalId"}:
            yield f"{where} does not ask for the external ID by StringEquals"
        if "VendorRoleName" not in str(condition.get("ArnEquals", {}).get("aws:PrincipalArn")):
            yield f"{where} lets in others of the vendor's account"


def dead_letters(template: Template) -> set[str]:
    """The queues that something puts what failed into."""
    found: set[str] = set()

    def within(tree: Any, under: str) -> None:
        if isinstance(tree, dict):
            for key, value in tree.items():
                # The `Arn` of a rule's target is where what succeeds goes.
                aside = key in ("deadLetterTargetArn", "Destination") or (key == "Arn" and under == "DeadLetterConfig")
                if aside and isinstance(value, dict):
                    found.update(value.get("Fn::GetAtt", [])[:1])
                within(value, key)
        elif isinstance(tree, list):
            for value in tree:
                within(value, under)

    within(template["Resources"], "")
    return found & set(of_type(template, "AWS::SQS::Queue"))


def alarmed(templates: Bundle, dimension: str) -> set[str]:
    """The vendor's resources that an alarm watches by this dimension, with the alarm's metric: `Queue Metric`."""
    passed = templates[VENDOR]["Resources"]["Alarms"]["Properties"]["Parameters"]
    found = set()
    for alarm in of_type(templates[ALARMS], "AWS::CloudWatch::Alarm").values():
        for given in alarm["Properties"].get("Dimensions", []):
            if given["Name"] == dimension and "Ref" in given["Value"]:
                value = passed.get(given["Value"]["Ref"], {})
                name = value.get("Ref") or value.get("Fn::GetAtt", [""])[0]
                found.add(f"{name} {alarm['Properties']['MetricName']}")
    return found


def queues_have_dead_letters_and_alarms(templates: Bundle) -> Iterator[str]:
    """A message that nobody can take goes aside, and someone is told; so it is with one that waits too long."""
    template = templates[VENDOR]
    aside, watched = dead_letters(template), alarmed(templates, "QueueName")
    for name, queue in of_type(template, "AWS::SQS::Queue").items():
        redrive = queue["Properties"].get("RedrivePolicy")
        if name not in aside and not redrive:
            yield f"{name} has no dead letters"
        metric = "ApproximateNumberOfMessagesVisible" if name in aside else "ApproximateAgeOfOldestMessage"
        if f"{name} {metric}" not in watched:
            yield f"no alarm watches {metric} of {name}"


def functions_are_watched(templates: Bundle) -> Iterator[str]:
    """A function that dies or isn't run is an alarm."""
    watched = alarmed(templates, "FunctionName")
    for name in of_type(templates[VENDOR], "AWS::Serverless::Function"):
        yield from (f"no alarm watches {metric} of {name}" for metric in ("Errors", "Throttles")
                    if f"{name} {metric}" not in watched)


def logs_end(templates: Bundle) -> Iterator[str]:
    """Every function writes into a log group of ours, and each of those forgets in time."""
    template = templates[VENDOR]
    groups = of_type(template, "AWS::Logs::LogGroup")
    for name, function in of_type(template, "AWS::Serverless::Function").items():
        group = function["Properties"].get("LoggingConfig", {}).get("LogGroup", {})
        if not (isinstance(group, dict) and group.get("Ref") in groups):
            yield f"{name} writes into a log group that is not ours"
    yield from (f"{name} keeps its lines for ever" for name, group in groups.items()
                if "RetentionInDays" not in group["Properties"])


def each_function_has_its_own_role(templates: Bundle) -> Iterator[str]:
    """What one function may do is no other's, and a role that SAM makes up has rights that we never read."""
    seen: set[str] = set()
    for name, function in of_type(templates[VENDOR], "AWS::Serverless::Function").items():
        role = function["Properties"].get("Role", {}).get("Fn::GetAtt", [""])[0]
        if not role or "Policies" in function["Properties"]:
            yield f"{name} runs with a role of SAM's making"
        elif role in seen:
            yield f"{name} shares the role {role}"
        seen.add(role)


def data_outlives_the_stack(templates: Bundle) -> Iterator[str]:
    """Tables and buckets of the vendor's stay when the stack goes; tables can be restored and not be deleted by hand."""
    for name, resource in of_type(templates[VENDOR], "AWS::DynamoDB::Table", "AWS::S3::Bucket").items():
        yield from (f"{name} has no {policy}: Retain" for policy in ("DeletionPolicy", "UpdateReplacePolicy")
                    if resource.get(policy) != "Retain")
        if resource["Type"] == "AWS::DynamoDB::Table":
            properties = resource["Properties"]
            recovery = properties.get("PointInTimeRecoverySpecification", {})
            if recovery.get("PointInTimeRecoveryEnabled") is not True:
                yield f"{name} can't be restored to a point in time"
            if properties.get("DeletionProtectionEnabled") is not True:
                yield f"{name} can be deleted by hand"


RULES: tuple[Callable[[Bundle], Iterator[str]], ...] = (
    actions_are_named, resources_are_named, only_customers_roles_are_assumed, external_ids_are_strict,
    queues_have_dead_letters_and_alarms, functions_are_watched, logs_end, each_function_has_its_own_role,
    data_outlives_the_stack, parameters_mean_themselves, callers_are_logged, the_network_has_a_share,
)


def broken(templates: Mapping[str, Template]) -> dict[str, list[str]]:
    """What breaks which rule."""
    told = {rule.__name__: list(rule(dict(templates))) for rule in RULES}
    return {rule: places for rule, places in told.items() if places}
