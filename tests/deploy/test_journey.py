"""The whole bundle at work: deployed by its template, driven by its own schedule, delivering into other accounts.

Nothing here calls a function, but where it says so. The rule ticks every minute, as in AWS; the dispatcher queues what is due; the queue's
event source mapping hands it to the exporter; the exporter enters each customer's role and puts the files.

API and portal are asked through the stand-in's HTTP API, by the routes and authorizers of the template: with a signature
(SigV4), with an issuer's tokens (JWT), and by a browser with cookies.

What the stand-in can't show: that KMS refuses a data key (it puts objects under a key without asking KMS), and what AWS
alone has: quotas, throttling, real regions, a domain of one's own. Its HTTP API sends cookies as a header and not as the
event's `cookies`, always 127.0.0.1 as the address of the caller, and knows no permission of API Gateway to invoke a
function; `functions/portal/lambda/tests` and `tests/policies` have these. `aws:PrincipalArn` has another value, see
`adapted.py`.
"""

import html
import json
import os
import re
import sys
import time
import unittest
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from ceilings import MACHINES
from browser import Browser
from customer import Customer
from bus_listener import BusListener
from issuer import AUDIENCE, Issuer
from log_filter import LEVELS
from stand_in import REGION, StandIn
from vendor import FUNCTIONS, STACK, TICK, VENDOR, Refused, Vendor, now, real_events, wait

JSON, NDJSON = {"format": "json", "compression": "none"}, {"format": "ndjson", "compression": "gzip"}
PACKED = {"format": "json", "compression": "gzip"}


