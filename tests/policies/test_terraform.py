"""The Terraform module is the twin of the CloudFormation template: same settings, same forms, same policies.

The values are worked out by our own reading of the files (`terraform.py`), everywhere. Where Terraform itself is at
hand, it works them out too, and the two are compared; no provider is needed for that. What needs the AWS provider
(`terraform validate`, a plan, an apply) is not tried here.
"""

import itertools
import json
import os
import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path
from typing import Any

import cloudformation
import terraform
from cloudformation import Place, Stack
from world import CUSTOMER_ROLE, ROOT, VENDOR, assume_role_requests

MODULE = ROOT / "infra" / "terraform"
TEMPLATE = cloudformation.load(CUSTOMER_ROLE)
BLOCKS = terraform.load(sorted(MODULE.glob("*.tf")))
ACCOUNT = "300000000001"
KEY = f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
NEEDED = {"ExternalId": "af-" + "0" * 32, "VendorAccountId": VENDOR, "BucketName": "audit-log"}

# Values that each parameter accepts and refuses, the same on both sides.
TAKEN = {
    "ExternalId": ["af-" + "0123456789abcdef" * 2, "af-" + "a" * 32 + ",af-" + "b" * 32],
    "VendorAccountId": ["000000000000"],
    "VendorRoleName": ["a", "A+=,.@-_9", "a" * 64],
    "BucketName": ["abc", "a.b-c", "1-1", "a" * 63, "a.b.c.d"],
    "Prefix": ["", "a", "audit/acme", "A-Z/!_.'()=", "tenant=acme", "=", "a=b/c=d", "...", "..a/b..", ".a", "a" * 200],
    "KmsKeyArn": ["", KEY, KEY.replace("arn:aws:", "arn:aws-us-gov:"), KEY.replace("key/1234", "key/mrk-1234")],
    "RoleName": ["a", "a" * 64],
    "PermissionsBoundaryArn": ["", f"arn:aws:iam::{ACCOUNT}:policy/a/b", "arn:aws-cn:iam::aws:policy/PowerUserAccess"],
    "CreateBucket": ["yes", "no"],
    "BucketNamespace": ["global"],
    "ObjectLockMode": ["none", "GOVERNANCE", "COMPLIANCE"],
    "ObjectLockDays": ["1", "36500"],
    "ArchiveAfterDays": ["0", "36500"],
    "ExpireAfterDays": ["0", "36500"],
}
REFUSED = {
    "ExternalId": ["", "af-" + "0" * 31, "af-" + "0" * 33, "af-" + "G" * 32, "AF-" + "0" * 32, "0" * 32, "*",
                   "af-" + "0" * 32 + "\n", "af-" + "0" * 32 + ",", "af-" + "0" * 32 + ",*"],
    "VendorAccountId": ["", "1" * 11, "1" * 13, "11111111111a", "*"],
    "VendorRoleName": ["", "a/b", "*", "a?", "a" * 65, "ä", "a b"],
    "BucketName": ["", "ab", "a" * 64, "A-b", "a..b", "-ab", "ab-", "ab.", "arn:aws:s3:::a", "a_b", "a*b", "s3://abc"],
    "Prefix": ["/", "/a", "a/", "a//b", ".", "..", "a/..", "../a", "a/./b", "a*", "a?", "a b", "ä", "${a}", "a\n", "a" * 201],
    "KmsKeyArn": ["*", KEY.replace("key/", "alias/"), KEY + "*", KEY.replace(ACCOUNT, "*"), "1234abcd"],
    "RoleName": ["", "a/b", "*", "a" * 65],
    "PermissionsBoundaryArn": ["*", f"arn:aws:iam::{ACCOUNT}:role/a", "AdministratorAccess"],
    "CreateBucket": ["true", "Yes", ""],
    "BucketNamespace": ["", "Global", "regional"],
    "ObjectLockMode": ["", "governance"],
    "ObjectLockDays": ["0", "36501", "1.5", ""],
    "ArchiveAfterDays": ["-1", "36501", "0.5"],
    "ExpireAfterDays": ["-1", "36501", "0.5"],
}


def snake(name: str) -> str:
    """`VendorAccountId` in Terraform's spelling."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def as_variable(name: str, value: str) -> Any:
    """A parameter's text as a value of the variable's type; ValueError where it can't be one."""
    match name, TEMPLATE["Parameters"][name]["Type"]:
        case "CreateBucket", _:
            return {"yes": True, "no": False}[value] if value in ("yes", "no") else _refuse(value)
        case _, "CommaDelimitedList":
            return value.split(",")
        case _, "Number":
            return float(value) if "." in value else int(value)
    return value


def _refuse(value: str) -> None:
    raise ValueError(f"{value!r} is of another type")


def as_variables(given: dict[str, str]) -> dict[str, Any]:
    """Parameters as variables."""
    return {snake(name): as_variable(name, value) for name, value in given.items()}


def is_of_its_type(name: str, value: str | None) -> bool:
    """Whether the variable's type can contain this text at all."""
    try:
        return value is not None and bool(as_variables({name: value}))
    except ValueError:
        return False


