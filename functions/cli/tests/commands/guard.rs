//! `serve` refuses pages of other origins, other users of this machine, and anyone without credentials. Each
//! test is the attack itself.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::program::{cloudtrail_file, run_ok};
use crate::serve::Serve;

/// Sends a request; returns the status, the headers in lower case, and the body.
fn send_request(serve: &Serve, line: &str, headers: &[(&str, &str)], body: &str) -> (u16, String, String) {
    let mut stream = TcpStream::connect(serve.host()).unwrap();
    let named = headers.iter().any(|(name, _)| *name == "host");
    let host = if named { String::new() } else { format!("host: {}\r\n", serve.host()) };
    let headers: String = headers.iter().flat_map(|(name, value)| [name, ": ", value, "\r\n"]).collect();
    let length = body.len();
    let request = format!(
        "{line} HTTP/1.1\r\n{host}{headers}connection: close\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head[9..12].parse().unwrap(), head.to_ascii_lowercase(), body.to_owned())
}

/// A connector under attack, and the requests that would change or read it.
fn harmful(serve: &Serve) -> (String, Vec<(String, &'static str, String)>) {
    let (status, created) = serve.post("/v1/connectors", &json!({ "tenant": "acme" }));
    assert_eq!(status, 201, "{created}");
    let one = format!("/v1/connectors/{}", created["id"].as_str().unwrap());
    let stack = json!({ "AccountId": "222222222222", "BucketName": "evil", "CreateBucket": "yes", "BucketNamespace": "global" });
    let event = json!({ "Entries": [{ "Source": "evil", "DetailType": "evil", "Detail": "{}" }] });
    let requests = [
        ("GET /v1/connectors", "", String::new()),
        (&*format!("GET {one}"), "", String::new()),
        ("GET /v1/keys", "", String::new()),
        ("GET /nowhere", "", String::new()),
        ("POST /v1/connectors", "text/plain", json!({ "tenant": "evil" }).to_string()),
        ("POST /v1/connectors", "application/json", json!({ "tenant": "evil" }).to_string()),
        (&*format!("POST {one}/disable"), "", String::new()),
        (&*format!("DELETE {one}?accept_loss=true"), "", String::new()),
        (&*format!("PATCH {one}"), "application/json", json!({ "frequency": 24 }).to_string()),
        ("POST /stand-in/stacks", "application/json", stack.to_string()),
        ("POST /stand-in/stacks", "text/plain", stack.to_string()),
        ("POST /stand-in/bus", "text/plain", event.to_string()),
        ("POST /stand-in/bus/", "application/x-amz-json-1.1", event.to_string()),
        ("GET /stand-in/obstacles", "", String::new()),
        ("PUT /stand-in/obstacles/new-role-delay", "application/json", json!({ "seconds": 60 }).to_string()),
        ("DELETE /stand-in/obstacles", "", String::new()),
    ]
    .map(|(line, kind, body)| (line.to_owned(), kind, body));
    (one, requests.into())
}

/// Asserts that no attack had an effect.
fn is_unharmed(serve: &Serve, one: &str, dir: &Path) {
    let (status, list) = serve.request("GET", "/v1/connectors", "", "");
    let list = list["connectors"].as_array().unwrap().clone();
    assert_eq!((status, list.len(), &list[0]["state"]), (200, 1, &"draft".into()), "{list:?}");
    let (_, changes) = serve.request("GET", &format!("{one}/changes"), "", "");
    assert_eq!(changes["changes"].as_array().unwrap().len(), 1, "{changes}");
    let (_, obstacles) = serve.request("GET", "/stand-in/obstacles", "", "");
    assert_eq!((&obstacles["set"], &obstacles["buckets"]), (&json!([]), &json!([])), "{obstacles}");
    assert!(!fs::read_to_string(dir.join("bus.ndjson")).unwrap().contains("evil"));
}

#[test]
fn no_page_of_another_origin_reaches_anything() {
    let folder = tempfile::tempdir().unwrap();
    let serve = Serve::start(&["--local", folder.path().to_str().unwrap()]);
    let (one, requests) = harmful(&serve);
    let port = serve.host().rsplit_once(':').unwrap().1;
    let rebound = format!("rebound.example:{port}");
    let other_port = port.parse::<u16>().unwrap() ^ 1;
    let elsewhere = format!("http://localhost:{other_port}");
    for (line, kind, body) in &requests {
        for page in [
            &[("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")][..],
            &[("origin", "null")],
            &[("origin", &elsewhere)],
            // A form, an image, a script, a link: no Origin on a GET, and nothing that a preflight would ask
            // for.
            &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "no-cors")],
            &[("sec-fetch-site", "same-site"), ("sec-fetch-mode", "navigate")],
            &[("host", &rebound), ("sec-fetch-site", "same-origin")],
            &[("host", &rebound), ("origin", &format!("http://{rebound}"))],
            &[("origin", "https://evil.example"), ("upgrade", "websocket"), ("sec-websocket-version", "13")],
        ] {
            let mut headers = page.to_vec();
            if !kind.is_empty() {
                headers.push(("content-type", kind));
            }
            let (status, head, response) = send_request(&serve, line, &headers, body);
            assert_eq!(status, 403, "{line} {headers:?}: {response}");
            assert!(
                !head.contains("access-control-") && !response.contains("con_"),
                "{line} {headers:?}: {head} {response}"
            );
        }
        let path = line.split_once(' ').unwrap().1;
        let preflight = [
            ("origin", "https://evil.example"),
            ("access-control-request-method", "DELETE"),
            ("access-control-request-private-network", "true"),
        ];
        let (status, head, _) = send_request(&serve, &format!("OPTIONS {path}"), &preflight, "");
        assert!(status == 403 && !head.contains("access-control-"), "{path}: {head}");
    }
    is_unharmed(&serve, &one, folder.path());
    // The same requests from its own page, or from no page, are accepted.
    let token = format!("Bearer {}", serve.startup["token"].as_str().unwrap());
    for own in [
        ("origin", format!("http://{}", serve.host())),
        ("host", format!("localhost:{port}")),
        ("sec-fetch-site", "none".to_owned()),
    ] {
        let headers = [(own.0, &*own.1), ("authorization", &token)];
        assert_eq!(send_request(&serve, "GET /v1/connectors", &headers, "").0, 200, "{own:?}");
    }
    // Linux identifies the user of a connection; elsewhere the token is needed.
    let without = if cfg!(target_os = "linux") { 200 } else { 401 };
    assert_eq!(send_request(&serve, "GET /v1/connectors", &[], "").0, without);
    serve.stop("-INT");
}

