"""Our own rules for the templates, and for each rule templates that break it."""

import copy
import json
import unittest
from collections.abc import Callable
from typing import Any

from cloudformation import Place, Stack
from gateway import CALLERS
from parameters import MEANING, takes
from rules import ALARMS, RULES, VENDOR, Bundle, Template, broken, bundle

CUSTOMER = "infra/customer-role.yaml"


def resource(templates: Bundle, name: str, path: str = VENDOR) -> Template:
    """A resource's properties."""
    return templates[path]["Resources"][name]["Properties"]


def statement(templates: Bundle, role: str, sid: str) -> dict[str, Any]:
    """A statement of a role's policy."""
    [policy] = resource(templates, role)["Policies"]
    found = [one for one in policy["PolicyDocument"]["Statement"] if one.get("Sid") == sid]
    assert len(found) == 1, f"{role} has no one statement {sid}"
    return found[0]


def mails(templates: Bundle) -> dict[str, Any]:
    """The statement by which the notifier sends mails."""
    [policy] = resource(templates, "NotifierRole")["Policies"]
    [found] = [one["Fn::If"][1] for one in policy["PolicyDocument"]["Statement"]
               if "Fn::If" in one and one["Fn::If"][1]["Sid"] == "SendMails"]
    return found


def trust(templates: Bundle) -> dict[str, Any]:
    """The statement by which a customer trusts the vendor."""
    [only] = resource(templates, "DeliveryRole", CUSTOMER)["AssumeRolePolicyDocument"]["Statement"]
    return only


def set_to(change: Callable[[Bundle], dict[str, Any]], **values: Any) -> Callable[[Bundle], Any]:
    """Sets these keys of what `change` finds."""
    return lambda templates: change(templates).update(values)


def without(change: Callable[[Bundle], dict[str, Any]], key: str) -> Callable[[Bundle], Any]:
    """Removes this key from what `change` finds."""
    return lambda templates: change(templates).pop(key)


def pattern(name: str, allowed: str, path: str = VENDOR) -> Callable[[Bundle], Any]:
    """Gives a parameter another pattern."""
    return lambda templates: templates[path]["Parameters"][name].update(AllowedPattern=allowed)


def access_log(fields: dict[str, str]) -> Callable[[Bundle], Any]:
    """Gives the API another access log."""
    return lambda templates: resource(templates, "HttpApiStage")["AccessLogSettings"].update(Format=json.dumps(fields))


