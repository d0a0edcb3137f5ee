"""The checks: each tests once what no stand-in can show."""

import base64
import hashlib
import json
import time
from dataclasses import dataclass
from typing import Any

from account import wait
from botocore.exceptions import ClientError
from customer import Customer
from deployed import Deployment, create_bucket, now, partition
from report import Skipped, CheckFailed

# An error message of AWS may contain what JSON has to escape.
SPECIAL_CHARACTERS = 'User: "arn:aws:sts::1:assumed-role/x" is not authorized\nbecause of a \\ and a tab\t<code> {"a": 1}'


@dataclass
class Steps:
    """The checks of one deployment and one customer."""

    deployed: Deployment
    customer: Customer

    @property
    def is_rehearsed(self) -> bool:
        """Whether this is not AWS."""
        return self.deployed.vendor.is_stand_in

    def loops_are_allowed(self) -> None:
        """A1: only the notifier has RecursiveLoop Allow."""
        functions = self.deployed.vendor.client("lambda")
        loops = {name: functions.get_function_recursion_config(
            FunctionName=self.deployed.outputs[f"{name}FunctionName"])["RecursiveLoop"]
            for name in ("Dispatcher", "Exporter", "Notifier", "Api", "Portal")}
        if [name for name, loop in loops.items() if loop == "Allow"] != ["Notifier"]:
            raise (Skipped if self.is_rehearsed else CheckFailed)(f"RecursiveLoop is {loops}")

    def queues_take_their_policies(self) -> None:
        """C7: each queue has its policy."""
        for name in ("NoticeQueue", "NoticeDeadLetters", "TickDeadLetters"):
            attributes = self.deployed.vendor.client("sqs").get_queue_attributes(
                QueueUrl=self.deployed.resource(name), AttributeNames=["Policy", "QueueArn"])["Attributes"]
            if attributes["QueueArn"] not in attributes.get("Policy", ""):
                raise CheckFailed(f"{name} has the policy {attributes.get('Policy')}")

    def the_access_log_is_written(self) -> str:
        """B4: API Gateway writes its access log; returns the size of the account's log resource policies."""
        logs, group = self.deployed.vendor.client("logs"), self.deployed.resource("ApiAccessLogs")
        if not group.startswith("/aws/vendedlogs/"):
            raise CheckFailed(f"the log group is named {group}")
        lines = wait(lambda: self.deployed.log_lines(group, now().replace(hour=0, minute=0)), 10 if self.is_rehearsed else 180)
        if not lines:
            raise (Skipped if self.is_rehearsed else CheckFailed)("no access was logged within three minutes")
        policies = logs.describe_resource_policies()["resourcePolicies"] if not self.is_rehearsed else []
        return f"the account's resource policies have {sum(len(one['policyDocument']) for one in policies)} characters"

    def metrics_come_at_warn(self, since: Any) -> str:
        """A2: the stack is deployed with LogLevel WARN. CloudWatch makes the metrics from log lines."""
        group = self.deployed.resource("DispatcherLogs")
        lines = wait(lambda: [one for one in self.deployed.log_lines(group, since) if '"Ticks":1' in one], 240)
        if not lines:
            raise CheckFailed("no line with metrics passed Lambda's log filter")
        if self.is_rehearsed:
            return "the lines are there; MiniStack makes no metrics from them"
        ticks = wait(lambda: self.deployed.metric("Ticks", since), 420, 20)
        if not ticks:
            raise CheckFailed("the lines are there, but no metric Ticks")
        runs = wait(lambda: self.deployed.metric("Runs", since), 300, 20)
        return f"{ticks:.0f} ticks and {runs:.0f} runs"

    def nothing_below_warn_is_logged(self, since: Any) -> None:
        """A2, the other half: no line below LogLevel is logged."""
        for name in ("DispatcherLogs", "ExporterLogs"):
            for line in self.deployed.log_lines(self.deployed.resource(name), since):
                record = json.loads(line) if line.startswith("{") else {}
                if record.get("level") in ("INFO", "DEBUG", "TRACE") and "_aws" not in record:
                    raise CheckFailed(line[:300])

    def s3_checks_permissions_first(self) -> str:
        """C4: for a PUT without permission and with a wrong checksum, S3 checks the permission first."""
        account, name = self.customer.account, f"{self.deployed.name}-probe"
        iam, bucket = account.client("iam"), name
        create_bucket(account, bucket, self.deployed.tags)
        role = iam.create_role(RoleName=name, Tags=self.deployed.tags, AssumeRolePolicyDocument=json.dumps({
            "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {
                "AWS": f"arn:{partition(account)}:iam::{account.number}:root"}}]}))["Role"]["Arn"]
        home = f"arn:{partition(account)}:s3:::{bucket}"
        iam.put_role_policy(RoleName=name, PolicyName="in", PolicyDocument=json.dumps({
            "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"{home}/in/*"}]}))
        sts = account.client("sts")

        def assume() -> Any:
            try:
                return sts.assume_role(RoleArn=role, RoleSessionName="probe")["Credentials"]
            except ClientError:
                return None

        session = wait(assume, 60)
        if not session:
            raise CheckFailed("the probe role can't be assumed within a minute")
        s3 = account.as_role(session).client("s3")
        wrong = base64.b64encode(hashlib.sha256(b"something else").digest()).decode()

        def put(key: str) -> tuple[int, str]:
            try:
                s3.put_object(Bucket=bucket, Key=key, Body=b"probe", ChecksumSHA256=wrong)
            except ClientError as error:
                return error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Code"]
            return 200, "OK"

        # It takes some seconds until the role's permission takes effect.
        inside = wait(lambda: found if (found := put("in/x"))[0] != 403 else None, 60) or put("in/x")
        outside = put("out/x")
        if (inside[0], outside[0]) != (400, 403):
            raise CheckFailed(f"inside the prefix {inside}, outside {outside}; expected 400 and 403")
        scope = self.customer.verdict("prefix_scope")
        if scope["verdict"] != "passed":
            raise CheckFailed(f"the verification reports {scope}")
        return f"{inside[1]} inside the prefix, {outside[1]} outside"

    def special_characters_arrive(self) -> str:
        """C6: values with quotes, line breaks and backslashes pass EventBridge's input transformer."""
        vendor = self.deployed.vendor
        sqs, sns, topic = vendor.client("sqs"), vendor.client("sns"), self.deployed.outputs["OperatorTopicArn"]
        url = sqs.create_queue(QueueName=f"{self.deployed.name}-received",
                               tags={one["Key"]: one["Value"] for one in self.deployed.tags})["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({
            "Version": "2012-10-17", "Statement": [{
                "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage",
                "Resource": arn, "Condition": {"ArnEquals": {"aws:SourceArn": topic}}}]})})
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
        block = {"stage": "put_object", "code": "AccessDenied", "cause": SPECIAL_CHARACTERS,
                 "remedy": SPECIAL_CHARACTERS, "since": "2026-11-20T20:15:30Z"}
        vendor.client("events").put_events(Entries=[{
            "EventBusName": self.deployed.outputs["EventBusName"], "Source": "auditferry", "DetailType": "ExportBlocked",
            "Detail": json.dumps({"tenant": 'a"b', "connector": "con_0000000000000000", "block": block, "reminder": False,
                                  "waiting_parts": 1, "sealed_to": None, "loss": {"why": SPECIAL_CHARACTERS}})}])

        def received() -> list[str]:
            found = []
            for message in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5, MaxNumberOfMessages=10).get("Messages", []):
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                if "con_0000000000000000" in message["Body"]:
                    found.append(message["Body"])
            return found

        bodies = wait(received, 90, 1)
        if not bodies:
            alarms = self.deployed.resource("Alarms")
            failed = sqs.receive_message(QueueUrl=self.deployed.resource("OperatorFailures", alarms), WaitTimeSeconds=5,
                                         MessageAttributeNames=["All"]).get("Messages", [])
            raise CheckFailed(f"nothing arrived; the dead-letter queue contains {json.dumps(failed)[:900]}")
        try:
            notice = json.loads(bodies[0])
        except ValueError as error:
            raise CheckFailed(f"the notice is not valid JSON ({error}): {bodies[0][:400]}") from error
        if (notice["cause"], notice["tenant"]) != (SPECIAL_CHARACTERS, 'a"b'):
            raise CheckFailed(f"the notice contains {notice['cause']!r}")
        return "unchanged"

    def an_unreachable_webhook_is_retried(self, hours: float) -> str:
        """A1, with the notifier itself: an undelivered notice stays in the queue, and with `--long` is retried for three hours."""
        sqs, queue = self.deployed.vendor.client("sqs"), self.deployed.outputs["NoticeQueueUrl"]
        dead_letters = self.deployed.outputs["NoticeDeadLettersUrl"]
        # A host name that never resolves (RFC 2606).
        self.deployed.request("PUT", f"{self.customer.path}/contacts", {"webhook": "https://hooks.smoke.invalid/"})
        self.deployed.request("POST", f"{self.customer.path}/test-contacts")
        kinds = [f"ApproximateNumberOfMessages{kind}" for kind in ("", "Delayed", "NotVisible")]

        def count(url: str) -> int:
            counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=kinds)["Attributes"]
            return sum(int(counts[kind]) for kind in kinds)

        if not wait(lambda: count(queue), 180):
            raise CheckFailed("no retry is queued")
        if not hours:
            return "the next retry is queued; --long checks the 17th"
        until = time.monotonic() + hours * 3600
        while time.monotonic() < until:
            time.sleep(300)
            if count(dead_letters):
                minutes = hours * 60 - (until - time.monotonic()) / 60
                raise CheckFailed(f"it is in the dead-letter queue after {minutes:.0f} minutes")
            print(f"          still queued; {(until - time.monotonic()) / 60:.0f} minutes to go", flush=True)
        if not wait(lambda: count(queue), 300):
            raise CheckFailed("it is no longer queued")
        return f"still retried after {hours} hours"

    def mails_are_sent_in_the_sandbox(self, recipient: str) -> str:
        """B2: IAM checks the recipient's identity too."""
        if not recipient:
            raise Skipped("give --sender and --recipient, two addresses that SES has verified in this Region")
        since = now()
        self.deployed.request("PUT", f"{self.customer.path}/contacts", {"emails": [recipient]})
        self.deployed.request("POST", f"{self.customer.path}/test-contacts")
        group = self.deployed.resource("NotifierLogs")
        counted = wait(lambda: [json.loads(line) for line in self.deployed.log_lines(group, since)
                                if '"ContactsTold"' in line], 180)
        if not any(line["ContactsTold"] for line in counted or []):
            raise CheckFailed(f"SES rejects the mail: {self.deployed.log_lines(group, since)[-3:]}")
        return f"check the mailbox of {recipient}"

    def another_source_seals_nothing(self) -> str:
        """B5: a stack update with another sort key replaces the table; nothing may be sealed from the new, empty one."""
        connector = self.customer.connector
        self.deployed.deploy(EventsSortKey="another")
        before = len(self.deployed.exports(connector))
        self.deployed.request("POST", f"{self.customer.path}/run")
        time.sleep(90 if not self.is_rehearsed else 70)
        new = self.deployed.exports(connector)[before:]
        if new:
            raise CheckFailed(f"{len(new)} parts were sealed from the new table, the first a {new[0]['kind']}: "
                              "a signed claim of no events")
        return "nothing was sealed"
