"""The deployment: created as infra/README.md says, and called as an operator calls it."""

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import yaml
from account import Account, wait
from report import CheckFailed

ROOT = Path(__file__).resolve().parents[3]
sys.path += [str(ROOT / "tests" / "policies"), str(ROOT / "tests" / "deploy")]
from cloudformation import load  # noqa: E402 - the line above makes it importable

TAG = "auditferry-smoke"


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(timezone.utc)


def rfc3339(at: datetime) -> str:
    """A time in the format of sort keys and of the API."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"


@dataclass
class Deployment:
    """A deployment with a unique name."""

    vendor: Account
    name: str
    has_second_account: bool
    outputs: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)

    @property
    def tags(self) -> list[dict[str, str]]:
        """The tags by which the cleanup finds everything."""
        return [{"Key": TAG, "Value": self.name}]

    def template(self) -> dict[str, Any]:
        """`template.yaml` as it was built.

        If the customer is the vendor's own account, the statement that denies the exporter this account's roles is left
        out: delivery needs one. For a stand-in it is changed as tests/deploy/adapted.py says.
        """
        packaged = Path(os.environ["PACKAGED"])
        if self.vendor.is_stand_in:
            import adapted

            template = adapted.vendor(packaged.read_text(encoding="utf-8"))
        else:
            template = load(packaged)
        if not self.has_second_account:
            [policy] = template["Resources"]["ExporterRole"]["Properties"]["Policies"]
            policy["PolicyDocument"]["Statement"] = [
                one for one in policy["PolicyDocument"]["Statement"] if one.get("Sid") != "NeverAssumeRolesOfThisAccount"]
        return template

    def deploy(self, **parameters: str) -> str:
        """Runs `sam deploy`, for the first time or again; returns how long it took."""
        self.parameters |= parameters
        bucket = f"{self.name}-deployments"
        if not self.outputs:
            create_bucket(self.vendor, bucket, self.tags)
        packaged, began = Path(os.environ["PACKAGED"]), now()
        with tempfile.NamedTemporaryFile("w", dir=packaged.parent, suffix=".yaml", delete=False) as changed:
            yaml.safe_dump(self.template(), changed, sort_keys=False)
        try:
            done = subprocess.run(
                [os.environ["SAM"], "deploy", "--template-file", changed.name, "--stack-name", self.name, "--s3-bucket",
                 bucket, "--capabilities", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND", "--no-confirm-changeset",
                 "--no-progressbar", "--no-fail-on-empty-changeset", "--tags", f"{TAG}={self.name}",
                 "--parameter-overrides", *(f'{name}="{value}"' for name, value in self.parameters.items())],
                env=self.vendor.environment(), capture_output=True, text=True, check=False, cwd=tempfile.gettempdir())
        finally:
            os.unlink(changed.name)
        if done.returncode != 0:
            raise CheckFailed(f"the deployment failed: {(done.stdout + done.stderr)[-1500:]}")
        [stack] = self.vendor.client("cloudformation").describe_stacks(StackName=self.name)["Stacks"]
        self.outputs = {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}
        return f"{(now() - began).seconds} s"

    def resource(self, name: str, stack: str = "") -> str:
        """The physical ID of a resource of the template."""
        found = self.vendor.client("cloudformation").describe_stack_resource(
            StackName=stack or self.name, LogicalResourceId=name)
        return found["StackResourceDetail"]["PhysicalResourceId"]

    def request(self, method: str, path: str, body: Any = None) -> Any:
        """Sends a request to the API, which must succeed."""
        status, answer = self.vendor.request(self.outputs["ApiUrl"], method, path, body)
        if status >= 300:
            raise CheckFailed(f"{method} {path} returned {status}: {json.dumps(answer)[:600]}")
        return answer

    def exports(self, connector: str) -> list[dict[str, Any]]:
        """The newest parts of a connector, the oldest first."""
        return self.request("GET", f"/v1/connectors/{connector}/exports")["exports"][::-1]

    def write(self, tenant: str, events: list[dict[str, Any]]) -> None:
        """Writes events as a product does, with the current time."""
        for number, event in enumerate(events):
            key = f"{rfc3339(now() + timedelta(milliseconds=number))}#{event['id']}"
            self.vendor.client("dynamodb").put_item(TableName=self.outputs["EventsTableName"], Item={
                "pk": {"S": tenant}, "sk": {"S": key}, "event": {"S": json.dumps(event)}})

    def log_lines(self, group: str, since: datetime) -> list[str]:
        """The messages in a log group."""
        pages = self.vendor.client("logs").get_paginator("filter_log_events").paginate(
            logGroupName=group, startTime=int(since.timestamp() * 1000))
        return [event["message"] for page in pages for event in page["events"]]

    def metric(self, name: str, since: datetime) -> float:
        """The sum of one of our metrics since then."""
        points = self.vendor.client("cloudwatch").get_metric_statistics(
            Namespace="Auditferry", MetricName=name, Dimensions=[{"Name": "stack", "Value": self.name}],
            StartTime=since, EndTime=now() + timedelta(minutes=5), Period=60, Statistics=["Sum"])["Datapoints"]
        return sum(point["Sum"] for point in points)

    def publish(self) -> str:
        """The commands of infra/README.md, "Publish the template"; the URL."""
        bucket, s3 = f"{self.name}-templates", self.vendor.client("s3")
        create_bucket(self.vendor, bucket, self.tags)
        s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={
            "BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": False, "RestrictPublicBuckets": False})
        key = "auditferry/customer-role.yaml"
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [{
            "Sid": "AnybodyReadsTheTemplate", "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
            "Resource": f"arn:{partition(self.vendor)}:s3:::{bucket}/{key}"}]}))
        s3.put_object(Bucket=bucket, Key=key, ContentType="application/yaml",
                      Body=(ROOT / "infra" / "customer-role.yaml").read_bytes())
        if self.vendor.is_stand_in:
            return f"https://{bucket}.s3.{self.vendor.region}.amazonaws.com/{key}"
        suffix = {"aws-cn": "amazonaws.com.cn", "aws-eusc": "amazonaws.eu"}.get(partition(self.vendor), "amazonaws.com")
        url = f"https://{bucket}.s3.{self.vendor.region}.{suffix}/{key}"
        if not wait(lambda: self.vendor.anonymous(url) == 200, 60):
            raise CheckFailed(f"an unauthenticated GET of {url} returns {self.vendor.anonymous(url)}")
        return url


def partition(account: Account) -> str:
    """The AWS partition: `aws` or another."""
    return account.session.get_partition_for_region(account.region)


def create_bucket(account: Account, name: str, tags: list[dict[str, str]]) -> None:
    """Creates a private bucket."""
    elsewhere = {} if account.region == "us-east-1" else {
        "CreateBucketConfiguration": {"LocationConstraint": account.region}}
    account.client("s3").create_bucket(Bucket=name, **elsewhere)
    account.client("s3").put_bucket_tagging(Bucket=name, Tagging={"TagSet": tags})


def customers_template(stand_in: bool) -> str:
    """`infra/customer-role.yaml` as it is launched."""
    text = (ROOT / "infra" / "customer-role.yaml").read_text(encoding="utf-8")
    if stand_in:
        import adapted

        return adapted.customer(text)
    return text
