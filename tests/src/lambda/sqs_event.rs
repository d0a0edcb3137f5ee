//! What SQS hands a function.

use serde_json::{Value, json};

/// A batch of these messages, with the IDs `message-0` and so on. Source: AWS Lambda developer guide, "Using
/// Lambda with Amazon SQS", the sample event.
pub fn sqs_event<T: AsRef<str>>(bodies: &[T]) -> Value {
    let record = |(n, body): (usize, &T)| {
        json!({
            "messageId": message_id(n),
            "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a...",
            "body": body.as_ref(),
            "attributes": {
                "ApproximateReceiveCount": "1",
                "SentTimestamp": "1545082649183",
                "SenderId": "AIDAIENQZJOLO23YVJ4VO",
                "ApproximateFirstReceiveTimestamp": "1545082649185"
            },
            "messageAttributes": {},
            "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
            "eventSource": "aws:sqs",
            "eventSourceARN": "arn:aws:sqs:us-east-2:123456789012:my-queue",
            "awsRegion": "us-east-2"
        })
    };
    json!({ "Records": bodies.iter().enumerate().map(record).collect::<Vec<_>>() })
}

/// The ID of the message at this place of a batch, counted from 0.
#[must_use]
pub fn message_id(place: usize) -> String {
    format!("message-{place}")
}