# For each rule the templates that must not pass, by what is wrong with them.
BROKEN: dict[str, dict[str, Callable[[Bundle], Any]]] = {
    "actions_are_named": {
        "a wildcard": set_to(lambda t: statement(t, "ExporterRole", "StageParts"), Action=["s3:*"]),
        "a wildcard at the end of a name": set_to(lambda t: statement(t, "ApiRole", "ListConnectors"), Action="dynamodb:Get*"),
        "all but some": set_to(lambda t: statement(t, "ApiRole", "ListConnectors"), NotAction="iam:PassRole"),
        "a wildcard behind a condition": lambda t: resource(t, "ExporterRole")["Policies"][0]["PolicyDocument"][
            "Statement"][-1]["Fn::If"][1].update(Action="kms:*"),
        "a wildcard at the customer's": lambda t: resource(t, "DeliveryRole", CUSTOMER)["Policies"][0][
            "PolicyDocument"]["Statement"][0].update(Action="s3:Put*"),
    },
    "resources_are_named": {
        "everything": set_to(lambda t: statement(t, "DispatcherRole", "ClaimConnectors"), Resource="*"),
        "everything among others": set_to(lambda t: statement(t, "DispatcherRole", "ClaimConnectors"),
                                          Resource=[{"Fn::GetAtt": ["LedgerTable", "Arn"]}, "*"]),
        "all but some": set_to(lambda t: statement(t, "ApiRole", "AnnounceChanges"), NotResource="x"),
    },
    "only_customers_roles_are_assumed": {
        "any role": set_to(lambda t: statement(t, "ExporterRole", "AssumeCustomerRoles"),
                           Resource={"Fn::Sub": "arn:${AWS::Partition}:iam::*:role/*"}),
        "a path that only begins so": set_to(lambda t: statement(t, "ExporterRole", "AssumeCustomerRoles"),
                                             Resource={"Fn::Sub": "arn:${AWS::Partition}:iam::*:role/auditferry*"}),
        "any role of the vendor's by the API": set_to(lambda t: statement(t, "ApiRole", "VerifyAsTheExporter"),
                                                      Resource={"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/*"}),
        "federation": set_to(lambda t: statement(t, "ExporterRole", "AssumeCustomerRoles"),
                             Action=["sts:AssumeRole", "sts:GetFederationToken"]),
    },
    "external_ids_are_strict": {
        "none is asked for": lambda t: trust(t)["Condition"]["StringEquals"].pop("sts:ExternalId"),
        "by a pattern": lambda t: trust(t)["Condition"].update(
            StringLike={"sts:ExternalId": trust(t)["Condition"].pop("StringEquals")["sts:ExternalId"]}),
        "only if it is there": lambda t: trust(t)["Condition"].update(
            StringEqualsIfExists=trust(t)["Condition"].pop("StringEquals")),
        "any of ours": lambda t: trust(t)["Condition"]["StringEquals"].update({"sts:ExternalId": "af-*"}),
        "the whole account": lambda t: trust(t)["Condition"].pop("ArnEquals"),
        "everybody": set_to(trust, Principal={"AWS": "*"}),
    },
    "queues_have_dead_letters_and_alarms": {
        "a queue without dead letters": without(lambda t: resource(t, "ExportQueue"), "RedrivePolicy"),
        "a new queue": lambda t: t[VENDOR]["Resources"].update(
            New={"Type": "AWS::SQS::Queue", "Properties": {}}),
        "dead letters without an alarm": lambda t: t[ALARMS]["Resources"].pop("ExportDeadLetters"),
        "a queue without an age alarm": lambda t: t[ALARMS]["Resources"].pop("QueueWaits"),
        "a rule's queue whose dead letters are its own": lambda t: resource(t, "NoticeQueue")["RedrivePolicy"].update(
            deadLetterTargetArn={"Fn::GetAtt": ["NoticeQueue", "Arn"]}),
        "operator failures without an alarm": lambda t: t[ALARMS]["Resources"].pop("OperatorDeadLetters"),
        "an alarm on another queue": lambda t: resource(t, "Alarms")["Parameters"].update(
            TickDeadLettersName={"Fn::GetAtt": ["ExportQueue", "QueueName"]}),
    },
    "functions_are_watched": {
        "errors": lambda t: t[ALARMS]["Resources"].pop("ApiErrors"),
        "throttles": lambda t: t[ALARMS]["Resources"].pop("ExporterThrottles"),
        "a new function": lambda t: t[VENDOR]["Resources"].update(
            New=copy.deepcopy(t[VENDOR]["Resources"]["Dispatcher"])),
    },
    "logs_end": {
        "no retention": without(lambda t: resource(t, "ApiAccessLogs"), "RetentionInDays"),
        "Lambda's own group": without(lambda t: resource(t, "Dispatcher"), "LoggingConfig"),
        "a group of someone else's": lambda t: resource(t, "Exporter")["LoggingConfig"].update(LogGroup="elsewhere"),
    },
    "each_function_has_its_own_role": {
        "a shared one": set_to(lambda t: resource(t, "Dispatcher"), Role={"Fn::GetAtt": ["ExporterRole", "Arn"]}),
        "one of SAM's making": without(lambda t: resource(t, "Api"), "Role"),
        "with more than we read": set_to(lambda t: resource(t, "Api"), Policies=["AmazonS3FullAccess"]),
    },
    "data_outlives_the_stack": {
        "a table": lambda t: t[VENDOR]["Resources"]["LedgerTable"].pop("DeletionPolicy"),
        "a table that stops a rollback": lambda t: t[VENDOR]["Resources"]["LedgerTable"].update(
            DeletionPolicy="RetainExceptOnCreate"),
        "a bucket that a failed deployment leaves": lambda t: t[VENDOR]["Resources"]["StagingBucket"].update(
            DeletionPolicy="Retain"),
        "a key that a failed deployment leaves": lambda t: t[VENDOR]["Resources"]["SigningKey"].update(
            DeletionPolicy="Retain"),
        "a key that goes with the stack": lambda t: t[VENDOR]["Resources"]["SigningKey"].update(DeletionPolicy="Delete"),
        "a customer's bucket": lambda t: t[CUSTOMER]["Resources"]["Bucket"].pop("DeletionPolicy"),
        "a bucket that is replaced": lambda t: t[VENDOR]["Resources"]["StagingBucket"].pop("UpdateReplacePolicy"),
        "no recovery": without(lambda t: resource(t, "LedgerTable"), "PointInTimeRecoverySpecification"),
        "no protection": set_to(lambda t: resource(t, "EventsTable"), DeletionProtectionEnabled=False),
    },
    "parameters_mean_themselves": {
        "any sender": pattern("NotifySender", r"^([^@\s]+@[^@\s]+)?$"),
        "a sender of all that RFC 5322 has": pattern("NotifySender", r"^([A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[a-z.]+)?$"),
        "a key of any ID": pattern("SigningKeyArn", r"^(arn:aws:kms:[a-z0-9-]+:[0-9]{12}:key/.+)?$"),
        "a table with a wildcard": pattern("EventsTableName", r"^[A-Za-z0-9_.*-]{0,255}$"),
        "a role with a variable": pattern("ExporterRoleName", r"^[\w+=,.@${}-]{1,64}$"),
        "a folder with any letter but a slash": pattern("Prefix", "^[^/]*$", CUSTOMER),
        "an index without a pattern": lambda t: t[VENDOR]["Parameters"]["EventsIndexName"].pop("AllowedPattern"),
    },
    "callers_are_logged": {
        "those who signed alone": access_log({"caller": "$context.identity.userArn"}),
        "a path": lambda t: access_log({f"a{place}": value for place, value in enumerate((*CALLERS, "$context.path"))})(t),
        "words and no JSON": lambda t: resource(t, "HttpApiStage")["AccessLogSettings"].update(Format="$context.requestId"),
        "nothing": without(lambda t: resource(t, "HttpApiStage"), "AccessLogSettings"),
    },
    "the_network_has_a_share": {
        "no throttle": without(lambda t: resource(t, "HttpApiStage"), "DefaultRouteSettings"),
        "a throttle without a parameter": lambda t: resource(t, "HttpApiStage")["DefaultRouteSettings"].update(
            ThrottlingRateLimit=50),
        "all of the account": without(lambda t: resource(t, "Api"), "ReservedConcurrentExecutions"),
        "most of the account": lambda t: t[VENDOR]["Parameters"]["ApiConcurrency"].update(Default=800),
        "all of the account by the portal": without(lambda t: resource(t, "Portal"), "ReservedConcurrentExecutions"),
    },
    "strangers_reach_the_portal_alone": {
        "the API": set_to(lambda t: resource(t, "HttpApiRoute"), AuthorizationType="NONE"),
        "a route that says nothing": without(lambda t: resource(t, "HttpApiRoute"), "AuthorizationType"),
        "a path beside the portal's": set_to(lambda t: resource(t, "PortalRoute"), RouteKey="ANY /portals"),
        "the API by a path of the portal": lambda t: resource(t, "PortalIntegration").update(
            IntegrationUri={"Fn::GetAtt": ["Api", "Arn"]}),
        "one path that the API gets": lambda t: t[VENDOR]["Resources"].pop("PortalFolderRoute"),
        "the API's throttle": lambda t: resource(t, "HttpApiStage")["RouteSettings"].pop("ANY /portal/{proxy+}"),
        "the API's parameter": lambda t: resource(t, "HttpApiStage")["RouteSettings"]["ANY /portal"].update(
            ThrottlingRateLimit={"Ref": "ApiRate"}),
        "no burst": lambda t: resource(t, "HttpApiStage")["RouteSettings"]["ANY /portal/"].pop("ThrottlingBurstLimit"),
    },
    "loops_are_meant": {
        "Lambda's own choice": without(lambda t: resource(t, "Notifier"), "RecursiveLoop"),
        "stopped": set_to(lambda t: resource(t, "Notifier"), RecursiveLoop="Terminate"),
        "one that sends to nobody": set_to(lambda t: resource(t, "Exporter"), RecursiveLoop="Allow"),
        "one that sends to another": set_to(lambda t: resource(t, "Dispatcher"), RecursiveLoop="Allow"),
        "a new loop": lambda t: statement(t, "ExporterRole", "TakeRequests")["Action"].append("sqs:SendMessage"),
        "a loop over two functions": lambda t: (
            statement(t, "ExporterRole", "TakeRequests").update(
                Action="sqs:SendMessage", Resource={"Fn::GetAtt": ["NoticeQueue", "Arn"]}),
            statement(t, "NotifierRole", "TakeNotices").update(Resource={"Fn::GetAtt": ["ExportQueue", "Arn"]})),
    },
    "lambda_never_drops_metrics": {
        "as it was": lambda t: resource(t, "Dispatcher")["LoggingConfig"].update(ApplicationLogLevel={"Ref": "LogLevel"}),
        "always warnings": lambda t: resource(t, "Api")["LoggingConfig"].update(ApplicationLogLevel="WARN"),
        "never more than INFO": lambda t: resource(t, "Api")["LoggingConfig"].update(ApplicationLogLevel="INFO"),
        "a function without it": lambda t: resource(t, "Notifier")["Environment"]["Variables"].pop("LOG_LEVEL"),
        "plain lines": lambda t: resource(t, "Exporter")["LoggingConfig"].update(LogFormat="Text"),
    },
    "processors_are_built_for": {
        "as it was": lambda t: (t[VENDOR]["Globals"]["Function"].update(Architectures=[{"Ref": "Architecture"}])),
        "Lambda's own choice": lambda t: t[VENDOR]["Globals"]["Function"].pop("Architectures"),
        "a function of its own": set_to(lambda t: resource(t, "Api"), Architectures=["riscv"]),
    },
    "access_logs_are_vended": {
        "as it was": set_to(lambda t: resource(t, "ApiAccessLogs"),
                            LogGroupName={"Fn::Sub": "/auditferry/${AWS::StackName}/api-access"}),
        "a name of AWS's making": without(lambda t: resource(t, "ApiAccessLogs"), "LogGroupName"),
    },
    "each_queue_has_its_own_policy": {
        "as it was": lambda t: resource(t, "NoticeQueuePolicy")["Queues"].append({"Ref": "NoticeDeadLetters"}),
        "another queue": lambda t: resource(t, "NoticeQueuePolicy").update(Queues=[{"Ref": "ExportQueue"}]),
    },
    "notices_that_fail_are_kept": {
        "as it was": lambda t: resource(t, "BlockedNotice", ALARMS)["Targets"][0].pop("DeadLetterConfig"),
        "a queue that is shut": lambda t: t[ALARMS]["Resources"].pop("OperatorFailuresPolicy"),
        "a rule that may not": lambda t: resource(t, "OperatorFailuresPolicy", ALARMS)["PolicyDocument"]["Statement"][0][
            "Condition"]["ArnEquals"]["aws:SourceArn"].pop(),
        "a contact's": lambda t: resource(t, "TroubleToContacts")["Targets"][0].pop("DeadLetterConfig"),
    },
    "mails_have_one_sender": {
        "as it was": lambda t: mails(t).update(
            Resource={"Fn::Sub": "arn:${AWS::Partition}:ses:${AWS::Region}:${AWS::AccountId}:identity/${NotifySender}"}),
        "as anybody": lambda t: mails(t).pop("Condition"),
        "as anybody of the domain": lambda t: mails(t).update(
            Condition={"StringLike": {"ses:FromAddress": {"Ref": "NotifySender"}}}),
        "raw mails": lambda t: mails(t).update(Action=["ses:SendEmail", "ses:SendRawEmail"]),
    },
}


