//! Our own stand-ins of SQS and EventBridge refuse what AWS refuses, so an adapter that passes the
//! conformance suites on them did not pass by their leniency. No adapter of ours sends these requests.

use serde_json::{Value, json};
use tests::lambda::{EventBus, MessageQueue};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const MIB: usize = 1024 * 1024;

/// A request with valid headers, until a test changes one.
struct Request {
    url: String,
    headers: Vec<(&'static str, String)>,
}

impl Request {
    fn new(url: &str, target: &str, version: &str, service: &str) -> Self {
        let scope = format!("AKIDVENDOR/20261121/eu-central-1/{service}/aws4_request");
        let signed = "host;x-amz-date;x-amz-target";
        let signature = "0123456789abcdef".repeat(4);
        let headers = vec![
            ("x-amz-target", target.to_owned()),
            ("content-type", format!("application/x-amz-json-{version}")),
            ("x-amz-date", "20261121T030000Z".to_owned()),
            (
                "authorization",
                format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders={signed}, Signature={signature}"),
            ),
        ];
        Self { url: url.to_owned(), headers }
    }

    fn of_queue(queue: &MessageQueue) -> Self {
        Self::new(&queue.endpoint, "AmazonSQS.SendMessageBatch", "1.0", "sqs")
    }

    fn of_bus(bus: &EventBus) -> Self {
        Self::new(&bus.url, "AWSEvents.PutEvents", "1.1", "events")
    }

    /// The same request with one text of the named header replaced.
    fn with(mut self, name: &str, from: &str, to: &str) -> Self {
        let (_, value) = self.headers.iter_mut().find(|(header, _)| *header == name).unwrap();
        assert!(value.contains(from), "{value}");
        *value = value.replace(from, to);
        self
    }

    /// Status and content of the answer.
    async fn send(&self, content: &Value) -> (u16, Value) {
        let host = self.url.strip_prefix("http://").unwrap();
        let body = content.to_string();
        let mut request = format!("POST / HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n");
        for (name, value) in &self.headers {
            request.push_str(&format!("{name}: {value}\r\n"));
        }
        request.push_str(&format!("content-length: {}\r\n\r\n{body}", body.len()));
        let mut connection = TcpStream::connect(host).await.unwrap();
        connection.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).await.unwrap();
        let (head, content) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, serde_json::from_str(content).unwrap())
    }

    async fn assert_refused(&self, content: &Value, code: &str) {
        let (status, answer) = self.send(content).await;
        let code_of_answer = answer["__type"].as_str().unwrap();
        assert!(
            (400..500).contains(&status) && code_of_answer.ends_with(code),
            "{status} {answer} instead of {code}"
        );
    }
}

fn message(id: &str, body: &str) -> Value {
    json!({ "Id": id, "MessageBody": body })
}

fn batch(queue: &MessageQueue, entries: &[Value]) -> Value {
    json!({ "QueueUrl": queue.url(), "Entries": entries })
}

#[tokio::test]
async fn a_request_that_is_not_of_the_protocol_or_not_signed_is_refused() {
    let queue = MessageQueue::start().await.unwrap();
    let content = batch(&queue, &[message("0", "x")]);
    for (header, from, to, code) in [
        ("x-amz-target", "SendMessageBatch", "SendMessage", "UnknownOperationException"),
        ("content-type", "1.0", "1.1", "SerializationException"),
        ("authorization", "AWS4-HMAC-SHA256", "AWS3", "IncompleteSignatureException"),
        ("authorization", "/sqs/", "/events/", "IncompleteSignatureException"),
        ("authorization", "x-amz-target", "x-amz-other", "IncompleteSignatureException"),
        ("authorization", "Signature=0123", "Signature=", "IncompleteSignatureException"),
        ("x-amz-date", "20261121", "20261122", "IncompleteSignatureException"),
    ] {
        Request::of_queue(&queue).with(header, from, to).assert_refused(&content, code).await;
    }
    assert_eq!(queue.accepted(), Vec::<String>::new());
    assert_eq!(Request::of_queue(&queue).send(&content).await.0, 200);
    assert_eq!(queue.accepted(), ["x"]);
}

