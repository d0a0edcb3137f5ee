"""Another events table, or other keys, in a deployment that has sealed already: nothing is sealed from it.

A module of its own, and not part of the journey: MiniStack ends what is under way when a function's configuration
changes, and a run that is ended keeps its lease for a quarter of an hour.
"""

import json
import time
import unittest
from datetime import timedelta

from customer import Customer
from stand_in import REGION, StandIn
from vendor import VENDOR, Vendor, now, real_events, wait

OTHER = "audit-evnts"


class Source(unittest.TestCase):
    """As if the stack was updated with a table that was mistyped, and with another sort key."""

    def setUp(self) -> None:
        self.aws = StandIn()
        self.addCleanup(self.aws.close)
        self.vendor = Vendor(self.aws)
        self.customer = Customer(self.vendor, "fine", "222222222221", {"format": "json", "compression": "none"})
        self.events = real_events()[:40]
        started = now()
        self.customer.happens([self.events.pop() for _ in range(20)], started - timedelta(minutes=50), started)
        self.customer.onboard(started - timedelta(hours=1))

    def test_another_source_is_never_sealed_as_a_quiet_hour(self) -> None:
        """The role may read the other table, as the template would have it: it is not the role that holds this back."""
        self.aws.root("dynamodb", VENDOR).create_table(
            TableName=OTHER, BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")])
        self.aws.root("iam", VENDOR).put_role_policy(
            RoleName=self.vendor.resource("ExporterRole"), PolicyName="other-table", PolicyDocument=json.dumps({
                "Version": "2012-10-17", "Statement": [{
                    "Effect": "Allow", "Action": ["dynamodb:Query", "dynamodb:DescribeTable"],
                    "Resource": f"arn:aws:dynamodb:{REGION}:{VENDOR}:table/{OTHER}"}]}))
        as_it_was = self.vendor.function("Exporter")["Environment"]["Variables"]
        self.customer.asks_for_a_run()
        wait("what was written so far", self.all_is_delivered)
        for changed in ({"EVENTS_TABLE": OTHER}, {"EVENTS_SORT_KEY": "another"}):
            self.updated(as_it_was | changed)
            before, since = self.vendor.exports(self.customer.connector), now()
            self.customer.happens([self.events.pop()], now() - timedelta(seconds=2), now())
            self.customer.asks_for_a_run()
            wait(f"a refusal of {changed}", lambda since=since: any(
                '"RunsSourceChanged":1' in line for line in self.vendor.lines_of("Exporter", since)))
            self.assertEqual(self.vendor.exports(self.customer.connector), before, changed)
        self.updated(as_it_was)
        self.customer.asks_for_a_run()
        wait("the events in the meantime", self.all_is_delivered)
        self.assertEqual(self.customer.delivered_events(), self.customer.events)

    def all_is_delivered(self) -> bool:
        parts = self.vendor.exports(self.customer.connector)
        sealed = sum(part["events"] for part in parts)
        return sealed >= len(self.customer.events) and all(part["state"] == "delivered" for part in parts)

    def updated(self, environment: dict[str, str]) -> None:
        """The exporter with this environment, once what runs has had time to end."""
        time.sleep(5)
        self.aws.root("lambda", VENDOR).update_function_configuration(
            FunctionName=self.vendor.outputs["ExporterFunctionName"], Environment={"Variables": environment})
        time.sleep(5)


if __name__ == "__main__":
    unittest.main()
