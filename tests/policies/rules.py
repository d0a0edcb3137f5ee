"""Rules that no scanner checks, for all of our CloudFormation templates together.

Each rule is a function that is given the templates and names every place that breaks it. `test_rules.py` holds the
templates to them, and each of them to templates that break it.
"""

import functools
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from cloudformation import Place, Stack, load
from gateway import callers_are_logged, strangers_reach_the_portal_alone, the_network_has_a_share
from parameters import parameters_mean_themselves

ROOT = Path(__file__).resolve().parents[2]
VENDOR = "template.yaml"
ALARMS = "infra/alarms.yaml"

Template = dict[str, Any]
Bundle = dict[str, Template]
# Services whose sessions could come from another account than their role's.
CUSTOMERS_ROLES = {"Fn::Sub": "arn:${AWS::Partition}:iam::*:role/auditferry/*"}
READERS_DATA_ROLE = {"Fn::GetAtt": ["ReaderDataRole", "Arn"]}
EXPORTERS_ROLE = {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/${ExporterRoleName}"}


@functools.cache
def bundle() -> Bundle:
    """All templates by their paths, read once; a change is made to a copy."""
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
    """A value or a list, as a list."""
    return [one for item in (value if isinstance(value, list) else [value]) for one in both(item)]


def statements(templates: Bundle) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each statement of each policy: its path, its property, and the statement."""
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
    """Every Allow names its actions: no wildcard, no NotAction."""
    for where, _, statement in statements(templates):
        if statement["Effect"] == "Allow":
            if "NotAction" in statement:
                yield f"{where} allows all but some actions"
            yield from (f"{where} allows {action}" for action in several(statement.get("Action", []))
                        if "*" in str(action))


def resources_are_named(templates: Bundle) -> Iterator[str]:
    """Every Allow names its resources, never all of them. In a key's own policy `*` is that key (AWS KMS
    developer guide, "Elements in a key policy")."""
    for where, part, statement in statements(templates):
        if statement["Effect"] == "Allow" and part not in ("AssumeRolePolicyDocument", "KeyPolicy"):
            if "NotResource" in statement:
                yield f"{where} allows it on all but some resources"
            yield from (f"{where} allows it on everything" for resource in several(statement.get("Resource", []))
                        if resource == "*")


def only_customers_roles_are_assumed(templates: Bundle) -> Iterator[str]:
    """Roles on Auditferry's path, the exporter's own by API and portal, and the data role by the reader: no other can be
    assumed, whatever its trust policy."""
    for where, part, statement in statements(templates):
        if part == "AssumeRolePolicyDocument" or statement["Effect"] != "Allow":
            continue
        if any(str(action).lower().startswith("sts:") for action in several(statement.get("Action", []))):
            if several(statement["Action"]) != ["sts:AssumeRole"]:
                yield f"{where} allows more than to assume a role"
            yield from (f"{where} lets {resource} be assumed" for resource in several(statement["Resource"])
                        if resource not in (CUSTOMERS_ROLES, EXPORTERS_ROLE, READERS_DATA_ROLE))


def external_ids_are_strict(templates: Bundle) -> Iterator[str]:
    """Callers from another account must present the exact external ID and be the exporter."""
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
    """The dead-letter queues of anything that can fail."""
    found: set[str] = set()

    def within(tree: Any, under: str) -> None:
        if isinstance(tree, dict):
            for key, value in tree.items():
                # The `Arn` of a rule's target is where events go that succeed.
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
                # What exists only sometimes is passed as an empty text otherwise.
                for value in both(passed.get(given["Value"]["Ref"], {})):
                    if value:
                        name = value.get("Ref") or value.get("Fn::GetAtt", [""])[0]
                        found.add(f"{name} {alarm['Properties']['MetricName']}")
    return found


def queues_have_dead_letters_and_alarms(templates: Bundle) -> Iterator[str]:
    """A message that cannot be processed goes to a dead-letter queue with an alarm; so does one that waits too long."""
    template = templates[VENDOR]
    aside, watched = dead_letters(template), alarmed(templates, "QueueName")
    for name, queue in of_type(template, "AWS::SQS::Queue").items():
        redrive = queue["Properties"].get("RedrivePolicy")
        if name not in aside and not redrive:
            yield f"{name} has no dead letters"
        metric = "ApproximateNumberOfMessagesVisible" if name in aside else "ApproximateAgeOfOldestMessage"
        if f"{name} {metric}" not in watched:
            yield f"no alarm watches {metric} of {name}"
    # The alarms' own queue is the operator's last resort, and has an alarm in the same template.
    for name in of_type(templates[ALARMS], "AWS::SQS::Queue"):
        metric = {"MetricName": "ApproximateNumberOfMessagesVisible", "Dimensions": [
            {"Name": "QueueName", "Value": {"Fn::GetAtt": [name, "QueueName"]}}]}
        if not any(metric.items() <= alarm["Properties"].items()
                   for alarm in of_type(templates[ALARMS], "AWS::CloudWatch::Alarm").values()):
            yield f"no alarm watches {name}"


def functions_are_watched(templates: Bundle) -> Iterator[str]:
    """A function that fails or isn't invoked raises an alarm."""
    watched = alarmed(templates, "FunctionName")
    for name in of_type(templates[VENDOR], "AWS::Serverless::Function"):
        yield from (f"no alarm watches {metric} of {name}" for metric in ("Errors", "Throttles")
                    if f"{name} {metric}" not in watched)