#[tokio::test]
async fn a_batch_that_sqs_would_refuse_is_refused_whole() {
    let queue = MessageQueue::start().await.unwrap();
    let request = Request::of_queue(&queue);
    let many: Vec<Value> = (0..11).map(|n| message(&n.to_string(), "x")).collect();
    let (half, long) = ("x".repeat(MIB / 2), "i".repeat(81));
    for (entries, code) in [
        (vec![], "EmptyBatchRequest"),
        (many, "TooManyEntriesInBatchRequest"),
        (vec![message("0", "x"), message("0", "y")], "BatchEntryIdsNotDistinct"),
        (vec![message("a.b", "x")], "InvalidBatchEntryId"),
        (vec![message("", "x")], "InvalidBatchEntryId"),
        (vec![message(&long, "x")], "InvalidBatchEntryId"),
        (vec![message("0", "")], "MissingParameter"),
        (vec![json!({ "Id": "0", "MessageBody": "x", "DelaySeconds": 901 })], "InvalidParameterValue"),
        (vec![json!({ "Id": "0", "MessageBody": "x", "DelaySeconds": -1 })], "InvalidParameterValue"),
        (vec![message("0", &half), message("1", &half), message("2", "x")], "BatchRequestTooLong"),
    ] {
        request.assert_refused(&batch(&queue, &entries), code).await;
    }
    let elsewhere =
        json!({ "QueueUrl": "http://127.0.0.1:9/111111111111/other", "Entries": [message("0", "x")] });
    request.assert_refused(&elsewhere, "QueueDoesNotExist").await;
    assert_eq!(queue.accepted(), Vec::<String>::new());
    assert_eq!(request.send(&batch(&queue, &[message("0", &half), message("1", &half)])).await.0, 200);
}

fn event(source: &str, detail: &str) -> Value {
    json!({ "Source": source, "DetailType": "ExportDelivered", "Detail": detail })
}

#[tokio::test]
async fn a_request_that_eventbridge_would_refuse_is_refused_whole() {
    let bus = EventBus::start().await.unwrap();
    let request = Request::of_bus(&bus);
    let many = vec![event("auditferry", "{}"); 11];
    let large = event("auditferry", &json!({ "a": "x".repeat(MIB) }).to_string());
    for entries in [vec![], many, vec![large], vec![event("auditferry", &"x".repeat(MIB / 2)); 2]] {
        request.assert_refused(&json!({ "Entries": entries }), "ValidationException").await;
    }
    assert_eq!(bus.published(), Vec::<Value>::new());
}

/// The other entries of its request are accepted.
#[tokio::test]
async fn an_entry_that_eventbridge_would_refuse_is_refused_by_itself() {
    let bus = EventBus::start().await.unwrap();
    let entries = [
        event("auditferry", r#"{"n":1}"#),
        event("aws.s3", "{}"),
        event("auditferry", "no JSON"),
        event("auditferry", "[]"),
        event("", "{}"),
        event("auditferry", r#"{"n":2}"#),
    ];
    let (status, answer) = Request::of_bus(&bus).send(&json!({ "Entries": entries })).await;
    assert_eq!((status, &answer["FailedEntryCount"]), (200, &json!(4)), "{answer}");
    let codes: Vec<_> =
        answer["Entries"].as_array().unwrap().iter().map(|e| e["ErrorCode"].as_str()).collect();
    let source = Some("NotAuthorizedForSourceException");
    let (detail, argument) = (Some("MalformedDetail"), Some("InvalidArgument"));
    assert_eq!(codes, [None, source, detail, detail, argument, None]);
    assert_eq!(bus.published(), [entries[0].clone(), entries[5].clone()]);
}
