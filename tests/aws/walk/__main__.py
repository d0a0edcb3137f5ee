"""The smoke test: deploys, checks, reports, cleans up. `tests/aws/smoke` starts it."""

import argparse
import os
import secrets
import signal
import sys
from types import FrameType

import boto3
from account import Account
from cleanup import remove
from customer import Customer
from deployed import Deployment, now
from loop import check_recursion
from report import Report, Skipped
from steps import Steps

LONG_HOURS = 3.1


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="tests/aws/smoke")
    parser.add_argument("--yes-this-costs", action="store_true")
    parser.add_argument("--rehearse", action="store_true")
    parser.add_argument("--remove", default="", metavar="NAME")
    parser.add_argument("--long", action="store_true")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--customer-profile", default="")
    parser.add_argument("--sender", default="")
    parser.add_argument("--recipient", default="")
    options = parser.parse_args()
    if bool(options.sender) != bool(options.recipient):
        parser.error("--sender and --recipient must be given together")
    return options


def walk(deployed: Deployment, customer: Customer, report: Report, options: argparse.Namespace) -> None:
    """Runs all checks in order; later ones need the state of earlier ones."""
    steps, since = Steps(deployed, customer), now()
    url = report.step("B10", "the template can be published as infra/README.md says, and is publicly readable",
                      deployed.publish, stand_in_shows=False)
    sender = {"NotifySender": options.sender} if options.sender else {}
    is_deployed = report.step("", "the stack is deployed, at LogLevel WARN", lambda: deployed.deploy(
        ExporterRoleName=f"{deployed.name}-exporter", VendorDomain="smoke.example", Schedule="rate(1 minute)",
        SettleSeconds="0", LogLevel="WARN", LogRetentionDays="1", CustomerTemplateUrl=url or "", **sender))
    if not is_deployed:
        return
    report.step("A1", "only the notifier may send to its own queue", steps.loops_are_allowed, stand_in_shows=False)
    report.step("C7", "each queue has its policy", steps.queues_take_their_policies, stand_in_shows=False)
    if not report.step("C3", "a customer launches the template, with a bucket name of maximum length", customer.onboard):
        return
    verified = report.step("C5", "the verification passes right after CREATE_COMPLETE", customer.verify, stand_in_shows=False)
    report.step("C4", "S3 checks permissions before checksums, as the prefix probe expects",
                steps.s3_checks_permissions_first, stand_in_shows=False)
    if verified:
        events = [{"id": f"evt_{number}", "action": "smoke", "number": number} for number in range(3)]
        report.step("A3", "files arrive unchanged in a bucket with a KMS key and Bucket Keys",
                    lambda: customer.receives(events, 300), stand_in_shows=False)
    report.step("A2", "metrics are published at LogLevel WARN", lambda: steps.metrics_come_at_warn(since), stand_in_shows=False)
    report.step("A2", "nothing below LogLevel WARN is logged", lambda: steps.nothing_below_warn_is_logged(since))
    report.step("B4", "API Gateway writes its access log", steps.the_access_log_is_written, stand_in_shows=False)
    report.step("C6", "quotes and line breaks pass the transformers of the operator's notices", steps.special_characters_arrive,
                stand_in_shows=False)
    report.step("A1", "Lambda stops a loop with Terminate, but not with Allow", lambda: _loops(deployed))
    report.step("A1", "a notice to an unreachable webhook is retried",
                lambda: steps.an_unreachable_webhook_is_retried(LONG_HOURS if options.long else 0), stand_in_shows=False)
    report.step("B2", "mails to a verified recipient are sent in the sandbox",
                lambda: steps.mails_are_sent_in_the_sandbox(options.recipient))
    report.step("B5", "nothing is sealed from the new table after a stack update with another sort key",
                steps.another_source_seals_nothing)


def _loops(deployed: Deployment) -> str:
    if deployed.vendor.is_stand_in:
        raise Skipped("MiniStack does not count the hops of a chain as Lambda does")
    return check_recursion(deployed)


def interrupted(number: int, _: FrameType | None) -> None:
    """Ends the run and starts the cleanup. Further signals are ignored, so that nothing interrupts it."""
    for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(one, signal.SIG_IGN)
    print("\nInterrupted: cleaning up, which takes some minutes. Do not stop it.", file=sys.stderr, flush=True)
    raise KeyboardInterrupt(number)


def main() -> int:
    """0 if no check failed and nothing is left behind."""
    options = arguments()
    stand_in = None
    if options.rehearse:
        import deployed as _  # noqa: F401 - it adds tests/deploy to sys.path
        from stand_in import REGION, StandIn

        stand_in = StandIn()
        keys = {"aws_secret_access_key": "test", "region_name": REGION}
        vendor, customer = (Account(boto3.Session(aws_access_key_id=number, **keys), stand_in.url, stand_in.certificate)
                            for number in ("111111111111", "222222222222"))
    else:
        vendor = Account(boto3.Session())
        customer = Account(boto3.Session(profile_name=options.customer_profile)) if options.customer_profile else vendor
        if not vendor.region:
            print("No Region: set AWS_REGION.", file=sys.stderr)
            return 2
    name = options.remove or f"auditferry-smoke-{secrets.token_hex(3)}"
    if not name.startswith("auditferry-smoke-"):
        print(f"Invalid name {name}: names begin with auditferry-smoke-", file=sys.stderr)
        return 2
    print(f"All resources are named {name}… (account {vendor.number}, {vendor.region})", flush=True)
    report, left = Report(rehearsed=vendor.is_stand_in), []
    for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(one, interrupted)
    try:
        if not options.remove:
            deployment = Deployment(vendor, name, vendor is not customer)
            walk(deployment, Customer(deployment, customer), report, options)
    except KeyboardInterrupt:
        report.found.append(("FAILED", "", "interrupted"))
    finally:
        if options.keep:
            print(f"\nNothing was deleted. Delete it with: tests/aws/smoke --remove {name}")
        else:
            left = remove(vendor, customer, name)
    failures = report.summary()
    for one in left:
        print(f"LEFT BEHIND, delete it yourself or with tests/aws/smoke --remove {name}: {one}")
    if stand_in:
        if failures and os.environ.get("SMOKE_LOG"):
            print(stand_in.log())
        stand_in.close()
    return 1 if failures or left else 0


if __name__ == "__main__":
    sys.exit(main())
