//! Imports read all common formats: the same real events in every format, split and compression result in the
//! same set, and unsupported formats are named.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::program::{CommandOutput, Folder, cloudtrail_events, cloudtrail_file, command, run, run_with};

const FIELDS: [&str; 4] = ["--time-field", "eventTime", "--id-field", "eventID"];

/// Imports files into a folder.
fn import(folder: &Folder, files: &[&str]) -> CommandOutput {
    let args = ["events", "import", "--local", folder.path(), "--tenant", "acme", "--json"];
    run(&[&args[..], &FIELDS, files].concat())
}

fn imported(output: &CommandOutput) -> (u64, u64, u64) {
    let output = output.json();
    let count = |name: &str| output[name].as_u64().unwrap_or_else(|| panic!("{output}"));
    (count("imported"), count("already_there"), count("not_imported"))
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

/// The same JSON over several lines, with its members in order, indented by that many levels.
fn pretty(line: &str, level: usize) -> String {
    let (mut out, mut level, mut is_quoted, mut is_escaped) = (String::new(), level, false, false);
    let new_line = |level: usize| format!("\n{}", "  ".repeat(level));
    for c in line.chars() {
        if !is_quoted && matches!(c, '}' | ']') {
            level -= 1;
            out.push_str(&new_line(level));
        }
        out.push(c);
        if is_quoted {
            is_quoted = is_escaped || c != '"';
            is_escaped = c == '\\' && !is_escaped;
            continue;
        }
        is_quoted = c == '"';
        level += usize::from(matches!(c, '{' | '['));
        match c {
            '{' | '[' | ',' => out.push_str(&new_line(level)),
            ':' => out.push(' '),
            _ => {}
        }
    }
    out
}

/// A value in DynamoDB's JSON.
fn typed(value: &Value) -> Value {
    match value {
        Value::Null => json!({"NULL": true}),
        Value::Bool(value) => json!({"BOOL": value}),
        Value::Number(number) => json!({"N": number.to_string()}),
        Value::String(text) => json!({"S": text}),
        Value::Array(elements) => json!({"L": elements.iter().map(typed).collect::<Vec<_>>()}),
        Value::Object(members) => json!({"M": attributes(members)}),
    }
}

fn attributes(members: &serde_json::Map<String, Value>) -> Value {
    members.iter().map(|(name, value)| (name.clone(), typed(value))).collect()
}

/// A file of these events in every supported format.
fn forms(lines: &[String]) -> Vec<(&'static str, Vec<u8>)> {
    let values: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let over_lines = |level| lines.iter().map(|line| pretty(line, level)).collect::<Vec<_>>();
    let ndjson = lines.join("\n");
    let array = format!("[\n{}\n]\n", lines.join(",\n"));
    let (first, rest) = ndjson.split_at(lines[0].len() + 1);
    let items: Vec<Value> = values.iter().map(|value| attributes(value.as_object().unwrap())).collect();
    let export: Vec<String> = items.iter().map(|item| json!({ "Item": item }).to_string()).collect();
    vec![
        ("ndjson", ndjson.clone().into_bytes()),
        ("crlf-and-mark", format!("\u{feff}{}\r\n", lines.join("\r\n")).into_bytes()),
        ("our-default", array.clone().into_bytes()),
        ("one-line-array", format!("[{}]", lines.join(",")).into_bytes()),
        ("pretty-array", format!("[\n  {}\n]\n", over_lines(1).join(",\n  ")).into_bytes()),
        ("pretty", over_lines(0).join("\n").into_bytes()),
        ("concatenated", lines.concat().into_bytes()),
        ("cloudtrail", format!("{{\"Records\":[{}]}}", lines.join(",")).into_bytes()),
        ("sequence", format!("\u{1e}{}\n", lines.join("\n\u{1e}")).into_bytes()),
        ("gzip", gzip(array.as_bytes())),
        ("gzip-of-members", [gzip(first.as_bytes()), gzip(rest.as_bytes())].concat()),
        ("zstd", zstd::encode_all(array.as_bytes(), 3).unwrap()),
        (
            "zstd-of-frames",
            [zstd::encode_all(first.as_bytes(), 1).unwrap(), zstd::encode_all(rest.as_bytes(), 1).unwrap()]
                .concat(),
        ),
        ("export", export.join("\n").into_bytes()),
        (
            "scan",
            json!({"Items": items, "Count": items.len(), "ScannedCount": items.len()})
                .to_string()
                .into_bytes(),
        ),
    ]
}

#[test]
fn every_form_of_the_same_events_is_the_same_events() {
    let folder = Folder::new();
    let lines = cloudtrail_events();
    let lines = &lines[..300];
    let dir = tempfile::tempdir().unwrap();
    let mut expected = (300, 0, 0);
    for (name, bytes) in forms(lines) {
        // The name has no extension.
        let file = dir.path().join(name);
        std::fs::write(&file, bytes).unwrap();
        let output = import(&folder, &[file.to_str().unwrap()]);
        // A native item's keys are in another order, so its text differs.
        if ["export", "scan"].contains(&name) {
            continue;
        }
        assert_eq!((imported(&output), output.code), (expected, Some(0)), "{name}: {output:?}");
        // All further files find each event in the table, identical.
        expected = (0, 300, 0);
    }
    for name in ["export", "scan"] {
        let folder = Folder::new();
        let file = dir.path().join(name);
        let output = import(&folder, &[file.to_str().unwrap()]);
        assert_eq!((imported(&output), output.code), ((300, 0, 0), Some(0)), "{name}: {output:?}");
        assert_eq!(exported(&folder), lines.iter().map(|line| by_name(line)).collect(), "{name}");
    }
}

/// A JSON text with its members sorted by name.
fn by_name(line: &str) -> String {
    serde_json::from_str::<Value>(line).unwrap().to_string()
}

/// All events that are exported from the hours of the trail.
fn exported(folder: &Folder) -> BTreeSet<String> {
    let files = delivered(folder, "json", "none");
    let events = files.iter().flat_map(|file| serde_json::from_slice::<Vec<Value>>(file).unwrap());
    events.filter(|event| event["type"] != "auditferry.heartbeat").map(|event| event.to_string()).collect()
}

/// The files that a connector of this format delivers.
fn delivered(folder: &Folder, format: &str, compression: &str) -> Vec<Vec<u8>> {
    let now = "2023-07-10T14:06:00Z";
    let create = ["connector", "create", "--tenant", "acme", "--start-from", "2023-07-10T09:00:00Z"];
    let created =
        folder.run_ok(&[&create[..], &["--format", format, "--compression", compression]].concat(), now);
    let id = created["connector"]["id"].as_str().unwrap();
    let role = "arn:aws:iam::123456789012:role/auditferry/R";
    let to = ["--role-arn", role, "--bucket", "acme-log", "--region", "us-east-1"];
    folder.run_ok(&[&["connector", "connect", id], &to[..]].concat(), now);
    folder.run_ok(&["connector", "activate", id], now);
    folder.run_ok(&["connector", "run", id], now);
    folder.files("acme-log/auditferry/events")
}

#[test]
fn delivered_files_can_be_imported_again() {
    let source = Folder::new();
    assert_eq!(import(&source, &[cloudtrail_file().to_str().unwrap()]).code, Some(0));
    let dir = tempfile::tempdir().unwrap();
    for (number, file) in delivered(&source, "json", "gzip").iter().enumerate() {
        std::fs::write(dir.path().join(format!("{number}.json.gz")), file).unwrap();
    }
    let folder = Folder::new();
    let output = import(&folder, &[dir.path().to_str().unwrap()]);
    assert_eq!((imported(&output), output.code), ((2900, 0, 0), Some(0)), "{output:?}");
    // Heartbeats are not events of the tenant.
    assert!(output.json()["heartbeats"].as_u64().unwrap() > 0, "{output:?}");
    let lines: BTreeSet<String> = cloudtrail_events().iter().map(|line| by_name(line)).collect();
    assert!(exported(&folder) == lines);
}

/// Writes a folder with these files.
fn tree(files: &[(&str, Vec<u8>)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    dir
}

#[test]
fn folders_and_several_files_are_read_in_order_and_skipped_files_are_reported() {
    let lines = cloudtrail_events();
    let records = |lines: &[String]| gzip(format!("{{\"Records\":[{}]}}", lines.join(",")).as_bytes());
    let dir = tree(&[
        ("us-east-1/2023/07/10/a.json.gz", records(&lines[..100])),
        ("eu-central-1/2023/07/10/b.json.gz", records(&lines[100..200])),
        (".hidden/c.json", b"nonsense".to_vec()),
        ("readme.txt", b"nonsense".to_vec()),
        ("more/d.ndjson", lines[200..300].join("\n").into_bytes()),
        ("more/empty.json", Vec::new()),
    ]);
    let folder = Folder::new();
    let one = dir.path().join("more/d.ndjson");
    let output = import(&folder, &[dir.path().to_str().unwrap(), one.to_str().unwrap()]);
    assert_eq!((imported(&output), output.code), ((300, 100, 0), Some(0)), "{output:?}");
    let result = output.json();
    assert_eq!((&result["files"], &result["skipped"]["count"]), (&json!(4), &json!(3)));
    let args = ["events", "import", "--local", folder.path(), "--tenant", "acme"];
    let output = run(&[&args[..], &FIELDS, &[dir.path().to_str().unwrap()]].concat());
    assert!(
        output.stdout.contains("300 events already in the table") && output.stdout.contains("readme.txt"),
        "{output:?}"
    );
}

#[test]
fn an_export_of_the_events_table_keeps_its_keys_and_brings_no_other_tenant() {
    let item = |tenant: &str, key: &str, event: Value| {
        json!({"Item": {"pk": {"S": tenant}, "sk": {"S": key}, "event": event, "gsi1": {"S": "x"}}})
            .to_string()
    };
    let text = |text: &str| json!({ "S": text });
    let lines = [
        item("acme", "2023-07-10T11:42:18Z#a", text(r#"{"n": 1.50}"#)),
        item("globex", "2023-07-10T11:42:18Z#b", text(r#"{"secret":1}"#)),
        item("acme", "2023-07-10T11:42:18.123456Z#c", json!({"M": {"n": {"N": "1"}}})),
        item("acme2", "2023-07-10T11:42:18Z#d", text("{}")),
    ];
    let folder = Folder::new();
    let args = ["events", "import", "--local", folder.path(), "--tenant", "acme", "-"];
    let output = run_with(&args, lines.join("\n").as_bytes());
    assert_eq!(output.code, Some(0), "{output:?}");
    assert!(
        output.stdout.contains("2 events imported") && output.stdout.contains("2 items of other partitions"),
        "{output:?}"
    );
    let again = run_with(&[&args[..], &["--json"]].concat(), lines.join("\n").as_bytes()).json();
    assert_eq!((&again["imported"], &again["already_there"]), (&json!(0), &json!(2)));
    assert_eq!(exported(&folder), [r#"{"n":1.5}"#, r#"{"n":1}"#].map(str::to_owned).into());
}

#[test]
fn an_unsupported_format_is_named_with_a_remedy() {
    let folder = Folder::new();
    let lines = cloudtrail_events();
    let whole = gzip(lines.join("\n").as_bytes());
    let utf16: Vec<u8> = "\u{feff}{\"a\":1}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut broken = whole.clone();
    let middle = broken.len() / 2;
    broken[middle..middle + 64].fill(0x55);
    for (name, bytes, what, remedy) in [
        ("a.csv", b"eventID,eventTime,eventName\n1,2023-07-10T11:42:18Z,x\n".to_vec(), "is CSV", "DuckDB"),
        ("a.json", utf16, "is UTF-16 text", "iconv -f UTF-16"),
        ("a.zip", b"PK\x03\x04\x14\0\0\0\x08\0".to_vec(), "is a ZIP archive", "unzip -p"),
        ("a.bz2", b"BZh91AY&SY".to_vec(), "is bzip2", "bzip2 -dc"),
        ("a.parquet", b"PAR1\x15\x04\x15".to_vec(), "is Parquet", "DuckDB"),
        (
            "a.tar.gz",
            gzip(&[&[b'a'; 257][..], b"ustar\x0000", &[0; 300]].concat()),
            "a tar archive inside gzip",
            "tar -x",
        ),
        ("a.html", b"<!DOCTYPE html><html></html>".to_vec(), "is HTML", "error page of a server"),
        ("a.pdf", b"%PDF-1.7\n".to_vec(), "is a PDF", "JSON"),
        ("empty.json", Vec::new(), "is empty", "Get the file again"),
        ("cut.gz", whole[..whole.len() / 2].to_vec(), "its gzip data is truncated", "repeat the import"),
        ("broken.gz", broken, "its gzip data is damaged", "repeat the import"),
        ("cut.zst", zstd::encode_all(&*vec![b'\n'; 100_000], 1).unwrap()[..10].to_vec(), "truncated", ""),
    ] {
        let dir = tree(&[(name, bytes)]);
        let file = dir.path().join(name);
        let args = ["events", "import", "--local", folder.path(), "--tenant", "acme"];
        let output = run(&[&args[..], &FIELDS, &[file.to_str().unwrap()]].concat());
        assert_eq!(output.code, Some(1), "{name}: {output:?}");
        assert!(output.stderr.contains(what) && output.stderr.contains(remedy), "{name}: {output:?}");
        assert!(output.stderr.contains(name) && output.stderr.lines().count() <= 3, "{name}: {output:?}");
        // A valid file next to it is still imported.
        let good = dir.path().join("z.ndjson");
        std::fs::write(&good, lines[..10].join("\n")).unwrap();
        let output = import(&folder, &[file.to_str().unwrap(), good.to_str().unwrap()]);
        assert_eq!((output.code, output.json()["unread"].clone()), (Some(1), json!(1)), "{name}: {output:?}");
        let (new, known, _) = imported(&output);
        assert!(new + known >= 10, "{name}: {output:?}");
    }
    let output = run_with(&["events", "import", "--local", folder.path(), "--tenant", "acme", "-"], b"");
    assert!(output.code == Some(1) && output.stderr.contains("stdin is empty"), "{output:?}");
}

#[test]
fn json_that_some_readers_reject_is_imported_unchanged_and_reported() {
    let folder = Folder::new();
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    let odd = ["1e400", r#""\ud83d""#, &deep];
    let lines: Vec<String> = (1..)
        .zip(odd)
        .map(|(n, odd)| {
            format!(r#"{{"time":"2023-07-10T13:42:18+02:00", "id":1844674407370955161{n}, "x":{odd}}}"#)
        })
        .chain([format!(r#"{{"time":"2023-07-10t11:42:18z","id":0,"digits":{}}}"#, "9".repeat(300))])
        .collect();
    let args = ["events", "import", "--local", folder.path(), "--tenant", "acme", "-"];
    let output = run_with(&args, lines.join("\n").as_bytes());
    assert_eq!(output.code, Some(0), "{output:?}");
    assert!(output.stdout.contains("4 events imported"), "{output:?}");
    assert!(output.stdout.contains("3 events will be exported as unreadable records"), "{output:?}");
    let files = delivered(&folder, "json", "none");
    let events = files.iter().flat_map(|file| serde_json::from_slice::<Vec<Value>>(file).unwrap());
    let raw: BTreeSet<String> = events.filter_map(|event| event["raw"].as_str().map(str::to_owned)).collect();
    assert_eq!(raw, lines[..3].iter().cloned().collect(), "the text as it was written");
}

#[test]
fn memory_does_not_grow_with_the_input() {
    let folder = Folder::new();
    let args = ["events", "import", "--local", folder.path(), "--tenant", "acme", "--json", "-"];
    // 200 MB of white space in 200 KB, an array that never ends, and a string that never ends.
    let bomb = gzip(&[&b"["[..], &vec![b' '; 200 << 20], b"]"].concat());
    let open = gzip(&vec![b'['; 128 << 20]);
    let string = gzip(&[&b"{\"a\":\""[..], &vec![b'x'; 128 << 20]].concat());
    for (bytes, code) in [(bomb, 0), (open, 1), (string, 1)] {
        let mut limited = command(&args);
        // The memory limit is lower than a copy of the input.
        #[cfg(target_os = "linux")]
        let output = limit(&mut limited, &bytes);
        #[cfg(not(target_os = "linux"))]
        let output = run_with(&args, &bytes);
        drop(limited);
        assert_eq!(output.code, Some(code), "{output:?}");
    }
}

/// Runs the import, and asserts its peak memory.
#[cfg(target_os = "linux")]
fn limit(import: &mut std::process::Command, stdin: &[u8]) -> CommandOutput {
    use std::process::Stdio;
    let mut child =
        import.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let status = PathBuf::from(format!("/proc/{}/status", child.id()));
    let watch = std::thread::spawn(move || peak_memory(&status));
    let mut pipe = child.stdin.take().unwrap();
    pipe.write_all(stdin).unwrap();
    drop(pipe);
    let output: CommandOutput = child.wait_with_output().unwrap().into();
    let peak = watch.join().unwrap();
    assert!(peak < 100_000, "{peak} KB");
    output
}

/// The peak memory of a process until it ended, in KB.
#[cfg(target_os = "linux")]
fn peak_memory(status: &Path) -> u64 {
    let mut peak = 0;
    while let Ok(status) = std::fs::read_to_string(status) {
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let Some(line) = line else { break };
        peak = peak.max(line.trim().trim_end_matches(" kB").parse().unwrap());
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    peak
}
