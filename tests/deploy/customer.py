"""A customer: launches the link's stack in its own account, and reads the files in its bucket."""

import gzip
import hashlib
import json
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import adapted
from vendor import Vendor, spread, wait

TEMPLATE = Path(__file__).parents[2] / "infra" / "customer-role.yaml"


@dataclass
class Customer:
    """A tenant of the vendor's, with a connector and an AWS account."""

    vendor: Vendor
    tenant: str
    account: str
    encoding: Mapping[str, str]
    key: str = ""
    events: list[str] = field(default_factory=list)
    connector: str = ""
    given: dict[str, str] = field(default_factory=dict)
    bucket: str = ""
    newest: datetime = datetime.min.replace(tzinfo=timezone.utc)

    def onboard(self, start: datetime) -> None:
        """The whole onboarding: connector, link, stack, ARN, verification, activation."""
        made = self.vendor.ask("POST", "/v1/connectors", {
            "tenant": self.tenant, "encoding": self.encoding, "start_from": start.isoformat().replace("+00:00", "Z")})
        self.connector = made["id"]
        outputs = self.follows(self.vendor.ask("GET", f"{self.path}/setup")["quick_create_url"])
        to = {"role": outputs["RoleArn"], "bucket": self.bucket, "region": outputs["Region"]}
        to |= {"kms_key": self.key} if self.key else {}
        self.vendor.ask("PATCH", self.path, {"destination": to})
        verified = self.vendor.ask("POST", f"{self.path}/verify")
        assert verified["passed"], json.dumps(verified, indent=1)
        self.vendor.ask("POST", f"{self.path}/activate")

    def follows(self, link: str) -> dict[str, str]:
        """Launches the stack of a link, with a bucket of its own; returns its outputs."""
        asked = urllib.parse.parse_qs(urllib.parse.urlsplit(link).fragment.partition("?")[2])
        self.given = {name.removeprefix("param_"): value for name, [value] in asked.items() if name.startswith("param_")}
        self.given |= {"BucketName": f"{self.tenant}-audit-log", "CreateBucket": "yes", "KmsKeyArn": self.key}
        outputs = self.launch()
        self.bucket = outputs["BucketName"]
        return outputs

    @property
    def path(self) -> str:
        """The connector in the API."""
        return f"/v1/connectors/{self.connector}"

    def launch(self, *, update: bool = False, **changed: str) -> dict[str, str]:
        """Launches the customer's stack, or updates it with other parameters; returns its outputs."""
        formation = self.vendor.aws.root("cloudformation", self.account)
        order = formation.update_stack if update else formation.create_stack
        order(StackName="auditferry", Capabilities=["CAPABILITY_NAMED_IAM"],
              TemplateBody=adapted.customer(TEMPLATE.read_text(encoding="utf-8")),
              Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in (self.given | changed).items()])
        waiter = formation.get_waiter("stack_update_complete" if update else "stack_create_complete")
        waiter.wait(StackName="auditferry", WaiterConfig={"Delay": 1, "MaxAttempts": 60})
        [stack] = formation.describe_stacks(StackName="auditferry")["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}

    def happens(self, events: list[str], first: datetime, last: datetime) -> None:
        """Writes these events for this tenant, over this span."""
        times = spread(len(events), first, last)
        self.vendor.write(self.tenant, events, times)
        self.events += events
        self.newest = times[-1]

    def asks_for_a_run(self) -> None:
        """Requests a run with the schedule's next tick, for everything written so far.

        The API says up to which time that is. It is a whole second, so what was written in this very one has to wait.
        """
        wait("a run that takes in what was written",
             lambda: datetime.fromisoformat(self.vendor.ask("POST", f"{self.path}/run")["up_to"]) > self.newest, 5)

    def shown(self) -> dict[str, Any]:
        """The connector as the API shows it."""
        return self.vendor.ask("GET", self.path)

    def s3(self) -> Any:
        """The customer's own rights on its bucket."""
        return self.vendor.aws.root("s3", self.account)

    def files(self) -> dict[str, bytes]:
        """Every object in the bucket below `events/`, by its key, in the order of the keys."""
        prefix = f"{self.given['Prefix']}/events/"
        pages = self.s3().get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        keys = sorted(one["Key"] for page in pages for one in page.get("Contents", []))
        return {key: self.s3().get_object(Bucket=self.bucket, Key=key)["Body"].read() for key in keys}

    def delivered_events(self) -> list[str]:
        """The customer's own reading of all its files: every event's text, in the order of the files.

        Each file must be what its name says, and what the ledger says was sealed; and no file may be there that the
        ledger doesn't know. Heartbeats are left out.
        """
        exports, files = self._still()
        assert [export["part"] for export in exports] == list(range(1, len(exports) + 1)), "part numbers have gaps"
        ends = [export["window"]["to"] for export in exports[:-1]]
        assert ends == [export["window"]["from"] for export in exports[1:]], "windows have gaps"
        assert sorted(files) == sorted(export["key"] for export in exports), (sorted(files), exports)
        found: list[str] = []
        for export in exports:
            body = files[export["key"]]
            digest = hashlib.sha256(body).hexdigest()
            assert digest == export["sha256"] and f"_{digest[:16]}." in export["key"], export
            if export["kind"] != "heartbeat":
                lines = self._lines(body)
                assert len(lines) == export["events"], export
                found += lines
        return found

    def _still(self) -> tuple[list[dict[str, Any]], dict[str, bytes]]:
        """The ledger's parts and the bucket's files, read while no run was between the one and the other."""
        exports, files = None, {}
        while (now_there := self.vendor.exports(self.connector)) != exports:
            exports, files = now_there, self.files()
        return exports, files

    def _lines(self, body: bytes) -> list[str]:
        """The events of one file, byte for byte as they stand in it."""
        text = (gzip.decompress(body) if self.encoding["compression"] == "gzip" else body).decode()
        lines = text.splitlines()
        if self.encoding["format"] == "ndjson":
            return lines
        json.loads(text)
        assert lines[0] == "[" and lines[-1] == "]", text[:100]
        return [line.removesuffix(",") for line in lines[1:-1]]
