"""The vendor, twenty connectors, and every policy between them, each taken from its real source.

- Trust, permission and bucket policy: `infra/customer-role.yaml`, rendered for each connector's parameters.
- The vendor's own roles, the exporter's first: `template.yaml`.
- Session policies: what the exporter and the API send to STS, by `assume_role.rs`.
"""

import functools
import json
import subprocess
import urllib.parse
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cloudformation import Place, Stack, load

ROOT = Path(__file__).resolve().parents[2]
CUSTOMER_ROLE = ROOT / "infra" / "customer-role.yaml"
SIEM_READER = ROOT / "infra" / "siem-reader.yaml"
VENDOR_STACK = ROOT / "template.yaml"
# What template.yaml has no default for.
VENDOR_GIVEN = {"VendorDomain": "vendor.example"}

VENDOR = "111111111111"
CONNECTORS = 20
Policy = dict[str, Any]


@dataclass(frozen=True)
class Customer:
    """One connector's side: the stack that its customer launched."""

    number: int
    stack: Stack

    @property
    def account(self) -> str:
        """The account that owns the role and the bucket."""
        return self.stack.place.account

    @property
    def external_id(self) -> str:
        """The connector's external ID."""
        return self.stack.values["ExternalId"][0]

    @functools.cached_property
    def role(self) -> dict[str, Any]:
        """The role's properties."""
        return self.stack.resource("DeliveryRole")

    @functools.cached_property
    def outputs(self) -> dict[str, str]:
        """What the stack returns to its customer."""
        return self.stack.outputs()

    @property
    def trust(self) -> Policy:
        """The role's trust policy."""
        return self.role["AssumeRolePolicyDocument"]

    @property
    def permissions(self) -> list[Policy]:
        """The role's permissions."""
        return [policy["PolicyDocument"] for policy in self.role["Policies"]]

    @functools.cached_property
    def bucket_policy(self) -> Policy | None:
        """The new bucket's policy; None for a bucket that the customer had already."""
        made = self.stack.resource("BucketPolicy")
        return made and made["PolicyDocument"]

    @property
    def key(self) -> str:
        """The KMS key's ARN, or nothing."""
        return self.stack.values["KmsKeyArn"]

    @property
    def session(self) -> str:
        """The role's session as a principal."""
        return (f"arn:{self.stack.place.partition}:sts::{self.account}:"
                f"assumed-role/{self.role['RoleName']}/auditferry")

    def object(self, name: str, folder: str | None = None) -> str:
        """The ARN of an object in the bucket, below the connector's prefix or below another folder."""
        folder = self.stack.values["Prefix"] if folder is None else folder
        key = f"{folder}/{name}" if folder else name
        return f"arn:{self.stack.place.partition}:s3:::{self.outputs['BucketName']}/{key}"

    def destination(self) -> dict[str, str]:
        """The connector's destination as the code stores it."""
        settings = {
            "external_id": self.external_id,
            "role": self.outputs["RoleArn"],
            "bucket": self.outputs["BucketName"],
            "region": self.outputs["Region"],
            "prefix": self.stack.values["Prefix"],
        }
        return settings | ({"kms_key": self.key} if self.key else {})


def parameters(number: int) -> tuple[str, dict[str, str]]:
    """The account and the parameters of a connector: alike where customers are alike, so that only what must distinguish
    them apart does.

    Most keep the default prefix and role name. Numbers 18 and 19 share an account and a bucket, and the folder's name
    of the one begins like that of the other.
    """
    account = f"3{min(number, 18):011}"
    given = {
        "ExternalId": f"af-{number:032x}",
        "VendorAccountId": VENDOR,
        "BucketName": f"audit-log-{number}",
    }
    if number % 3 == 0:
        given |= {"CreateBucket": "yes"}
    if number % 4 == 0:
        given |= {"KmsKeyArn": f"arn:aws:kms:eu-central-1:{account}:key/0000{number:04}-12ab-34cd-56ef-1234567890ab"}
    if number in (1, 2):
        given |= {"Prefix": {1: "", 2: "tenant=acme"}[number]}
    if number >= 18:
        given |= {
            "BucketName": "audit-log", "CreateBucket": "no", "RoleName": f"Delivery-{number}",
            "Prefix": {18: "audit/acme", 19: "audit/acme-eu"}[number],
        }
    return account, given


