"""What the operator's notes hand out to be used as it stands: the deployer's policy, and the policy of the bucket that
the customers' template is published in. Judged by iam-simulate.
"""

import fnmatch
import json
import re
import unittest
from typing import Any

from cells import Caller, Cell, wrong
from cloudformation import Place, Stack, load
from rules import bundle
from world import CUSTOMER_ROLE, ROOT, VENDOR

DEPLOYER = json.loads((ROOT / "infra" / "deployer-policy.json").read_text(encoding="utf-8"))
NOTES = (ROOT / "infra" / "README.md").read_text(encoding="utf-8")
REGION = "eu-central-1"
# For each type of resource in the stack an action that creates it and one that deletes it, and what it is done to: the
# name that CloudFormation gives it in a stack called auditferry.
MADE: dict[str, tuple[list[str], str]] = {
    "AWS::ApiGatewayV2::Api": (["apigateway:POST", "apigateway:DELETE"], f"arn:aws:apigateway:{REGION}::/apis"),
    "AWS::ApiGatewayV2::Authorizer": (["apigateway:POST"], f"arn:aws:apigateway:{REGION}::/apis/a/authorizers"),
    "AWS::ApiGatewayV2::Integration": (["apigateway:POST"], f"arn:aws:apigateway:{REGION}::/apis/a/integrations"),
    "AWS::ApiGatewayV2::Route": (["apigateway:POST"], f"arn:aws:apigateway:{REGION}::/apis/a/routes"),
    "AWS::ApiGatewayV2::Stage": (["apigateway:POST"], f"arn:aws:apigateway:{REGION}::/apis/a/stages"),
    "AWS::CloudFormation::Stack": (["cloudformation:CreateStack", "cloudformation:CreateChangeSet"],
                                   f"arn:aws:cloudformation:{REGION}:{VENDOR}:stack/auditferry-Alarms-1X/1"),
    "AWS::CloudWatch::Alarm": (["cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms"],
                               f"arn:aws:cloudwatch:{REGION}:{VENDOR}:alarm:auditferry-silent"),
    "AWS::CloudWatch::Dashboard": (["cloudwatch:PutDashboard", "cloudwatch:DeleteDashboards"],
                                   f"arn:aws:cloudwatch::{VENDOR}:dashboard/auditferry"),
    "AWS::DynamoDB::Table": (["dynamodb:CreateTable", "dynamodb:DescribeTable", "dynamodb:UpdateTimeToLive",
                              "dynamodb:UpdateContinuousBackups", "dynamodb:TagResource"],
                             f"arn:aws:dynamodb:{REGION}:{VENDOR}:table/auditferry-LedgerTable-1X"),
    "AWS::Events::EventBus": (["events:CreateEventBus", "events:DeleteEventBus"],
                              f"arn:aws:events:{REGION}:{VENDOR}:event-bus/auditferry-events"),
    "AWS::Events::Rule": (["events:PutRule", "events:PutTargets", "events:RemoveTargets", "events:DeleteRule"],
                          f"arn:aws:events:{REGION}:{VENDOR}:rule/auditferry-DispatcherTick-1X"),
    "AWS::IAM::Role": (["iam:CreateRole", "iam:PutRolePolicy", "iam:DeleteRole"],
                       f"arn:aws:iam::{VENDOR}:role/auditferry-exporter"),
    "AWS::IAM::RolePolicy": (["iam:PutRolePolicy", "iam:GetRolePolicy", "iam:DeleteRolePolicy"],
                             f"arn:aws:iam::{VENDOR}:role/auditferry-ReaderRole-1X"),
    "AWS::KMS::Key": (["kms:CreateKey", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion"], f"arn:aws:kms:{REGION}:{VENDOR}:key/1"),
    "AWS::Lambda::Alias": (["lambda:CreateAlias", "lambda:UpdateAlias", "lambda:GetAlias", "lambda:DeleteAlias"],
                           f"arn:aws:lambda:{REGION}:{VENDOR}:function:auditferry-Reader-1X"),
    "AWS::Lambda::Permission": (["lambda:AddPermission", "lambda:RemovePermission"],
                                f"arn:aws:lambda:{REGION}:{VENDOR}:function:auditferry-Api-1X"),
    "AWS::Logs::LogGroup": (["logs:CreateLogGroup", "logs:PutRetentionPolicy", "logs:DeleteLogGroup"],
                            f"arn:aws:logs:{REGION}:{VENDOR}:log-group:/aws/vendedlogs/auditferry/auditferry/api-access"),
    "AWS::Logs::QueryDefinition": (["logs:PutQueryDefinition", "logs:DeleteQueryDefinition"],
                                   f"arn:aws:logs:{REGION}:{VENDOR}:query-definition:1"),
    "AWS::S3::Bucket": (["s3:CreateBucket", "s3:PutBucketPublicAccessBlock", "s3:PutEncryptionConfiguration",
                         "s3:PutLifecycleConfiguration", "s3:PutBucketOwnershipControls", "s3:DeleteBucket"],
                        "arn:aws:s3:::auditferry-stagingbucket-1x"),
    "AWS::S3::BucketPolicy": (["s3:PutBucketPolicy", "s3:DeleteBucketPolicy"], "arn:aws:s3:::auditferry-stagingbucket-1x"),
    "AWS::SNS::Subscription": (["sns:Subscribe", "sns:Unsubscribe"], f"arn:aws:sns:{REGION}:{VENDOR}:auditferry-operator"),
    "AWS::SNS::Topic": (["sns:CreateTopic", "sns:SetTopicAttributes", "sns:DeleteTopic"],
                        f"arn:aws:sns:{REGION}:{VENDOR}:auditferry-operator"),
    "AWS::SNS::TopicPolicy": (["sns:SetTopicAttributes"], f"arn:aws:sns:{REGION}:{VENDOR}:auditferry-operator"),
    "AWS::SQS::Queue": (["sqs:CreateQueue", "sqs:SetQueueAttributes", "sqs:DeleteQueue"],
                        f"arn:aws:sqs:{REGION}:{VENDOR}:auditferry-ExportQueue-1X"),
    "AWS::SQS::QueuePolicy": (["sqs:SetQueueAttributes"], f"arn:aws:sqs:{REGION}:{VENDOR}:auditferry-ExportQueue-1X"),
    "AWS::Serverless::Function": (
        ["lambda:CreateFunction", "lambda:PutFunctionConcurrency", "lambda:PutFunctionEventInvokeConfig",
         "lambda:PutFunctionRecursionConfig", "lambda:GetFunctionRecursionConfig", "lambda:DeleteFunction"],
        f"arn:aws:lambda:{REGION}:{VENDOR}:function:auditferry-Notifier-1X"),
}
# Actions without resource-level permissions.
ON_EVERYTHING = {"logs:PutQueryDefinition", "logs:DeleteQueryDefinition", "kms:CreateKey", "lambda:CreateEventSourceMapping"}
# What API Gateway does in the deployer's name. Source: API Gateway developer guide, "Configure logging for HTTP APIs".
ACCESS_LOG = ["logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DescribeLogGroups", "logs:DescribeResourcePolicies",
              "logs:GetLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:UpdateLogDelivery"]


def published() -> dict[str, Any]:
    """The policy of the bucket in the notes' commands, for a bucket."""
    [policy] = re.findall(r"put-bucket-policy .*--policy '(\{.*?\})'\n", NOTES, re.DOTALL)
    return json.loads(policy.replace("'$BUCKET'", "templates"))


class Deployer(unittest.TestCase):
    """An operator who deploys with that policy alone."""

    def use(self, action: str, resource: str, promised: bool, **context: str) -> Cell:
        """May the deployer do this?"""
        arn = f"arn:aws:iam::{VENDOR}:role/deployer"
        who = Caller("the deployer", f"arn:aws:sts::{VENDOR}:assumed-role/deployer/x", arn, DEPLOYER)
        of_key = {"Version": "2012-10-17", "Statement": [{
            "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{VENDOR}:root"}, "Action": "kms:*", "Resource": "*"}]}
        return Cell(f"{action} on {resource}", promised, who.principal, action, resource, VENDOR, [who.policy],
                    None, of_key if action.startswith("kms:") else None, context)

    def test_every_type_of_resource_in_the_stack_can_be_made_and_taken_away(self) -> None:
        templates = {path: template for path, template in bundle().items()
                     if path not in ("infra/customer-role.yaml", "infra/siem-reader.yaml")}
        types = {one["Type"] for template in templates.values() for one in template["Resources"].values()}
        self.assertEqual(types - set(MADE), set(), "the deployer's policy was not held against these")
        cells = [self.use(action, "*" if action in ON_EVERYTHING else MADE[kind][1], True)
                 for kind in types for action in MADE[kind][0] if not action.startswith("apigateway:")]
        cells += [self.use(action, "*", True) for action in ACCESS_LOG]
        cells += [self.use("lambda:CreateEventSourceMapping", "*", True),
                  self.use("lambda:DeleteEventSourceMapping", f"arn:aws:lambda:{REGION}:{VENDOR}:event-source-mapping:1", True)]
        self.assertEqual(wrong(cells), [])
        # The evaluator knows API Gateway's actions without their resources.
        [api] = [one for one in DEPLOYER["Statement"] if one["Sid"] == "TheApi"]
        for kind in types:
            for action in (one for one in MADE[kind][0] if one.startswith("apigateway:")):
                self.assertIn(action, api["Action"])
                self.assertTrue(any(fnmatch.fnmatchcase(MADE[kind][1], pattern) for pattern in api["Resource"]), kind)

    def test_nothing_else_of_the_account_is_in_reach(self) -> None:
        role, data = f"arn:aws:iam::{VENDOR}:role/auditferry-exporter", f"arn:aws:dynamodb:{REGION}:{VENDOR}:table/"
        self.assertEqual(wrong([
            self.use("iam:PassRole", role, True, **{"iam:PassedToService": "lambda.amazonaws.com"}),
            self.use("iam:PassRole", role, False, **{"iam:PassedToService": "ec2.amazonaws.com"}),
            self.use("iam:PutRolePolicy", f"arn:aws:iam::{VENDOR}:role/admin", False),
            self.use("iam:AttachRolePolicy", role, False), self.use("iam:CreateUser", f"arn:aws:iam::{VENDOR}:user/x", False),
            self.use("sts:AssumeRole", role, False), self.use("dynamodb:DeleteTable", f"{data}orders", False),
            self.use("dynamodb:GetItem", f"{data}auditferry-EventsTable-1X", False),
            self.use("dynamodb:Query", f"{data}auditferry-EventsTable-1X", False),
            self.use("kms:Sign", f"arn:aws:kms:{REGION}:{VENDOR}:key/1", False),
            self.use("s3:DeleteBucket", "arn:aws:s3:::others", False),
            self.use("lambda:UpdateFunctionCode", f"arn:aws:lambda:{REGION}:{VENDOR}:function:billing", False),
        ]), [])

    def test_it_fits_into_a_managed_policy(self) -> None:
        """Source: IAM user guide, "IAM and AWS STS quotas": 6,144 characters, white space not counted."""
        self.assertLessEqual(len(json.dumps(DEPLOYER, separators=(",", ":"))), 6_144)


class BucketName(unittest.TestCase):
    """CloudFormation can't count, so the template and the notes say how long a name may be."""

    def test_a_name_of_32_fits_in_every_region_and_one_of_46_less_the_regions_name_in_that(self) -> None:
        template = load(CUSTOMER_ROLE)
        self.assertIn("32 characters fit in every Region (46 minus the Region's name)",
                      " ".join(template["Parameters"]["BucketName"]["Description"].split()))
        # The longest names of Regions have 14 characters.
        for region in ("ap-southeast-1", "ap-northeast-3", "us-gov-east-1", "eusc-de-east-1", "eu-central-1", "us-east-1"):
            for length in (32, 46 - len(region), 46 - len(region) + 1):
                given = {"ExternalId": "af-" + "0" * 32, "VendorAccountId": VENDOR, "BucketName": "a" * length,
                         "CreateBucket": "yes"}
                name = Stack(template, Place("222222222222", region), given).resource("Bucket")["BucketName"]
                self.assertEqual(len(name) <= 63, length <= 46 - len(region), (region, length))


class Published(unittest.TestCase):
    """The customers' template where CloudFormation reads it."""

    def test_anybody_reads_the_template_and_nothing_else(self) -> None:
        policy = published()
        stranger = "arn:aws:iam::999999999999:user/customer"
        anything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
        bucket = "arn:aws:s3:::templates"
        self.assertEqual(wrong([
            Cell(f"{action} on {resource}", promised, stranger, action, resource, VENDOR, [anything], of_resource=policy,
                 context={"aws:SecureTransport": "true"})
            for action, resource, promised in [
                ("s3:GetObject", f"{bucket}/auditferry/customer-role.yaml", True),
                ("s3:GetObject", f"{bucket}/auditferry/other", False), ("s3:GetObject", f"{bucket}/x", False),
                ("s3:PutObject", f"{bucket}/auditferry/customer-role.yaml", False), ("s3:ListBucket", bucket, False)]]), [])

    def test_the_bucket_is_opened_before_its_policy_is_put(self) -> None:
        """A new bucket blocks public policies: without the first command S3 refuses the second."""
        commands = NOTES[NOTES.index("### Publish the template"):]
        block = commands.index("put-public-access-block")
        self.assertLess(block, commands.index("put-bucket-policy"))
        settings = commands[block:commands.index("put-bucket-policy")]
        for setting in ("BlockPublicAcls=true", "IgnorePublicAcls=true", "BlockPublicPolicy=false", "RestrictPublicBuckets=false"):
            self.assertIn(setting, settings)
        self.assertIn("--key auditferry/customer-role.yaml" if "put-object" in commands else "auditferry/customer-role.yaml", commands)


if __name__ == "__main__":
    unittest.main()
