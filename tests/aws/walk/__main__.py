"""The walk: deploys, tries, reports, removes. `tests/aws/smoke` starts it."""

import argparse
import os
import secrets
import signal
import sys
from types import FrameType

import boto3
from account import Account
from customer import Customer
from deployed import Deployed, now
from loop import both
from removing import remove
from report import NotShown, Report
from steps import Steps

LONG_HOURS = 3.1


def arguments() -> argparse.Namespace:
    """What was asked for."""
    asked = argparse.ArgumentParser(prog="tests/aws/smoke")
    asked.add_argument("--yes-this-costs", action="store_true")
    asked.add_argument("--rehearse", action="store_true")
    asked.add_argument("--remove", default="", metavar="NAME")
    asked.add_argument("--long", action="store_true")
    asked.add_argument("--keep", action="store_true")
    asked.add_argument("--customer-profile", default="")
    asked.add_argument("--sender", default="")
    asked.add_argument("--recipient", default="")
    found = asked.parse_args()
    if bool(found.sender) != bool(found.recipient):
        asked.error("--sender and --recipient go together")
    return found


def walk(deployed: Deployed, customer: Customer, report: Report, asked: argparse.Namespace) -> None:
    """All steps, each on what the ones before have left."""
    steps, since = Steps(deployed, customer), now()
    url = report.step("B10", "the template can be published as infra/README.md says, and a stranger reads it",
                      deployed.publish, stand_in_shows=False)
    sender = {"NotifySender": asked.sender} if asked.sender else {}
    made = report.step("", "the stack is deployed, at LogLevel WARN", lambda: deployed.deploy(
        ExporterRoleName=f"{deployed.name}-exporter", VendorDomain="smoke.example", Schedule="rate(1 minute)",
        SettleSeconds="0", LogLevel="WARN", LogRetentionDays="1", CustomerTemplateUrl=url or "", **sender))
    if not made:
        return
    report.step("A1", "the notifier may feed its own queue, and nobody else", steps.loops_are_allowed, stand_in_shows=False)
    report.step("C7", "each queue has taken its policy", steps.queues_take_their_policies, stand_in_shows=False)
    if not report.step("C3", "a customer launches the template, with a bucket's name of full length", customer.onboard):
        return
    verified = report.step("C5", "the verification passes right after CREATE_COMPLETE", customer.verify, stand_in_shows=False)
    report.step("C4", "S3 judges rights before checksums, as the probe of the folder takes it",
                steps.the_probe_means_what_we_think, stand_in_shows=False)
    if verified:
        events = [{"id": f"evt_{number}", "action": "smoke", "number": number} for number in range(3)]
        report.step("A3", "files arrive in a bucket with a KMS key and Bucket Keys, as they were written",
                    lambda: customer.receives(events, 300), stand_in_shows=False)
    report.step("A2", "metrics come at LogLevel WARN", lambda: steps.metrics_come_at_warn(since), stand_in_shows=False)
    report.step("A2", "and nothing below it is logged", lambda: steps.nothing_below_warn_is_logged(since))
    report.step("B4", "API Gateway writes its access log", steps.the_access_log_is_written, stand_in_shows=False)
    report.step("C6", "quotes and line breaks pass the transformers of the operator's notices", steps.awkward_words_arrive,
                stand_in_shows=False)
    report.step("A1", "Lambda stops a loop without leave, and none with it", lambda: _loops(deployed))
    report.step("A1", "a webhook that is dead is tried on",
                lambda: steps.a_dead_webhook_waits(LONG_HOURS if asked.long else 0), stand_in_shows=False)
    report.step("B2", "mails to a verified recipient leave the sandbox", lambda: steps.mails_go_in_the_sandbox(asked.recipient))
    report.step("B5", "a stack update with another sort key seals nothing of the new table", steps.another_source_is_refused)


def _loops(deployed: Deployed) -> str:
    if deployed.vendor.is_stand_in:
        raise NotShown("MiniStack counts the hops of a chain in its own way")
    return both(deployed)


def interrupted(number: int, _: FrameType | None) -> None:
    """Ends the walk, and with it removes everything. From then on nothing interrupts the removal."""
    for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(one, signal.SIG_IGN)
    print("\nInterrupted: everything is removed now, which takes some minutes. Don't stop it.", file=sys.stderr, flush=True)
    raise KeyboardInterrupt(number)


def main() -> int:
    """0 if nothing was wrong and nothing is left."""
    asked = arguments()
    stand_in = None
    if asked.rehearse:
        import deployed as _  # noqa: F401 - it puts tests/deploy on the path
        from stand_in import REGION, StandIn

        stand_in = StandIn()
        keys = {"aws_secret_access_key": "test", "region_name": REGION}
        vendor, customer = (Account(boto3.Session(aws_access_key_id=number, **keys), stand_in.url, stand_in.certificate)
                            for number in ("111111111111", "222222222222"))
    else:
        vendor = Account(boto3.Session())
        customer = Account(boto3.Session(profile_name=asked.customer_profile)) if asked.customer_profile else vendor
        if not vendor.region:
            print("There is no Region: set AWS_REGION.", file=sys.stderr)
            return 2
    name = asked.remove or f"auditferry-smoke-{secrets.token_hex(3)}"
    if not name.startswith("auditferry-smoke-"):
        print(f"{name} is no walk's name: those begin with auditferry-smoke-", file=sys.stderr)
        return 2
    print(f"Everything that this makes is called {name}… (account {vendor.number}, {vendor.region})", flush=True)
    report, left = Report(rehearsed=vendor.is_stand_in), []
    for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(one, interrupted)
    try:
        if not asked.remove:
            deployment = Deployed(vendor, name, vendor is not customer)
            walk(deployment, Customer(deployment, customer), report, asked)
    except KeyboardInterrupt:
        report.found.append(("WRONG", "", "the walk was interrupted"))
    finally:
        if asked.keep:
            print(f"\nEverything is kept. Remove it with: tests/aws/smoke --remove {name}")
        else:
            left = remove(vendor, customer, name)
    wrong = report.summary()
    for one in left:
        print(f"LEFT BEHIND, remove it yourself or by tests/aws/smoke --remove {name}: {one}")
    if stand_in:
        if wrong and os.environ.get("SMOKE_LOG"):
            print(stand_in.log())
        stand_in.close()
    return 1 if wrong or left else 0


if __name__ == "__main__":
    sys.exit(main())