def customers(template: Mapping[str, Any] | None = None,
              numbers: Iterable[int] = range(CONNECTORS)) -> list[Customer]:
    """The customers with these numbers; from a changed template, if one is given."""
    template = template or load(CUSTOMER_ROLE)
    made = []
    for number in numbers:
        account, given = parameters(number)
        made.append(Customer(number, Stack(template, Place(account), given)))
    return made


@dataclass(frozen=True)
class VendorRole:
    """A role of `template.yaml`."""

    arn: str
    policy: Policy
    trust: Policy

    @property
    def name(self) -> str:
        """The name, without the path."""
        return self.arn.rsplit("/", 1)[-1]


def vendor_role(resource: str, template: Mapping[str, Any] | None = None,
                given: Mapping[str, str] | None = None) -> VendorRole:
    """The vendor's role of this logical name, from `template.yaml` or a changed one."""
    stack = Stack(template or load(VENDOR_STACK), Place(VENDOR), VENDOR_GIVEN | (given or {}))
    role = stack.resource(resource)
    documents = [policy["PolicyDocument"] for policy in role["Policies"]]
    # A policy that is a resource of its own.
    for name, found in stack.template["Resources"].items():
        if found["Type"] == "AWS::IAM::RolePolicy" and found["Properties"]["RoleName"] == {"Ref": resource}:
            documents += [properties["PolicyDocument"] for properties in [stack.resource(name)] if properties]
    policy = documents[0] | {"Statement": [one for document in documents for one in document["Statement"]]}
    return VendorRole(stack.resolve({"Fn::GetAtt": [resource, "Arn"]}), policy, role["AssumeRolePolicyDocument"])


@functools.cache
def _program() -> str:
    """`assume_role.rs`, built."""
    # Of the whole workspace, so that what `cargo test` has built for it serves here too: with this package alone cargo
    # would choose other features, and build every dependency again.
    build = ["cargo", "build", "--quiet", "--locked", "--workspace", "--example", "assume_role",
             "--message-format", "json-render-diagnostics"]
    done = subprocess.run(build, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True)
    messages = map(json.loads, done.stdout.splitlines())
    return next(message["executable"] for message in messages
                if message.get("executable") and message["target"]["name"] == "assume_role")


@functools.cache
def _asked(destinations: str) -> list[dict[str, Any]]:
    done = subprocess.run([_program()], input=destinations, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def assume_role_requests(destinations: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """The exporter's requests to STS, one form per destination; `refused` has the reason if there is none."""
    forms = []
    for answer in _asked(json.dumps(list(destinations))):
        if "sent" in answer:
            forms.append(dict(urllib.parse.parse_qsl(answer["sent"], strict_parsing=True)))
        else:
            forms.append(answer)
    return forms


def reading_sessions(role: str, bucket: str, of: Sequence[tuple[int, str, int]]) -> list[dict[str, str]]:
    """The reader's requests to STS, one form for each connector, tenant and number of shards."""
    return assume_role_requests([{"reads": {"role": role, "bucket": bucket, "connector": connector, "tenant": tenant,
                                            "shards": shards}} for connector, tenant, shards in of])


def setups(of: Sequence[Customer]) -> list[dict[str, Any]]:
    """What these customers get from the connector's `setup`."""
    return [answer["setup"] for answer in _asked(json.dumps([one.destination() for one in of]))]


def session_policies(of: Sequence[Customer]) -> list[Policy]:
    """The session policies that the exporter creates for these connectors."""
    return [json.loads(form["Policy"]) for form in assume_role_requests([one.destination() for one in of])]