def logs_end(templates: Bundle) -> Iterator[str]:
    """Every function writes to a log group of ours, each with a retention."""
    template = templates[VENDOR]
    groups = of_type(template, "AWS::Logs::LogGroup")
    for name, function in of_type(template, "AWS::Serverless::Function").items():
        group = function["Properties"].get("LoggingConfig", {}).get("LogGroup", {})
        if not (isinstance(group, dict) and group.get("Ref") in groups):
            yield f"{name} writes into a log group that is not ours"
    yield from (f"{name} keeps its lines forever" for name, group in groups.items()
                if "RetentionInDays" not in group["Properties"])


def each_function_has_its_own_role(templates: Bundle) -> Iterator[str]:
    """Each function has its own role, since a role that SAM generates has rights that nobody reviewed."""
    seen: set[str] = set()
    for name, function in of_type(templates[VENDOR], "AWS::Serverless::Function").items():
        role = function["Properties"].get("Role", {}).get("Fn::GetAtt", [""])[0]
        if not role or "Policies" in function["Properties"]:
            yield f"{name} runs with a role of SAM's making"
        elif role in seen:
            yield f"{name} shares the role {role}"
        seen.add(role)


# A deployment that fails at first takes these back. A table can't be: its deletion protection would fail the rollback.
KEPT = {"AWS::DynamoDB::Table": "Retain", "AWS::S3::Bucket": "RetainExceptOnCreate",
        "AWS::S3::BucketPolicy": "RetainExceptOnCreate", "AWS::KMS::Key": "RetainExceptOnCreate"}


def data_outlives_the_stack(templates: Bundle) -> Iterator[str]:
    """Tables, buckets and keys outlive the stack; tables can be restored and are protected from deletion."""
    for path, template in templates.items():
        for name, resource in of_type(template, *KEPT).items():
            deleted, replaced = resource.get("DeletionPolicy"), resource.get("UpdateReplacePolicy")
            if deleted != KEPT[resource["Type"]]:
                yield f"{path}: {name} has DeletionPolicy {deleted} and not {KEPT[resource['Type']]}"
            if replaced != "Retain":
                yield f"{path}: {name} has UpdateReplacePolicy {replaced} and not Retain"
            if resource["Type"] == "AWS::DynamoDB::Table":
                properties = resource["Properties"]
                recovery = properties.get("PointInTimeRecoverySpecification", {})
                if recovery.get("PointInTimeRecoveryEnabled") is not True:
                    yield f"{path}: {name} can't be restored to a point in time"
                if properties.get("DeletionProtectionEnabled") is not True:
                    yield f"{path}: {name} can be deleted by hand"


