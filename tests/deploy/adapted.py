"""The two templates, changed only where the stand-in differs from AWS. Each change has its reason.

Everything else is deployed as it stands. A change that finds nothing to change is an error, so that none outlives its
reason unseen.
"""

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# The reader of templates is shared with the tests of the policies.
sys.path.append(str(Path(__file__).parents[1] / "policies"))
from cloudformation import parse


# Sending batches, for MiniStack only: AWS knows no such action.
BATCHES = "sqs:SendMessageBatch"


def vendor(text: str) -> dict[str, Any]:
    """`template.yaml` as `sam build` left it."""
    template = parse(text)
    _allow_batches(template)
    _write_concurrency_as_a_number(template)
    _name_log_groups_bare(template)
    _leave_out_saved_queries(template)
    _allow_any_signature(template)
    _allow_any_sender(template)
    return template


def _allow_batches(template: Mapping[str, Any]) -> None:
    """On AWS `sqs:SendMessage` allows batches too; MiniStack requires an action of its own.

    Source: Amazon SQS developer guide, "Actions, resources, and condition keys": there is no action for batches.
    """
    [requests] = [one for _, one in statements(template) if one["Sid"] == "RequestExports"]
    requests["Action"] = [requests["Action"], BATCHES]


def _write_concurrency_as_a_number(template: Mapping[str, Any]) -> None:
    """CloudFormation converts a parameter to a number where one is required; MiniStack leaves the text, and then its
    poller compares a number with it and dies."""
    changed = 0
    for function in of_type(template, "AWS::Serverless::Function").values():
        for event in function.get("Events", {}).values():
            scaling = event["Properties"].get("ScalingConfig")
            if scaling is not None and not isinstance(scaling["MaximumConcurrency"], int):
                parameter = template["Parameters"][scaling["MaximumConcurrency"]["Ref"]]
                scaling["MaximumConcurrency"] = int(parameter["Default"])
                changed += 1
    assert changed, "no function's concurrency is limited"


def _name_log_groups_bare(template: Mapping[str, Any]) -> None:
    """On AWS the ARN of a log group ends in `:*` in policy evaluation; MiniStack evaluates the ARN without it.

    Source: Amazon CloudWatch Logs user guide, "CloudWatch Logs resources and operations".
    """
    changed = 0
    for _, statement in statements(template):
        if any(action.startswith("logs:") for action in statement.get("Action", [])):
            group, _ = statement["Resource"]["Fn::GetAtt"]
            bare = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${" + group + "}"
            statement["Resource"] = [statement["Resource"], {"Fn::Sub": bare}]
            changed += 1
    assert changed, "no function writes logs"


def _leave_out_saved_queries(template: Mapping[str, Any]) -> None:
    """MiniStack does not know `AWS::Logs::QueryDefinition`, and their stack contains nothing else."""
    assert template["Resources"].pop("Queries", None), "there is no stack of saved queries"


def _allow_any_signature(template: Mapping[str, Any]) -> None:
    """MiniStack evaluates `kms:Sign` without the signing algorithm and message type, and passes a session's own ARN as
    `aws:PrincipalArn`. `tests/policies` judges these conditions.

    Source: AWS KMS developer guide, "AWS KMS condition keys", kms:SigningAlgorithm and kms:MessageType.
    """
    [right] = [one for _, one in statements(template) if one["Sid"] == "SignManifests"]
    del right["Condition"]
    policy = template["Resources"]["SigningKey"]["Properties"]["KeyPolicy"]
    [signs] = [one for one in policy["Statement"] if one["Sid"] == "TheExporterSigns"]
    session_arn = "arn:${AWS::Partition}:sts::${AWS::AccountId}:assumed-role/${ExporterRoleName}/*"
    assert signs["Condition"].keys() == {"ArnEquals", "StringEquals"}, signs
    signs["Condition"] = {"ArnLike": {"aws:PrincipalArn": {"Fn::Sub": session_arn}}}


def _allow_any_sender(template: Mapping[str, Any]) -> None:
    """MiniStack evaluates `ses:SendEmail` without passing the identity or the sender.

    Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon SES v2".
    """
    [right] = [one for _, one in statements(template) if one["Sid"] == "SendMails"]
    assert right["Condition"].keys() == {"StringEquals"} and "identity/*" in str(right["Resource"]), right
    del right["Condition"]
    right["Resource"] = "*"


def customer(text: str) -> str:
    """`infra/customer-role.yaml`: MiniStack passes a session's own ARN as `aws:PrincipalArn`, where AWS passes the ARN of
    the session's role.

    Source: AWS IAM user guide, "AWS global condition context keys", aws:PrincipalArn.
    """
    pattern = r"!Sub arn:\$\{AWS::Partition\}:iam::\$\{VendorAccountId\}:role/(\$\{Vendor\w+\})"
    session_arn = r"!Sub arn:${AWS::Partition}:sts::${VendorAccountId}:assumed-role/\1/*"
    text, changed = re.subn(pattern, session_arn, text)
    assert changed, "the trust policy names no role of the vendor's"
    return text


def of_type(template: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """The properties of all resources of this type, by their names."""
    return {name: resource["Properties"] for name, resource in template["Resources"].items() if resource["Type"] == kind}


def statements(template: Mapping[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Each statement of each role's policies, with the role's name; a conditional one as if its condition were true."""
    return [(name, statement["Fn::If"][1] if "Fn::If" in statement else statement)
            for name, role in of_type(template, "AWS::IAM::Role").items()
            for policy in role.get("Policies", []) for statement in policy["PolicyDocument"]["Statement"]]
