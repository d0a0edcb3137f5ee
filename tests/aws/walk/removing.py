"""Removes everything that a walk of a name has made, in both accounts, whatever state it is in. It can be repeated."""

from collections.abc import Callable, Iterator
from contextlib import suppress

from account import Account
from botocore.exceptions import ClientError, WaiterError
from deployed import TAG


def remove(vendor: Account, customer: Account, name: str) -> list[str]:
    """Everything of that name; returns what is left, with the reason."""
    left: list[str] = []

    def do(what: str, does: Callable[[], object]) -> None:
        print(f"removing {what}", flush=True)
        try:
            does()
        except WaiterError as error:
            left.append(f"{what}: {error}")
        except ClientError as error:
            gone = ("NotFound", "NoSuch", "NonExistent", "does not exist", "ResourceNotFoundException")
            if not any(word in str(error) for word in gone):
                left.append(f"{what}: {error}")

    accounts = [vendor] if vendor is customer else [vendor, customer]
    do(f"the customer's stack {name}-customer", lambda: _stack(customer, f"{name}-customer"))
    do(f"the stack {name}", lambda: _stack(vendor, name))
    for loop in ("allow", "terminate"):
        for what, does in _loop(vendor, f"{name}-loop-{loop}"):
            do(what, does)
    for account in accounts:
        # A list is made first: what is removed while it is read would shift its pages.
        for table in [one for one in _tables(account) if one.startswith(f"{name}-")]:
            do(f"the table {table}", lambda account=account, table=table: _table(account, table))
        for bucket in account.client("s3").list_buckets()["Buckets"]:
            if bucket["Name"].startswith(name):
                do(f"the bucket {bucket['Name']}", lambda account=account, bucket=bucket["Name"]: _bucket(account, bucket))
        for key in _keys(account, name):
            do(f"the key {key}", lambda account=account, key=key: account.client("kms").schedule_key_deletion(
                KeyId=key, PendingWindowInDays=7))
        for prefix in (f"/auditferry/{name}/", f"/aws/vendedlogs/auditferry/{name}/"):
            for group in account.client("logs").describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]:
                do(f"the logs {group['logGroupName']}", lambda account=account, group=group["logGroupName"]:
                   account.client("logs").delete_log_group(logGroupName=group))
        for queue in account.client("sqs").list_queues(QueueNamePrefix=f"{name}-").get("QueueUrls", []):
            do(f"the queue {queue}", lambda account=account, queue=queue: account.client("sqs").delete_queue(QueueUrl=queue))
    do(f"the role {name}-probe", lambda: _role(customer, f"{name}-probe"))
    return left


def _stack(account: Account, name: str) -> None:
    formation = account.client("cloudformation")
    formation.delete_stack(StackName=name)
    delay = 1 if account.is_stand_in else 10
    formation.get_waiter("stack_delete_complete").wait(StackName=name, WaiterConfig={"Delay": delay, "MaxAttempts": 120})


def _loop(account: Account, name: str) -> Iterator[tuple[str, Callable[[], object]]]:
    functions = account.client("lambda")
    for mapping in functions.list_event_source_mappings()["EventSourceMappings"]:
        if mapping["FunctionArn"].endswith(f":{name}"):
            yield f"the trigger of {name}", lambda mapping=mapping: functions.delete_event_source_mapping(UUID=mapping["UUID"])
    yield f"the function {name}", lambda: functions.delete_function(FunctionName=name)
    yield f"the role {name}", lambda: _role(account, name)


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
    """Every version of every object first."""
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
    """The keys that have the walk's tag and are not to be deleted yet."""
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