def takes(name: str, value: str) -> tuple[bool, bool]:
    """Whether the template and the module accept the value."""
    try:
        cloudformation.accept(name, TEMPLATE["Parameters"][name], value)
        template = True
    except ValueError:
        template = False
    try:
        module = not terraform.Module(BLOCKS, as_variables({name: value})).refused()
    except ValueError:
        module = False
    return template, module


def launches() -> list[tuple[Place, dict[str, str]]]:
    """Ways to launch it: every choice that the policies depend on, in each partition."""
    choices = itertools.product(
        [Place(ACCOUNT), Place(ACCOUNT, "us-gov-west-1", "aws-us-gov"), Place(ACCOUNT, "cn-north-1", "aws-cn")],
        [{}, {"Prefix": ""}, {"Prefix": "audit/acme"}],
        [{}, {"CreateBucket": "yes"}, {"CreateBucket": "yes", "BucketNamespace": "global"}, {"BucketNamespace": "global"}],
        [{}, {"KmsKeyArn": KEY, "RoleName": "Other", "VendorRoleName": "exporter-2",
              "ExternalId": "af-" + "a" * 32 + ",af-" + "b" * 32}],
    )
    return [(place, NEEDED | folder | bucket | rest) for place, folder, bucket, rest in choices]


def of_template(place: Place, given: dict[str, str]) -> dict[str, Any]:
    """The policies, and the names beside them, that CloudFormation would create."""
    stack = Stack(TEMPLATE, place, given)
    role = stack.resource("DeliveryRole")
    bucket = stack.resource("BucketPolicy")
    outputs = stack.outputs()
    return {
        "trust_policy": role["AssumeRolePolicyDocument"],
        "delivery_policy": role["Policies"][0]["PolicyDocument"],
        "bucket_policy": bucket and bucket["PolicyDocument"],
        "bucket": outputs["BucketName"],
        "role_arn": outputs["RoleArn"],
    }


def locals_of(place: Place) -> dict[str, str]:
    """What the module's data sources would return in this place."""
    return {"account_id": place.account, "partition": place.partition, "region": place.region}


def of_module(place: Place, given: dict[str, str]) -> dict[str, Any]:
    """The same, as Terraform would create them."""
    module = terraform.Module(BLOCKS, as_variables(given), locals_of(place))
    made = {name: module.local(name)
            for name in ("trust_policy", "delivery_policy", "bucket_policy", "bucket", "role_arn")}
    return made if module.variable("create_bucket") else made | {"bucket_policy": None}


class TheTwin(unittest.TestCase):
    """`infra/terraform` against `infra/customer-role.yaml`."""

    def test_each_parameter_has_its_variable_with_the_same_default(self) -> None:
        variables = {block.words[1]: block for block in BLOCKS if block.words[0] == "variable"}
        self.assertEqual(set(variables), {snake(name) for name in TEMPLATE["Parameters"]})
        module = terraform.Module(BLOCKS, {})
        for name, spec in TEMPLATE["Parameters"].items():
            default = variables[snake(name)].attributes.get("default")
            if "Default" not in spec:
                self.assertIsNone(default, name)
            else:
                self.assertEqual(module.value(default), as_variable(name, str(spec["Default"])), name)

    def test_both_take_and_refuse_the_same_values(self) -> None:
        self.assertEqual(set(TAKEN), set(TEMPLATE["Parameters"]))
        self.assertEqual(set(REFUSED), set(TEMPLATE["Parameters"]))
        for promised, table in ((True, TAKEN), (False, REFUSED)):
            for name, values in table.items():
                for value in values:
                    self.assertEqual(takes(name, value), (promised, promised), f"{name}={value!r}")

    def test_both_make_the_same_policies_and_names(self) -> None:
        for place, given in launches():
            self.assertEqual(of_module(place, given), of_template(place, given), (place, given))

    def test_both_return_the_same_outputs(self) -> None:
        outputs = {block.words[1] for block in BLOCKS if block.words[0] == "output"}
        self.assertEqual(outputs, {snake(name) for name in TEMPLATE["Outputs"]})

    def test_the_role_gets_these_policies_and_a_new_bucket_these_settings(self) -> None:
        module = terraform.Module(BLOCKS, as_variables(NEEDED | {"KmsKeyArn": KEY, "PermissionsBoundaryArn": ""}))
        resources = {block.words[1]: block for block in BLOCKS if block.words[0] == "resource"}
        for resource, path, promised in [
            ("aws_iam_role", ("path",), "/auditferry/"),
            ("aws_iam_role", ("max_session_duration",), 3600),
            ("aws_s3_bucket", ("lifecycle", "prevent_destroy"), True),
            ("aws_s3_bucket_ownership_controls", ("rule", "object_ownership"), "BucketOwnerEnforced"),
            ("aws_s3_bucket_public_access_block", ("block_public_acls",), True),
            ("aws_s3_bucket_public_access_block", ("block_public_policy",), True),
            ("aws_s3_bucket_public_access_block", ("ignore_public_acls",), True),
            ("aws_s3_bucket_public_access_block", ("restrict_public_buckets",), True),
            ("aws_s3_bucket_versioning", ("versioning_configuration", "status"), "Enabled"),
            ("aws_s3_bucket_server_side_encryption_configuration",
             ("rule", "apply_server_side_encryption_by_default", "kms_master_key_id"), KEY),
        ]:
            values = [module.value(found) for found in terraform.find(resources[resource], *path)]
            self.assertEqual(values, [promised], (resource, path))
        written = "".join(path.read_text(encoding="utf-8") for path in MODULE.glob("*.tf"))
        for resource, attribute, policy in [("aws_iam_role", "assume_role_policy", "trust_policy"),
                                            ("aws_iam_role_policy", "policy", "delivery_policy"),
                                            ("aws_s3_bucket_policy", "policy", "bucket_policy")]:
            self.assertIn(attribute, resources[resource].attributes)
            self.assertEqual(len(re.findall(rf"{attribute}\s*= jsonencode\(local\.{policy}\)", written)), 1)

    def test_the_code_takes_what_a_stack_can_be_launched_with(self) -> None:
        """The template's prefix and bucket name have the grammar of the types that the API parses them into."""
        def destination(**changed: str) -> dict[str, str]:
            return {"external_id": NEEDED["ExternalId"], "role": f"arn:aws:iam::{ACCOUNT}:role/auditferry/a",
                    "bucket": "audit-log", "region": "eu-central-1", "prefix": "audit"} | changed
        # A slash at its end is dropped by the code; the template can't drop it and so refuses it.
        prefixes = TAKEN["Prefix"] + [value for value in REFUSED["Prefix"] if value != "a/"]
        asked = [("Prefix", value, destination(prefix=value)) for value in prefixes]
        # What is pasted with `s3://` or as an ARN is read by the code, and nobody pastes that into a launch form.
        names = TAKEN["BucketName"] + [value for value in REFUSED["BucketName"] if ":" not in value]
        asked += [("BucketName", value, destination(bucket=value)) for value in names]
        asked += [("KmsKeyArn", value, destination(kms_key=value)) for value in TAKEN["KmsKeyArn"] if value]
        for (name, value, _), form in zip(asked, assume_role_requests([one for *_, one in asked]), strict=True):
            self.assertEqual("refused" not in form, value in TAKEN[name], f"{name}={value!r}: {form.get('refused')}")


