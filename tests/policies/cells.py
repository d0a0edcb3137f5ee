"""Access questions, the verdicts that we promise, and the policy evaluator that gives its own."""

import json
import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from world import VENDOR, Customer, Policy

HERE = Path(__file__).resolve().parent
FILE = "events/date=2026-11-20/20261120T200000.000Z_20261120T210000.000Z_000000000042_9f2c4e1ab0d37c55.json.gz"

# How the exporter writes: over TLS, and only if no object has that key.
CREATE_ONLY = {"aws:SecureTransport": "true", "s3:if-none-match": "*"}


@dataclass(frozen=True)
class Cell:
    """One access question and its promised verdict."""

    what: str
    promised: bool
    principal: str
    action: str
    resource: str
    account: str
    identity: Sequence[Policy]
    session: Policy | None = None
    of_resource: Policy | None = None
    context: Mapping[str, Any] = field(default_factory=dict)


def user_id(principal: str) -> dict[str, str]:
    """The context of every request in a role's session: the role's ID and the session's name.

    Source: AWS IAM user guide, "AWS global condition context keys", aws:userid, and "IAM policy elements: variables and
    tags", principal key values.
    """
    return {"aws:userid": f"AROAEXAMPLE:{principal.rsplit('/', 1)[-1]}"} if ":assumed-role/" in principal else {}


def judge(cells: Sequence[Cell]) -> list[bool]:
    """The evaluator's verdicts, all from one process of its own."""
    places: dict[str, int] = {}

    def place(policy: Policy | None) -> int | None:
        return None if policy is None else places.setdefault(json.dumps(policy), len(places))

    questions = [{
        "principal": cell.principal, "action": cell.action, "resource": cell.resource, "account": cell.account,
        "context": user_id(cell.principal) | dict(cell.context), "identity": [place(policy) for policy in cell.identity],
        "session": place(cell.session), "of_resource": place(cell.of_resource),
    } for cell in cells]
    asked = {"policies": [json.loads(text) for text in places], "questions": questions}
    done = subprocess.run(["node", HERE / "judge.mjs", os.environ["IAM_SIMULATE"]],
                          input=json.dumps(asked), check=True, stdout=subprocess.PIPE, text=True)
    assert len(done.stdout) == len(cells), "one verdict for each question"
    return [verdict == "1" for verdict in done.stdout]


def wrong(cells: Sequence[Cell]) -> list[str]:
    """The cells whose verdict differs from the promised one."""
    return [f"{cell.what}: {'allowed' if verdict else 'denied'}"
            for cell, verdict in zip(cells, judge(cells), strict=True) if verdict != cell.promised]


@dataclass(frozen=True)
class Caller:
    """A caller that tries to assume a customer's role."""

    what: str
    principal: str
    arn: str
    policy: Policy
    trusted: bool = False


def role_session(what: str, role: str, policy: Policy, account: str = VENDOR, *, trusted: bool = False,
                 partition: str = "aws", session: str = "run") -> Caller:
    """A session of a role, given with its path, in the vendor's account or another one."""
    name = role.rsplit("/", 1)[-1]
    return Caller(what, f"arn:{partition}:sts::{account}:assumed-role/{name}/{session}",
                  f"arn:{partition}:iam::{account}:role/{role}", policy, trusted)


def assume(caller: Caller, role: Customer, external_id: str | None, promised: bool, what: str) -> Cell:
    """May this caller assume the role with this external ID?"""
    context = {"aws:PrincipalArn": caller.arn, "sts:RoleSessionName": "auditferry"}
    if external_id is not None:
        context |= {"sts:ExternalId": external_id}
    return Cell(what, promised, caller.principal, "sts:AssumeRole", role.outputs["RoleArn"], role.account,
                [caller.policy], of_resource=role.trust, context=context)


def act(role: Customer, session: Policy | None, on: Customer, promised: bool, what: str, *,
        action: str = "s3:PutObject", resource: str | None = None, context: Mapping[str, str] | None = None) -> Cell:
    """May a session of the role do this in the bucket of `on`?"""
    known = {"aws:PrincipalArn": role.outputs["RoleArn"]} | dict(CREATE_ONLY if context is None else context)
    return Cell(what, promised, role.session, action, resource or on.object(FILE), on.account,
                role.permissions, session, on.bucket_policy, known)


def encrypt(role: Customer, session: Policy | None, key: str, promised: bool, what: str, *,
            action: str = "kms:GenerateDataKey", via: str | None = "s3") -> Cell:
    """May a session of the role use this key, through a service or directly? The key has the default policy."""
    account = key.split(":")[4]
    key_policy = {"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "kms:*", "Resource": "*",
    }]}
    context = {"aws:PrincipalArn": role.outputs["RoleArn"]}
    if via is not None:
        context["kms:ViaService"] = f"{via}.{key.split(':')[3]}.amazonaws.com"
    return Cell(what, promised, role.session, action, key, account, role.permissions, session, key_policy, context)


ANYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def strangers(exporter: str) -> list[Caller]:
    """Callers that must always be denied, whatever they know; each has all rights in its own account."""
    other = "999999999999"
    return [
        role_session("another role of the vendor", "admin", ANYTHING),
        role_session("the API in its own name", "auditferry-ApiRole", ANYTHING),
        role_session("a vendor's role of this name under a path", f"elsewhere/{exporter}", ANYTHING),
        role_session("a role of this name in another account", exporter, ANYTHING, other),
        Caller("a user of the vendor", f"arn:aws:iam::{VENDOR}:user/{exporter}",
               f"arn:aws:iam::{VENDOR}:user/{exporter}", ANYTHING),
        Caller("the vendor's root", f"arn:aws:iam::{VENDOR}:root", f"arn:aws:iam::{VENDOR}:root", ANYTHING),
    ]


def doors(one: Customer, callers: Iterable[Caller]) -> Iterator[Cell]:
    """All callers that try to assume one role, with its external ID and with anything else."""
    own = one.external_id
    guesses = {"no": None, "an empty": "", "an upper-case": own.upper(), "a wildcard": "*", "a longer": own + "0",
               "another": "af-" + "f" * 32}
    for caller in callers:
        who = f"{caller.what} asks for role {one.number}"
        yield assume(caller, one, own, caller.trusted, f"{who} with its external ID")
        for name, guess in guesses.items():
            yield assume(caller, one, guess, False, f"{who} with {name} external ID")


# What a session must not be able to do with the very object that it may put.
FORBIDDEN = ("s3:GetObject", "s3:GetObjectVersion", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutObjectAcl",
             "s3:PutObjectTagging", "s3:PutObjectRetention", "s3:PutObjectLegalHold", "s3:BypassGovernanceRetention",
             "s3:AbortMultipartUpload", "s3:RestoreObject")
FORBIDDEN_ON_BUCKET = ("s3:ListBucket", "s3:PutBucketPolicy", "s3:DeleteBucket", "s3:PutLifecycleConfiguration",
                       "s3:PutBucketVersioning")


def around(one: Customer, sessions: Mapping[str, Policy | None]) -> Iterator[Cell]:
    """Everything but the one action that a connector's role allows, for each of these sessions."""
    bucket = f"arn:aws:s3:::{one.outputs['BucketName']}"
    folder = one.stack.values["Prefix"]
    for name, session in sessions.items():
        who = f"role {one.number} with {name}"
        for action in FORBIDDEN:
            yield act(one, session, one, False, f"{who}: {action}", action=action, context={})
        for action in FORBIDDEN_ON_BUCKET:
            yield act(one, session, one, False, f"{who}: {action}", action=action, resource=bucket, context={})
        if folder:
            for key in ("other/x", "x", f"{folder}x", f"{folder}-2/x", f"x/{folder}/x", folder):
                yield act(one, session, one, False, f"{who}: PutObject {key}", resource=f"{bucket}/{key}")
        if one.bucket_policy:
            yield act(one, session, one, False, f"{who}: PutObject without TLS",
                      context=CREATE_ONLY | {"aws:SecureTransport": "false"})
            yield act(one, session, one, False, f"{who}: PutObject over a file",
                      context={"aws:SecureTransport": "true"})
        if one.key:
            for action in ("kms:Encrypt", "kms:ScheduleKeyDeletion"):
                yield encrypt(one, session, one.key, False, f"{who}: {action}", action=action)
            for action in ("kms:GenerateDataKey", "kms:Decrypt"):
                for via in (None, "dynamodb"):
                    yield encrypt(one, session, one.key, False, f"{who}: {action} by {via or 'itself'}", action=action,
                                  via=via)
            neighbor = one.key.rsplit("/", 1)[0] + "/ffffffff-12ab-34cd-56ef-1234567890ab"
            yield encrypt(one, session, neighbor, False, f"{who}: another key of the account")


def owner(one: Customer) -> Iterator[Cell]:
    """The customer's own administrator in a bucket created here: may overwrite objects, must use TLS."""
    if not one.bucket_policy:
        return
    bucket = f"arn:aws:s3:::{one.outputs['BucketName']}"
    admin = f"arn:aws:iam::{one.account}:user/admin"
    for what, promised, action, resource, tls in [
        ("writes over a file", True, "s3:PutObject", one.object(FILE), "true"),
        ("writes without TLS", False, "s3:PutObject", one.object(FILE), "false"),
        ("lists", True, "s3:ListBucket", bucket, "true"),
        ("lists without TLS", False, "s3:ListBucket", bucket, "false"),
    ]:
        yield Cell(f"the owner of bucket {one.number} {what}", promised, admin, action, resource, one.account,
                   [ANYTHING], of_resource=one.bucket_policy,
                   context={"aws:PrincipalArn": admin, "aws:SecureTransport": tls})
