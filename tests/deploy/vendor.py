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
# `adapted` has put the reader of templates on the path.
from cloudformation import Place, Stack
from log_filter import keeps
from stand_in import REGION, StandIn

VENDOR = "111111111111"
STACK = "auditferry"
# What EventBridge's rule sends the dispatcher.
TICK = {"version": "0", "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa", "detail-type": "Scheduled Event",
        "source": "aws.events", "account": VENDOR, "time": "2026-11-20T20:15:00Z", "region": REGION,
        "resources": [], "detail": {}}
FUNCTIONS = ("Dispatcher", "Exporter", "Notifier", "Api", "Portal")
FIXTURE = Path(__file__).parents[1] / "fixtures" / "cloudtrail-2023-07-10.ndjson.gz"
# The target of a link. It is never fetched: the tests launch the file itself, with the link's parameters.
PUBLISHED = "https://templates.s3.eu-central-1.amazonaws.com/auditferry/customer-role.yaml"
# The shortest that the template takes, and no rest, so that what was written just now can be exported just now.
PARAMETERS = {"Schedule": "rate(1 minute)", "SettleSeconds": "0", "CustomerTemplateUrl": PUBLISHED,
              "VendorDomain": "vendor.example", "NotifySender": "audit@vendor.example"}


class Refused(Exception):
    """An error response of the API."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(f"{status}: {body}")
        self.status, self.body = status, body


class Vendor:
    """A deployment in the vendor's account."""

    def __init__(self, aws: StandIn, **changed: str) -> None:
        self.aws, self.parameters = aws, PARAMETERS | changed
        self.template = adapted.vendor(Path(os.environ["PACKAGED"]).read_text(encoding="utf-8"))
        self.aws.root("s3", VENDOR).create_bucket(
            Bucket="deployments", CreateBucketConfiguration={"LocationConstraint": REGION})
        result = self.deploy(STACK, self.parameters)
        if result.returncode != 0:
            raise RuntimeError(f"the deployment failed:\n{result.stdout}\n{result.stderr}\n{aws.log()}")
        [stack] = aws.root("cloudformation", VENDOR).describe_stacks(StackName=STACK)["Stacks"]
        aws.root("ses", VENDOR).verify_email_identity(EmailAddress=self.parameters["NotifySender"])
        self.outputs = {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}
        self.operator = self._operator()

    def deploy(self, stack: str, parameters: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
        """`sam deploy` of what was packaged, in the vendor's account."""
        packaged = Path(os.environ["PACKAGED"])
        changed = packaged.with_name("adapted.yaml")
        changed.write_text(yaml.safe_dump(self.template, sort_keys=False), encoding="utf-8")
        return subprocess.run(
            [os.environ["SAM"], "deploy", "--template-file", str(changed), "--stack-name", stack,
             "--s3-bucket", "deployments", "--capabilities", "CAPABILITY_NAMED_IAM", "--no-confirm-changeset",
             "--no-progressbar", "--parameter-overrides", *(f'{name}="{value}"' for name, value in parameters.items())],
            env=os.environ | self.aws.as_root(VENDOR), cwd=self.aws.folder, capture_output=True, text=True, check=False)

    def resource(self, name: str) -> str:
        """The physical ID of the template's resource."""
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
            unsigned: bool = False, token: str = "", key: str = "") -> Any:
        """A request to the HTTP API, at its own address, signed by the operator or with a token. Raises `Refused`."""
        host = urllib.parse.urlsplit(self.outputs["ApiUrl"]).netloc
        data = b"" if body is None else json.dumps(body).encode()
        headers = {"Host": host} | ({"Content-Type": "application/json"} if data else {})
        headers |= {"Idempotency-Key": key} if key else {}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        elif not unsigned:
            request = AWSRequest(method, f"https://{host}{path}", headers, data)
            SigV4Auth(signed_by or self.operator, "execute-api", REGION).add_auth(request)
            headers = dict(request.headers)
        # The name of the API's host leads nowhere here, so the connection goes to the stand-in itself.
        connection = http.client.HTTPSConnection("127.0.0.1", self.aws.port, context=self.aws.tls(), timeout=60)
        try:
            connection.request(method, path, data, headers)
            answer = connection.getresponse()
            parsed = json.loads(answer.read() or b"null")
        finally:
            connection.close()
        if answer.status >= 300:
            raise Refused(answer.status, parsed)
        return parsed

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
            sort_key = f"{self._format_time(at)}#{json.loads(event)['eventID']}"
            items.append({"pk": {"S": tenant}, "sk": {"S": sort_key}, "event": {"S": event}})
        dynamodb = self.aws.root("dynamodb", VENDOR)
        for first in range(0, len(items), 25):
            batch = [{"PutRequest": {"Item": item}} for item in items[first:first + 25]]
            left = dynamodb.batch_write_item(RequestItems={table: batch})["UnprocessedItems"]
            assert not left, "the stand-in didn't take all events"

    def _format_time(self, at: datetime) -> str:
        """The time in the form of the deployment's sort keys."""
        if self.parameters.get("EventsSortKeyForm") == "epoch_millis":
            return f"{int(at.timestamp()) * 1000 + at.microsecond // 1000}"
        return f"{at.strftime('%Y-%m-%dT%H:%M:%S')}.{at.microsecond // 1000:03}Z"

    def function(self, name: str) -> dict[str, Any]:
        """The configuration of a deployed function, by the template's name of it."""
        return self.aws.root("lambda", VENDOR).get_function_configuration(
            FunctionName=self.outputs[f"{name}FunctionName"])

    def log_lines(self) -> list[str]:
        """Every line of the functions' that Lambda would have kept, and the API's accesses."""
        lines = [line for name in FUNCTIONS for line in self.lines_of(name)]
        return lines + self._group(f"/aws/vendedlogs/auditferry/{STACK}/api-access")

    def lines_of(self, name: str, since: datetime | None = None) -> list[str]:
        """Every line of a function's that Lambda would have kept. MiniStack keeps all."""
        logging = self.function(name)["LoggingConfig"]
        lines = self._group(logging["LogGroup"], since)
        return [line for line in lines if keeps(logging["ApplicationLogLevel"], line)]

    def _group(self, name: str, since: datetime | None = None) -> list[str]:
        """Every line of a log group."""
        pages = self.aws.root("logs", VENDOR).get_paginator("filter_log_events").paginate(
            logGroupName=name, startTime=int(since.timestamp() * 1000) if since else 0)
        return [event["message"] for page in pages for event in page["events"]]

    def log_at(self, level: str) -> None:
        """As if the stack was deployed with this `LogLevel`, applied to each function as the template does."""
        stack = Stack(self.template, Place(VENDOR, REGION), self.parameters | {"LogLevel": level})
        for name in FUNCTIONS:
            properties = self.template["Resources"][name]["Properties"]
            now_set = self.function(name)
            own_level = stack.resolve(properties["Environment"]["Variables"]["LOG_LEVEL"])
            wanted = stack.resolve(properties["LoggingConfig"]["ApplicationLogLevel"])
            self.aws.root("lambda", VENDOR).update_function_configuration(
                FunctionName=now_set["FunctionName"],
                Environment={"Variables": now_set["Environment"]["Variables"] | {"LOG_LEVEL": own_level}},
                LoggingConfig=now_set["LoggingConfig"] | {"ApplicationLogLevel": wanted})


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