@unittest.skipUnless(shutil.which("terraform"), "NOT CHECKED with Terraform itself: it is not installed here")
class Terraform(unittest.TestCase):
    """Terraform's own reading of the module's values; it needs no provider for these."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.here = Path(folder.name)
        for name in ("variables.tf", "policies.tf"):
            shutil.copy(MODULE / name, self.here)

    def terraform(self, *arguments: str, cwd: Path, asked: str = "") -> subprocess.CompletedProcess[str]:
        """Runs Terraform without the settings of the user who runs the tests."""
        settings = os.environ | {"TF_CLI_CONFIG_FILE": os.devnull, "CHECKPOINT_DISABLE": "1"}
        return subprocess.run(["terraform", *arguments], cwd=cwd, env=settings, input=asked, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def console(self, place: Place, variables: dict[str, Any], asked: str) -> subprocess.CompletedProcess[str]:
        """Asks for a value of the module; in place of main.tf, whose data sources need the provider, stands `place`."""
        (self.here / "main.tf.json").write_text(json.dumps({"locals": locals_of(place)}), encoding="utf-8")
        (self.here / "given.auto.tfvars.json").write_text(json.dumps(variables), encoding="utf-8")
        return self.terraform("console", cwd=self.here, asked=asked)

    def test_the_files_are_formatted(self) -> None:
        done = self.terraform("fmt", "-check", "-diff", cwd=MODULE)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_terraform_works_out_the_same_policies(self) -> None:
        names = ("trust_policy", "delivery_policy", "bucket_policy", "bucket", "role_arn")
        asked = "jsonencode({" + ", ".join(f"{name} = local.{name}" for name in names) + "})"
        for place, given in launches()[::5]:
            done = self.console(place, as_variables(given), asked)
            self.assertEqual(done.returncode, 0, done.stderr)
            planned = json.loads(json.loads(done.stdout))
            if given.get("CreateBucket") != "yes":
                planned["bucket_policy"] = None
            self.assertEqual(planned, of_module(place, given), (place, given))

    def test_terraform_takes_and_refuses_the_same_values(self) -> None:
        """One value of each parameter at a time: Terraform names every variable whose value it refuses."""
        for table in (TAKEN, REFUSED):
            for row in itertools.zip_longest(*table.values()):
                given = {name: value for name, value in zip(table, row, strict=True) if is_of_its_type(name, value)}
                done = self.console(Place(ACCOUNT), as_variables(NEEDED | given), "1")
                refused = set(re.findall(r"var\.(\w+) is ", re.sub(r"\x1b\[\d*m", "", done.stderr)))
                self.assertEqual(refused, {snake(name) for name in given} if table is REFUSED else set(), done.stderr)


if __name__ == "__main__":
    unittest.main()
