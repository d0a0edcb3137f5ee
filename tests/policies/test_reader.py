"""A SIEM's policy lists and reads the files below the prefix, and allows nothing else."""

import unittest
from typing import Any

from cells import FILE, FORBIDDEN, FORBIDDEN_ON_BUCKET, Cell, wrong
from cloudformation import Place, Stack, load
from mutants import idle, mutants
from world import SIEM_READER

ACCOUNT = "300000000001"
KEY = f"arn:aws:kms:eu-central-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
BUCKET = "arn:aws:s3:::audit-log"


def cells(template: dict[str, Any], **given: str) -> list[Cell]:
    """The promises about a SIEM with this policy."""
    stack = Stack(template, Place(ACCOUNT), {"BucketName": "audit-log", **given})
    policy = stack.resource("Reader")["PolicyDocument"]
    folder = stack.values["Prefix"] + "/" if stack.values["Prefix"] else ""
    key_policy = {"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}]}

    def asked(promised: bool, action: str, resource: str, **more: Any) -> Cell:
        return Cell(f"{action} {resource} {more.get('context', '')}".rstrip(), promised, f"arn:aws:sts::{ACCOUNT}:assumed-role/Siem/run",
                    action, resource, ACCOUNT, [policy], **more)

    bounded = bool(folder)
    promised = [
        asked(True, "s3:GetObject", f"{BUCKET}/{folder}{FILE}"),
        asked(True, "s3:GetBucketLocation", BUCKET),
        asked(True, "s3:ListBucket", BUCKET, context={"s3:prefix": f"{folder}events/"}),
        asked(not bounded, "s3:ListBucket", BUCKET),
        asked(not bounded, "s3:ListBucket", BUCKET, context={"s3:prefix": ""}),
        asked(not bounded, "s3:ListBucket", BUCKET, context={"s3:prefix": folder.rstrip("/") + "x/"}),
        asked(False, "s3:ListBucketVersions", BUCKET, context={"s3:prefix": f"{folder}events/"}),
        asked(not bounded, "s3:GetObject", f"{BUCKET}/x"),
        asked(not bounded, "s3:GetObject", f"{BUCKET}/{folder.rstrip('/')}x"),
        asked(False, "s3:GetObject", f"arn:aws:s3:::other/{folder}{FILE}"),
        asked(False, "s3:ListBucket", "arn:aws:s3:::other", context={"s3:prefix": folder}),
        asked(False, "s3:GetBucketLocation", "arn:aws:s3:::other"),
        asked(False, "s3:PutObject", f"{BUCKET}/{folder}{FILE}"),
        asked(bool(stack.values["KmsKeyArn"]), "kms:Decrypt", KEY, of_resource=key_policy),
        asked(False, "kms:Decrypt", KEY[:-4] + "ffff", of_resource=key_policy),
        asked(False, "kms:GenerateDataKey", KEY, of_resource=key_policy),
    ]
    promised += [asked(False, action, f"{BUCKET}/{folder}{FILE}") for action in FORBIDDEN if action != "s3:GetObject"]
    promised += [asked(False, action, BUCKET) for action in FORBIDDEN_ON_BUCKET if action != "s3:ListBucket"]
    return promised


class TheReader(unittest.TestCase):
    """`infra/siem-reader.yaml`."""

    def test_a_siem_lists_and_reads_below_the_prefix_and_nothing_else(self) -> None:
        template = load(SIEM_READER)
        for given in ({}, {"KmsKeyArn": KEY}, {"Prefix": "audit/acme"}, {"Prefix": ""}):
            self.assertEqual(wrong(cells(template, **given)), [], given)

    def test_each_lock_of_the_readers_policy_holds_something(self) -> None:
        print()
        self.assertEqual(idle(mutants(load(SIEM_READER)), lambda changed: cells(changed, KmsKeyArn=KEY)), [])


if __name__ == "__main__":
    unittest.main()
