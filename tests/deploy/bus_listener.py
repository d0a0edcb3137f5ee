"""A queue that receives everything Auditferry publishes on its event bus, as an operator would connect one."""

import json
from typing import Any

from stand_in import REGION
from vendor import VENDOR, Vendor


class BusListener:
    """Connected to the deployment's bus by a rule."""

    def __init__(self, vendor: Vendor) -> None:
        self._sqs, events = vendor.aws.root("sqs", VENDOR), vendor.aws.root("events", VENDOR)
        self._url = self._sqs.create_queue(QueueName="notices")["QueueUrl"]
        self._received: list[dict[str, Any]] = []
        arn = f"arn:aws:sqs:{REGION}:{VENDOR}:notices"
        self._sqs.set_queue_attributes(QueueUrl=self._url, Attributes={"Policy": json.dumps({
            "Version": "2012-10-17", "Statement": [{
                "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"},
                "Action": "sqs:SendMessage", "Resource": arn}]})})
        bus = vendor.outputs["EventBusName"]
        events.put_rule(Name="notices", EventBusName=bus, EventPattern=json.dumps({"source": [{"prefix": ""}]}))
        failed = events.put_targets(Rule="notices", EventBusName=bus, Targets=[{"Id": "queue", "Arn": arn}])
        assert not failed["FailedEntryCount"], failed

    def received(self, about: str, kind: str, named: str = "connector") -> list[dict[str, Any]]:
        """The details of all notices of a kind about a connector, or about what this field of them names, so far."""
        while messages := self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                self._received.append(json.loads(message["Body"]))
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
        return [event["detail"] for event in self._received
                if event["detail-type"] == kind and event["detail"].get(named) == about]
