"""A function that sends to its own queue, for a minute: Lambda must let it go on with `RecursiveLoop: Allow` and stop it
with `Terminate`. The notifier does the same in 15-minute steps; `--long` waits for that.
"""

import io
import json
import time
import zipfile
from typing import Any

from deployed import Deployment, partition
from report import CheckFailed

HOPS = 25
CODE = f'''
import json, os, boto3
sqs = boto3.client("sqs")

def handler(event, context):
    for record in event["Records"]:
        hop = json.loads(record["body"])["hop"]
        print("HOP", hop)
        if hop < {HOPS}:
            sqs.send_message(QueueUrl=os.environ["QUEUE"], MessageBody=json.dumps({{"hop": hop + 1}}))
'''


def run_loop(deployed: Deployment, recursive_loop: str) -> int:
    """Starts a chain of invocations; returns how many there were."""
    name = f"{deployed.name}-loop-{recursive_loop.lower()}"
    account = deployed.vendor
    sqs, iam, functions = (account.client(one) for one in ("sqs", "iam", "lambda"))
    tags = {one["Key"]: one["Value"] for one in deployed.tags}
    url = sqs.create_queue(QueueName=name, Attributes={"VisibilityTimeout": "60"}, tags=tags)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    group = f"/auditferry/{deployed.name}/loop-{recursive_loop.lower()}"
    account.client("logs").create_log_group(logGroupName=group, tags=tags)
    role = iam.create_role(RoleName=name, Tags=deployed.tags, AssumeRolePolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole",
                                                "Principal": {"Service": "lambda.amazonaws.com"}}]}))["Role"]["Arn"]
    iam.put_role_policy(RoleName=name, PolicyName="loop", PolicyDocument=json.dumps({
        "Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "sqs:*", "Resource": arn},
            {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
             "Resource": f"arn:{partition(account)}:logs:{account.region}:{account.number}:log-group:{group}:*"}]}))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", CODE)
    began = time.time()
    while True:
        try:
            functions.create_function(
                FunctionName=name, Runtime="python3.13", Handler="index.handler", Role=role, Timeout=20, Tags=tags,
                Code={"ZipFile": packed.getvalue()}, Environment={"Variables": {"QUEUE": url}},
                LoggingConfig={"LogGroup": group, "LogFormat": "Text"})
            break
        # It takes some seconds until Lambda can assume a new role.
        except functions.exceptions.InvalidParameterValueException:
            if time.time() - began > 60:
                raise
            time.sleep(5)
    functions.get_waiter("function_active_v2").wait(FunctionName=name)
    functions.put_function_recursion_config(FunctionName=name, RecursiveLoop=recursive_loop)
    functions.create_event_source_mapping(EventSourceArn=arn, FunctionName=name, BatchSize=1)
    # A new event source mapping takes a while until it polls.
    time.sleep(5 if account.is_stand_in else 30)
    sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"hop": 1}))
    return _last_hop(deployed, group)


def _last_hop(deployed: Deployment, group: str) -> int:
    """The highest hop in the log, once no new one has come for 45 seconds."""
    logs: Any = deployed.vendor.client("logs")
    last, since, began = 0, time.monotonic(), time.monotonic()
    quiet = 10 if deployed.vendor.is_stand_in else 45
    while time.monotonic() - since < quiet and time.monotonic() - began < 240 and last < HOPS:
        time.sleep(3)
        lines = [event["message"] for page in logs.get_paginator("filter_log_events").paginate(logGroupName=group)
                 for event in page["events"]]
        hops = [int(line.split()[-1]) for line in lines if line.strip().split("\t")[-1].startswith("HOP ")]
        if max(hops, default=0) > last:
            last, since = max(hops), time.monotonic()
    return last


def check_recursion(deployed: Deployment) -> str:
    """With `Allow` the chain goes on; with `Terminate` Lambda stops it."""
    allowed, stopped = run_loop(deployed, "Allow"), run_loop(deployed, "Terminate")
    if allowed < HOPS:
        raise CheckFailed(f"with RecursiveLoop Allow it ended after {allowed} of {HOPS} invocations")
    return f"Allow: all {HOPS} invocations; Terminate: {stopped}"
