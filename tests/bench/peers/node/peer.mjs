// A straightforward export for Node: AWS SDK v3, unmarshall, a zlib stream into lib-storage.

import { PassThrough } from "node:stream";
import { createGzip } from "node:zlib";

import { DynamoDBClient, QueryCommand } from "@aws-sdk/client-dynamodb";
import { S3Client } from "@aws-sdk/client-s3";
import { AssumeRoleCommand, STSClient } from "@aws-sdk/client-sts";
import { Upload } from "@aws-sdk/lib-storage";
import { unmarshall } from "@aws-sdk/util-dynamodb";

const dynamodb = new DynamoDBClient({});
const sts = new STSClient({});

async function write(file, line) {
  if (!file.write(line)) {
    await new Promise((resolve) => file.once("drain", resolve));
  }
}

async function run(job) {
  const { Credentials: keys } = await sts.send(
    new AssumeRoleCommand({ RoleArn: job.role, ExternalId: job.external_id, RoleSessionName: "export" }),
  );
  const credentials = {
    accessKeyId: keys.AccessKeyId,
    secretAccessKey: keys.SecretAccessKey,
    sessionToken: keys.SessionToken,
  };
  const s3 = new S3Client({ credentials, forcePathStyle: true });
  const file = job.compression === "gzip" ? createGzip() : new PassThrough();
  const sent = file.pipe(new PassThrough());
  const upload = new Upload({ client: s3, params: { Bucket: job.bucket, Key: job.key, Body: sent } }).done();
  let start;
  let events = 0;
  do {
    const page = await dynamodb.send(
      new QueryCommand({
        TableName: job.table,
        ConsistentRead: true,
        KeyConditionExpression: "#pk = :pk AND #sk BETWEEN :low AND :high",
        ExpressionAttributeNames: { "#pk": "pk", "#sk": "sk" },
        ExpressionAttributeValues: {
          ":pk": { S: job.partition },
          ":low": { S: job.from },
          ":high": { S: job.to },
        },
        ExclusiveStartKey: start,
      }),
    );
    for (const item of page.Items) {
      const { event } = unmarshall(item);
      await write(file, (typeof event === "string" ? event : JSON.stringify(event)) + "\n");
      events += 1;
    }
    start = page.LastEvaluatedKey;
  } while (start);
  file.end();
  await upload;
  return { events };
}

const runtime = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation`;
for (;;) {
  const event = await fetch(`${runtime}/next`);
  const id = event.headers.get("lambda-runtime-aws-request-id");
  const answer = await run(await event.json());
  await fetch(`${runtime}/${id}/response`, { method: "POST", body: JSON.stringify(answer) });
}
