"""What each function may read and write in the ledger, and that every condition of its role has an effect.

The requests are those of `ledger.py`. Each must be allowed or denied as it says there, by the roles of `template.yaml`;
then every statement that has a condition is loosened in every way that a typing mistake could, and each time
something that must be denied is allowed.
"""

import unittest
from collections.abc import Iterator
from typing import Any

from cells import Caller, Cell, role_session, wrong
from cloudformation import Place, Stack, load
from ledger import EVERY_KIND, SECRET, Request, nobodys, uses
from mutants import Mutant, at, idle, mutants, statements
from test_vendor import OTHER_NAMES, PURE, VERIFYING, ask
from world import VENDOR, VENDOR_GIVEN, VENDOR_STACK, vendor_role

KEY = f"arn:aws:kms:eu-central-1:{VENDOR}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
SENDER = "audit@mail.vendor.example"
GIVEN = {"EncryptionKeyArn": KEY, "NotifySender": SENDER, "PortalEvents": "events"}
ROLES = ("DispatcherRole", "ExporterRole", "NotifierRole", "ApiRole", "PortalRole", "ReaderRole")
OWN_KEY_POLICY = {"Version": "2012-10-17", "Statement": [{
    "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{VENDOR}:root"}, "Action": "kms:*", "Resource": "*"}]}


class Promises:
    """All promises about a role's conditions, for the template as it is or a changed one."""

    def __init__(self, template: dict[str, Any], role: str) -> None:
        self.stack = Stack(template, Place(VENDOR), VENDOR_GIVEN | GIVEN)
        self.name, self.role = role, vendor_role(role, template, GIVEN)
        self.who = self.named("run")

    def named(self, session: str) -> Caller:
        """A session of the role under this name."""
        return role_session(f"{self.name} ({session})", self.role.name, self.role.policy, session=session)

    def arn(self, resource: str) -> str:
        """The ARN of a resource of the stack."""
        return self.stack.resolve({"Fn::GetAtt": [resource, "Arn"]})

    def cells(self) -> list[Cell]:
        """All ARNs of these resources."""
        return [*self.of_the_ledger(), *self.of_keys(), *self.of_mails(), *self.of_the_acting_session()]

    def asks(self, request: Request, promised: bool, table: str = "LedgerTable", who: Caller | None = None) -> Cell:
        """May the role do this?"""
        who, resource = who or self.who, self.arn(table) + (f"/index/{request.index}" if request.index else "")
        return Cell(f"{who.what}: {request}", promised, who.principal, f"dynamodb:{request.action}", resource, VENDOR,
                    [who.policy], context=request.context)

    def of_the_ledger(self) -> Iterator[Cell]:
        """Its requests and the attacks; and its requests of another table, which must be denied but for what the exporter
        reads there."""
        use = uses()[self.name]
        for request in use.rights:
            yield self.asks(request, True)
            if (self.name, request.action) != ("ExporterRole", "Query"):
                yield self.asks(request, False, "EventsTable")
        for request in (*use.attacks, *nobodys(self.name)):
            yield self.asks(request, False)

    def of_keys(self) -> Iterator[Cell]:
        """The vendor's own key through the storage services only, and the signing key in one variant only."""
        services = {"DispatcherRole": ["dynamodb", "sqs"], "ExporterRole": ["dynamodb", "s3", "sqs"],
                    "PortalRole": ["dynamodb", "s3"]}.get(self.name, ["dynamodb"])
        for service in ("dynamodb", "s3", "sqs", "ssm"):
            via = {"kms:ViaService": f"{service}.eu-central-1.amazonaws.com"}
            yield self.key("kms:Decrypt", KEY, service in services, via)
            yield self.key("kms:Decrypt", KEY[:-1] + "0", False, via)
            yield self.key("kms:ReEncryptTo", KEY, False, via)
        yield self.key("kms:Decrypt", KEY, False, {})
        signs = self.name == "ExporterRole"
        signing = self.arn("SigningKey")
        yield self.key("kms:Sign", signing, signs, PURE)
        yield self.key("kms:Sign", KEY, False, PURE)
        yield self.key("kms:Verify", signing, False, PURE)
        for key, value in (("kms:MessageType", "DIGEST"), ("kms:SigningAlgorithm", "ED25519_PH_SHA_512")):
            yield self.key("kms:Sign", signing, False, PURE | {key: value})

    def key(self, action: str, key: str, promised: bool, context: dict[str, str]) -> Cell:
        """May the role use this key in this way? The key's own policy leaves it to IAM."""
        return Cell(f"{self.name}: {action} with {key} {context}", promised, self.who.principal, action, key, VENDOR,
                    [self.role.policy], of_resource=OWN_KEY_POLICY, context=context)

    def of_mails(self) -> Iterator[Cell]:
        """The notifier only, and only as the sender."""
        own = self.name == "NotifierRole"
        for identity, sender, action, promised, account in [
            (SENDER, SENDER, "ses:SendEmail", own, VENDOR), ("mail.vendor.example", SENDER, "ses:SendEmail", own, VENDOR),
            ("mail.vendor.example", "ceo@mail.vendor.example", "ses:SendEmail", False, VENDOR),
            (SENDER, SENDER, "ses:SendEmail", False, "999999999999"), (SENDER, SENDER, "ses:SendRawEmail", False, VENDOR),
        ]:
            resource = f"arn:aws:ses:eu-central-1:{account}:identity/{identity}"
            yield Cell(f"{self.name}: {action} by {resource} as {sender}", promised, self.who.principal, action, resource,
                       VENDOR, [self.role.policy], context={"ses:FromAddress": sender})

    def of_the_acting_session(self) -> Iterator[Cell]:
        """The exporter's role under the API's name, without any session policy: nothing but customers' roles."""
        if self.name != "ExporterRole":
            return
        acting = self.named(VERIFYING)
        staged, queue = f"{self.arn('StagingBucket')}/parts/x", self.arn("ExportQueue")
        opened = {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": acting.principal}, "Action": "s3:*", "Resource": "*"}]}
        for who, promised in ((acting, False), (self.named("auditferry-Exporter-0123456789AB"), True)):
            for request in uses()[self.name].rights:
                yield self.asks(request, promised, who=who)
            yield self.asks(Request("Query", ["acme"]), promised, "EventsTable", who)
            for action, resource in [("s3:PutObject", staged), ("s3:GetObject", staged), ("sqs:ReceiveMessage", queue),
                                     ("events:PutEvents", self.arn("EventBus"))]:
                yield Cell(f"{who.what}: {action}", promised, who.principal, action, resource, VENDOR, [who.policy])
            yield Cell(f"{who.what}: kms:Sign", promised, who.principal, "kms:Sign", self.arn("SigningKey"), VENDOR,
                       [who.policy], of_resource=OWN_KEY_POLICY, context=PURE)
        # Not even where a bucket's policy allows this very session.
        yield Cell(f"{acting.what}: an open bucket", False, acting.principal, "s3:GetObject", "arn:aws:s3:::open/x", VENDOR,
                   [acting.policy], of_resource=opened)
        for role in ("ApiRole", "PortalRole"):
            verifier = vendor_role(role, self.stack.template, GIVEN)
            asks = role_session(role, verifier.name, verifier.policy)
            for name in (VERIFYING, *OTHER_NAMES):
                yield ask(asks, self.role.arn, self.role.trust, name == VERIFYING, name)
        trust = {"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": f"arn:aws:iam::{VENDOR}:root"}}]}
        customer = "arn:aws:iam::300000000001:role/auditferry/AuditferryDelivery"
        yield ask(acting, customer, trust, True, "auditferry")
        for arn in (self.role.arn, customer.replace("/auditferry/", "/"), f"arn:aws:iam::{VENDOR}:role/auditferry/Own"):
            yield ask(acting, arn, trust, False, "run")


