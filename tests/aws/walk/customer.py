"""The customer: launches the quick-create link, with a bucket under a KMS key with Bucket Keys, and reads what is delivered."""

import json
import time
import urllib.parse
from dataclasses import dataclass, field
from typing import Any

from account import Account, wait
from deployed import Deployment, customers_template
from report import CheckFailed

TENANT = "smoke"


@dataclass
class Customer:
    """A connector and the customer's account."""

    deployed: Deployment
    account: Account
    connector: str = ""
    bucket: str = ""
    key: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    verified: dict[str, Any] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The connector's path in the API."""
        return f"/v1/connectors/{self.connector}"

    @property
    def stack(self) -> str:
        """The name of the customer's stack."""
        return f"{self.deployed.name}-customer"

    def onboard(self) -> str:
        """Creates connector and stack, and sets the destination. The bucket's name has the maximum length for this Region."""
        self.connector = self.deployed.request("POST", "/v1/connectors", {"tenant": TENANT})["id"]
        setup = self.deployed.request("GET", f"{self.path}/setup")
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(setup["quick_create_url"]).fragment.partition("?")[2])
        self.parameters = {name.removeprefix("param_"): value for name, [value] in query.items() if name.startswith("param_")}
        self.key = self.account.client("kms").create_key(
            Description=self.deployed.name, Tags=[{"TagKey": one["Key"], "TagValue": one["Value"]}
                                                  for one in self.deployed.tags])["KeyMetadata"]["Arn"]
        max_length = 46 - len(self.account.region)
        self.parameters |= {"BucketName": f"{self.deployed.name}-".ljust(max_length - 1, "x") + "0", "CreateBucket": "yes",
                            "KmsKeyArn": self.key, "RoleName": f"{self.deployed.name}-delivery"}
        formation = self.account.client("cloudformation")
        formation.create_stack(
            StackName=self.stack, Capabilities=["CAPABILITY_NAMED_IAM"], Tags=self.deployed.tags,
            TemplateBody=customers_template(self.account.is_stand_in),
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in self.parameters.items()])
        delay = 1 if self.account.is_stand_in else 5
        formation.get_waiter("stack_create_complete").wait(
            StackName=self.stack, WaiterConfig={"Delay": delay, "MaxAttempts": 120})
        [stack] = formation.describe_stacks(StackName=self.stack)["Stacks"]
        outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        self.bucket = outputs["BucketName"]
        self.deployed.request("PATCH", self.path, {"destination": {
            "role": outputs["RoleArn"], "bucket": self.bucket, "region": outputs["Region"], "kms_key": self.key}})
        return self.bucket

    def verify(self) -> str:
        """Verifies at once, and retries for a minute: IAM changes take effect some time after CREATE_COMPLETE."""
        began, attempts = time.monotonic(), 0
        while True:
            attempts += 1
            self.verified = self.deployed.request("POST", f"{self.path}/verify")
            if self.verified["passed"]:
                self.deployed.request("POST", f"{self.path}/activate")
                return f"passed at attempt {attempts}, after {time.monotonic() - began:.0f} s"
            if time.monotonic() - began > 60:
                raise CheckFailed(json.dumps([one for one in self.verified["reports"] if one["verdict"] == "failed"])[:900])
            time.sleep(5)

    def verdict(self, stage: str) -> dict[str, Any]:
        """The verification's report of a stage."""
        found = [one for one in self.verified.get("reports", []) if one["stage"] == stage]
        if not found:
            raise CheckFailed("no verification was made")
        return found[0]

    def receives(self, events: list[dict[str, Any]], seconds: float) -> str:
        """Writes events, requests a run and waits for the file that contains exactly those events."""
        before = len(self.deployed.exports(self.connector))
        self.deployed.write(TENANT, events)
        time.sleep(2)
        self.deployed.request("POST", f"{self.path}/run")

        def arrived() -> dict[str, Any] | None:
            parts = [part for part in self.deployed.exports(self.connector)[before:] if part["kind"] != "heartbeat"]
            return parts[0] if parts and parts[0]["state"] == "delivered" else None

        part = wait(arrived, seconds)
        if not part:
            health = self.deployed.request("GET", self.path)["health"]
            raise CheckFailed(f"nothing arrived; the connector is {json.dumps(health)[:900]}")
        s3 = self.account.client("s3")
        found = json.loads(s3.get_object(Bucket=self.bucket, Key=part["key"])["Body"].read())
        if found != events:
            raise CheckFailed(f"the file contains {found}")
        head = s3.head_object(Bucket=self.bucket, Key=part["key"])
        if (head.get("ServerSideEncryption"), head.get("SSEKMSKeyId")) != ("aws:kms", self.key):
            raise CheckFailed(f"it is encrypted with {head.get('SSEKMSKeyId')}")
        return f"{part['key']}, with a Bucket Key: {head.get('BucketKeyEnabled', False)}"
