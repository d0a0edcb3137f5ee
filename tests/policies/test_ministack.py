"""The templates launched in a customer's account of MiniStack, and the vendor's roles at their door.

Where iam-simulate judges policies, here the whole of it runs: CloudFormation creates role and bucket, STS hands out
sessions from one account to another, and S3 takes or refuses the files. What the stand-in can't show:

- It passes a session's own ARN as `aws:PrincipalArn`, where AWS passes the ARN of its role. So the trust policy is
  launched with that ARN instead; the condition stays, and is tested.
- It doesn't know `s3:if-none-match` in a policy, lifecycle rules or Object Lock of CloudFormation, or
  `BucketNamespace`: it creates a bucket of that name like any other.
- It speaks plain HTTP, so a bucket made by the template refuses everything (which shows that `OnlyOverTls` works),
  and files are put into a bucket that was there before.
"""

import json
import re
import unittest
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from cells import ANYTHING, FILE
from cloudformation import Place, Stack, parse
from emulator import REGION, MiniStack
from world import CUSTOMER_ROLE, SIEM_READER, VENDOR, assume_role_requests, vendor_role

CUSTOMER, STRANGER = "222222222222", "999999999999"
EXPORTER = "auditferry-exporter"
OWN, NEW, WRONG = ("af-" + digit * 32 for digit in "123")
GIVEN = {"ExternalId": OWN, "VendorAccountId": VENDOR, "BucketName": "audit-log", "Prefix": "audit/acme"}


def adapted() -> str:
    """The customer's template with the ARN that MiniStack passes."""
    pattern = r"aws:PrincipalArn: !Sub arn:\$\{AWS::Partition\}:iam::\$\{VendorAccountId\}:role/(\S+)"
    session_arn = r"aws:PrincipalArn: !Sub arn:${AWS::Partition}:sts::${VendorAccountId}:assumed-role/\1/*"
    text, changed = re.subn(pattern, session_arn, CUSTOMER_ROLE.read_text(encoding="utf-8"))
    assert changed == 1, "the trust policy names one role"
    return text


