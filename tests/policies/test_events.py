"""Who can read an event: the exporter, and the reader's data role in a session that names one connector and one tenant.

Judged by iam-simulate. The roles are those of `template.yaml`; the session policies are what the reader really sends.
"""

import copy
import json
import unittest
from collections.abc import Iterator, Mapping
from typing import Any

from cells import ANYTHING, Caller, Cell, role_session, wrong
from cloudformation import Place, Stack, load
from mutants import idle, mutants
from test_vendor import OPEN_DOOR, ask, caller, service
from world import VENDOR, VENDOR_GIVEN, VENDOR_STACK, Policy, reading_sessions, vendor_role

KEY = f"arn:aws:kms:eu-central-1:{VENDOR}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
SHOWN = {"PortalEvents": "events", "EncryptionKeyArn": KEY}
OWN, OTHER = "con_0000000000000007", "con_0000000000000070"
NAME = f"auditferry-reads-{OWN}"
READER = ("Reader", "ReaderSessions", "ReaderRole", "ReaderDataRole", "ReaderAssumesDataRole", "ReaderLogs", "IndexQueue", "IndexDeadLetters",
          "IndexQueuePolicy", "IndexDeadLettersPolicy", "SealedPartsToReader")
OF_THE_ACCOUNT = {"Version": "2012-10-17", "Statement": [{
    "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{VENDOR}:root"}, "Action": "kms:*", "Resource": "*"}]}