class Ledger(unittest.TestCase):
    """The roles of `template.yaml`."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.template = load(VENDOR_STACK)

    def test_each_role_reads_and_writes_what_it_is_for_and_nothing_else(self) -> None:
        for role in ROLES:
            with self.subTest(role):
                self.assertEqual(wrong(Promises(self.template, role).cells()), [])

    def test_secrets_are_read_by_the_notifier_alone(self) -> None:
        """However a read is requested: alone, with another item, in a transaction, or as the return value of a write."""
        reads = [Request(action, [SECRET, *beside], attributes) for action in ("GetItem", "Query", "BatchGetItem", "PartiQLSelect")
                 for beside in ([], *([kind] for kind in EVERY_KIND)) for attributes in ((), ("pk", "sk"), ("secret",))]
        reads += [Request("GetItem", [SECRET], transaction=True), Request("Scan")]
        reads += [Request(action, [SECRET], ["pk", "sk", *more], returns, transaction=inside)
                  for action in ("PutItem", "UpdateItem", "DeleteItem") for returns in ("NONE", "ALL_OLD", "ALL_NEW")
                  for more in ([], ["secret"], ["next_run_at"], ["connectors"]) for inside in (False, True)]
        for role in ROLES:
            promises = Promises(self.template, role)
            cells = [promises.asks(one, role == "NotifierRole" and one.action == "GetItem" and set(one.keys) == {SECRET})
                     for one in reads]
            self.assertEqual(wrong(cells), [], role)

    def test_each_condition_of_each_role_holds_something(self) -> None:
        print()
        for role in ROLES:
            tried = list(self.loosened(role))
            self.assertGreater(len(tried), 7, role)
            with self.subTest(role):
                unnoticed = idle(tried, lambda changed, role=role: Promises(changed, role).cells())
                self.assertEqual(unnoticed, [], "these can be loosened and no test sees it")

    def loosened(self, role: str) -> Iterator[Mutant]:
        """Every change of every statement of the role that has a condition, its trust policy's too."""
        for path in statements(self.template["Resources"][role], ()):
            place = ("Resources", role, *path)
            if "Condition" in at(self.template, place):
                yield from mutants(self.template, place)


if __name__ == "__main__":
    unittest.main()
