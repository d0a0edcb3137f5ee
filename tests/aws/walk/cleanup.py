"""Deletes all resources of a smoke test, by name, in both accounts, in whatever state they are. It is idempotent."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from account import Account
from botocore.exceptions import ClientError
from deployed import TAG


def remove(vendor: Account, customer: Account, name: str) -> list[str]:
    """Deletes everything of that name, and goes on after an error; returns what is left, with the reason."""
    left: list[str] = []

    def do(what: str, does: Callable[[], object]) -> Any:
        print(f"deleting {what}" if what[:4] == "the " else f"looking for {what}", flush=True)
        try:
            return does()
        except Exception as error:  # noqa: BLE001 - what can't be deleted is reported, and the rest has to go
            gone = ("NotFound", "NoSuch", "NonExistent", "does not exist")
            if not any(word in str(error) for word in gone):
                left.append(f"{what}: {error}")
            return None

    def each(what: str, found: Callable[[], Iterable[str]], does: Callable[[str], object]) -> None:
        # The list is read to its end first: deleting while reading would shift its pages.
        for one in do(f"{what}s", lambda: list(found())) or []:
            do(f"the {what} {one}", lambda one=one: does(one))

    do(f"the customer's stack {name}-customer", lambda: _stack(customer, f"{name}-customer"))
    do(f"the stack {name}", lambda: _stack(vendor, name))
    functions = vendor.client("lambda")
    each("trigger", lambda: _triggers(vendor, name), lambda one: functions.delete_event_source_mapping(UUID=one))
    for loop in ("allow", "terminate"):
        do(f"the function {name}-loop-{loop}", lambda loop=loop: functions.delete_function(FunctionName=f"{name}-loop-{loop}"))
        do(f"the role {name}-loop-{loop}", lambda loop=loop: _role(vendor, f"{name}-loop-{loop}"))
    do(f"the role {name}-probe", lambda: _role(customer, f"{name}-probe"))
    for account in [vendor] if vendor is customer else [vendor, customer]:
        s3, logs, sqs = (account.client(service) for service in ("s3", "logs", "sqs"))
        each("table", lambda: [one for one in _tables(account) if one.startswith(f"{name}-")], lambda one: _table(account, one))
        each("bucket", lambda: [one["Name"] for one in s3.list_buckets()["Buckets"] if one["Name"].startswith(name)],
             lambda one: _bucket(account, one))
        each("key", lambda: _keys(account, name), lambda one: account.client("kms").schedule_key_deletion(
            KeyId=one, PendingWindowInDays=7))
        for prefix in (f"/auditferry/{name}/", f"/aws/vendedlogs/auditferry/{name}/"):
            each("log group", lambda: [one["logGroupName"] for one in logs.describe_log_groups(
                logGroupNamePrefix=prefix)["logGroups"]], lambda one: logs.delete_log_group(logGroupName=one))
        each("queue", lambda: sqs.list_queues(QueueNamePrefix=f"{name}-").get("QueueUrls", []),
             lambda one: sqs.delete_queue(QueueUrl=one))
    return left


def _stack(account: Account, name: str) -> None:
    formation = account.client("cloudformation")
    formation.delete_stack(StackName=name)
    delay = 1 if account.is_stand_in else 10
    formation.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": delay, "MaxAttempts": 120})


def _triggers(account: Account, name: str) -> list[str]:
    """The event source mappings of the looping functions."""
    mappings = account.client("lambda").list_event_source_mappings()["EventSourceMappings"]
    return [one["UUID"] for one in mappings if f":{name}-loop-" in one["FunctionArn"]]


def _role(account: Account, name: str) -> None:
    iam = account.client("iam")
    for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        iam.delete_role_policy(RoleName=name, PolicyName=policy)
    iam.delete_role(RoleName=name)


def _tables(account: Account) -> list[str]:
    pages = account.client("dynamodb").get_paginator("list_tables").paginate()
    return [table for page in pages for table in page["TableNames"]]


def _table(account: Account, name: str) -> None:
    dynamodb = account.client("dynamodb")
    dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
    dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 5, "MaxAttempts": 24})
    dynamodb.delete_table(TableName=name)


def _bucket(account: Account, name: str) -> None:
    """Deletes every version of every object first."""
    s3 = account.client("s3")
    with suppress(ClientError):
        s3.delete_bucket_policy(Bucket=name)
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=name):
        for one in page.get("Versions", []) + page.get("DeleteMarkers", []):
            s3.delete_object(Bucket=name, Key=one["Key"], VersionId=one["VersionId"])
    for upload in s3.list_multipart_uploads(Bucket=name).get("Uploads", []):
        s3.abort_multipart_upload(Bucket=name, Key=upload["Key"], UploadId=upload["UploadId"])
    s3.delete_bucket(Bucket=name)


def _keys(account: Account, name: str) -> list[str]:
    """The keys with the tag of this run that are not scheduled for deletion."""
    kms, found = account.client("kms"), []
    for page in kms.get_paginator("list_keys").paginate():
        for key in page["Keys"]:
            with suppress(ClientError):
                tags = kms.list_resource_tags(KeyId=key["KeyId"])["Tags"]
                described = kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
                is_ours = {"TagKey": TAG, "TagValue": name} in tags or name in described.get("Description", "")
                if is_ours and described["KeyState"] != "PendingDeletion":
                    found.append(key["KeyId"])
    return found