class World:
    """The stack with a reader, from the template or a changed one."""

    def __init__(self, template: Mapping[str, Any]) -> None:
        self.template = template
        self.stack = Stack(template, Place(VENDOR), VENDOR_GIVEN | SHOWN)
        self.bucket, self.events, self.reader = map(self.arn, ("StagingBucket", "EventsTable", "Reader"))
        self.data = vendor_role("ReaderDataRole", template, SHOWN)

    def arn(self, resource: str) -> str:
        """The ARN of a resource of the stack."""
        return self.stack.resolve({"Fn::GetAtt": [resource, "Arn"]})

    def role(self, name: str) -> Caller:
        """A function that runs as this role."""
        return caller(name, vendor_role(name, self.template, SHOWN))

    def session(self) -> Caller:
        """A session of the data role."""
        return role_session("the data role", self.data.name, self.data.policy, session=NAME)

    def can(self, who: Caller, action: str, resource: str, promised: bool, context: Mapping[str, Any] | None = None,
            session: Policy | None = None) -> Cell:
        """May the caller do this?"""
        of_key = OF_THE_ACCOUNT if action.startswith("kms:") else None
        return Cell(f"{who.what}: {action} on {resource} {context or ''}", promised, who.principal, action, resource,
                    VENDOR, [who.policy], session, of_key, context or {})

    def objects(self, who: Caller, session: Policy | None, other: bool) -> Iterator[Cell]:
        """What a session does with objects; of another connector only if no policy narrows it."""
        for connector, may in ((OWN, True), (OTHER, other), (f"{OWN}x", other)):
            for folder in ("parts", "index", "downloads"):
                key = f"{self.bucket}/{folder}/{connector}/x"
                writes = may and folder != "parts"
                for action, promised in (("s3:GetObject", may), ("s3:PutObject", writes), ("s3:PutObjectTagging", writes),
                                         ("s3:DeleteObject", False), ("s3:GetObjectVersion", False)):
                    yield self.can(who, action, key, promised, session=session)
                yield self.can(who, "s3:ListBucket", self.bucket, may, {"s3:prefix": f"{folder}/{connector}/"}, session)
        for prefix in ("", "parts", "portal/", "index"):
            yield self.can(who, "s3:ListBucket", self.bucket, False, {"s3:prefix": prefix}, session)
        yield self.can(who, "s3:ListBucket", self.bucket, False, {}, session)
        prefix = {"s3:prefix": f"parts/{OWN}/"}
        yield self.can(who, "s3:ListBucket", "arn:aws:s3:::elsewhere", False, prefix, session)
        yield self.can(who, "s3:ListBucketVersions", self.bucket, False, prefix, session)
        for key in ("portal/logo", "x", f"other/{OWN}/x"):
            yield self.can(who, "s3:GetObject", f"{self.bucket}/{key}", False, session=session)
        yield self.can(who, "s3:GetObject", f"arn:aws:s3:::elsewhere/parts/{OWN}/x", False, session=session)

    def partitions(self, who: Caller, session: Policy | None, other: bool) -> Iterator[Cell]:
        """What a session reads of the events table."""
        for keys, may in ((["acme#0"], True), (["acme#1"], True), (["acme"], other), (["acme#2"], other),
                          (["globex#0"], other), (["acme#0", "globex#0"], other)):
            yield self.can(who, "dynamodb:Query", self.events, may, {"dynamodb:LeadingKeys": keys}, session)
        yield self.can(who, "dynamodb:Query", self.events, other, {}, session)
        yield self.can(who, "dynamodb:DescribeTable", self.events, True, session=session)
        for action in ("GetItem", "Scan", "PutItem", "DeleteItem", "BatchGetItem"):
            # A Scan has no keys by which it could be judged.
            keys = {} if action == "Scan" else {"dynamodb:LeadingKeys": ["acme#0"]}
            yield self.can(who, f"dynamodb:{action}", self.events, False, keys, session)
        yield self.can(who, "dynamodb:Query", self.arn("LedgerTable"), False, {"dynamodb:LeadingKeys": ["acme#0"]}, session)

    def keys(self, who: Caller, session: Policy | None) -> Iterator[Cell]:
        """The vendor's key through S3 and DynamoDB only."""
        for name in ("s3", "dynamodb", "sqs", "ssm"):
            via = {"kms:ViaService": f"{name}.eu-central-1.amazonaws.com"}
            for action in ("kms:Decrypt", "kms:GenerateDataKey"):
                yield self.can(who, action, KEY, name in ("s3", "dynamodb"), via, session)
                yield self.can(who, action, KEY[:-1] + "0", False, via, session)
        yield self.can(who, "kms:Decrypt", KEY, False, {}, session)
        yield self.can(who, "kms:Sign", self.arn("SigningKey"), False, {}, session)

    def doors(self) -> Iterator[Cell]:
        """Who may assume the data role, and for which session names."""
        reader = self.role("ReaderRole")
        for name, may in ((NAME, True), ("auditferry-verify", False), ("x", False), (f"x-{NAME}", False)):
            yield ask(reader, self.data.arn, self.data.trust, may, name)
        for what in ("ExporterRole", "ApiRole", "PortalRole", "DispatcherRole", "NotifierRole", "admin"):
            role = vendor_role(what, self.template, SHOWN).name if what != "admin" else what
            yield ask(role_session(what, role, ANYTHING), self.data.arn, self.data.trust, False, NAME)
        for name in ("lambda.amazonaws.com", "ec2.amazonaws.com"):
            yield ask(service(name), self.data.arn, self.data.trust, False, NAME)
        everything = {"Version": "2012-10-17", "Statement": [OPEN_DOOR["Statement"][0] | {"Action": "sts:*"}]}
        yield Cell("the reader tags its session", False, reader.principal, "sts:TagSession", self.data.arn, VENDOR,
                   [reader.policy], None, everything)
        # Nor does the reader come into any other role, whatever that one trusts.
        for arn in (self.arn("ExporterRole"), f"arn:aws:iam::{VENDOR}:role/admin", f"{self.data.arn}x",
                    "arn:aws:iam::300000000001:role/auditferry/AuditferryDelivery"):
            yield ask(reader, arn, OPEN_DOOR, False, NAME)

    def cells(self) -> list[Cell]:
        """All promises that the role keeps without any session policy."""
        who = self.session()
        return [*self.objects(who, None, True), *self.partitions(who, None, True), *self.keys(who, None), *self.doors()]


