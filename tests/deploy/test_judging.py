"""The condition keys that `judging.py` passes to MiniStack are those of the request: a judge that lets everything pass would
prove nothing about the functions' roles.
"""

import json
import unittest
from typing import Any

from botocore.exceptions import ClientError

from stand_in import StandIn
from vendor import VENDOR

TABLE = "ledger"
LEADING = "dynamodb:LeadingKeys"


def keyed(partition: str, **more: Any) -> dict[str, Any]:
    """The key of an item, or an item."""
    return {"pk": {"S": partition}, "sk": {"S": "x"}, **more}


class Judging(unittest.TestCase):
    """A table, and a role with one statement at a time."""

    @classmethod
    def setUpClass(cls) -> None:
        cls.aws = StandIn()
        cls.addClassCleanup(cls.aws.close)
        names = ("pk", "sk", "tenant_id")
        cls.aws.root("dynamodb", VENDOR).create_table(
            TableName=TABLE, BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in names],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            GlobalSecondaryIndexes=[{"IndexName": "tenant", "Projection": {"ProjectionType": "ALL"}, "KeySchema": [
                {"AttributeName": "tenant_id", "KeyType": "HASH"}, {"AttributeName": "pk", "KeyType": "RANGE"}]}])
        for partition in ("C#1", "SECRET#1"):
            cls.aws.root("dynamodb", VENDOR).put_item(
                TableName=TABLE, Item=keyed(partition, tenant_id={"S": "acme"}, a={"M": {"b": {"S": "1"}}}))
        cls.aws.root("iam", VENDOR).create_role(RoleName="judged", AssumeRolePolicyDocument=json.dumps({
            "Version": "2012-10-17", "Statement": [{
                "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{VENDOR}:root"}, "Action": "sts:AssumeRole"}]}))

    def allowed(self, condition: dict[str, Any]) -> Any:
        """A client that may do everything with items under this condition."""
        self.aws.root("iam", VENDOR).put_role_policy(RoleName="judged", PolicyName="p", PolicyDocument=json.dumps({
            "Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Action": "dynamodb:*", "Resource": "*", "Condition": condition}]}))
        arn = f"arn:aws:iam::{VENDOR}:role/judged"
        session = self.aws.root("sts", VENDOR).assume_role(RoleArn=arn, RoleSessionName="test")
        return self.aws.session("dynamodb", session["Credentials"])

    def refused(self, call: Any, **asked: Any) -> bool:
        """Whether IAM is what refuses a call."""
        try:
            call(**asked)
        except ClientError as error:
            if "AccessDenied" in error.response["Error"]["Code"]:
                return True
            raise
        return False

    def test_the_partition_keys_of_every_kind_of_request(self) -> None:
        client = self.allowed({"ForAllValues:StringLike": {LEADING: "C#*"}, "Null": {LEADING: "false"}})
        for partition, shut in (("C#1", False), ("SECRET#1", True)):
            key = keyed(partition)
            query = {"KeyConditionExpression": "#pk = :pk AND #sk >= :sk", "ExpressionAttributeNames": {"#pk": "pk", "#sk": "sk"},
                     "ExpressionAttributeValues": {":pk": key["pk"], ":sk": key["sk"]}}
            put = {"Put": {"TableName": TABLE, "Item": keyed(partition)}}
            other = {"Put": {"TableName": TABLE, "Item": keyed("C#2")}}
            for call, asked in [
                (client.get_item, {"TableName": TABLE, "Key": key}), (client.query, {"TableName": TABLE, **query}),
                (client.put_item, {"TableName": TABLE, "Item": key}),
                (client.update_item, {"TableName": TABLE, "Key": key, "UpdateExpression": "SET #a = :a",
                                      "ExpressionAttributeNames": {"#a": "a"}, "ExpressionAttributeValues": {":a": {"S": "1"}}}),
                (client.batch_get_item, {"RequestItems": {TABLE: {"Keys": [keyed("C#2"), key]}}}),
                (client.batch_write_item, {"RequestItems": {TABLE: [{"PutRequest": {"Item": key}}]}}),
                (client.batch_write_item, {"RequestItems": {TABLE: [{"DeleteRequest": {"Key": key}}]}}),
                (client.transact_write_items, {"TransactItems": [other, put]}),
            ]:
                with self.subTest(f"{call.__name__} {partition}"):
                    self.assertEqual(self.refused(call, **asked), shut)
        self.assertTrue(self.refused(client.scan, TableName=TABLE), "a Scan has no partition key")

    def test_an_index_is_judged_by_its_own_key(self) -> None:
        client = self.allowed({"ForAllValues:StringLike": {LEADING: "acme"}, "Null": {LEADING: "false"}})
        for tenant, shut in (("acme", False), ("globex", True)):
            self.assertEqual(shut, self.refused(
                client.query, TableName=TABLE, IndexName="tenant", KeyConditionExpression="#t = :t AND #pk > :pk",
                ExpressionAttributeNames={"#t": "tenant_id", "#pk": "pk"},
                ExpressionAttributeValues={":t": {"S": tenant}, ":pk": {"S": "C#"}}), tenant)

    def test_the_attributes_that_a_request_names_and_what_it_wants_returned(self) -> None:
        client = self.allowed({"ForAllValues:StringEquals": {"dynamodb:Attributes": ["pk", "sk", "a"]},
                               "StringEqualsIfExists": {"dynamodb:ReturnValues": "NONE"}})
        written = {"TableName": TABLE, "Key": keyed("C#1"), "UpdateExpression": "SET #a = :a",
                   "ExpressionAttributeValues": {":a": {"S": "1"}}, "ExpressionAttributeNames": {"#a": "a"}}
        self.assertFalse(self.refused(client.update_item, **written))
        for more in ({"ReturnValues": "ALL_NEW"}, {"ExpressionAttributeNames": {"#a": "b"}},
                     {"ConditionExpression": "attribute_not_exists(#c)", "ExpressionAttributeNames": {"#a": "a", "#c": "c"}}):
            self.assertTrue(self.refused(client.update_item, **written | more), more)
        nested = {"ConditionExpression": "attribute_not_exists(#a.#c)", "ExpressionAttributeNames": {"#a": "a", "#c": "c"}}
        self.assertFalse(self.refused(client.update_item, **written | nested), "the first of a path is the attribute")
        self.assertTrue(self.refused(client.put_item, TableName=TABLE, Item=keyed("C#1", c={"S": "1"})))
        asked = {"Keys": [keyed("C#1")], "ProjectionExpression": "#a", "ExpressionAttributeNames": {"#a": "a"}}
        self.assertFalse(self.refused(client.batch_get_item, RequestItems={TABLE: asked}))
        asked["ExpressionAttributeNames"] = {"#a": "c"}
        self.assertTrue(self.refused(client.batch_get_item, RequestItems={TABLE: asked}))

    def test_a_read_of_everything_is_distinguished_from_one_of_some_attributes(self) -> None:
        client = self.allowed({"StringEquals": {"dynamodb:Select": "SPECIFIC_ATTRIBUTES"}})
        some = {"ProjectionExpression": "#a", "ExpressionAttributeNames": {"#a": "a"}}
        for more, shut in ((some, False), ({}, True)):
            self.assertEqual(self.refused(client.scan, TableName=TABLE, IndexName="tenant", **more), shut)
            asked = {TABLE: {"Keys": [keyed("C#1")], **more}}
            self.assertEqual(self.refused(client.batch_get_item, RequestItems=asked), shut)


if __name__ == "__main__":
    unittest.main()
