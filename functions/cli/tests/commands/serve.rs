//! `serve`: the API and the stand-ins run, the schedule ticks, and another process uses the same stack.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::program::{CommandOutput, command};

pub(crate) struct Serve {
    child: Child,
    stdout: BufReader<ChildStdout>,
    pub(crate) startup: Value,
}

impl Serve {
    pub(crate) fn start(args: &[&str]) -> Self {
        let mut command = command(&[&["serve", "--port", "0", "--tick", "1", "--json"], args].concat());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        Self { child, stdout, startup: serde_json::from_str(&line).unwrap() }
    }

    /// Runs a command in the environment that `serve` printed, as in another terminal.
    pub(crate) fn run(&self, args: &[&str]) -> CommandOutput {
        self.run_with(&[], args)
    }

    /// The same, with other values for these variables.
    pub(crate) fn run_with(&self, changed: &[(&str, &str)], args: &[&str]) -> CommandOutput {
        let environment = self.startup["environment"].as_object().unwrap();
        let environment = environment.iter().map(|(name, value)| (name, value.as_str().unwrap()));
        let mut command = command(args);
        command.envs(environment).envs(changed.iter().copied());
        command.stdin(Stdio::null()).output().unwrap().into()
    }

    /// `127.0.0.1:PORT` of the API.
    pub(crate) fn host(&self) -> &str {
        let url = self.startup["connectors_url"].as_str().unwrap();
        url.strip_prefix("http://").unwrap().split('/').next().unwrap()
    }

    /// Sends a request; returns the status and the body.
    pub(crate) fn request(&self, method: &str, path: &str, kind: &str, body: &str) -> (u16, Value) {
        let host = self.host();
        let mut stream = TcpStream::connect(host).unwrap();
        let (length, token) = (body.len(), self.startup["token"].as_str().unwrap());
        // Only Linux identifies the user without the token.
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\nauthorization: Bearer {token}\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head[9..12].parse().unwrap(), serde_json::from_str(body).unwrap_or(Value::Null))
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.request("POST", path, "application/json", &body.to_string())
    }

    /// Stops it with a signal; it must exit with 0 and print nothing more.
    pub(crate) fn stop(mut self, signal: &str) {
        let killed = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        self.child.stderr.take().unwrap().read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "");
    }
}

impl Drop for Serve {
    /// A failed test must not leave the process behind. A stopped one has ended already.
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

#[test]
fn a_connector_goes_from_the_api_to_its_customers_bucket() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("af");
    let serve = Serve::start(&["--local", dir.to_str().unwrap(), "--now", "2023-07-10T13:06:00Z"]);
    let (status, created) =
        serve.post("/v1/connectors", &json!({ "tenant": "acme", "start_from": "2023-07-10T11:30:00Z" }));
    assert_eq!(status, 201, "{created}");
    let id = created["id"].as_str().unwrap();
    let setup = serve.request("GET", &format!("/v1/connectors/{id}/setup"), "", "").1;
    // The link fills in everything but the bucket; parameters in the body take precedence.
    let stack = json!({
        "AccountId": "222222222222", "Link": setup["quick_create_url"],
        "BucketName": "acme-log", "Prefix": "audit", "CreateBucket": "yes",
    });
    let (status, launched) = serve.post("/stand-in/stacks", &stack);
    let outputs = &launched["Outputs"];
    let role = format!("arn:aws:iam::222222222222:role/auditferry/{}", setup["role_name"].as_str().unwrap());
    let bucket = "acme-log-222222222222-eu-central-1-an";
    let promised = json!({ "AccountId": "222222222222", "BucketName": bucket, "Region": "eu-central-1", "RoleArn": role });
    assert_eq!((status, outputs), (201, &promised), "{launched}");
    let destination = json!({ "destination": {
        "role": outputs["RoleArn"], "bucket": outputs["BucketName"], "region": outputs["Region"], "prefix": "audit",
    }});
    let one = format!("/v1/connectors/{id}");
    let (status, connected) = serve.request("PATCH", &one, "application/json", &destination.to_string());
    assert_eq!((status, &connected["state"]), (200, &"ready".into()), "{connected}");
    let (status, activated) = serve.post(&format!("{one}/activate"), &json!({}));
    assert_eq!((status, &activated["state"]), (200, &"active".into()), "{activated}");

    // Two quiet windows are due at once, and the schedule exports them by itself.
    let delivered = || serve.request("GET", &one, "", "").1["progress"]["delivered_parts"] == 2;
    assert!((0..100).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(100));
        delivered()
    }));
    let events = dir.join(format!("buckets/{bucket}/audit/events/date=2023-07-10"));
    assert_eq!(std::fs::read_dir(events).unwrap().count(), 2);
    // A folder in use is refused, and can be used again afterwards.
    let list = ["connector", "list", "--local", dir.to_str().unwrap()];
    assert_eq!(crate::program::run(&list).code, Some(1));
    serve.stop("-INT");
    assert_eq!(crate::program::run(&list).code, Some(0));
}