class Events(unittest.TestCase):
    """Parts, indexes and events."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.template = load(VENDOR_STACK)
        cls.world = World(cls.template)

    def test_no_function_reads_an_event_by_itself_but_the_exporter(self) -> None:
        world, cells = self.world, []
        for role in ("ExporterRole", "ApiRole", "PortalRole", "DispatcherRole", "NotifierRole", "ReaderRole"):
            who, may = world.role(role), role == "ExporterRole"
            cells += [world.can(who, "dynamodb:Query", world.events, may, {"dynamodb:LeadingKeys": ["acme"]}),
                      world.can(who, "dynamodb:GetItem", world.events, False), world.can(who, "dynamodb:Scan", world.events, False)]
            for key in (f"parts/{OWN}/x", f"index/{OWN}/x", f"downloads/{OWN}/x"):
                cells += [world.can(who, "s3:GetObject", f"{world.bucket}/{key}", may),
                          world.can(who, "s3:PutObject", f"{world.bucket}/{key}", may)]
            cells.append(world.can(who, "s3:ListBucket", world.bucket, may, {"s3:prefix": f"parts/{OWN}/"}))
        self.assertEqual(wrong(cells), [])

    def test_a_session_reads_one_connectors_objects_and_one_tenants_partitions(self) -> None:
        world = self.world
        [form] = reading_sessions(world.data.arn, world.bucket.rsplit(":", 1)[-1], [(7, "acme", 2)])
        self.assertEqual((form["RoleArn"], form["RoleSessionName"]), (world.data.arn, NAME))
        self.assertNotIn("ExternalId", form)
        session, who = json.loads(form["Policy"]), world.session()
        self.assertEqual(wrong([*world.objects(who, session, False), *world.partitions(who, session, False),
                                *world.keys(who, session)]), [])
        # The policy alone opens nothing: what the role does not allow stays denied.
        empty = role_session("a role without rights", world.data.name, {"Version": "2012-10-17", "Statement": []}, session=NAME)
        self.assertEqual(wrong([world.can(empty, "s3:GetObject", f"{world.bucket}/parts/{OWN}/x", False, session=session)]), [])

    def test_the_data_role_is_the_readers_alone_and_each_of_its_conditions_holds_something(self) -> None:
        self.assertEqual(wrong(self.world.cells()), [])
        tried = [one for name in ("ReaderDataRole", "ReaderAssumesDataRole") for one in mutants(self.template, ("Resources", name))]
        self.assertGreater(len(tried), 10)
        self.assertEqual(idle(tried, lambda changed: World(changed).cells()), [], "these can be loosened and no test sees it")

    def test_the_api_invokes_the_reader_the_portal_its_door_for_sessions_and_nobody_another_function(self) -> None:
        world, cells = self.world, []
        door = world.stack.resolve({"Ref": "ReaderSessions"})
        self.assertEqual(door, f"{world.reader}:sessions")
        for role in ("ApiRole", "PortalRole", "DispatcherRole", "NotifierRole", "ExporterRole", "ReaderRole"):
            who = world.role(role)
            cells += [world.can(who, "lambda:InvokeFunction", resource, promised) for resource, promised in (
                (world.reader, role == "ApiRole"), (door, role == "PortalRole"), (f"{world.reader}:x", False),
                (world.arn("Exporter"), False), (f"{world.reader}x", False))]
            cells += [world.can(who, action, world.reader, False) for action in (
                "lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration", "lambda:AddPermission")]
        self.assertEqual(wrong(cells), [])

    def test_with_portal_events_off_nothing_of_it_exists(self) -> None:
        for events, exists in (("off", False), ("counts", True), ("events", True)):
            stack = Stack(self.template, Place(VENDOR), VENDOR_GIVEN | {"PortalEvents": events})
            for name in READER:
                condition = self.template["Resources"][name]["Condition"]
                self.assertEqual(stack.condition(condition), exists, f"{name} with {events}")
            variables = self.template["Resources"]["Api"]["Properties"]["Environment"]["Variables"]
            self.assertEqual(stack.resolve(variables["READER_FUNCTION"]), "Reader" if exists else "", events)
            for role in ("ApiRole", "PortalRole"):
                self.assertEqual("lambda:InvokeFunction" in json.dumps(stack.resource(role)), exists, events)
            of_portal = self.template["Resources"]["Portal"]["Properties"]["Environment"]["Variables"]["READER_FUNCTION"]
            self.assertEqual(stack.resolve(of_portal).endswith(":sessions"), exists, events)
            condition = self.template["Outputs"]["ReaderFunctionName"]["Condition"]
            self.assertEqual(stack.condition(condition), exists, events)
        # It is the default.
        self.assertEqual(self.template["Parameters"]["PortalEvents"]["Default"], "off")

    def test_whatever_names_the_reader_goes_with_it(self) -> None:
        """No resource without its condition refers to one that may not exist: the deployment would fail."""
        names = {*READER, "ReaderSweep"}

        def refers(tree: Any) -> Iterator[str]:
            if isinstance(tree, dict):
                if tree.get("Fn::If", [""])[0] == "ReadEvents":
                    yield from refers(tree["Fn::If"][2])
                    return
                yield from {tree.get("Ref"), (tree.get("Fn::GetAtt") or [None])[0]} & names
                for value in tree.values():
                    yield from refers(value)
            elif isinstance(tree, list):
                for value in tree:
                    yield from refers(value)

        for section in ("Resources", "Outputs"):
            for name, one in copy.deepcopy(self.template[section]).items():
                if one.get("Condition") != "ReadEvents":
                    self.assertEqual(list(refers(one)), [], f"{name} is there without the reader")


if __name__ == "__main__":
    unittest.main()
