"""The vendor: deploys the bundle with the command that infra/README.md gives, writes events and asks the HTTP API."""

import functools
import gzip
import http.client
import json
import os
import subprocess
import time
import urllib.parse
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import yaml
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

import adapted
from stand_in import REGION, StandIn

VENDOR = "111111111111"
STACK = "auditferry"
FIXTURE = Path(__file__).parents[1] / "fixtures" / "cloudtrail-2023-07-10.ndjson.gz"
# Where a link would lead. Nobody reads it: the tests launch the file itself, with the link's parameters.
PUBLISHED = "https://templates.s3.eu-central-1.amazonaws.com/auditferry/customer-role.yaml"
# The shortest that the template takes, and no rest, so that what was written just now can be exported just now.
PARAMETERS = {"Schedule": "rate(1 minute)", "SettleSeconds": "0", "CustomerTemplateUrl": PUBLISHED,
              "VendorDomain": "vendor.example", "NotifySender": "audit@vendor.example"}


class Refused(Exception):
    """An answer of the API that is no success."""

    def __init__(self, status: int, told: Any) -> None:
        super().__init__(f"{status}: {told}")
        self.status, self.told = status, told


class Vendor:
    """A deployment in the vendor's account."""

    def __init__(self, aws: StandIn, **changed: str) -> None:
        self.aws, self.parameters = aws, PARAMETERS | changed
        self.template = adapted.vendor(Path(os.environ["PACKAGED"]).read_text(encoding="utf-8"))
        self.aws.root("s3", VENDOR).create_bucket(
            Bucket="deployments", CreateBucketConfiguration={"LocationConstraint": REGION})
        told = self.deploy(STACK, self.parameters)
        if told.returncode != 0:
            raise RuntimeError(f"the deployment failed:\n{told.stdout}\n{told.stderr}\n{aws.log()}")
        [stack] = aws.root("cloudformation", VENDOR).describe_stacks(StackName=STACK)["Stacks"]
        aws.root("ses", VENDOR).verify_email_identity(EmailAddress=self.parameters["NotifySender"])
        self.outputs = {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}
        self.operator = self._operator()

    def deploy(self, stack: str, parameters: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """`sam deploy` of what was packaged, in the vendor's account."""
        packaged = Path(os.environ["PACKAGED"])
        changed = packaged.with_name("adapted.yaml")
        changed.write_text(yaml.safe_dump(self.template, sort_keys=False), encoding="utf-8")
        given = {"Architecture": packaged.parent.name} | dict(parameters)
        return subprocess.run(
            [os.environ["SAM"], "deploy", "--template-file", str(changed), "--stack-name", stack,
             "--s3-bucket", "deployments", "--capabilities", "CAPABILITY_NAMED_IAM", "--no-confirm-changeset",
             "--no-progressbar", "--parameter-overrides", *(f'{name}="{value}"' for name, value in given.items())],
            env=os.environ | self.aws.as_root(VENDOR), cwd=self.aws.folder, capture_output=True, text=True, check=False)

    def resource(self, name: str) -> str:
        """What CloudFormation has made of the template's resource."""
        formation = self.aws.root("cloudformation", VENDOR)
        found = formation.describe_stack_resource(StackName=STACK, LogicalResourceId=name)
        return found["StackResourceDetail"]["PhysicalResourceId"]

    def _operator(self) -> Credentials:
        """A person of the vendor's, who may call the API and nothing else."""
        iam = self.aws.root("iam", VENDOR)
        iam.create_user(UserName="operator")
        api = urllib.parse.urlsplit(self.outputs["ApiUrl"]).hostname.split(".")[0]
        iam.put_user_policy(UserName="operator", PolicyName="call-api", PolicyDocument=json.dumps({
            "Version": "2012-10-17", "Statement": [{
                "Effect": "Allow", "Action": "execute-api:Invoke",
                "Resource": f"arn:aws:execute-api:{REGION}:{VENDOR}:{api}/*"}]}))
        key = iam.create_access_key(UserName="operator")["AccessKey"]
        return Credentials(key["AccessKeyId"], key["SecretAccessKey"])

    def ask(self, method: str, path: str, body: Any = None, *, signed_by: Credentials | None = None,
            unsigned: bool = False, key: str = "") -> Any:
        """A request to the HTTP API, at its own address, signed by the operator. Raises `Refused`."""
        host = urllib.parse.urlsplit(self.outputs["ApiUrl"]).netloc
        data = b"" if body is None else json.dumps(body).encode()
        headers = {"Host": host} | ({"Content-Type": "application/json"} if data else {})
        headers |= {"Idempotency-Key": key} if key else {}
        if not unsigned:
            request = AWSRequest(method, f"https://{host}{path}", headers, data)
            SigV4Auth(signed_by or self.operator, "execute-api", REGION).add_auth(request)
            headers = dict(request.headers)
        # The name of the API's host leads nowhere here, so the connection goes to the stand-in itself.
        connection = http.client.HTTPSConnection("127.0.0.1", self.aws.port, context=self.aws.tls(), timeout=60)
        try:
            connection.request(method, path, data, headers)
            answer = connection.getresponse()
            told = json.loads(answer.read() or b"null")
        finally:
            connection.close()
        if answer.status >= 300:
            raise Refused(answer.status, told)
        return told

    def exports(self, connector: str) -> list[dict[str, Any]]:
        """Every part of a connector, oldest first."""
        found: list[dict[str, Any]] = []
        query = ""
        while True:
            page = self.ask("GET", f"/v1/connectors/{connector}/exports{query}")
            found += page["exports"]
            if "next_cursor" not in page:
                return found[::-1]
            query = "?" + urllib.parse.urlencode({"cursor": page["next_cursor"]})

    def write(self, tenant: str, events: Iterable[str], times: Iterable[datetime]) -> None:
        """Writes events the way the vendor's product does, each under the time of its writing."""
        table = self.outputs["EventsTableName"]
        items = []
        for event, at in zip(events, times, strict=True):
            sort_key = f"{self._told(at)}#{json.loads(event)['eventID']}"
            items.append({"pk": {"S": tenant}, "sk": {"S": sort_key}, "event": {"S": event}})
        dynamodb = self.aws.root("dynamodb", VENDOR)
        for first in range(0, len(items), 25):
            batch = [{"PutRequest": {"Item": item}} for item in items[first:first + 25]]
            left = dynamodb.batch_write_item(RequestItems={table: batch})["UnprocessedItems"]
            assert not left, "the stand-in didn't take all events"

    def _told(self, at: datetime) -> str:
        """The time as the deployment's sort keys tell it."""
        if self.parameters.get("EventsSortKeyForm") == "epoch_millis":
            return f"{int(at.timestamp()) * 1000 + at.microsecond // 1000}"
        return f"{at.strftime('%Y-%m-%dT%H:%M:%S')}.{at.microsecond // 1000:03}Z"

    def log_lines(self) -> list[str]:
        """Every line that the functions and the API have logged."""
        logs = self.aws.root("logs", VENDOR)
        lines = []
        for group in logs.describe_log_groups(logGroupNamePrefix=f"/auditferry/{STACK}/")["logGroups"]:
            for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group["logGroupName"]):
                lines += [event["message"] for event in page["events"]]
        return lines


@functools.cache
def real_events() -> list[str]:
    """The fixture's events, each as the JSON text that it is."""
    return gzip.decompress(FIXTURE.read_bytes()).decode().splitlines()


def spread(count: int, first: datetime, last: datetime) -> list[datetime]:
    """So many times from the one to the other, in order, in whole milliseconds, none twice."""
    step = (last - first) / max(count - 1, 1)
    assert count < 2 or step >= timedelta(milliseconds=1), "too many for the span"
    times = [first + number * step for number in range(count)]
    return [at.replace(microsecond=at.microsecond // 1000 * 1000) for at in times]


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(timezone.utc)


def wait(what: str, found: Callable[[], Any], seconds: float = 150) -> Any:
    """What `found` returns once it is something; fails if that takes too long."""
    deadline = time.monotonic() + seconds
    while not (it := found()):
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s for {what}")
        time.sleep(0.5)
    return it