#[test]
fn in_the_printed_environment_a_command_works_as_in_aws() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().to_str().unwrap();
    let serve = Serve::start(&["--local", dir]);
    let output = serve.run(&["connector", "create", "--tenant", "acme", "--json"]);
    assert_eq!(output.code, Some(0), "{output:?}");
    let created = output.json();
    let id = created["connector"]["id"].as_str().unwrap();
    // The vendor's account comes from STS, and the template is not published.
    let trust = &created["setup"]["trust_policy"]["Statement"][0];
    assert_eq!(trust["Principal"]["AWS"], "arn:aws:iam::111111111111:root");
    assert!(created["setup"]["quick_create_url"].is_null());

    let to = ["--role-arn", "arn:aws:iam::222222222222:role/auditferry/R", "--bucket", "acme-log"];
    let args = [&["connector", "connect", id], &to[..], &["--region", "eu-central-1"]].concat();
    for output in [serve.run(&args), serve.run(&["connector", "verify", id])] {
        assert!(output.code == Some(1) && output.stdout.contains("✗ assume_role"), "{output:?}");
        assert!(
            output.stderr.contains("user/auditferry") && output.stderr.contains("HTTP API"),
            "{output:?}"
        );
    }
    let stack = json!({
        "AccountId": "222222222222", "ExternalId": created["setup"]["external_id"], "BucketName": "acme-log", "RoleName": "R",
        "CreateBucket": "yes", "BucketNamespace": "global",
    });
    assert_eq!(serve.post("/stand-in/stacks", &stack).0, 201);
    let output = serve.run(&["connector", "activate", id, "--json"]);
    assert_eq!(
        (output.code, output.json()["connector"]["state"].as_str()),
        (Some(0), Some("active")),
        "{output:?}"
    );

    // API and CLI show the same changes, with the name of the signer, and both processes published notices.
    let (status, changes) = serve.request("GET", &format!("/v1/connectors/{id}/changes"), "", "");
    assert_eq!((status, &changes["changes"][0]["what"]), (200, &"activate".into()));
    assert_eq!(changes["changes"][0]["by"]["name"], "arn:aws:iam::111111111111:user/auditferry");
    let notices = std::fs::read_to_string(folder.path().join("bus.ndjson")).unwrap();
    assert_eq!(notices.matches("ConnectorChanged").count(), 4, "{notices}");
    serve.stop("-TERM");
}

#[test]
fn a_stack_is_launched_with_valid_parameters_only() {
    let serve = Serve::start(&[]);
    let sound = json!({ "AccountId": "222222222222", "BucketName": "acme-log" });
    for (field, value, expected) in [
        ("AccountId", json!("1"), "12 digits"),
        ("BucketName", json!("Acme"), "3 to 63"),
        ("Prefix", json!("../x"), "segments"),
        ("RoleName", json!("a b"), "IAM does not allow"),
        ("ExternalId", json!("mine"), "external ID"),
        ("CreateBucket", json!("maybe"), "yes"),
        ("BucketNamespace", json!("mine"), "account-regional"),
        ("VendorAccountId", json!("999999999999"), "the only vendor of the stand-ins"),
        ("VendorRoleName", json!("admin"), "the only vendor of the stand-ins"),
        ("Link", json!("https://console.example/"), "quick-create link"),
        ("Link", json!("https://c.example/?region=r#/stacks/create/review?param_Policy=x"), "unknown field"),
        ("Policy", json!("*"), "unknown field"),
    ] {
        let mut stack = sound.clone();
        stack[field] = value;
        let (status, refused) = serve.post("/stand-in/stacks", &stack);
        assert!(
            status == 400 && refused["detail"].as_str().unwrap().contains(expected),
            "{field}: {refused}"
        );
    }
    assert_eq!(serve.request("POST", "/stand-in/stacks", "text/plain", &sound.to_string()).0, 415);
    assert_eq!(serve.request("GET", "/stand-in/stacks", "", "").0, 405);
    assert_eq!(serve.request("GET", "/nowhere", "", "").0, 404);
    serve.stop("-INT");
}

#[test]
fn a_port_in_use_is_reported_before_anything_is_created() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("af");
    let output = crate::program::run(&["serve", "--port", &port, "--local", dir.to_str().unwrap()]);
    assert!(output.code == Some(1) && output.stderr.contains("--port"), "{output:?}");
    assert!(!dir.exists());
}
