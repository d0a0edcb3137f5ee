//! The guard of the stand-ins, tested with plain requests: each is one that a browser can be made to send, or
//! that another program of this machine sends with a made-up key.

use std::io::Read as _;
use std::io::Write as _;
use std::net::TcpStream;

use sandbox::Stack;

use crate::database::{make_table, put_number};
use crate::fixture::{BUCKET, start};

/// The response to a request.
struct Response {
    status: u16,
    head: String,
    body: String,
}

/// Sends a raw request.
fn send(url: &str, request: &str) -> Response {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut response = Vec::new();
    stream.read_to_end(&mut response).unwrap();
    let text = String::from_utf8(response).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    Response { status: head[9..12].parse().unwrap(), head: head.to_ascii_lowercase(), body: body.to_owned() }
}

/// Sends a request with these headers and `Host`, which is the server's own unless it is among them.
fn request(url: &str, line: &str, headers: &[(&str, &str)], body: &str) -> Response {
    let own = url.trim_start_matches("http://");
    let named = headers.iter().any(|(name, _)| *name == "host");
    let host = if named { String::new() } else { format!("host: {own}\r\n") };
    let headers: String = headers.iter().flat_map(|(name, value)| [name, ": ", value, "\r\n"]).collect();
    let length = body.len();
    send(
        url,
        &format!(
            "{line} HTTP/1.1\r\n{host}{headers}connection: close\r\ncontent-length: {length}\r\n\r\n{body}"
        ),
    )
}

/// Checks that nothing in the response permits a page to read it.
fn assert_no_cors(response: &Response) {
    assert!(!response.head.contains("access-control-"), "{}", response.head);
    assert!(response.head.contains("cross-origin-resource-policy: same-origin"), "{}", response.head);
}

async fn start_with_data() -> Stack {
    let stack = start().await;
    make_table(&stack).await;
    put_number(&stack, "secret", 42).await;
    stack
}

/// Runs blocking requests while the servers run.
async fn run_blocking(work: impl FnOnce() + Send + 'static) {
    tokio::task::spawn_blocking(work).await.unwrap();
}

const SCAN: &str = r#"{"TableName":"events"}"#;

#[tokio::test(flavor = "multi_thread")]
async fn every_request_of_a_page_of_another_origin_is_rejected() {
    let stack = start_with_data().await;
    let urls = [stack.dynamodb_url().to_owned(), stack.s3_url().to_owned()];
    run_blocking(move || {
        for url in &urls {
            for line in
                ["GET /", "POST /", "PUT /acme-logs/a", "OPTIONS /", "DELETE /acme-logs", "GET /acme-logs"]
            {
                for headers in [
                    [("origin", "https://evil.example"), ("x-amz-target", "DynamoDB_20120810.Scan")],
                    [("origin", "null"), ("content-type", "text/plain")],
                    [("origin", "http://localhost:1"), ("access-control-request-method", "POST")],
                    // An image or a script: no Origin.
                    [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")],
                    [("sec-fetch-site", "same-site"), ("sec-fetch-mode", "no-cors")],
                    // After DNS rebinding the page has the same origin as its target.
                    [("host", "evil.example:8080"), ("sec-fetch-site", "same-origin")],
                    [("host", "evil.example"), ("content-type", "application/x-amz-json-1.0")],
                ] {
                    let response = request(url, line, &headers, "");
                    assert_eq!(response.status, 403, "{url} {line} {headers:?}: {}", response.body);
                    assert_no_cors(&response);
                }
            }
        }
    })
    .await;
    assert!(stack.objects(BUCKET).unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_made_up_credential_reads_and_writes_nothing() {
    let stack = start_with_data().await;
    let (database, s3) = (stack.dynamodb_url().to_owned(), stack.s3_url().to_owned());
    let key = stack.vendor_credentials().access_key_id;
    run_blocking(move || {
        let signed = |key: &str, service: &str| {
            format!(
                "AWS4-HMAC-SHA256 Credential={key}/20261129/eu-central-1/{service}/aws4_request, \
                 SignedHeaders=host;x-amz-date;x-amz-target, Signature={}",
                "0".repeat(64)
            )
        };
        let target = ("x-amz-target", "DynamoDB_20120810.Scan");
        let json = ("content-type", "application/x-amz-json-1.0");
        let date = ("x-amz-date", "20261129T225000Z");
        for authorization in [
            "",
            "AWS4-HMAC-SHA256",
            "Bearer x",
            &signed("any", "dynamodb"),
            &signed(&key, "dynamodb"),
            &signed(&key, "s3"),
        ] {
            let mut headers = vec![target, json, date];
            if !authorization.is_empty() {
                headers.push(("authorization", authorization));
            }
            let response = request(&database, "POST /", &headers, SCAN);
            assert!(
                response.status == 400 && !response.body.contains("42"),
                "{authorization}: {}",
                response.body
            );
        }
        for (line, authorization) in [
            ("GET /acme-logs", signed("any", "s3")),
            ("PUT /acme-logs/audit/a", signed(&key, "s3")),
            ("GET /", String::new()),
        ] {
            let hash = ("x-amz-content-sha256", "UNSIGNED-PAYLOAD");
            let mut headers = vec![date, hash];
            if !authorization.is_empty() {
                headers.push(("authorization", &authorization));
            }
            let response = request(&s3, line, &headers, "");
            assert!((400..500).contains(&response.status), "{line}: {} {}", response.status, response.body);
        }
        let form = [("content-type", "application/x-www-form-urlencoded"), date];
        let role = concat!(
            "Action=AssumeRole&Version=2011-06-15&RoleSessionName=evil",
            "&RoleArn=arn%3Aaws%3Aiam%3A%3A222222222222%3Arole%2FAuditferry",
        );
        assert_eq!(request(&s3, "POST /", &form, role).status, 403);
    })
    .await;
    assert!(stack.objects(BUCKET).unwrap().is_empty() && stack.assumed_roles().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_to_another_server_is_rejected() {
    let stack = start_with_data().await;
    let urls = [stack.dynamodb_url().to_owned(), stack.s3_url().to_owned()];
    run_blocking(move || {
        for url in urls {
            let own = url.trim_start_matches("http://").to_owned();
            for request in [
                "GET / HTTP/1.0\r\n\r\n".to_owned(),
                format!("GET / HTTP/1.1\r\nhost: {own}\r\nhost: evil.example\r\nconnection: close\r\n\r\n"),
                format!("GET http://evil.example/ HTTP/1.1\r\nhost: {own}\r\nconnection: close\r\n\r\n"),
                "GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n".to_owned(),
            ] {
                let response = send(&url, &request);
                assert!(response.status == 403 || response.status == 400, "{request}: {}", response.body);
            }
            // The own name is accepted, and the error names what is missing.
            let response = request(&url, "POST /", &[("host", &own.replace("127.0.0.1", "localhost"))], "");
            assert_ne!(response.status, 403, "{}", response.body);
            assert_no_cors(&response);
        }
    })
    .await;
}
