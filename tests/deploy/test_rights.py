"""The functions' own rights suffice, and each is needed: whatever is taken away from a role, something fails.

Every statement of every function's role is taken away in turn, and every single action of it. Then all that the
function does is tried again, by the deployed program itself. What Lambda and EventBridge do in a function's name (write
its logs, take its messages, send failed ticks to the dead-letter queue) MiniStack does without asking, so there the test takes their place
and does it with the role's own rights.
"""

import functools
import io
import json
import os
import unittest
import uuid
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

import adapted
from browser import Browser
from customer import Customer
from bus_listener import BusListener
from stand_in import REGION, StandIn
from vendor import TICK, VENDOR, Refused, Vendor, now, real_events

# The functions and their roles, by the names that they have in the template.
FUNCTIONS = {"DispatcherRole": "Dispatcher", "ExporterRole": "Exporter", "NotifierRole": "Notifier", "ApiRole": "Api",
             "PortalRole": "Portal"}
# The first bytes of a PNG, by which the portal knows one.
LOGO = b"\x89PNG\r\n\x1a\n"


class Rights(unittest.TestCase):
    """A deployment whose schedule and queue are stopped, so that nothing happens but what the test does."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.aws = StandIn()
        cls.addClassCleanup(cls.aws.close)
        # Sort keys that may be numbers or texts, so that the exporter has to ask DynamoDB which they are.
        cls.key = cls.aws.root("kms", VENDOR).create_key()["KeyMetadata"]["Arn"]
        # Everything is tried again and again, so no budget may end it.
        cls.vendor = Vendor(cls.aws, EventsSortKeyForm="epoch_millis", EncryptionKeyArn=cls.key, BudgetConnectors="10000",
                            BudgetChanges="10000", BudgetVerifications="10000", BudgetRuns="10000")
        cls.aws.root("events", VENDOR).disable_rule(Name=cls.vendor.resource("DispatcherTick"))
        functions = cls.aws.root("lambda", VENDOR)
        for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
            functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=False)
        cls.bus = BusListener(cls.vendor)
        cls.customer = Customer(cls.vendor, "acme", "222222222222", {"format": "json", "compression": "none"})
        cls.customer.onboard(now() - timedelta(minutes=1))
        # A host that leads nowhere, by RFC 2606.
        cls.vendor.ask("PUT", f"{cls.customer.path}/contacts", {
            "emails": ["security@acme.example"], "webhook": "https://hooks.acme.invalid/"})
        cls.vendor.ask("POST", f"{cls.customer.path}/confirm-address", {"email": "security@acme.example"})
        cls.aws.root("s3", VENDOR).put_object(
            Bucket=cls.vendor.outputs["StagingBucketName"], Key="portal/logo", Body=LOGO)
        cls.spare = iter(real_events())
        for role in FUNCTIONS:
            cls.let_the_test_act_as(cls.vendor.resource(role))
        cls.make_a_role_that_must_stay_shut()

    @classmethod
    def let_the_test_act_as(cls, role: str) -> None:
        """The account's root itself may assume the role too, and no other of its principals. The template doesn't say so,
        and nothing else of it changes."""
        iam = cls.aws.root("iam", VENDOR)
        trust, root = iam.get_role(RoleName=role)["Role"]["AssumeRolePolicyDocument"], f"arn:aws:iam::{VENDOR}:root"
        trust["Statement"].append({"Effect": "Allow", "Principal": {"AWS": root}, "Action": "sts:AssumeRole",
                                   "Condition": {"ArnEquals": {"aws:PrincipalArn": root}}})
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=json.dumps(trust))

    @classmethod
    def make_a_role_that_must_stay_shut(cls) -> None:
        """A role of the vendor's own, on the path of customers' roles, that lets the whole account in."""
        trust = {"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{VENDOR}:root"}, "Action": "sts:AssumeRole"}]}
        cls.aws.root("iam", VENDOR).create_role(
            Path="/auditferry/", RoleName="Own", AssumeRolePolicyDocument=json.dumps(trust))

    def acting_as(self, role: str, service: str, name: str = "platform") -> Any:
        """A client with a role's own rights, in a session of this name."""
        arn = f"arn:aws:iam::{VENDOR}:role/{self.vendor.resource(role)}"
        session = self.aws.root("sts", VENDOR).assume_role(RoleArn=arn, RoleSessionName=name)
        return self.aws.session(service, session["Credentials"])

    def invoke(self, function: str, event: dict[str, Any]) -> Any:
        """Runs a deployed function with this event, to its answer."""
        response = self.aws.root("lambda", VENDOR).invoke(
            FunctionName=self.vendor.outputs[f"{function}FunctionName"], Payload=json.dumps(event))
        answer = json.loads(response["Payload"].read())
        assert "FunctionError" not in response, answer
        return answer

    def start_anew(self, function: str) -> None:
        """The next run begins with a program that knows nothing yet: neither a table's layout nor a session's keys."""
        self.aws.root("lambda", VENDOR).update_function_code(
            FunctionName=self.vendor.outputs[f"{function}FunctionName"], ZipFile=zipped(function))

    # What each function does. Each of these fails, with whatever it fails with, if a right is missing.

    def a_due_connector_is_queued(self) -> None:
        """The dispatcher's tick."""
        self.customer.asks_for_a_run()
        self.invoke("Dispatcher", TICK)
        queue = self.vendor.outputs["ExportQueueUrl"]
        sqs = self.aws.root("sqs", VENDOR)
        messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        for message in messages:
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
        assert [json.loads(message["Body"]) for message in messages] == [{"connector_id": self.customer.connector}], messages

    def the_watchdog_counts_the_connectors(self) -> None:
        """The dispatcher's tick goes through all connectors and reports how many are active."""
        # A sweep through all is not begun at every tick, so the last one is forgotten first.
        self.aws.root("dynamodb", VENDOR).delete_item(
            TableName=self.vendor.outputs["LedgerTableName"], Key={"pk": {"S": "WATCHDOG"}, "sk": {"S": "SWEEP"}})
        since = int(now().timestamp() * 1000)
        self.invoke("Dispatcher", TICK)
        logs = self.aws.root("logs", VENDOR)
        events = logs.filter_log_events(logGroupName=self.vendor.resource("DispatcherLogs"), startTime=since)["events"]
        lines = [json.loads(event["message"]) for event in events if event["message"].startswith("{")]
        assert any(line.get("ConnectorsActive") == 1 for line in lines), lines
        kept = self.aws.root("dynamodb", VENDOR).get_item(
            TableName=self.vendor.outputs["LedgerTableName"], Key={"pk": {"S": "WATCHDOG"}, "sk": {"S": "SWEEP"}})
        assert "Item" in kept, "the watchdog's cursor isn't stored"

    def the_watchdog_publishes_notices(self) -> None:
        """A connector that is no longer late gets a notice. This one was never late, so the test makes it seem so."""
        ledger, table = self.aws.root("dynamodb", VENDOR), self.vendor.outputs["LedgerTableName"]
        yesterday = (now() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        ledger.update_item(
            TableName=table, Key={"pk": {"S": f"C#{self.customer.connector}"}, "sk": {"S": "CURSOR"}},
            UpdateExpression="SET told = :told", ExpressionAttributeValues={":told": {"M": {
                "of": {"S": "stale"}, "since": {"S": yesterday}, "at": {"S": now().strftime("%Y-%m-%dT%H:%M:%S.000Z")}}}})
        ledger.delete_item(TableName=table, Key={"pk": {"S": "WATCHDOG"}, "sk": {"S": "SWEEP"}})
        before = len(self.bus.received(self.customer.connector, "ExportOnTime"))
        self.invoke("Dispatcher", TICK)
        assert len(self.bus.received(self.customer.connector, "ExportOnTime")) > before, "nothing was published"

    def an_event_is_delivered_and_published(self) -> None:
        """The exporter's run, from a message to the file and the notice."""
        customer = self.customer
        before, expirable = self.vendor.exports(customer.connector), self.expirable()
        customer.happens([next(self.spare)], now(), now())
        self.the_exporter_runs()
        assert customer.delivered_events() == customer.events, "the event isn't there"
        new = self.vendor.exports(customer.connector)[len(before):]
        published = {notice["part"] for notice in self.bus.received(customer.connector, "ExportDelivered")}
        assert published >= {part["part"] for part in new if part["kind"] != "heartbeat"}, f"published {published} of {new}"
        assert self.expirable() > expirable, "the delivered bytes weren't marked as expirable"

    def the_exporter_runs(self) -> None:
        """For the customer, whatever an earlier run left behind."""
        self.end_the_lease(self.customer.connector)
        self.customer.asks_for_a_run()
        self.exports_once(self.customer.connector)

    def exports_once(self, connector: str) -> None:
        """A message about this connector, as the queue would hand it over."""
        answer = self.invoke("Exporter", {"Records": [{
            "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d", "receiptHandle": "handle", "eventSource": "aws:sqs",
            "body": json.dumps({"connector_id": connector}), "attributes": {}, "messageAttributes": {},
            "md5OfBody": "", "awsRegion": REGION, "eventSourceARN": f"arn:aws:sqs:{REGION}:{VENDOR}:requests"}]})
        assert answer == {"batchItemFailures": []}, answer

    def what_an_earlier_run_sealed_is_delivered(self) -> None:
        """A run that died before its mark left a part, and the next one has to read its record. Here the mark of the
        last part is taken back."""
        ledger, table = self.aws.root("dynamodb", VENDOR), self.vendor.outputs["LedgerTableName"]
        partition = {"pk": {"S": f"C#{self.customer.connector}"}}
        cursor = {**partition, "sk": {"S": "CURSOR"}}
        last = int(ledger.get_item(TableName=table, Key=cursor)["Item"]["delivered"]["N"])
        part = {**partition, "sk": {"S": f"PART#{last:012}"}}
        ledger.update_item(TableName=table, Key=part, UpdateExpression="REMOVE delivered_at")
        ledger.update_item(TableName=table, Key=cursor, UpdateExpression="SET delivered = :before",
                           ExpressionAttributeValues={":before": {"N": str(last - 1)}})
        self.the_exporter_runs()
        assert "delivered_at" in ledger.get_item(TableName=table, Key=part)["Item"], "the part still waits"

    def expirable(self) -> int:
        """How many objects in the staging bucket are marked as no longer needed, for its lifecycle to remove."""
        s3, bucket = self.aws.root("s3", VENDOR), self.vendor.outputs["StagingBucketName"]
        keys = [one["Key"] for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
                for one in page.get("Contents", [])]
        return sum(bool(s3.get_object_tagging(Bucket=bucket, Key=key)["TagSet"]) for key in keys)

    def end_the_lease(self, connector: str) -> None:
        """A run that broke off keeps the connector's lease for as long as the function might have gone on, 15 minutes.
        Here they pass at once."""
        self.aws.root("dynamodb", VENDOR).update_item(
            TableName=self.vendor.outputs["LedgerTableName"], Key={"pk": {"S": f"C#{connector}"}, "sk": {"S": "CURSOR"}},
            UpdateExpression="REMOVE lease_owner, lease_until")

    def an_upload_is_given_up(self) -> None:
        """What staging does when the encoding of a large part fails halfway."""
        s3 = self.acting_as("ExporterRole", "s3")
        upload = {"Bucket": self.vendor.outputs["StagingBucketName"], "Key": "given-up"}
        s3.abort_multipart_upload(**upload, UploadId=s3.create_multipart_upload(**upload)["UploadId"])

    def orphans_are_looked_for(self) -> None:
        """The exporter's orphan sweep of its staging bucket, which comes with every two dozen parts."""
        bucket = self.vendor.outputs["StagingBucketName"]
        found = self.acting_as("ExporterRole", "s3").list_objects_v2(Bucket=bucket, Prefix="parts/")
        assert found["KeyCount"] > 0, "nothing is staged"

    def roles_of_the_vendors_own_account_stay_shut(self) -> None:
        """Whatever ARN a connector holds."""
        try:
            self.acting_as("ExporterRole", "sts").assume_role(
                RoleArn=f"arn:aws:iam::{VENDOR}:role/auditferry/Own", RoleSessionName="test")
        except ClientError as error:
            assert error.response["Error"]["Code"] == "AccessDenied", error
        else:
            raise AssertionError("the exporter has assumed a role of its own account")

    def the_apis_session_does_nothing_else(self) -> None:
        """The exporter's role under the name by which the API comes, without the policy that the API's code sends."""
        bucket, queue = self.vendor.outputs["StagingBucketName"], self.vendor.outputs["ExportQueueUrl"]
        ledger, events = (self.vendor.outputs[f"{table}TableName"] for table in ("Ledger", "Events"))
        verifying = functools.partial(self.acting_as, "ExporterRole", name="auditferry-verify")
        key = {"pk": {"S": f"C#{self.customer.connector}"}, "sk": {"S": "CONFIG"}}
        for what, asked in [
            ("reads events", lambda: verifying("dynamodb").query(
                TableName=events, KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": {"S": "acme"}})),
            ("reads settings", lambda: verifying("dynamodb").get_item(TableName=ledger, Key=key)),
            ("stages", lambda: verifying("s3").put_object(Bucket=bucket, Key="parts/x", Body=b"x")),
            ("signs", lambda: verifying("kms").sign(
                KeyId=self.vendor.outputs["SigningKeyArn"], Message=b"x", MessageType="RAW", SigningAlgorithm="ED25519_SHA_512")),
            ("takes messages", lambda: verifying("sqs").receive_message(QueueUrl=queue)),
        ]:
            try:
                asked()
            except ClientError as error:
                assert "AccessDenied" in error.response["Error"]["Code"], error
            else:
                raise AssertionError(f"the API {what} as the exporter")

    def the_exporter_opens_under_one_name(self, role: str) -> None:
        """Code in API or portal could choose any other name."""
        sts, arn = self.acting_as(role, "sts"), self.vendor.outputs["ExporterRoleArn"]
        for name in ("auditferry-verify", "auditferry"):
            try:
                sts.assume_role(RoleArn=arn, RoleSessionName=name)
            except ClientError as error:
                assert name == "auditferry" and error.response["Error"]["Code"] == "AccessDenied", error
            else:
                assert name == "auditferry-verify", f"{role} became the exporter without limits"

    def what_a_deleted_connector_had_is_free(self) -> None:
        """The exporter ends a connector that was disabled long ago, which it finds at a message about it."""
        made, role, bucket = self.one_disabled_long_ago()
        self.exports_once(made)
        assert self.item(f"C#{made}", "CONFIG")["state"] == {"S": "deleted"}, "it is not deleted"
        assert made not in self.item(role, "CLAIM")["connectors"]["SS"], "its role is still claimed"
        assert made not in self.item(bucket, "CLAIMS")["prefixes"]["M"], "its folder is still claimed"

    def one_disabled_long_ago(self) -> tuple[str, str, str]:
        """A connector like the customer's, in a folder of its own; with the partitions of what it claims. It is never
        due, so no tick finds it."""
        ledger, table = self.aws.root("dynamodb", VENDOR), self.vendor.outputs["LedgerTableName"]
        own, made = self.customer.connector, f"con_{uuid.uuid4().hex}"[:len(self.customer.connector)]
        settings, cursor = (json.loads(json.dumps(self.item(f"C#{own}", kind)).replace(own, made))
                            for kind in ("CONFIG", "CURSOR"))
        to = settings["destination"]["M"]
        role, bucket = f"ROLE#{to['role']['S'].lower()}", f"BUCKET#{to['bucket']['S']}"
        to["prefix"] = {"S": made}
        long_ago = (now() - timedelta(days=40)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        ledger.put_item(TableName=table, Item=settings | {"state": {"S": "disabled"}, "disabled_at": {"S": long_ago}})
        for gone in ("due_shard", "lease_owner", "lease_until"):
            cursor.pop(gone, None)
        ledger.put_item(TableName=table, Item=cursor)
        ledger.update_item(
            TableName=table, Key={"pk": {"S": role}, "sk": {"S": "CLAIM"}}, UpdateExpression="ADD connectors :it",
            ExpressionAttributeValues={":it": {"SS": [made]}})
        ledger.update_item(
            TableName=table, Key={"pk": {"S": bucket}, "sk": {"S": "CLAIMS"}}, UpdateExpression="SET prefixes.#it = :it",
            ExpressionAttributeNames={"#it": made}, ExpressionAttributeValues={":it": {"S": made}})
        return made, role, bucket

    def item(self, partition: str, sort: str) -> dict[str, Any]:
        """An item of the ledger."""
        key = {"pk": {"S": partition}, "sk": {"S": sort}}
        table = self.vendor.outputs["LedgerTableName"]
        return self.aws.root("dynamodb", VENDOR).get_item(TableName=table, Key=key)["Item"]

    def a_webhook_gets_a_secret(self) -> None:
        """The API stores it. That it can't read it, and that nobody but the notifier can, is what `tests/policies` judges;
        here the role asks for it itself."""
        answer = self.vendor.ask("POST", f"{self.customer.path}/rotate-webhook-secret")
        table, partition = self.vendor.outputs["LedgerTableName"], {"S": f"SECRET#{self.customer.connector}"}
        stored = self.aws.root("dynamodb", VENDOR).query(
            TableName=table, KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": partition})["Items"]
        [key] = [{"pk": item["pk"], "sk": item["sk"]} for item in stored if item["secret"]["S"] in json.dumps(answer)]
        for role in ("ApiRole", "ExporterRole", "DispatcherRole"):
            try:
                self.acting_as(role, "dynamodb").get_item(TableName=table, Key=key)
            except ClientError as error:
                assert "AccessDenied" in error.response["Error"]["Code"], error
            else:
                raise AssertionError(f"{role} reads the secret of a webhook")

    def links_are_made_listed_and_revoked(self) -> None:
        """The API's links to the portal."""
        made = self.vendor.ask("POST", "/v1/portal-links", {"tenant": "acme", "for": "Ann"})["id"]
        listed = self.vendor.ask("GET", "/v1/portal-links?tenant=acme")["portal_links"]
        assert made in [link["id"] for link in listed], listed
        self.vendor.ask("DELETE", f"/v1/portal-links/{made}")

    def a_link_is_redeemed_and_published(self) -> None:
        """The portal's page behind a link, with the vendor's logo, its button, and the first page."""
        made = self.vendor.ask("POST", "/v1/portal-links", {"tenant": "acme", "for": "Ann"})
        ann = Browser(self.aws, self.vendor.outputs["PortalUrl"])
        page = ann.open(made["url"])
        assert "/portal/assets/logo" in page.text, page.text[:2000]
        health = ann.press(page, "Continue as Ann")
        assert (health.status, health.path) == (200, "/portal/health"), (health.status, health.text[:2000])
        assert self.bus.received(made["id"], "PortalLinkRedeemed", "link"), "the redemption wasn't published"

    def what_pages_do_is_allowed(self) -> None:
        """The portal's requests, by the role itself: its pages do what the API does, and show many connectors at once."""
        ledger, table = self.acting_as("PortalRole", "dynamodb"), self.vendor.outputs["LedgerTableName"]
        connector = {"pk": {"S": "C#con_test"}, "sk": {"S": "TEST"}}
        link, entry = {"pk": {"S": "PORTAL#test"}, "sk": {"S": "LINK"}}, {"pk": {"S": "PORTALS#T#test"}, "sk": {"S": "LINK#test"}}
        for item in (connector, link, entry):
            ledger.put_item(TableName=table, Item=item)
        ledger.update_item(TableName=table, Key=connector, UpdateExpression="SET x = :x",
                           ExpressionAttributeValues={":x": {"S": "x"}})
        ledger.update_item(TableName=table, Key={"pk": {"S": "PORTAL#CHECK#con_test"}, "sk": {"S": "CHECK"}},
                           UpdateExpression="SET x = :x", ExpressionAttributeValues={":x": {"S": "x"}})
        for key in (connector, link):
            ledger.get_item(TableName=table, Key=key)
            ledger.batch_get_item(RequestItems={table: {"Keys": [key]}})
        for key in (connector, entry):
            ledger.query(TableName=table, KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": key["pk"]})
        secret = {"pk": {"S": "SECRET#con_test"}, "sk": {"S": "TEST"}}
        ledger.batch_write_item(RequestItems={table: [{"PutRequest": {"Item": secret}}]})
        ledger.query(TableName=table, IndexName="tenant", KeyConditionExpression="tenant_id = :t",
                     ExpressionAttributeValues={":t": {"S": "acme"}})
        ledger.scan(TableName=table, IndexName="tenant", Limit=1)
        kms, key = self.acting_as("PortalRole", "kms"), self.vendor.outputs["SigningKeyArn"]
        kms.get_public_key(KeyId=key)
        kms.describe_key(KeyId=key)

    def explorations_are_kept(self, role: str) -> None:
        """What people keep of the explorer, by the role itself: saved explorations with their number, who has searched, and
        where the fields are, which only the API sets. The deployment has no reader here."""
        ledger, table = self.acting_as(role, "dynamodb"), self.vendor.outputs["LedgerTableName"]
        saved, fields = {"pk": {"S": "EXPLORE#T#test"}, "sk": {"S": "SAVED#test"}}, {"pk": {"S": "FIELDS#con_test"}, "sk": {"S": "FIELDS"}}
        ledger.put_item(TableName=table, Item=saved)
        ledger.update_item(TableName=table, Key=saved, UpdateExpression="SET x = :x", ExpressionAttributeValues={":x": {"S": "x"}})
        for key in (saved, fields):
            ledger.get_item(TableName=table, Key=key)
        ledger.query(TableName=table, KeyConditionExpression="pk = :pk", ExpressionAttributeValues={":pk": saved["pk"]})
        if role == "ApiRole":
            ledger.put_item(TableName=table, Item=fields)

    def a_contact_is_mailed_and_another_tried_again(self) -> None:
        """The notifier's run, from a notice to the mail, and to the message about the webhook that leads nowhere."""
        sqs, queue = self.aws.root("sqs", VENDOR), self.vendor.outputs["NoticeQueueUrl"]
        before, held = len(self.aws.mails(VENDOR)), self.how_many(sqs, queue)
        at = now().strftime("%Y-%m-%dT%H:%M:%SZ")
        # A contact gets one notice a day of each cause, so each of these has a cause of its own.
        notice = {"id": f"test-{at}-{before}", "tenant": self.customer.tenant, "connector": self.customer.connector,
                  "block": {"stage": "put_object", "reason": "denied", "code": f"Code{before}{at}", "cause": "why",
                            "remedy": "what to do", "since": at, "attempts": 1, "next_attempt": at},
                  "waiting_from": None, "waiting_parts": 0, "sealed_to": at, "loss": {"lost_from": None},
                  "reminder": False}
        body = {"detail-type": "ExportBlocked", "source": "auditferry", "time": at, "detail": notice}
        answer = self.invoke("Notifier", {"Records": [{
            "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d", "receiptHandle": "handle", "eventSource": "aws:sqs",
            "body": json.dumps(body), "attributes": {}, "messageAttributes": {}, "md5OfBody": "", "awsRegion": REGION,
            "eventSourceARN": f"arn:aws:sqs:{REGION}:{VENDOR}:notices"}]})
        assert answer == {"batchItemFailures": []}, answer
        assert len(self.aws.mails(VENDOR)) > before, "no mail was sent"
        assert self.how_many(sqs, queue) > held, "the webhook isn't tried again"

    def how_many(self, sqs: Any, queue: str) -> int:
        """How many messages the queue has, those that wait for their time included."""
        kinds = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesDelayed"]
        attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=kinds)["Attributes"]
        return sum(int(attributes[kind]) for kind in kinds)

    def lambda_takes_the_notices(self) -> None:
        """As Lambda's poller does."""
        self.takes_a_message("NotifierRole", "NoticeQueueUrl")

    def connectors_are_created_read_and_listed(self) -> None:
        """The API's reads and writes, and the notice about a change."""
        made = self.vendor.ask("POST", "/v1/connectors", {"tenant": "acme"})["id"]
        assert self.bus.received(made, "ConnectorChanged"), "the change wasn't published"
        for query in ("", "?tenant=acme"):
            listed = [one["id"] for one in self.vendor.ask("GET", f"/v1/connectors{query}")["connectors"]]
            assert made in listed, listed
        self.vendor.ask("GET", f"/v1/connectors/{made}/changes")
        self.vendor.exports(self.customer.connector)
        self.vendor.ask("PATCH", f"/v1/connectors/{made}", {"destination": {
            "role": f"arn:aws:iam::333333333333:role/auditferry/{made}", "bucket": "somewhere", "region": REGION,
            "prefix": made}})
        self.customer.asks_for_a_run()
        # Asked once more with the same key, the API looks up what it answered.
        key = f"key-{now().timestamp()}"
        answers = [self.vendor.ask("POST", f"{self.customer.path}/run", key=key) for _ in range(2)]
        assert answers[0] == answers[1], answers

    def a_connector_is_verified(self) -> None:
        """The API in the exporter's role."""
        report = self.vendor.ask("POST", f"{self.customer.path}/verify")
        assert report["passed"], report

    def the_keys_are_returned(self) -> None:
        """Those that sign the manifests, and since when they exist."""
        answer = self.vendor.ask("GET", "/v1/keys")
        assert [(key["signs"], bool(key["from"])) for key in answer["keys"]] == [(True, True)], answer

    def lambda_writes_the_logs(self, role: str) -> None:
        """As Lambda does before and after each run."""
        group = self.vendor.resource(f"{FUNCTIONS[role]}Logs")
        logs, stream = self.acting_as(role, "logs"), f"stream-{now().timestamp()}"
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        logs.put_log_events(logGroupName=group, logStreamName=stream,
                            logEvents=[{"timestamp": int(now().timestamp() * 1000), "message": "{}"}])

    def lambda_takes_the_messages(self) -> None:
        """As Lambda's poller does."""
        self.takes_a_message("ExporterRole", "ExportQueueUrl")

    def takes_a_message(self, role: str, output: str) -> None:
        """From a queue, with a role's own rights."""
        queue = self.vendor.outputs[output]
        self.aws.root("sqs", VENDOR).send_message(QueueUrl=queue, MessageBody="{}")
        sqs = self.acting_as(role, "sqs")
        sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["All"])
        [message] = sqs.receive_message(QueueUrl=queue)["Messages"]
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])

    def lambda_sends_a_failed_tick_to_the_dead_letter_queue(self) -> None:
        """As the function's destination for failures asks."""
        queue = self.vendor.outputs["TickDeadLettersUrl"]
        self.acting_as("DispatcherRole", "sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(TICK))

    def everything_of(self, role: str) -> list[Callable[[], None]]:
        """All that a role is for."""
        own = {
            "DispatcherRole": [self.a_due_connector_is_queued, self.the_watchdog_counts_the_connectors,
                               self.the_watchdog_publishes_notices, self.lambda_sends_a_failed_tick_to_the_dead_letter_queue],
            "ExporterRole": [self.an_event_is_delivered_and_published, self.what_an_earlier_run_sealed_is_delivered,
                             self.an_upload_is_given_up, self.orphans_are_looked_for,
                             self.roles_of_the_vendors_own_account_stay_shut, self.the_apis_session_does_nothing_else,
                             self.what_a_deleted_connector_had_is_free, self.lambda_takes_the_messages],
            "NotifierRole": [self.a_contact_is_mailed_and_another_tried_again, self.lambda_takes_the_notices],
            "ApiRole": [self.connectors_are_created_read_and_listed, self.a_connector_is_verified, self.the_keys_are_returned,
                        self.a_webhook_gets_a_secret, self.links_are_made_listed_and_revoked,
                        functools.partial(self.explorations_are_kept, "ApiRole"),
                        functools.partial(self.the_exporter_opens_under_one_name, "ApiRole")],
            "PortalRole": [self.a_link_is_redeemed_and_published, self.what_pages_do_is_allowed,
                           functools.partial(self.explorations_are_kept, "PortalRole"),
                           functools.partial(self.the_exporter_opens_under_one_name, "PortalRole")],
        }
        return [lambda: self.lambda_writes_the_logs(role), *own[role]]

    def failing(self, role: str) -> list[str]:
        """What of all that fails now, with programs that start anew. The first is enough."""
        self.start_anew(FUNCTIONS[role])
        for one in self.everything_of(role):
            try:
                one()
            except (AssertionError, ClientError, Refused) as error:
                return [str(error)[:300]]
        return []

    def test_the_queues_are_encrypted_with_the_key_that_was_given(self) -> None:
        """MiniStack's CloudFormation leaves out the encryption of tables and buckets; tests/policies looks at those."""
        for output in ("ExportQueueUrl", "ExportDeadLettersUrl"):
            attributes = self.aws.root("sqs", VENDOR).get_queue_attributes(
                QueueUrl=self.vendor.outputs[output], AttributeNames=["All"])["Attributes"]
            self.assertEqual(attributes.get("KmsMasterKeyId"), self.key, output)

    def test_every_role_of_a_function_is_tried(self) -> None:
        self.assertEqual({name for name, _ in adapted.statements(self.vendor.template)}, set(FUNCTIONS))

    def test_with_all_their_rights_the_functions_do_all_they_are_for(self) -> None:
        for role in FUNCTIONS:
            self.assertEqual(self.failing(role), [], role)

    def test_without_any_one_statement_or_action_something_fails(self) -> None:
        iam = self.aws.root("iam", VENDOR)
        tried = 0
        for role in FUNCTIONS:
            name = self.vendor.resource(role)
            [policy] = iam.list_role_policies(RoleName=name)["PolicyNames"]
            whole = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
            for missing, less in lessened(whole):
                with self.subTest(f"{role} without {missing}"):
                    iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(less))
                    try:
                        self.assertTrue(self.failing(role), "nothing fails, so the right isn't needed")
                        tried += 1
                    finally:
                        iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(whole))
                    self.assertEqual(self.failing(role), [], "it does not recover")
        self.assertGreater(tried, 20)


@functools.cache
def zipped(function: str) -> bytes:
    """The function's package, as it was deployed."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(Path(os.environ["PACKAGED"]).parent / function / "bootstrap", "bootstrap")
    return packed.getvalue()


def lessened(policy: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The policy without each of its statements in turn, and without each action of those that have several.

    But for the right to use the key: MiniStack stores under a key without asking KMS.
    """
    statements = policy["Statement"]
    for place, statement in enumerate(statements):
        if statement["Sid"] == "UseTheKey":
            continue
        others = statements[:place] + statements[place + 1:]
        yield statement["Sid"], policy | {"Statement": others}
        # What is refused but for an action is refused as a whole.
        actions = statement.get("Action", [])
        actions = actions if isinstance(actions, list) else [actions]
        for action in actions:
            left = [other for other in actions if other != action]
            if left and adapted.BATCHES not in actions:
                yield f"{statement['Sid']}, {action}", policy | {"Statement": [*others, statement | {"Action": left}]}


if __name__ == "__main__":
    unittest.main()
