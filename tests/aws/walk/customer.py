"""The customer: launches what the link offers, with a bucket under a KMS key with Bucket Keys, and reads what lands."""

import json
import time
import urllib.parse
from dataclasses import dataclass, field
from typing import Any

from account import Account, wait
from deployed import Deployed, customers_template
from report import Wrong

TENANT = "smoke"


@dataclass
class Customer:
    """A connector with its account."""

    deployed: Deployed
    account: Account
    connector: str = ""
    bucket: str = ""
    key: str = ""
    given: dict[str, str] = field(default_factory=dict)
    verified: dict[str, Any] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """The connector in the API."""
        return f"/v1/connectors/{self.connector}"

    @property
    def stack(self) -> str:
        """What its stack is called here."""
        return f"{self.deployed.name}-customer"

    def onboard(self) -> str:
        """Connector, link, stack, ARN. The bucket's name is as long as it may be in this Region."""
        self.connector = self.deployed.ask("POST", "/v1/connectors", {"tenant": TENANT})["id"]
        setup = self.deployed.ask("GET", f"{self.path}/setup")
        asked = urllib.parse.parse_qs(urllib.parse.urlsplit(setup["quick_create_url"]).fragment.partition("?")[2])
        self.given = {name.removeprefix("param_"): value for name, [value] in asked.items() if name.startswith("param_")}
        self.key = self.account.client("kms").create_key(
            Description=self.deployed.name, Tags=[{"TagKey": one["Key"], "TagValue": one["Value"]}
                                                  for one in self.deployed.tags])["KeyMetadata"]["Arn"]
        longest = 46 - len(self.account.region)
        self.given |= {"BucketName": f"{self.deployed.name}-".ljust(longest - 1, "x") + "0", "CreateBucket": "yes",
                       "KmsKeyArn": self.key, "RoleName": f"{self.deployed.name}-delivery"}
        formation = self.account.client("cloudformation")
        formation.create_stack(
            StackName=self.stack, Capabilities=["CAPABILITY_NAMED_IAM"], Tags=self.deployed.tags,
            TemplateBody=customers_template(self.account.is_stand_in),
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in self.given.items()])
        delay = 1 if self.account.is_stand_in else 5
        formation.get_waiter("stack_create_complete").wait(
            StackName=self.stack, WaiterConfig={"Delay": delay, "MaxAttempts": 120})
        [stack] = formation.describe_stacks(StackName=self.stack)["Stacks"]
        outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        self.bucket = outputs["BucketName"]
        self.deployed.ask("PATCH", self.path, {"destination": {
            "role": outputs["RoleArn"], "bucket": self.bucket, "region": outputs["Region"], "kms_key": self.key}})
        return self.bucket

    def verify(self) -> str:
        """At once, and again for a minute: IAM takes its time after CREATE_COMPLETE."""
        began, tries = time.monotonic(), 0
        while True:
            tries += 1
            self.verified = self.deployed.ask("POST", f"{self.path}/verify")
            if self.verified["passed"]:
                self.deployed.ask("POST", f"{self.path}/activate")
                return f"passed at try {tries}, after {time.monotonic() - began:.0f} s"
            if time.monotonic() - began > 60:
                raise Wrong(json.dumps([one for one in self.verified["reports"] if one["verdict"] == "failed"])[:900])
            time.sleep(5)

    def verdict(self, stage: str) -> dict[str, Any]:
        """What the verification said of a stage."""
        found = [one for one in self.verified.get("reports", []) if one["stage"] == stage]
        if not found:
            raise Wrong("there was no verification")
        return found[0]

    def receives(self, events: list[dict[str, Any]], seconds: float) -> str:
        """Writes events, asks for a run and waits for the file that holds exactly them."""
        before = len(self.deployed.exports(self.connector))
        self.deployed.write(TENANT, events)
        time.sleep(2)
        self.deployed.ask("POST", f"{self.path}/run")

        def arrived() -> dict[str, Any] | None:
            parts = [part for part in self.deployed.exports(self.connector)[before:] if part["kind"] != "heartbeat"]
            return parts[0] if parts and parts[0]["state"] == "delivered" else None

        part = wait(arrived, seconds)
        if not part:
            raise Wrong(f"nothing arrived; the connector is {json.dumps(self.deployed.ask('GET', self.path)['health'])[:900]}")
        s3 = self.account.client("s3")
        found = json.loads(s3.get_object(Bucket=self.bucket, Key=part["key"])["Body"].read())
        if found != events:
            raise Wrong(f"the file holds {found}")
        head = s3.head_object(Bucket=self.bucket, Key=part["key"])
        if (head.get("ServerSideEncryption"), head.get("SSEKMSKeyId")) != ("aws:kms", self.key):
            raise Wrong(f"it is encrypted with {head.get('SSEKMSKeyId')}")
        return f"{part['key']}, with a Bucket Key: {head.get('BucketKeyEnabled', False)}"