class Rules(unittest.TestCase):
    """The rules that no scanner checks."""

    def test_the_templates_keep_every_rule(self) -> None:
        self.assertEqual(broken(bundle()), {})

    def test_every_template_is_looked_at(self) -> None:
        self.assertLessEqual({VENDOR, ALARMS, CUSTOMER, "infra/siem-reader.yaml", "infra/dashboard.yaml"}, set(bundle()))

    def test_a_pattern_is_read_as_the_regular_expression_that_it_is(self) -> None:
        for taken, not_taken, text in [("*", "?", "[*]"), ("?", "*", r"a\?"), ("$", "{", "^x[#-%]$"), ("{", "$", "(a|b{2}|[{])+"),
                                       ("\n", "*", r"[\s]"), ("\\", "*", r"[\\]"), ("}", "{", "(?!.*[*])[}]")]:
            self.assertTrue(takes(text, taken), text)
            self.assertFalse(takes(text, not_taken), text)
        for text in (".", "[^a]", r"\S", r"\W", "(?:x|.)?"):
            self.assertTrue(takes(text, "*"), text)
        self.assertFalse(any(takes(r"^[A-Za-z0-9_.-]{1,3}(\.[a-z]+)*$", one) for one in MEANING))

    def test_what_means_something_in_a_policy_is_refused_as_a_sender(self) -> None:
        """The attack itself: a sender that would be a pattern or a variable in the notifier's policy."""
        template = bundle()[VENDOR]
        for good in ("", "audit@vendor.example", "no-reply+audit@mail.vendor.example", "a.b_c@vendor.example"):
            Stack(template, Place("111111111111"), {"VendorDomain": "vendor.example", "NotifySender": good})
        for bad in ("*@vendor.example", "a?@vendor.example", "${aws:username}@vendor.example", "a$@vendor.example",
                    "a/b@vendor.example", "{a}@vendor.example", ".a@vendor.example", "a..b@vendor.example",
                    "a@*.example", "a@vendor.example\n", "a@b@vendor.example", 'a"@vendor.example'):
            with self.subTest(bad), self.assertRaises(ValueError):
                Stack(template, Place("111111111111"), {"VendorDomain": "vendor.example", "NotifySender": bad})

    def test_each_rule_catches_what_breaks_it(self) -> None:
        self.assertEqual({rule.__name__ for rule in RULES}, set(BROKEN))
        for rule, changes in BROKEN.items():
            for what, change in changes.items():
                with self.subTest(f"{rule}: {what}"):
                    templates = copy.deepcopy(bundle())
                    change(templates)
                    self.assertIn(rule, broken(templates))


if __name__ == "__main__":
    unittest.main()