#[test]
fn the_stand_ins_accept_only_their_own_content_type() {
    let serve = Serve::start(&[]);
    let event = json!({ "Entries": [{ "Source": "s", "DetailType": "t", "Detail": "{}" }] }).to_string();
    for kind in [
        "",
        "text/plain",
        "application/json",
        "application/x-www-form-urlencoded",
        "application/x-amz-json-1.1x",
    ] {
        assert_eq!(serve.request("POST", "/stand-in/bus", kind, &event).0, 415, "{kind}");
        if kind != "application/json" {
            assert_eq!(serve.request("POST", "/stand-in/stacks", kind, "{}").0, 415, "{kind}");
            assert_eq!(
                serve.request("PUT", "/stand-in/obstacles/new-role-delay", kind, "{}").0,
                415,
                "{kind}"
            );
        }
    }
    assert_eq!(serve.request("POST", "/stand-in/bus/", "application/x-amz-json-1.1", &event).0, 200);
    serve.stop("-INT");
}

/// A command as another user of this machine.
fn as_nobody(args: &[&str]) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).args(args);
    command.stdin(Stdio::null());
    command
}

/// Whether a test may run as another user here. If not, NOT CHECKED is printed.
fn has_second_user(dir: &Path) -> bool {
    let is_root = fs::metadata(dir).unwrap().uid() == 0;
    let may = is_root && as_nobody(&["true"]).status().is_ok_and(|status| status.success());
    if !may {
        eprintln!("NOT CHECKED: a second local user, which needs root, setpriv and bash");
    }
    may
}

