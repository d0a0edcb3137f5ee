"""Reads a CloudFormation template and evaluates its intrinsic functions, as CloudFormation does.

Only what our templates use is known; anything else is an error and never passed over. A parameter's value is held
to the parameter's own form first, so a test can't judge policies that can't be launched.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

NO_VALUE = object()


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms."""


def _short_form(loader: yaml.Loader, tag: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if tag == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {tag if tag in ("Ref", "Condition") else f"Fn::{tag}": value}


_Loader.add_multi_constructor("!", _short_form)


@dataclass(frozen=True)
class Place:
    """The account and Region in which a stack is launched."""

    account: str
    region: str = "eu-central-1"
    partition: str = "aws"


def load(path: Path) -> dict[str, Any]:
    """The template in the file, with its functions in the long form."""
    return parse(path.read_text(encoding="utf-8"))


def parse(text: str) -> dict[str, Any]:
    """The template in this text, with its functions in the long form."""
    return yaml.load(text, _Loader)


@dataclass
class Stack:
    """A template with its parameters, in an account and a Region."""

    template: Mapping[str, Any]
    place: Place
    given: Mapping[str, str]
    values: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        unknown = set(self.given) - set(self.template["Parameters"])
        if unknown:
            raise ValueError(f"no such parameter: {sorted(unknown)}")
        self.values = {name: accept(name, spec, self.given.get(name))
                       for name, spec in self.template["Parameters"].items()}

    def resource(self, name: str) -> dict[str, Any] | None:
        """The resource's properties, or None if its condition is false."""
        resource = self.template["Resources"][name]
        if "Condition" in resource and not self.condition(resource["Condition"]):
            return None
        return self.resolve(resource.get("Properties", {}))

    def outputs(self) -> dict[str, Any]:
        """All outputs whose conditions are true."""
        return {name: self.resolve(output["Value"]) for name, output in self.template["Outputs"].items()
                if "Condition" not in output or self.condition(output["Condition"])}

    def condition(self, name: str) -> bool:
        """Whether the condition with this name is true."""
        return self.resolve(self.template["Conditions"][name])

    def resolve(self, value: Any) -> Any:
        """The value with every function evaluated."""
        if isinstance(value, list):
            return [item for item in map(self.resolve, value) if item is not NO_VALUE]
        if not isinstance(value, Mapping):
            return value
        if len(value) == 1:
            [(name, argument)] = value.items()
            if name in ("Ref", "Condition") and isinstance(argument, str) or name.startswith("Fn::"):
                return self._call(name, argument)
        resolved = {key: self.resolve(item) for key, item in value.items()}
        return {key: item for key, item in resolved.items() if item is not NO_VALUE}

    def _call(self, name: str, argument: Any) -> Any:
        match name:
            case "Ref":
                return self._ref(argument)
            case "Condition":
                return self.condition(argument)
            case "Fn::If":
                condition, yes, no = argument
                return self.resolve(yes if self.condition(condition) else no)
            case "Fn::Not":
                return not self.resolve(argument[0])
            case "Fn::And":
                return all(self.resolve(item) for item in argument)
            case "Fn::Or":
                return any(self.resolve(item) for item in argument)
            case "Fn::Equals":
                left, right = map(self.resolve, argument)
                return str(left) == str(right)
            case "Fn::Select":
                place, items = argument
                return self.resolve(items)[int(place)]
            case "Fn::Split":
                between, text = argument
                return self.resolve(text).split(between)
            case "Fn::GetAtt":
                return self._attribute(*argument)
            case "Fn::Sub":
                text, local = argument if isinstance(argument, list) else (argument, {})
                local = {key: self.resolve(item) for key, item in local.items()}
                return re.sub(r"\$\{([^!}][^}]*)\}", lambda found: self._named(found[1], local), text)
        raise NotImplementedError(f"{name} is not known to the tests")

    def _named(self, name: str, local: Mapping[str, Any]) -> str:
        if name in local:
            return str(local[name])
        resource, _, attribute = name.partition(".")
        return str(self._attribute(resource, attribute) if attribute else self._ref(name))

    def _ref(self, name: str) -> Any:
        pseudo = {
            "AWS::NoValue": NO_VALUE,
            "AWS::AccountId": self.place.account,
            "AWS::Region": self.place.region,
            "AWS::Partition": self.place.partition,
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::StackName": "auditferry",
        }
        if name in pseudo:
            return pseudo[name]
        if name in self.values:
            return self.values[name]
        properties = self.resource(name) or {}
        given_name = next((properties[key] for key in ("BucketName", "RoleName", "TableName") if key in properties), name)
        if self._type(name) == "AWS::Lambda::Alias":
            return f"{self._attribute(self.template['Resources'][name]['Properties']['FunctionName']['Ref'], 'Arn')}:{properties['Name']}"
        return self._attribute(name, "Arn") if self._type(name).endswith("Policy") else given_name

    def _type(self, name: str) -> str:
        return self.template["Resources"][name]["Type"]

    def _attribute(self, name: str, attribute: str) -> str:
        if attribute != "Arn":
            raise NotImplementedError(f"{name}.{attribute} is not known to the tests")
        partition, region, account = self.place.partition, self.place.region, self.place.account
        properties = self.resource(name) or {}
        match self._type(name):
            case "AWS::IAM::Role":
                # Without a name in the template CloudFormation generates one.
                return f"arn:{partition}:iam::{account}:role{properties.get('Path', '/')}{properties.get('RoleName', f'auditferry-{name}')}"
            case "AWS::IAM::ManagedPolicy":
                return f"arn:{partition}:iam::{account}:policy{properties['Path']}{properties['ManagedPolicyName']}"
            case "AWS::S3::Bucket":
                return f"arn:{partition}:s3:::{properties.get('BucketName', name.lower())}"
            case "AWS::DynamoDB::Table":
                return f"arn:{partition}:dynamodb:{region}:{account}:table/{name}"
            case "AWS::SQS::Queue":
                return f"arn:{partition}:sqs:{region}:{account}:{name}"
            case "AWS::Logs::LogGroup":
                return f"arn:{partition}:logs:{region}:{account}:log-group:{name}:*"
            case "AWS::KMS::Key":
                return f"arn:{partition}:kms:{region}:{account}:key/{name.lower()}"
            case "AWS::Serverless::Function":
                return f"arn:{partition}:lambda:{region}:{account}:function:auditferry-{name}"
            case "AWS::Events::EventBus":
                return f"arn:{partition}:events:{region}:{account}:event-bus/{name}"
        raise NotImplementedError(f"the ARN of a {self._type(name)} is not known to the tests")


def accept(name: str, spec: Mapping[str, Any], given: str | None) -> Any:
    """The parameter's value, or ValueError with CloudFormation's message."""
    value = spec.get("Default") if given is None else given
    if value is None:
        raise ValueError(f"{name} has no value")
    refused = ValueError(f"{name} {spec.get('ConstraintDescription', 'is refused')} (given: {value!r})")
    if spec["Type"] == "Number":
        if not re.fullmatch(r"-?\d+", str(value)):
            raise refused
        if not spec.get("MinValue", value) <= int(value) <= spec.get("MaxValue", value):
            raise refused
        return int(value)
    if "AllowedValues" in spec and value not in spec["AllowedValues"]:
        raise refused
    if len(value) > spec.get("MaxLength", len(value)) or len(value) < spec.get("MinLength", 0):
        raise refused
    # The pattern must match the whole of a value, and each value of a list.
    parts = value.split(",") if spec["Type"] == "CommaDelimitedList" else [value]
    if "AllowedPattern" in spec and not all(re.fullmatch(spec["AllowedPattern"], part) for part in parts):
        raise refused
    return parts if spec["Type"] == "CommaDelimitedList" else value