def triggers(function: Template) -> set[str]:
    """The queues that invoke a function."""
    events = function["Properties"].get("Events", {}).values()
    return {event["Properties"]["Queue"]["Fn::GetAtt"][0] for event in events if event["Type"] == "SQS"}


def feeds(template: Template, function: Template) -> set[str]:
    """The queues that a function's role lets it send to, and those that its failures go to."""
    role = template["Resources"].get(function["Properties"].get("Role", {}).get("Fn::GetAtt", [""])[0], {})
    found = set()
    for policy in role.get("Properties", {}).get("Policies", []):
        for statement in several(policy["PolicyDocument"]["Statement"]):
            if statement["Effect"] == "Allow" and "sqs:SendMessage" in several(statement.get("Action", [])):
                found |= {one["Fn::GetAtt"][0] for one in several(statement["Resource"])
                          if isinstance(one, dict) and "Fn::GetAtt" in one}
    return found


def loops_are_meant(templates: Bundle) -> Iterator[str]:
    """Lambda stops a chain of 16 invocations, and what waits in it is lost. So a function that can reach itself over
    queues says that it is meant to, and no other does: there Lambda's brake is wanted."""
    template = templates[VENDOR]
    functions = of_type(template, "AWS::Serverless::Function")
    next_to = {name: {other for other, it in functions.items() if triggers(it) & feeds(template, function)}
               for name, function in functions.items()}
    for name, function in functions.items():
        reached: set[str] = set()
        left = set(next_to[name])
        while left:
            reached |= left
            left = set().union(*(next_to[one] for one in left)) - reached
        loop = function["Properties"].get("RecursiveLoop", "Terminate")
        if name in reached and loop != "Allow":
            yield f"{name} feeds the queue that runs it, and Lambda would stop it after 16 invocations"
        elif name not in reached and loop != "Terminate":
            yield f"{name} feeds no queue that runs it, and has RecursiveLoop {loop}"


def lambda_never_drops_metrics(templates: Bundle) -> Iterator[str]:
    """Lambda drops lines below the level that it is given. Metrics and panics are lines at INFO, so it is given none
    above, whatever LogLevel is; the functions themselves get LogLevel."""
    template = templates[VENDOR]
    levels = template["Parameters"]["LogLevel"]["AllowedValues"]
    given = {"VendorDomain": "vendor.example"}
    for name, function in of_type(template, "AWS::Serverless::Function").items():
        logging, variables = (function["Properties"].get(part, {}) for part in ("LoggingConfig", "Environment"))
        if logging.get("LogFormat") != "JSON":
            yield f"{name} writes no JSON lines"
        if variables.get("Variables", {}).get("LOG_LEVEL") != {"Ref": "LogLevel"}:
            yield f"{name} is not given LOG_LEVEL"
        for level in levels:
            stack = Stack(template, Place("111111111111"), given | {"LogLevel": level})
            lambdas = stack.resolve(logging.get("ApplicationLogLevel", "INFO"))
            if lambdas not in ("TRACE", "DEBUG", "INFO"):
                yield f"with LogLevel {level} Lambda drops what {name} logs at INFO: its metrics, and its panics"
            elif level in ("TRACE", "DEBUG") and lambdas != level:
                yield f"with LogLevel {level} Lambda drops what {name} logs at {level}"


def processors_are_built_for(templates: Bundle) -> Iterator[str]:
    """The processor is chosen where the functions are built for it, before any parameter has a value."""
    template = templates[VENDOR]
    everywhere = template.get("Globals", {}).get("Function", {}).get("Architectures")
    for name, function in of_type(template, "AWS::Serverless::Function").items():
        given = function["Properties"].get("Architectures", everywhere)
        if given not in (["arm64"], ["x86_64"]):
            yield f"{name} is for {given}, which `sam build` may not know"