#[test]
fn another_user_can_access_nothing_in_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    // The parent is readable by anyone, so only the folder's own permissions protect it.
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let dir = folder.path().join("af");
    let args = ["--local", dir.to_str().unwrap()];
    run_ok(&[&["init"], &args[..]].concat());
    let fields = [
        "--tenant",
        "acme",
        "--time-field",
        "eventTime",
        "--id-field",
        "eventID",
        cloudtrail_file().to_str().unwrap(),
    ]
    .map(str::to_owned);
    let fields = fields.iter().map(String::as_str).collect::<Vec<_>>();
    run_ok(&[&["events", "import"], &args[..], &fields].concat());
    let demo = folder.path().join("demo");
    run_ok(&["demo", "--dir", demo.to_str().unwrap()]);
    let mut folders = vec![dir, demo];
    let mut all = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path.clone());
            }
            all.push(path);
        }
        all.push(folder);
    }
    for path in &all {
        let mode = fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{} has {mode:o}", path.display());
    }
    if !has_second_user(folder.path()) {
        return;
    }
    assert!(
        as_nobody(&["ls", folder.path().to_str().unwrap()]).output().unwrap().status.success(),
        "the control"
    );
    for path in all.iter().filter(|path| !path.to_str().unwrap().contains("/s3/")) {
        let path = path.to_str().unwrap();
        for args in [["ls", path], ["cat", path], ["touch", path]] {
            assert!(!as_nobody(&args).output().unwrap().status.success(), "{args:?}");
        }
    }
}

#[test]
fn another_user_is_refused_unless_it_has_the_token() {
    let folder = tempfile::tempdir().unwrap();
    if !has_second_user(folder.path()) {
        return;
    }
    let serve = Serve::start(&["--local", folder.path().to_str().unwrap()]);
    let (one, requests) = harmful(&serve);
    let (host, port) = serve.host().split_once(':').unwrap();
    let send = |line: &str, more: &str, body: &str, then: &str| {
        let length = body.len();
        let request = format!(
            "{line} HTTP/1.1\\r\\nhost: {host}:{port}\\r\\n{more}connection: close\\r\\ncontent-length: {length}\\r\\n\\r\\n{body}"
        );
        let script = format!("exec 3<>/dev/tcp/{host}/{port}; printf '{request}' >&3; {then}");
        let output = as_nobody(&["bash", "-c", &script]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    for (line, kind, body) in &requests {
        let kind = if kind.is_empty() { String::new() } else { format!("content-type: {kind}\\r\\n") };
        let response = send(line, &kind, body, "cat <&3");
        let refused = response.starts_with("HTTP/1.1 401") || response.starts_with("HTTP/1.1 400");
        assert!(refused && !response.contains("con_"), "{line}: {response}");
        // A connection that is closed at once leaves a socket that looks like root's.
        send(line, &kind, body, "exec 3>&-");
    }
    is_unharmed(&serve, &one, folder.path());

    let token = serve.startup["token"].as_str().unwrap();
    assert_eq!(fs::read_to_string(folder.path().join("token")).unwrap().trim(), token);
    let shown = send("GET /v1/connectors", &format!("authorization: Bearer {token}\\r\\n"), "", "cat <&3");
    assert!(shown.starts_with("HTTP/1.1 200"), "{shown}");
    for wrong in [&token[1..], &format!("{token}0"), &"0".repeat(64), ""] {
        let response =
            send("GET /v1/connectors", &format!("authorization: Bearer {wrong}\\r\\n"), "", "cat <&3");
        assert!(response.starts_with("HTTP/1.1 401"), "{response}");
    }
    serve.stop("-INT");
}
