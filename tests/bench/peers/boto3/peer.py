"""A straightforward export: boto3's resource, json and gzip."""

import gzip
import io
import json
import os
import urllib.request
from decimal import Decimal

import boto3
from boto3.dynamodb.conditions import Key

dynamodb = boto3.resource("dynamodb")
sts = boto3.client("sts")


def number(value):
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(type(value))


def export(job):
    keys = sts.assume_role(
        RoleArn=job["role"], ExternalId=job["external_id"], RoleSessionName="export"
    )["Credentials"]
    table = dynamodb.Table(job["table"])
    condition = Key("pk").eq(job["partition"]) & Key("sk").between(job["from"], job["to"])
    query = {"KeyConditionExpression": condition, "ConsistentRead": True}
    lines, count = [], 0
    while True:
        page = table.query(**query)
        for item in page["Items"]:
            event = item["event"]
            lines.append(event if isinstance(event, str) else json.dumps(event, default=number))
            count += 1
        if "LastEvaluatedKey" not in page:
            break
        query["ExclusiveStartKey"] = page["LastEvaluatedKey"]
    text = "".join(line + "\n" for line in lines).encode()
    if job["compression"] == "gzip":
        file = io.BytesIO()
        with gzip.GzipFile(fileobj=file, mode="wb") as packed:
            packed.write(text)
        text = file.getvalue()
    s3 = boto3.client(
        "s3",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    s3.put_object(Bucket=job["bucket"], Key=job["key"], Body=text)
    return {"events": count}


runtime = f"http://{os.environ['AWS_LAMBDA_RUNTIME_API']}/2018-06-01/runtime/invocation"
while True:
    with urllib.request.urlopen(f"{runtime}/next") as event:
        request_id = event.headers["lambda-runtime-aws-request-id"]
        job = json.load(event)
    answer = json.dumps(export(job)).encode()
    urllib.request.urlopen(f"{runtime}/{request_id}/response", answer).close()