def access_logs_are_vended(templates: Bundle) -> Iterator[str]:
    """What API Gateway writes into has a name under /aws/vendedlogs/: any other adds to a policy of the account that
    has an end (Amazon API Gateway developer guide, "Configure logging for HTTP APIs")."""
    template = templates[VENDOR]
    groups = of_type(template, "AWS::Logs::LogGroup")
    for name, stage in of_type(template, "AWS::ApiGatewayV2::Stage").items():
        written = stage["Properties"].get("AccessLogSettings", {}).get("DestinationArn", {})
        group = groups.get(written.get("Fn::GetAtt", [""])[0], {"Properties": {}})["Properties"].get("LogGroupName", {})
        if not (isinstance(group, dict) and str(group.get("Fn::Sub")).startswith("/aws/vendedlogs/")):
            yield f"{name} writes into {group or 'no group of ours'}, which is not under /aws/vendedlogs/"


def each_queue_has_its_own_policy(templates: Bundle) -> Iterator[str]:
    """SQS takes a policy for one queue, which must be the resource of its statements."""
    for path, template in templates.items():
        for name, policy in of_type(template, "AWS::SQS::QueuePolicy").items():
            queues = [queue.get("Ref") for queue in policy["Properties"]["Queues"]]
            named = [resource["Fn::GetAtt"][0] for statement in policy["Properties"]["PolicyDocument"]["Statement"]
                     for resource in several(statement["Resource"])]
            if len(queues) != 1 or set(named) != set(queues):
                yield f"{path}: {name} is for {queues} and speaks of {named}"


def notices_that_fail_are_kept(templates: Bundle) -> Iterator[str]:
    """What a rule can't transform or deliver goes to a queue that lets that rule write."""
    for path, template in templates.items():
        writers: dict[str, set[str]] = {}
        for policy in of_type(template, "AWS::SQS::QueuePolicy").values():
            for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
                sources = statement.get("Condition", {}).get("ArnEquals", {}).get("aws:SourceArn", [])
                for queue in policy["Properties"]["Queues"]:
                    writers.setdefault(queue["Ref"], set()).update(
                        one["Fn::GetAtt"][0] for one in several(sources) if isinstance(one, dict))
        for name, rule in of_type(template, "AWS::Events::Rule").items():
            for target in rule["Properties"]["Targets"]:
                aside = target.get("DeadLetterConfig", {}).get("Arn", {}).get("Fn::GetAtt", [""])[0]
                if name not in writers.get(aside, set()):
                    yield f"{path}: what {name} can't forward is lost" if not aside else f"{path}: {aside} refuses {name}"


def mails_have_one_sender(templates: Bundle) -> Iterator[str]:
    """In SES's sandbox IAM judges the recipient's identity too, so any identity is allowed, and what binds is the
    sender's address, compared as it stands."""
    for where, _, statement in statements(templates):
        actions = several(statement.get("Action", []))
        if statement["Effect"] == "Allow" and any(str(action).startswith("ses:") for action in actions):
            if actions != ["ses:SendEmail"]:
                yield f"{where} allows {actions}"
            if statement.get("Condition") != {"StringEquals": {"ses:FromAddress": {"Ref": "NotifySender"}}}:
                yield f"{where} lets mail as others than the sender"
            if not all("identity/*" in str(resource) for resource in several(statement["Resource"])):
                yield f"{where} refuses each recipient in the sandbox"


RULES: tuple[Callable[[Bundle], Iterator[str]], ...] = (
    actions_are_named, resources_are_named, only_customers_roles_are_assumed, external_ids_are_strict,
    queues_have_dead_letters_and_alarms, functions_are_watched, logs_end, each_function_has_its_own_role,
    data_outlives_the_stack, parameters_mean_themselves, callers_are_logged, the_network_has_a_share,
    strangers_reach_the_portal_alone,
    loops_are_meant, lambda_never_drops_metrics, processors_are_built_for,
    access_logs_are_vended, each_queue_has_its_own_policy, notices_that_fail_are_kept, mails_have_one_sender,
)


def broken(templates: Mapping[str, Template]) -> dict[str, list[str]]:
    """The violations of each rule."""
    broken = {rule.__name__: list(rule(dict(templates))) for rule in RULES}
    return {rule: places for rule, places in broken.items() if places}