class Journey(unittest.TestCase):
    """One deployment and five customers; each test leaves them as it found them: delivering."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.aws = StandIn()
        cls.addClassCleanup(cls.aws.close)
        cls.vendor = Vendor(cls.aws)
        cls.bus = BusListener(cls.vendor)
        key = cls.make_key("555555555555")
        cls.customers = {
            "fine": Customer(cls.vendor, "fine", "222222222221", JSON),
            "distrusts": Customer(cls.vendor, "distrusts", "222222222222", NDJSON),
            "loses-bucket": Customer(cls.vendor, "loses-bucket", "333333333333", PACKED),
            "moves-folder": Customer(cls.vendor, "moves-folder", "444444444444", JSON),
            "forbids": Customer(cls.vendor, "forbids", "555555555555", NDJSON, key=key),
        }
        # What no log may contain, beside the customers' own secrets.
        cls.secrets: list[str] = []
        started = now()
        share = len(real_events()) // (2 * len(cls.customers))
        cls.shares = [real_events()[first:first + share] for first in range(0, share * 2 * len(cls.customers), share)]
        for customer in cls.customers.values():
            customer.happens(cls.shares.pop(), started - timedelta(hours=2, minutes=20), started)
            customer.onboard(started - timedelta(hours=2, minutes=30))

    @classmethod
    def make_key(cls, account: str) -> str:
        """A customer's KMS key, with the default policy: the account's IAM policies decide."""
        return cls.aws.root("kms", account).create_key()["KeyMetadata"]["Arn"]

    def run(self, result: unittest.TestResult | None = None) -> unittest.TestResult | None:
        """One test; if it fails, with what the functions have warned of last."""
        failed_before = len(result.failures) + len(result.errors) if result else 0
        super().run(result)
        if result and len(result.failures) + len(result.errors) > failed_before:
            warned = [line for line in self.vendor.log_lines() if '"WARN"' in line or '"ERROR"' in line]
            print("The newest warnings of the functions:", *warned[-10:], sep="\n", file=sys.stderr)
        return result

    def assert_all_is_delivered(self) -> None:
        """Waits for the schedule to deliver what was written so far, and compares both."""
        for name, customer in self.customers.items():
            def arrived(customer: Customer = customer) -> bool:
                parts = self.vendor.exports(customer.connector)
                sealed = sum(part["events"] for part in parts)
                return sealed >= len(customer.events) and all(part["state"] == "delivered" for part in parts)
            wait(f"the delivery to {name}", arrived)
            self.assertEqual(customer.delivered_events(), customer.events, name)
            self.assertEqual(customer.shown()["health"]["status"], "healthy", name)

    def test_1_the_schedule_delivers_each_customers_events_byte_for_byte_and_once(self) -> None:
        """A backlog of more than two hours, over several windows, and then the hour that has just begun."""
        for customer in self.customers.values():
            customer.asks_for_a_run()
        self.assert_all_is_delivered()
        for name, customer in self.customers.items():
            parts = self.vendor.exports(customer.connector)
            self.assertGreaterEqual(len(parts), 3, name)
            published = [notice for kind in ("ExportDelivered", "ExportHeartbeat")
                         for notice in self.bus.received(customer.connector, kind)]
            self.assertEqual({notice["part"] for notice in published}, {part["part"] for part in parts}, name)
        locked = self.customers["forbids"]
        head = locked.s3().head_object(Bucket=locked.bucket, Key=self.vendor.exports(locked.connector)[0]["key"])
        self.assertEqual((head["ServerSideEncryption"], head["SSEKMSKeyId"]), ("aws:kms", locked.key))

    def test_2_a_failure_at_a_customer_is_reported_and_caught_up_after_the_fix(self) -> None:
        """Four customers break something, a fifth goes on undisturbed, and nobody loses or gets anything twice."""
        distrusts, loses, moves, forbids = (self.customers[name] for name in
                                            ("distrusts", "loses-bucket", "moves-folder", "forbids"))
        kept = loses.files()
        for customer in self.customers.values():
            email = f"security@{customer.tenant}.example"
            self.vendor.ask("PUT", f"{customer.path}/contacts", {"emails": [email]})
            self.vendor.ask("POST", f"{customer.path}/confirm-address", {"email": email})
        distrusts.launch(update=True, ExternalId="af-" + "0" * 32)
        self.empty_and_delete(loses)
        moves.launch(update=True, Prefix="elsewhere")
        policy = self.forbid_all_writing(forbids)
        for customer in self.customers.values():
            customer.happens([self.shares[-1].pop(0) for _ in range(40)], now() - timedelta(seconds=2), now())
            customer.asks_for_a_run()

        blocked = {}
        for customer, stage, code in [(distrusts, "assume_role", "AccessDenied"), (loses, "put_object", "NoSuchBucket"),
                                      (moves, "put_object", "AccessDenied"), (forbids, "put_object", "AccessDenied")]:
            def health(customer: Customer = customer) -> dict[str, Any] | None:
                health = customer.shown()["health"]
                return health if health["status"] == "blocked" else None
            health_now = wait(f"{customer.tenant} to be blocked", health)
            self.assertEqual((health_now["stage"], health_now["code"]), (stage, code), customer.tenant)
            [notice] = wait(f"the notice about {customer.tenant}",
                            lambda customer=customer: self.bus.received(customer.connector, "ExportBlocked"), 20)
            self.assertEqual((notice["block"]["stage"], notice["block"]["code"]), (stage, code), customer.tenant)
            # Sealing continues, so that nothing can expire until the customer has fixed it.
            sealed = sum(export["events"] for export in self.vendor.exports(customer.connector))
            self.assertEqual(sealed, len(customer.events), customer.tenant)
            blocked[customer.tenant] = health_now
        self.assert_each_is_mailed((distrusts, loses, moves, forbids), "has been blocked since")
        fine = self.customers["fine"]
        wait("the delivery to fine", lambda: fine.delivered_events() == fine.events)
        self.assertEqual(self.bus.received(fine.connector, "ExportBlocked"), [])
        self.assertIn(distrusts.connector, json.dumps(self.vendor.ask("GET", f"/v1/connectors?tenant={distrusts.tenant}")))

        distrusts.launch(update=True)
        self.make_bucket_again(loses, kept)
        moves.launch(update=True)
        forbids.s3().put_bucket_policy(Bucket=forbids.bucket, Policy=policy)
        for customer in self.customers.values():
            customer.asks_for_a_run()
        self.assert_all_is_delivered()
        for customer in (distrusts, loses, moves, forbids):
            [notice] = wait(f"the notice about {customer.tenant}",
                            lambda customer=customer: self.bus.received(customer.connector, "ExportRecovered"), 20)
            self.assertEqual(notice["blocked_since"], blocked[customer.tenant]["since"])
            self.assertEqual(len(self.bus.received(customer.connector, "ExportBlocked")), 1, "one notice, however often it was tried")
        self.assert_each_is_mailed((distrusts, loses, moves, forbids), "is being delivered again")

    def assert_each_is_mailed(self, customers: Iterable[Customer], words: str) -> None:
        """Via the bus rule, the queue and the notifier, to the customer's own contact and nobody else."""
        def mailed(customer: Customer) -> list[dict[str, Any]]:
            return [mail for mail in self.aws.mails(VENDOR) if customer.connector in mail["BodyText"] and words in mail["Subject"]]
        for customer in customers:
            for mail in wait(f"the mail to {customer.tenant}", lambda customer=customer: mailed(customer), 60):
                self.assertEqual((mail["Source"], mail["To"]), ("audit@vendor.example", [f"security@{customer.tenant}.example"]))
        self.assertEqual(mailed(self.customers["fine"]), [])

    def forbid_all_writing(self, customer: Customer) -> str:
        """The customer adds a rule to its bucket's policy that hits us too; returns the policy as it was."""
        s3 = customer.s3()
        before = s3.get_bucket_policy(Bucket=customer.bucket)["Policy"]
        policy = json.loads(before)
        policy["Statement"].append({"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject",
                                    "Resource": f"arn:aws:s3:::{customer.bucket}/*"})
        s3.put_bucket_policy(Bucket=customer.bucket, Policy=json.dumps(policy))
        return before

    def empty_and_delete(self, customer: Customer) -> None:
        """The customer deletes its bucket, and everything in it."""
        s3 = customer.s3()
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=customer.bucket):
            for one in page.get("Versions", []) + page.get("DeleteMarkers", []):
                s3.delete_object(Bucket=customer.bucket, Key=one["Key"], VersionId=one["VersionId"])
        s3.delete_bucket(Bucket=customer.bucket)

    def make_bucket_again(self, customer: Customer, kept: dict[str, bytes]) -> None:
        """The customer creates its bucket again, from a copy: nothing is delivered twice."""
        s3 = customer.s3()
        s3.create_bucket(Bucket=customer.bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        for key, body in kept.items():
            s3.put_object(Bucket=customer.bucket, Key=key, Body=body)

    def test_3_other_accounts_cannot_call_the_api(self) -> None:
        """Not without a signature, not with another account's, and not from the vendor's own account without the right.

        MiniStack looks an API up in the account of the caller, so a stranger gets a 404.
        """
        with self.assertRaises(Refused) as refused:
            self.vendor.ask("GET", "/v1/connectors", unsigned=True)
        self.assertIn(refused.exception.status, (403, 404))
        for account, statuses in [(VENDOR, [403]), ("999999999999", [403, 404])]:
            iam = self.aws.root("iam", account)
            iam.create_user(UserName="nobody")
            key = iam.create_access_key(UserName="nobody")["AccessKey"]
            with self.assertRaises(Refused) as refused:
                self.vendor.ask("GET", "/v1/connectors", signed_by=Credentials(key["AccessKeyId"], key["SecretAccessKey"]))
            self.assertIn(refused.exception.status, statuses, account)

    def test_4_a_link_is_opened_by_robots_and_redeemed_by_its_person_once(self) -> None:
        """A link that the API makes, through the portal's routes, which ask for no signature."""
        made = self.vendor.ask("POST", "/v1/portal-links", {"tenant": "walks-in", "for": "Ann", "abilities": ["view", "set-up"]})
        url, portal = made["url"], self.vendor.outputs["PortalUrl"]
        self.assertTrue(url.startswith(f"{portal}/portal/enter/"), portal)
        robot, ann, stranger = (Browser(self.aws, portal) for _ in range(3))
        for method in ("HEAD", "GET", "GET"):
            self.assertEqual(robot.open(url, method).status, 200)
        self.assertEqual(robot.cookies, {})
        opened = ann.open(url)
        for words in ("vendor.example", "walks-in", "Ann"):
            self.assertIn(words, opened.text)
        health = ann.press(opened, "Continue as Ann")
        self.assertEqual((health.status, health.path), (200, "/portal/health"))
        self.assertEqual(len(ann.cookies), 1, ann.cookies)
        self.assertEqual(ann.open("/portal").path, "/portal/health")
        self.assertEqual(ann.open("/portal/").status, 200)
        # The same button in another browser, and pages without a session.
        self.assertEqual((stranger.press(opened, "Continue as Ann").status, stranger.cookies), (410, {}))
        self.assertEqual((stranger.open(url).status, stranger.open("/portal/health").status), (410, 401))
        self.assertEqual(stranger.open("/portal/nowhere").status, 404)
        [notice] = wait("the notice of the redemption",
                        lambda: self.bus.received(made["id"], "PortalLinkRedeemed", "link"), 20)
        self.assertEqual((notice["tenant"], notice["addressee"]), ("walks-in", "Ann"))
        [session] = ann.cookies.values()
        self.secrets += [url, url.rpartition(".")[2], session, session.rpartition(".")[2]]
        self.vendor.ask("DELETE", f"/v1/portal-links/{made['id']}")
        self.assertEqual(ann.open("/portal/health").status, 401, "a revoked link ends its session")

    def test_4_somebody_connects_a_bucket_through_the_portals_pages_and_sees_the_first_file(self) -> None:
        """From the link to the file, without the API: begin, launch the stack of the page's link, paste its outputs, verify,
        save, activate, wait."""
        made = self.vendor.ask("POST", "/v1/portal-links", {"tenant": "walks-in", "for": "Ann"})
        ann = Browser(self.aws, self.vendor.outputs["PortalUrl"])
        ann.press(ann.open(made["url"]), "Continue as Ann")
        page = ann.press(ann.open("/portal/connectors/new"), "Start")
        customer = Customer(self.vendor, "walks-in", "666666666666", JSON)
        [customer.connector] = re.findall(r"/portal/connectors/(con_\w+)/connect", page.path)
        [link] = {html.unescape(url) for url in re.findall(r'href="(https://[^"]*/stacks/create/review[^"]*)"', page.text)}
        outputs = [{"OutputKey": name, "OutputValue": value} for name, value in customer.follows(link).items()]
        tried = ann.press(page, "Verify connectivity", paste=json.dumps(outputs))
        self.assertEqual(self.warnings("Portal"), [], "every step of the check was recorded")
        self.assertEqual(customer.shown()["state"], "draft", "trying saves nothing")
        saved = ann.press(tried, "Save")
        active = ann.press(saved, "Activate")
        self.assertEqual(active.path, f"/portal/connectors/{customer.connector}/waiting")
        customer.encoding = customer.shown()["encoding"]
        # The export begins with the activation.
        time.sleep(1)
        customer.happens([self.shares[-1].pop(0) for _ in range(5)], now() - timedelta(milliseconds=500), now())
        customer.asks_for_a_run()
        wait("the first file on the page", lambda: "The first file has arrived" in ann.open(active.path).text)
        self.assertEqual(customer.delivered_events(), customer.events)
        by = {change["by"].get("name") for change in self.vendor.ask("GET", f"{customer.path}/changes")["changes"]}
        self.assertEqual(by, {"Ann"}, "the name of the link stands in every change")

    def warnings(self, function: str) -> list[str]:
        """What a function has warned of."""
        return [line for line in self.vendor.lines_of(function) if '"WARN"' in line or '"ERROR"' in line]

    def test_9_tokens_of_an_issuer_open_the_api_for_their_tenant_alone(self) -> None:
        """The stack is deployed with an issuer, and then without one again."""
        issuer, other = Issuer(self.aws), Issuer(self.aws)
        self.addCleanup(other.close)
        self.addCleanup(issuer.close)
        self.redeploy(JwtIssuer=issuer.url, JwtAudience=AUDIENCE)
        self.addCleanup(self.redeploy, JwtIssuer="", JwtAudience="")
        fine, forbids = self.customers["fine"], self.customers["forbids"]
        tenant = issuer.token(tenant_id="fine")
        listed = self.vendor.ask("GET", "/v1/connectors", token=tenant)["connectors"]
        self.assertEqual([one["id"] for one in listed], [fine.connector])
        operator = issuer.token(sub="operator", scope="openid auditferry/operator")
        listed = {one["id"] for one in self.vendor.ask("GET", "/v1/connectors", token=operator)["connectors"]}
        self.assertLessEqual({customer.connector for customer in self.customers.values()}, listed)
        made = self.vendor.ask("POST", "/v1/portal-links", {"tenant": "fine", "for": "Ann"}, token=operator)
        self.assertEqual(Browser(self.aws, self.vendor.outputs["PortalUrl"]).open(made["url"]).status, 200)
        for what, status, token, request in [
            ("another tenant's connector", 404, tenant, ("GET", forbids.path)),
            ("a link, by a tenant", 403, tenant, ("POST", "/v1/portal-links", {"tenant": "fine", "for": "Ann"})),
            ("an operators' link, by a token", 403, operator,
             ("POST", "/v1/portal-links", {"operators": True, "for": "Ann", "kind": "redirect"})),
            ("neither tenant nor operator", 401, issuer.token(), ("GET", "/v1/connectors")),
            ("another issuer's key", 401, issuer.token(by=other, tenant_id="fine"), ("GET", "/v1/connectors")),
            ("another issuer", 401, other.token(tenant_id="fine"), ("GET", "/v1/connectors")),
            ("another audience", 401, issuer.token(aud="others", tenant_id="fine"), ("GET", "/v1/connectors")),
            ("yesterday's token", 401, issuer.token(exp=1, tenant_id="fine"), ("GET", "/v1/connectors")),
            ("a signature in place of a token", 401, "", ("GET", "/v1/connectors")),
        ]:
            with self.subTest(what), self.assertRaises(Refused) as refused:
                self.vendor.ask(*request, token=token)
            self.assertEqual(refused.exception.status, status, what)

    def redeploy(self, **changed: str) -> None:
        """Updates the stack."""
        result = self.vendor.deploy(STACK, self.vendor.parameters | changed)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)

    def test_5_parameters_out_of_range_are_refused_in_our_words(self) -> None:
        for name, value, words in [
            ("Schedule", "rate(1 hour)", "must be rate(1 minute) or rate(N minutes) with N from 2 to"),
            ("SettleSeconds", "-1", "must be empty or a whole number of seconds from 0 to 86400"),
            ("ExporterConcurrency", "1", "must be a whole number from 2"),
            ("EventsPartitionFormat", "{shard}", "{tenant} once"),
            ("ExporterRoleName", "a/b", "must be 1 to 64 letters"),
            ("JwtIssuer", "http://issuer", "must be empty or an https URL"),
            ("PortalUrl", "https://audit.vendor.example/portal", "must be empty, or https and a domain name without a path"),
            ("PortalAccent", "blue", "must be empty or a color as #rrggbb"),
        ]:
            result = self.vendor.deploy("refused", {"VendorDomain": "vendor.example", name: value})
            self.assertNotEqual(result.returncode, 0, name)
            self.assertIn(words, " ".join((result.stdout + result.stderr).split()), name)
        with self.assertRaisesRegex(ClientError, "does not exist"):
            self.aws.root("cloudformation", VENDOR).describe_stack_resource(StackName="refused", LogicalResourceId="Api")

    def test_6_logs_are_json_and_hold_no_event_no_external_id_and_no_link(self) -> None:
        """What every log group of the stack holds after all of the above."""
        lines = self.vendor.log_lines()
        ours = [line for line in lines if line.startswith("{")]
        self.assertGreater(len(ours), 10, f"only {len(lines)} lines of the stack {STACK}")
        for line in ours:
            json.loads(line)
        self.assertGreater(len(self.secrets), 3, "a link's and a session's are among them")
        secrets = self.secrets + [customer.shown()["external_id"] for customer in self.customers.values()]
        secrets += [json.loads(event)["eventID"] for customer in self.customers.values() for event in customer.events]
        found = {secret for secret in secrets for line in lines if secret in line}
        self.assertEqual(found, set())

    def test_7_metrics_reach_the_log_at_every_level_and_below_it_nothing_else_does(self) -> None:
        """Through the filter that Lambda has, as it is set for each level. Here the dispatcher is called, so that each
        level does not wait a minute for its tick."""
        fine = self.customers["fine"]
        for level in self.vendor.template["Parameters"]["LogLevel"]["AllowedValues"]:
            self.vendor.log_at(level)
            # Runs in progress have ended at their own level.
            time.sleep(5)
            since = now()
            fine.happens([self.shares[-1].pop(0)], now() - timedelta(seconds=2), now())
            fine.asks_for_a_run()
            self.aws.root("lambda", VENDOR).invoke(
                FunctionName=self.vendor.outputs["DispatcherFunctionName"], Payload=json.dumps(TICK))
            for function, metric in (("Dispatcher", "Ticks"), ("Exporter", "Runs")):
                def counted(function: str = function, metric: str = metric, since: Any = since) -> bool:
                    return any(f'"{metric}":1' in line for line in self.vendor.lines_of(function, since))
                wait(f"{metric} at {level}", counted)
                lines = [json.loads(line) for line in self.vendor.lines_of(function, since) if line.startswith("{")]
                for line in (one for one in lines if "_aws" not in one and "level" in one):
                    self.assertGreaterEqual(LEVELS.index(line["level"]), LEVELS.index(level), line)
        self.vendor.log_at("INFO")

    def test_8_each_function_is_declared_for_the_processor_that_it_is_built_for(self) -> None:
        packaged = Path(os.environ["PACKAGED"]).parent
        for function in FUNCTIONS:
            declared = self.vendor.function(function)["Architectures"]
            built = (packaged / function / "bootstrap").read_bytes()
            self.assertEqual([MACHINES[one] for one in declared], [int.from_bytes(built[18:20], "little")], function)


if __name__ == "__main__":
    unittest.main()