def code(call: Any, **arguments: Any) -> str:
    """`ok`, or the code of the refusal."""
    try:
        call(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "ok"


def request(form: Mapping[str, str]) -> dict[str, Any]:
    """A form that the code sent to STS, as boto3 takes it."""
    asked = {name: value for name, value in form.items() if name not in ("Action", "Version")}
    return asked | ({"DurationSeconds": int(asked["DurationSeconds"])} if "DurationSeconds" in asked else {})


class Launched(unittest.TestCase):
    """One MiniStack for all; each test has stacks and roles of its own."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.aws = MiniStack()
        cls.addClassCleanup(cls.aws.close)
        for account, role, policy in [(VENDOR, EXPORTER, vendor_role("ExporterRole").policy), (VENDOR, "admin", ANYTHING),
                                      (STRANGER, EXPORTER, ANYTHING)]:
            cls.make_role(account, role, policy)
        cls.template = adapted()
        cls.aws.root("s3", CUSTOMER).create_bucket(
            Bucket="audit-log", CreateBucketConfiguration={"LocationConstraint": REGION})

    @classmethod
    def make_role(cls, account: str, role: str, policy: Mapping[str, Any], trust: Mapping[str, Any] | None = None) -> None:
        """A role; without a trust policy one that its account's root may assume, so that tests can act as it."""
        iam = cls.aws.root("iam", account)
        trust = trust or {"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "sts:AssumeRole"}]}
        iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(trust))
        iam.put_role_policy(RoleName=role, PolicyName="its", PolicyDocument=json.dumps(policy))

    def acting_as(self, service: str, account: str, role: str) -> Any:
        """A client of a session of this role."""
        arn = f"arn:aws:iam::{account}:role/{role}"
        session = self.aws.root("sts", account).assume_role(RoleArn=arn, RoleSessionName="run")
        return self.aws.session(service, session["Credentials"])

    def launch(self, name: str, text: str, given: Mapping[str, str], *, update: bool = False) -> dict[str, str]:
        """Launches a stack in the customer's account, or updates it; returns its outputs."""
        formation = self.aws.root("cloudformation", CUSTOMER)
        order = formation.update_stack if update else formation.create_stack
        order(StackName=name, TemplateBody=text, Capabilities=["CAPABILITY_NAMED_IAM"],
              Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()])
        waiter = formation.get_waiter("stack_update_complete" if update else "stack_create_complete")
        waiter.wait(StackName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
        [stack] = formation.describe_stacks(StackName=name)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    def rendered(self, given: Mapping[str, str]) -> Stack:
        """The same launch as our own reading of the template has it."""
        return Stack(parse(self.template), Place(CUSTOMER), given)

    def test_a_launch_gives_the_role_and_the_outputs_that_it_promises(self) -> None:
        """Both with a bucket that is there and with a new one; and our reading of the template is CloudFormation's."""
        for name, given in {
            "there": GIVEN | {"RoleName": "There"},
            "new": GIVEN | {"RoleName": "New", "CreateBucket": "yes"},
            "global": GIVEN | {"RoleName": "Global", "CreateBucket": "yes", "BucketNamespace": "global",
                               "BucketName": "audit-log-global", "Prefix": ""},
        }.items():
            stack = self.rendered(given)
            outputs = self.launch(name, self.template, given)
            self.assertEqual(outputs, stack.outputs(), name)
            self.assertEqual(outputs["RoleArn"], f"arn:aws:iam::{CUSTOMER}:role/auditferry/{given['RoleName']}")
            self.assertEqual((outputs["Region"], outputs["AccountId"]), (REGION, CUSTOMER))
            iam = self.aws.root("iam", CUSTOMER)
            promised = stack.resource("DeliveryRole")
            made = iam.get_role(RoleName=given["RoleName"])["Role"]
            self.assertEqual(made["AssumeRolePolicyDocument"], promised["AssumeRolePolicyDocument"])
            policy = iam.get_role_policy(RoleName=given["RoleName"], PolicyName="deliver")["PolicyDocument"]
            self.assertEqual(policy, promised["Policies"][0]["PolicyDocument"])

    def test_a_new_bucket_is_closed_versioned_refuses_plain_http_and_stays(self) -> None:
        given = GIVEN | {"RoleName": "Maker", "CreateBucket": "yes", "BucketName": "kept"}
        bucket = self.launch("maker", self.template, given)["BucketName"]
        self.assertEqual(bucket, f"kept-{CUSTOMER}-{REGION}-an")
        s3 = self.aws.root("s3", CUSTOMER)
        self.assertEqual(s3.get_bucket_versioning(Bucket=bucket)["Status"], "Enabled")
        closed = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
        self.assertEqual(set(closed.values()), {True})
        [owner] = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]["Rules"]
        self.assertEqual(owner["ObjectOwnership"], "BucketOwnerEnforced")
        made = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])
        self.assertEqual(made, self.rendered(given).resource("BucketPolicy")["PolicyDocument"])
        writer = self.session(self.outputs_of("maker"), given)
        self.assertEqual(code(writer.put_object, Bucket=bucket, Key=f"audit/acme/{FILE}", IfNoneMatch="*"), "AccessDenied")

        formation = self.aws.root("cloudformation", CUSTOMER)
        formation.delete_stack(StackName="maker")
        formation.get_waiter("stack_delete_complete").wait(StackName="maker", WaiterConfig={"Delay": 1, "MaxAttempts": 30})
        self.assertIn(bucket, [one["Name"] for one in s3.list_buckets()["Buckets"]])
        self.assertEqual(code(self.aws.root("iam", CUSTOMER).get_role, RoleName="Maker"), "NoSuchEntity")

    def outputs_of(self, name: str) -> dict[str, str]:
        """The outputs of a stack that was launched."""
        [stack] = self.aws.root("cloudformation", CUSTOMER).describe_stacks(StackName=name)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    def session(self, outputs: Mapping[str, str], given: Mapping[str, str], *, policy: bool = True) -> Any:
        """The exporter in the customer's role: assumed with the very request that the code sends."""
        destination = {"external_id": given["ExternalId"], "role": outputs["RoleArn"], "bucket": outputs["BucketName"],
                       "region": outputs["Region"], "prefix": given["Prefix"]}
        [form] = assume_role_requests([destination])
        asked = {name: value for name, value in request(form).items() if policy or name != "Policy"}
        answer = self.acting_as("sts", VENDOR, EXPORTER).assume_role(**asked)
        return self.aws.session("s3", answer["Credentials"])

    def test_refused_parameters_are_reported_in_our_words(self) -> None:
        formation = self.aws.root("cloudformation", CUSTOMER)
        for name, value, words in [
            ("ExternalId", "acme", "must be af- and 32 digits"),
            ("VendorAccountId", "1234", "12 digits"),
            ("BucketName", "arn:aws:s3:::audit-log", "no ARN, no s3://"),
            ("Prefix", "../other", "such as audit/acme"),
            ("KmsKeyArn", "alias/audit", "no alias"),
            ("RoleName", "a/b", "without the path"),
        ]:
            given = GIVEN | {name: value}
            with self.assertRaisesRegex(ClientError, re.escape(words)):
                formation.create_stack(
                    StackName="refused", TemplateBody=self.template, Capabilities=["CAPABILITY_NAMED_IAM"],
                    Parameters=[{"ParameterKey": key, "ParameterValue": text} for key, text in given.items()])

    def test_the_role_opens_to_the_exporter_with_the_external_id_and_to_nothing_else(self) -> None:
        arn = self.launch("door", self.template, GIVEN | {"RoleName": "Door"})["RoleArn"]
        for account, role, trusted in [(VENDOR, EXPORTER, True), (VENDOR, "admin", False),
                                       (STRANGER, EXPORTER, False)]:
            sts = self.acting_as("sts", account, role)
            for external_id in (OWN, WRONG, OWN.upper(), None):
                asked = {"ExternalId": external_id} if external_id else {}
                result = code(sts.assume_role, RoleArn=arn, RoleSessionName="auditferry", **asked)
                promised = "ok" if trusted and external_id == OWN else "AccessDenied"
                self.assertEqual(result, promised, f"{account} {role} with {external_id}")

    def test_the_api_verifies_as_the_exporter_and_only_as_long_as_that_role_lets_it_in(self) -> None:
        """The way of a verification, with the roles of template.yaml and the requests that the code sends."""
        names = {"ExporterRoleName": "exporter-as-deployed"}
        exporter, api = (vendor_role(role, given=names) for role in ("ExporterRole", "ApiRole"))
        # Only the API's role is given a second door, so that the test can come in as the function does.
        self.make_role(VENDOR, api.name, api.policy)
        self.make_role(VENDOR, exporter.name, exporter.policy, exporter.trust)
        given = GIVEN | {"RoleName": "Verified", "VendorRoleName": exporter.name}
        destination = {"external_id": OWN, "role": self.launch("verified", self.template, given)["RoleArn"],
                       "bucket": "audit-log", "region": REGION, "prefix": "audit/acme"}
        first, second = assume_role_requests([destination | {"acts_as": exporter.arn}, destination])

        sts = self.acting_as("sts", VENDOR, api.name)
        self.assertEqual(code(sts.assume_role, **request(second)), "AccessDenied", "the API in its own name")
        acting = self.aws.session("sts", sts.assume_role(**request(first))["Credentials"])
        for external_id, promised in ((OWN, "ok"), (WRONG, "AccessDenied")):
            asked = request(second) | {"ExternalId": external_id}
            self.assertEqual(code(acting.assume_role, **asked), promised, external_id)
        admin = self.acting_as("sts", VENDOR, "admin")
        self.assertEqual(code(admin.assume_role, **request(first)), "AccessDenied", "an administrator's role")
        # Under another name the exporter's rights would be the API's; under this one not even without a session policy.
        for name in ("auditferry", "AUDITFERRY-VERIFY", "auditferry-verify1"):
            asked = request(first) | {"RoleSessionName": name}
            self.assertEqual(code(sts.assume_role, **asked), "AccessDenied", name)
        unbound = {name: value for name, value in request(first).items() if name != "Policy"}
        unbound = sts.assume_role(**unbound)["Credentials"]
        self.aws.root("s3", VENDOR).create_bucket(
            Bucket="stagingbucket", CreateBucketConfiguration={"LocationConstraint": REGION})
        for what, asked in (("put_object", {"Key": "x", "Body": b"x"}), ("get_object", {"Key": "x"}), ("list_objects_v2", {})):
            result = code(getattr(self.aws.session("s3", unbound), what), Bucket="stagingbucket", **asked)
            self.assertEqual(result, "AccessDenied", what)
        self.assertEqual(code(self.aws.session("sts", unbound).assume_role, **request(second)), "ok")

        trust = {**exporter.trust, "Statement": [
            one for one in exporter.trust["Statement"] if one["Sid"] != "ApiAndPortalVerifyAsIt"]}
        self.aws.root("iam", VENDOR).update_assume_role_policy(RoleName=exporter.name, PolicyDocument=json.dumps(trust))
        self.assertEqual(code(sts.assume_role, **request(first)), "AccessDenied", "without its statement")

    def test_a_session_puts_new_files_below_its_prefix_and_does_nothing_else(self) -> None:
        """Both with the exporter's session policy and with the role's own rights alone."""
        given = GIVEN | {"RoleName": "Writer"}
        outputs = self.launch("writer", self.template, given)
        for policy in (True, False):
            s3 = self.session(outputs, given, policy=policy)
            key = f"audit/acme/{policy}/{FILE}"
            file = {"Bucket": "audit-log", "Key": key}
            self.assertEqual(code(s3.put_object, **file, Body=b"1", IfNoneMatch="*"), "ok")
            self.assertEqual(code(s3.put_object, **file, Body=b"2", IfNoneMatch="*"), "PreconditionFailed")
            for elsewhere in ("x", "audit/x", "audit/acme2/x", "other/audit/acme/x", "audit/acme"):
                result = code(s3.put_object, Bucket="audit-log", Key=elsewhere, Body=b"1", IfNoneMatch="*")
                self.assertEqual(result, "AccessDenied", elsewhere)
            for forbidden in (s3.get_object, s3.delete_object, s3.get_object_tagging):
                self.assertEqual(code(forbidden, **file), "AccessDenied", forbidden)
            self.assertEqual(code(s3.list_objects_v2, Bucket="audit-log", Prefix="audit/acme/"), "AccessDenied")
            self.assertEqual(code(s3.delete_bucket, Bucket="audit-log"), "AccessDenied")

    def test_an_external_id_is_rotated_by_updating_the_stack(self) -> None:
        given = GIVEN | {"RoleName": "Rotated"}
        arn = self.launch("rotated", self.template, given)["RoleArn"]
        exporter = self.acting_as("sts", VENDOR, EXPORTER)
        for trusted in ([OWN], [NEW, OWN], [NEW]):
            if trusted != [OWN]:
                self.launch("rotated", self.template, given | {"ExternalId": ",".join(trusted)}, update=True)
            for external_id in (OWN, NEW, WRONG):
                result = code(exporter.assume_role, RoleArn=arn, RoleSessionName="auditferry", ExternalId=external_id)
                self.assertEqual(result, "ok" if external_id in trusted else "AccessDenied", (trusted, external_id))

    def test_a_siem_with_the_readers_policy_lists_and_reads_the_files(self) -> None:
        given = {"BucketName": "audit-log", "Prefix": "audit/acme"}
        policy = self.launch("reader", SIEM_READER.read_text(encoding="utf-8"), given)["PolicyArn"]
        self.make_role(CUSTOMER, "siem", {"Version": "2012-10-17", "Statement": [
            {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}]})
        self.aws.root("iam", CUSTOMER).attach_role_policy(RoleName="siem", PolicyArn=policy)
        owner = self.aws.root("s3", CUSTOMER)
        for key in ("audit/acme/read", "audit/other"):
            owner.put_object(Bucket="audit-log", Key=key, Body=b"[]")
        s3 = self.acting_as("s3", CUSTOMER, "siem")
        self.assertEqual(code(s3.list_objects_v2, Bucket="audit-log", Prefix="audit/acme/"), "ok")
        self.assertEqual(code(s3.get_object, Bucket="audit-log", Key="audit/acme/read"), "ok")
        for result in (code(s3.list_objects_v2, Bucket="audit-log"), code(s3.list_objects_v2, Bucket="audit-log", Prefix="audit/"),
                       code(s3.get_object, Bucket="audit-log", Key="audit/other"),
                       code(s3.put_object, Bucket="audit-log", Key="audit/acme/x", Body=b""),
                       code(s3.delete_object, Bucket="audit-log", Key="audit/acme/read")):
            self.assertEqual(result, "AccessDenied")


if __name__ == "__main__":
    unittest.main()
