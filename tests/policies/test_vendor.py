"""The vendor's own roles: only API and portal may assume the exporter's role, and only that role reaches customers.

Judged by iam-simulate. The roles are those of `template.yaml`; the session in which they act as the exporter has
the policy that the code really sends.
"""

import copy
import functools
import json
import unittest
from collections.abc import Iterator
from typing import Any

from cells import ANYTHING, Caller, Cell, assume, judge, role_session, wrong
from cloudformation import Place, Stack, load
from world import VENDOR, VENDOR_GIVEN, VENDOR_STACK, Policy, VendorRole, assume_role_requests, customers, session_policies, vendor_role

OPEN_DOOR = {"Version": "2012-10-17", "Statement": [{
    "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": f"arn:aws:iam::{VENDOR}:root"}}]}
PURE = {"kms:SigningAlgorithm": "ED25519_SHA_512", "kms:MessageType": "RAW"}
# The only session name of API and portal; what the code sends is compared with it.
VERIFYING = "auditferry-verify"
OTHER_NAMES = ("auditferry", "AUDITFERRY-VERIFY", "auditferry-verify-1", "x:auditferry-verify", "auditferry-Exporter-0123456789AB")
CUSTOMER = "arn:aws:iam::300000000001:role/auditferry/AuditferryDelivery"


def service(name: str) -> Caller:
    """An AWS service."""
    return Caller(name, name, name, ANYTHING)


def caller(what: str, role: VendorRole) -> Caller:
    """A function that runs as this role."""
    return role_session(what, role.arn.split(":role/", 1)[1], role.policy)


def ask(who: Caller, arn: str, trust: Policy, promised: bool, name: str = VERIFYING) -> Cell:
    """May this caller assume the role with this ARN and trust policy, for a session with this name?"""
    context = {} if who.principal.endswith(".amazonaws.com") else {"aws:PrincipalArn": who.arn}
    context |= {"sts:RoleSessionName": name}
    called = "" if name == VERIFYING else f" as {name!r}"
    return Cell(f"{who.what} asks for {arn}{called}", promised, who.principal, "sts:AssumeRole", arn, arn.split(":")[4],
                [who.policy], None, trust, context)


@functools.cache
def acting() -> dict[str, str]:
    """The API's request to STS to assume the exporter's role."""
    one = customers(numbers=[0])[0]
    exporter = vendor_role("ExporterRole").arn
    [form] = assume_role_requests([one.destination() | {"acts_as": exporter}])
    assert form["RoleArn"] == exporter, "it is the exporter's role that the API asks for"
    assert "ExternalId" not in form
    return form


def rights(role: VendorRole) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Each action that a role allows, with a resource that it names, and a context that meets the conditions."""
    for statement in role.policy["Statement"]:
        if statement["Effect"] == "Allow":
            actions, resources = ([one] if isinstance(one, str) else one
                                  for one in (statement["Action"], statement["Resource"]))
            met = {key: met_by(value) for operator, block in statement.get("Condition", {}).items()
                   for key, value in block.items() if operator != "Null"}
            yield from ((action, one_of(resource), met) for action in actions for resource in resources)


def met_by(value: Any) -> Any:
    """A value that meets a condition with this value or pattern."""
    return [met_by(one) for one in value] if isinstance(value, list) else value.replace("*", "x")


def at_the_key(action: str, who: Caller, template: dict[str, Any]) -> tuple[Policy | None, dict[str, str]]:
    """The key's policy and what it asks of the caller; for any other action neither."""
    if not action.startswith("kms:"):
        return None, {}
    policy = Stack(template, Place(VENDOR), VENDOR_GIVEN).resource("SigningKey")["KeyPolicy"]
    return policy, {"aws:PrincipalArn": who.arn}


def one_of(resources: str) -> str:
    """One of the resources that a statement names; what ends in `:*` is a log group's streams."""
    return resources if resources == "*" else resources.replace(":*", ":log-stream:x").replace("*", "x")


class TheVendorsRoles(unittest.TestCase):
    """Who may assume which role in the vendor's account."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.template = load(VENDOR_STACK)
        cls.exporter, cls.api, cls.portal, cls.dispatcher, cls.notifier = map(
            vendor_role, ("ExporterRole", "ApiRole", "PortalRole", "DispatcherRole", "NotifierRole"))

    def at_the_exporters_door(self, trust: Policy) -> list[Cell]:
        """All callers that try to assume the exporter's role; each has all rights in its own policy."""
        def anyone(what: str, role: str, account: str = VENDOR) -> Caller:
            return role_session(what, role, ANYTHING, account)

        callers = [
            (service("lambda.amazonaws.com"), True),
            (caller("the API", self.api), True),
            (caller("the portal", self.portal), True),
            (service("ec2.amazonaws.com"), False),
            (service("events.amazonaws.com"), False),
            (anyone("the dispatcher", self.dispatcher.name), False),
            (anyone("the notifier", self.notifier.name), False),
            (anyone("an administrator's role", "admin"), False),
            (anyone("the exporter itself", self.exporter.name), False),
            (anyone("a role of another account, named like the API's", self.api.name, "999999999999"), False),
            (Caller("a user", f"arn:aws:iam::{VENDOR}:user/ann", f"arn:aws:iam::{VENDOR}:user/ann", ANYTHING), False),
        ]
        cells = [ask(who, self.exporter.arn, trust, promised) for who, promised in callers]
        # Under another name the exporter's rights would be the API's. Lambda calls a session as the function is called.
        cells += [ask(who, self.exporter.arn, trust, False, name) for who, _ in callers[1:] for name in OTHER_NAMES]
        return [*cells, ask(callers[0][0], self.exporter.arn, trust, True, "auditferry-Exporter-0123456789AB")]

    def test_the_exporters_role_lets_in_lambda_api_and_portal_only(self) -> None:
        self.assertEqual(wrong(self.at_the_exporters_door(self.exporter.trust)), [])

    def test_each_statement_of_the_exporters_trust_lets_in_one_of_them(self) -> None:
        for left_out, shut_out in [("LambdaRunsIt", ("lambda.amazonaws.com",)),
                                   ("ApiAndPortalVerifyAsIt", ("the API", "the portal"))]:
            trust = copy.deepcopy(self.exporter.trust)
            trust["Statement"] = [one for one in trust["Statement"] if one["Sid"] != left_out]
            self.assertEqual(len(trust["Statement"]), 1, left_out)
            shut = wrong(self.at_the_exporters_door(trust))
            self.assertEqual({who for who in shut_out for one in shut if one.startswith(f"{who} asks")}, set(shut_out))
            asked = tuple(f"{who} asks" for who in shut_out)
            self.assertEqual([one for one in shut if not one.startswith(asked) or "denied" not in one], [])

    def test_api_and_portal_become_the_exporter_and_nobody_else(self) -> None:
        """Even where a trust policy trusts the whole account."""
        for what, role in (("the API", self.api), ("the portal", self.portal)):
            who = caller(what, role)
            doors = [ask(who, self.exporter.arn, OPEN_DOOR, True)]
            doors += [ask(who, arn, OPEN_DOOR, False) for arn in (
                self.dispatcher.arn, self.api.arn, self.portal.arn, f"arn:aws:iam::{VENDOR}:role/admin",
                f"arn:aws:iam::{VENDOR}:role/elsewhere/{self.exporter.name}",
                f"arn:aws:iam::999999999999:role/{self.exporter.name}", CUSTOMER)]
            self.assertEqual(wrong(doors), [])
            without = copy.deepcopy(role.policy)
            without["Statement"] = [one for one in without["Statement"] if one["Sid"] != "VerifyAsTheExporter"]
            denied = Caller(f"{what} without its statement", who.principal, who.arn, without)
            self.assertEqual(wrong([ask(denied, self.exporter.arn, OPEN_DOOR, False)]), [])

    def test_no_role_of_the_vendor_but_the_exporters_reaches_a_customer(self) -> None:
        """Whatever a customer's trust policy says about the vendor's account."""
        self.assertEqual(wrong([ask(caller(what, role), CUSTOMER, OPEN_DOOR, promised) for what, role, promised in [
            ("the exporter", self.exporter, True), ("the API", self.api, False), ("the portal", self.portal, False),
            ("the dispatcher", self.dispatcher, False), ("the notifier", self.notifier, False)]]), [])

    def test_the_api_comes_under_the_name_that_the_exporters_role_asks_for(self) -> None:
        self.assertEqual(acting()["RoleSessionName"], VERIFYING)

    def test_acting_as_the_exporter_the_api_assumes_customers_roles_and_does_nothing_else(self) -> None:
        """By the role's own policy, also where the code that should narrow the session is somebody else's; and by what
        the code sends, also where the policy is loosened."""
        sent = json.loads(acting()["Policy"])
        narrowed, itself = (role_session(what, self.exporter.name, self.exporter.policy, trusted=True, session=name)
                            for what, name in (("the API as the exporter", VERIFYING), ("the exporter", "run")))
        one = customers(numbers=[0])[0]
        for policy in (None, sent):
            for external_id, promised in ((one.external_id, True), (None, False)):
                cell = assume(narrowed, one, external_id, promised, f"a customer's role with {external_id}")
                self.assertEqual(wrong([Cell(**{**vars(cell), "session": policy})]), [])
            # Neither back into the exporter's role under another name, nor into any other that trusts it.
            others = [f"arn:aws:iam::{account}:role/{name}" for account in (VENDOR, "300000000001")
                      for name in (self.exporter.name, "admin")] + [f"arn:aws:iam::{VENDOR}:role/auditferry/Own"]
            cells = [ask(narrowed, arn, OPEN_DOOR, False, name) for arn in others for name in (VERIFYING, "run")]
            self.assertEqual(wrong([Cell(**{**vars(cell), "session": policy}) for cell in cells]), [])
        all_rights = [right for right in rights(self.exporter) if right[0] != "sts:AssumeRole"]
        self.assertGreater(len(all_rights), 10)

        def uses(who: Caller, policy: Policy | None) -> list[bool]:
            cells = []
            for action, resource, context in all_rights:
                of_key, at_key = at_the_key(action, who, self.template)
                cells.append(Cell(f"{action} on {resource}", True, who.principal, action, resource, VENDOR,
                                  [self.exporter.policy], policy, of_key, context | at_key))
            return judge(cells)

        self.assertTrue(all(uses(itself, None)), "the exporter itself has these rights")
        self.assertFalse(any(uses(narrowed, None)), "and the API acting as it has none of them")
        self.assertFalse(any(uses(itself, sent)), "nor would it under another name")

    def test_the_exporter_signs_in_the_pure_variant_and_nobody_else_signs(self) -> None:
        stack = Stack(self.template, Place(VENDOR), VENDOR_GIVEN)
        key = stack.resolve({"Fn::GetAtt": ["SigningKey", "Arn"]})
        anybody = role_session("an administrator's role", "admin", ANYTHING)
        asked = [
            (caller("the exporter", self.exporter), "kms:Sign", PURE, True),
            (caller("the exporter", self.exporter), "kms:Sign", PURE | {"kms:MessageType": "DIGEST"}, False),
            (caller("the exporter", self.exporter), "kms:Sign",
             PURE | {"kms:SigningAlgorithm": "ED25519_PH_SHA_512"}, False),
            (caller("the exporter", self.exporter), "kms:GetPublicKey", {}, True),
            (caller("the exporter", self.exporter), "kms:ScheduleKeyDeletion", {}, False),
            (caller("the exporter", self.exporter), "kms:DescribeKey", {}, False),
            (caller("the API", self.api), "kms:GetPublicKey", {}, True),
            (caller("the API", self.api), "kms:DescribeKey", {}, True),
            (caller("the API", self.api), "kms:Sign", PURE, False),
            (caller("the portal", self.portal), "kms:GetPublicKey", {}, True),
            (caller("the portal", self.portal), "kms:DescribeKey", {}, True),
            (caller("the portal", self.portal), "kms:Sign", PURE, False),
            (caller("the dispatcher", self.dispatcher), "kms:Sign", PURE, False),
            (caller("the notifier", self.notifier), "kms:Sign", PURE, False),
            # Whatever IAM says: the key's policy lets IAM allow this to no one else.
            (anybody, "kms:Sign", PURE, False),
            (anybody, "kms:CreateGrant", {}, False),
            (anybody, "kms:ListGrants", {}, True),
            (anybody, "kms:GetKeyRotationStatus", {}, True),
            (anybody, "kms:DisableKey", {}, True),
        ]
        cells = []
        for who, action, context, promised in asked:
            of_key, at_key = at_the_key(action, who, self.template)
            cells.append(Cell(f"{who.what}: {action} {context}", promised, who.principal, action, key, VENDOR,
                              [who.policy], None, of_key, {"aws:PrincipalArn": at_key["aws:PrincipalArn"]} | context))
        self.assertEqual(wrong(cells), [])

    def test_the_api_reads_no_events_and_deletes_nothing(self) -> None:
        stack = Stack(self.template, Place(VENDOR), VENDOR_GIVEN)

        def arn(resource: str) -> str:
            return stack.resolve({"Fn::GetAtt": [resource, "Arn"]})

        session = caller("the API", self.api)
        ledger, events, staged = arn("LedgerTable"), arn("EventsTable"), f"{arn('StagingBucket')}/x"
        # What it may do in the ledger is test_ledger's.
        cells = [self.use(session, action, resource, promised) for action, resource, promised in [
            ("dynamodb:DeleteTable", ledger, False), ("dynamodb:ExportTableToPointInTime", ledger, False),
            ("dynamodb:Query", events, False), ("dynamodb:GetItem", events, False), ("s3:GetObject", staged, False),
            ("s3:PutObject", staged, False), ("sqs:SendMessage", arn("ExportQueue"), False),
            ("iam:UpdateAssumeRolePolicy", self.exporter.arn, False), ("iam:PassRole", self.exporter.arn, False),
        ]]
        self.assertEqual(wrong(cells), [])

    def test_the_portal_reads_the_logo_and_no_event_no_staged_part_and_nothing_else_of_the_bucket(self) -> None:
        stack = Stack(self.template, Place(VENDOR), VENDOR_GIVEN)

        def arn(resource: str) -> str:
            return stack.resolve({"Fn::GetAtt": [resource, "Arn"]})

        session = caller("the portal", self.portal)
        events, bucket, bus = arn("EventsTable"), arn("StagingBucket"), arn("EventBus")
        # What it may do in the ledger is test_ledger's.
        cells = [self.use(session, "s3:GetObject", f"{bucket}/{key}", key == "portal/logo") for key in (
            "portal/logo", "portal/logo/x", "portal/logo2", "portal/", "portal/x", "x", "parts/con_0000000000000001/x.data")]
        cells += [self.use(session, action, resource, False) for action, resource in [
            ("s3:PutObject", f"{bucket}/portal/logo"), ("s3:DeleteObject", f"{bucket}/portal/logo"),
            ("s3:PutObject", f"{bucket}/parts/x"), ("s3:GetObjectTagging", f"{bucket}/portal/logo"),
            ("s3:PutObjectTagging", f"{bucket}/parts/x"), ("s3:GetObjectVersion", f"{bucket}/parts/x"),
            ("s3:ListBucket", bucket), ("s3:GetObject", "arn:aws:s3:::elsewhere/portal/logo"),
            ("dynamodb:Query", events), ("dynamodb:GetItem", events), ("dynamodb:Scan", events),
            ("dynamodb:DeleteTable", arn("LedgerTable")), ("dynamodb:ExportTableToPointInTime", arn("LedgerTable")),
            ("sqs:SendMessage", arn("ExportQueue")), ("sqs:SendMessage", arn("NoticeQueue")),
            ("sqs:ReceiveMessage", arn("NoticeQueue")), ("ses:SendEmail", f"arn:aws:ses:eu-central-1:{VENDOR}:identity/x"),
            ("events:PutEvents", bus.replace("event-bus/", "event-bus/other")),
            ("lambda:InvokeFunction", f"arn:aws:lambda:eu-central-1:{VENDOR}:function:auditferry-Exporter-1X"),
            ("iam:UpdateAssumeRolePolicy", self.exporter.arn), ("iam:PassRole", self.exporter.arn)]]
        cells.append(self.use(session, "events:PutEvents", bus, True))
        self.assertEqual(wrong(cells), [])

    def test_the_notifier_mails_as_the_sender_only_and_changes_nothing(self) -> None:
        stack = Stack(self.template, Place(VENDOR), VENDOR_GIVEN)

        def arn(resource: str) -> str:
            return stack.resolve({"Fn::GetAtt": [resource, "Arn"]})

        notifier = caller("the notifier", vendor_role("NotifierRole", given={"NotifySender": "audit@mail.vendor.example"}))
        # In the sandbox IAM judges the recipient's identity too, which must be verified there.
        address, domain, recipient, company = (f"arn:aws:ses:eu-central-1:{VENDOR}:identity/{name}" for name in (
            "audit@mail.vendor.example", "mail.vendor.example", "security@acme.example", "acme.example"))
        elsewhere = address.replace(VENDOR, "999999999999")
        ours, ceo = ({"ses:FromAddress": sender} for sender in ("audit@mail.vendor.example", "ceo@mail.vendor.example"))
        ledger, queue = arn("LedgerTable"), arn("NoticeQueue")
        cells = [self.use(notifier, action, resource, promised, context) for action, resource, promised, context in [
            ("ses:SendEmail", address, True, ours), ("ses:SendEmail", domain, True, ours),
            ("ses:SendEmail", recipient, True, ours), ("ses:SendEmail", company, True, ours),
            ("ses:SendEmail", domain, False, ceo), ("ses:SendEmail", recipient, False, ceo),
            ("ses:SendEmail", address, False, {}), ("ses:SendEmail", elsewhere, False, ours),
            ("ses:SendRawEmail", address, False, ours), ("ses:CreateEmailIdentity", address, False, {}),
            ("dynamodb:DeleteTable", ledger, False, {}), ("dynamodb:Query", arn("EventsTable"), False, {}),
            ("s3:GetObject", f"{arn('StagingBucket')}/x", False, {}), ("events:PutEvents", arn("EventBus"), False, {}),
            ("sqs:SendMessage", queue, True, {}), ("sqs:SendMessage", arn("ExportQueue"), False, {}),
        ]]
        # Without a sender it may not send any mail.
        nobody = caller("the notifier without a sender", self.notifier)
        cells += [self.use(nobody, "ses:SendEmail", resource, False, ours) for resource in (address, domain, recipient)]
        self.assertEqual(wrong(cells), [])

    def test_a_key_of_the_vendors_encrypts_what_is_stored_and_is_used_through_the_services_only(self) -> None:
        key = f"arn:aws:kms:eu-central-1:{VENDOR}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
        with_key, without = (Stack(self.template, Place(VENDOR), VENDOR_GIVEN | given)
                             for given in ({"EncryptionKeyArn": key}, {}))
        for name, properties in [("EventsTable", ["SSESpecification", "KMSMasterKeyId"]),
                                 ("LedgerTable", ["SSESpecification", "KMSMasterKeyId"]),
                                 ("StagingBucket", ["BucketEncryption", "ServerSideEncryptionConfiguration", 0,
                                                    "ServerSideEncryptionByDefault", "KMSMasterKeyID"]),
                                 ("ExportQueue", ["KmsMasterKeyId"]), ("ExportDeadLetters", ["KmsMasterKeyId"])]:
            found = functools.reduce(lambda tree, step: tree[step], properties, with_key.resource(name))
            self.assertEqual(found, key, name)
            self.assertNotIn("Kms", json.dumps(without.resource(name)).replace("KMS", "Kms"), name)
        cells = []
        for name, services in [("ExporterRole", ["dynamodb", "s3", "sqs"]), ("DispatcherRole", ["dynamodb", "sqs"]),
                               ("NotifierRole", ["dynamodb"]), ("ApiRole", ["dynamodb"]), ("PortalRole", ["dynamodb", "s3"])]:
            role, none = (vendor_role(name, given=given) for given in ({"EncryptionKeyArn": key}, None))
            for right in ("kms:Decrypt", "kms:GenerateDataKey"):
                self.assertNotIn(right, json.dumps(none.policy), name)
            for service_name in ("dynamodb", "s3", "sqs", "ssm"):
                via = {"kms:ViaService": f"{service_name}.eu-central-1.amazonaws.com"}
                promised = service_name in services
                cells.append(self.use(caller(name, role), "kms:Decrypt", key, promised, via))
                cells.append(self.use(caller(name, role), "kms:Decrypt", key[:-1] + "0", False, via))
                cells.append(self.use(caller(name, role), "kms:ScheduleKeyDeletion", key, False, via))
            cells.append(self.use(caller(name, role), "kms:Decrypt", key, False, {}))
        self.assertEqual(wrong(cells), [])

    @staticmethod
    def use(who: Caller, action: str, resource: str, promised: bool, context: dict[str, str] | None = None) -> Cell:
        """May the caller do this in the vendor's account?"""
        # A key's own policy is the default one: the account's IAM policies decide.
        of_key = {"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{VENDOR}:root"}, "Action": "kms:*", "Resource": "*"}]}
        return Cell(f"{who.what}: {action} on {resource} {context or ''}", promised, who.principal, action, resource,
                    VENDOR, [who.policy], None, of_key if action.startswith("kms:") else None, context or {})


if __name__ == "__main__":
    unittest.main()
