"""Opens pages of other origins in a real browser, next to a running `auditferry serve`, and checks that its folder and its
responses do not change.

Four pages try the same attacks: one of another site, one of the same site on another port, one of a foreign name, and one
whose name was rebound to 127.0.0.1 after it was loaded. Each also attacks an unguarded server as a control: if that does
not succeed, the page proves nothing.
"""

import hashlib
import json
import pathlib
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HERE = pathlib.Path(__file__).parent
FOREIGN = "evil.example"
SECONDS = 50


class Serve:
    """The program under attack, with a connector, a customer's bucket and a file in it."""

    def __init__(self, program, folder):
        self.folder = pathlib.Path(folder) / "af"
        words = [program, "serve", "--local", str(self.folder), "--port", "0", "--tick", "3600", "--json"]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env={})
        self.startup = json.loads(self.process.stdout.readline())
        self.api = self.startup["connectors_url"].removesuffix("/v1/connectors")
        self.environment = self.startup["environment"]
        made = self.request("POST", "/v1/connectors", {"tenant": "acme"})
        self.connector, self.secret = made["id"], made["external_id"]
        self.request("POST", "/stand-in/stacks", {
            "AccountId": "222222222222", "ExternalId": self.secret, "BucketName": "acme-log", "CreateBucket": "yes",
            "BucketNamespace": "global", "RoleName": "Delivery",
        })
        (self.folder / "buckets/acme-log/secret").write_text(self.secret)
        (self.folder / "buckets/auditferry-staging/secret").write_text(self.secret)

    def request(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"content-type": "application/json", "authorization": "Bearer " + self.startup["token"]}
        request = urllib.request.Request(self.api + path, data, headers, method=method)
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)

    def state(self):
        """The hashes of all files, except for SQLite's shared memory, which reading changes too."""
        files = sorted(path for path in self.folder.rglob("*") if path.is_file() and not path.name.endswith("-shm"))
        return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}

    def responses(self):
        """The API's responses on its connectors and obstacles."""
        paths = ["/v1/connectors", f"/v1/connectors/{self.connector}/changes", "/stand-in/obstacles"]
        return [self.request("GET", path) for path in paths]

    def targets(self):
        """The requests of a page to each server, with a made-up key."""
        environment, one = self.environment, f"/v1/connectors/{self.connector}"
        json_type = {"content-type": "application/json"}
        made_up = "AWS4-HMAC-SHA256 Credential=AKIDEVIL/20261129/eu-central-1/{}/aws4_request, SignedHeaders=host, Signature=00"
        event = json.dumps({"Entries": [{"Source": "evil", "DetailType": "evil", "Detail": "evil"}]})

        def dynamodb(operation, body):
            headers = {
                "content-type": "application/x-amz-json-1.0", "x-amz-target": "DynamoDB_20120810." + operation,
                "authorization": made_up.format("dynamodb"), "x-amz-date": "20261129T000000Z",
            }
            url = environment["AWS_ENDPOINT_URL_DYNAMODB"] + "/"
            return {"url": url, "method": "POST", "headers": headers, "body": json.dumps(body)}

        def api(method, path, body=None):
            return {
                "url": self.api + path, "method": method, "headers": json_type if body else {},
                "body": json.dumps(body) if body else "",
            }

        s3, item = environment["AWS_ENDPOINT_URL_S3"], {"pk": {"S": "evil"}, "sk": {"S": "evil"}}
        assume = f"Action=AssumeRole&Version=2011-06-15&RoleSessionName=evil&ExternalId={self.secret}"
        stack = {"AccountId": "333333333333", "BucketName": "evil", "CreateBucket": "yes", "BucketNamespace": "global"}
        return [
            {
                "name": "API",
                "reads": [{"url": self.api + path, "headers": json_type} for path in ["/v1/connectors", one, "/v1/keys"]],
                "writes": [
                    api("POST", "/v1/connectors", {"tenant": "evil"}), api("POST", one + "/disable"),
                    api("DELETE", one + "?accept_loss=true"), api("PATCH", one, {"frequency": 24}),
                ],
            },
            {
                "name": "stand-in",
                "reads": [{"url": self.api + "/stand-in/obstacles", "headers": {}}],
                "writes": [
                    api("POST", "/stand-in/stacks", stack),
                    api("POST", "/stand-in/obstacles/deleted-bucket", {"bucket": "acme-log"}),
                    api("PUT", "/stand-in/obstacles/deleted-bucket", {"bucket": "acme-log"}),
                    {"url": self.api + "/stand-in/bus", "method": "POST", "headers": {"content-type": "application/x-amz-json-1.1"}, "body": event},
                ],
            },
            {
                # `/` makes a link to the portal; the link itself is redeemed by a POST.
                "name": "portal",
                "reads": [{"url": self.api + "/", "headers": {}}, {"url": self.startup["portal_link"], "headers": {}}],
                "writes": [
                    {
                        "url": url, "method": "POST", "body": "",
                        "headers": {"content-type": "application/x-www-form-urlencoded"},
                    }
                    for url in [self.startup["portal_link"], self.startup["portal_link"] + "/new-link"]
                ],
            },
            {
                "name": "DynamoDB",
                "reads": [{"url": environment["AWS_ENDPOINT_URL_DYNAMODB"] + "/", "headers": {}}],
                "writes": [
                    dynamodb("ListTables", {}), dynamodb("Scan", {"TableName": environment["LEDGER_TABLE"]}),
                    dynamodb("PutItem", {"TableName": environment["EVENTS_TABLE"], "Item": item}),
                    dynamodb("DeleteTable", {"TableName": environment["EVENTS_TABLE"]}),
                ],
            },
            {
                "name": "S3",
                "reads": [
                    {"url": f"{s3}/{path}", "headers": {"authorization": made_up.format("s3")}}
                    for path in ["", "acme-log", "acme-log/secret", "auditferry-staging/secret"]
                ],
                "writes": [
                    {"url": f"{s3}/acme-log/evil", "method": "PUT", "headers": {}, "body": "evil"},
                    {"url": f"{s3}/acme-log/secret", "method": "DELETE", "headers": {}, "body": ""},
                    {"url": f"{s3}/acme-log", "method": "POST", "headers": {}, "body": "evil"},
                ],
            },
            {
                "name": "STS",
                "reads": [],
                "writes": [{
                    "url": f"{s3}/", "method": "POST", "headers": {"content-type": "application/x-www-form-urlencoded"},
                    "body": assume + "&RoleArn=arn:aws:iam::222222222222:role/auditferry/Delivery",
                }],
            },
        ]


class Unguarded(BaseHTTPRequestHandler):
    """The control: a server that permits everything."""

    secret, changed = "the control's secret", set()

    def answer(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.command not in ("GET", "OPTIONS"):
            self.changed.add((self.command, self.headers.get("content-type", "").split(";")[0]))
        self.send_response(200)
        for name in ["origin", "headers", "methods"]:
            self.send_header(f"access-control-allow-{name}", "*, authorization" if name == "headers" else "*")
        self.send_header("content-length", str(len(self.secret)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(self.secret.encode())
        del body

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer

    def log_message(self, *_):
        pass


class Pages(ThreadingHTTPServer):
    """Serves the attacking pages, and collects their reports."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Page)
        self.reports, self.configs = [], {}

    def page(self, host):
        return (HERE / "page.html").read_text().replace("CONFIG", json.dumps(self.configs[host]), 1).encode()


class Page(BaseHTTPRequestHandler):
    def do_GET(self):
        host = self.headers["host"]
        known = self.path == "/attack" and host in self.server.configs
        body = self.server.page(host) if known else b""
        self.send_response(200 if known else 404)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        self.server.reports.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


class Rebound(socketserver.ThreadingTCPServer):
    """The server of a foreign name, on the port of the API. After it has served its page, its name is rebound to 127.0.0.1:
    it relays everything unchanged."""

    daemon_threads, allow_reuse_address = True, True

    def __init__(self, port, pages):
        super().__init__(("127.0.0.2", port), Relay)
        self.pages = pages


class Relay(socketserver.BaseRequestHandler):
    def handle(self):
        first = self.request.recv(65536)
        if first.startswith(b"GET /attack "):
            page = self.server.pages.page(f"{FOREIGN}:{self.server.server_address[1]}")
            head = f"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {len(page)}\r\nconnection: close\r\n\r\n"
            self.request.sendall(head.encode() + page)
            return
        with socket.create_connection(("127.0.0.1", self.server.server_address[1])) as there:
            there.sendall(first)
            thread = threading.Thread(target=pump, args=(self.request, there), daemon=True)
            thread.start()
            pump(there, self.request)


def pump(source, sink):
    try:
        while chunk := source.recv(65536):
            sink.sendall(chunk)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def browse(browser, url, pages, expected, folder):
    """Opens the first page, and returns once all have reported."""
    words = [
        browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", f"--user-data-dir={folder}/browser",
        # Disables the browser's own checks, so that the guard is tested.
        "--disable-features=LocalNetworkAccessChecks,HttpsUpgrades,HttpsFirstBalancedModeAutoEnable",
        f"--host-resolver-rules=MAP {FOREIGN} 127.0.0.2, MAP other.example 127.0.0.1", url,
    ]
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + SECONDS
        while len(pages.reports) < expected and time.monotonic() < end:
            if process.poll() is not None:
                break
            time.sleep(0.1)
    finally:
        process.terminate()
        process.wait()


def start(server):
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def main(program, browser):
    started, failures = time.monotonic(), []
    with tempfile.TemporaryDirectory() as folder:
        serve = Serve(program, folder)
        try:
            control = start(ThreadingHTTPServer(("127.0.0.1", 0), Unguarded))
            pages = start(Pages())
            api_port = int(serve.api.rsplit(":", 1)[1])
            rebound = start(Rebound(api_port, pages))
            own, free = pages.server_address[1], f"http://127.0.0.1:{control.server_address[1]}/"
            unguarded = {
                "name": "control", "reads": [{"url": free, "headers": {"x-made-up": "1"}}],
                "writes": [{"url": free, "method": method, "headers": {"content-type": "application/json"}, "body": '{"a": "b"}'}
                           for method in ["POST", "PUT", "DELETE"]],
            }
            targets, hosts = serve.targets(), [f"localhost:{own}", f"127.0.0.1:{own}", f"other.example:{own}"]
            hosts.append(f"{FOREIGN}:{api_port}")
            for host, following in zip(hosts, hosts[1:] + [None]):
                aimed = targets
                if host.startswith(FOREIGN):
                    # This page now has the same origin as the API.
                    aimed = json.loads(json.dumps(targets).replace(serve.api, f"http://{host}"))
                pages.configs[host] = {
                    "targets": [unguarded, *aimed], "report": f"http://127.0.0.1:{own}/report",
                    "next": following and f"http://{following}/attack",
                }
            responses, state = serve.responses(), serve.state()
            browse(browser, f"http://{hosts[0]}/attack", pages, len(hosts), folder)
            if serve.state() != state:
                failures.append("a file in the folder was changed")
            if serve.responses() != responses:
                failures.append("the API's responses changed")
            failures += judge(pages.reports, hosts, serve.secret)
            del rebound
        finally:
            serve.process.terminate()
            serve.process.wait()
    for failure in failures:
        print("FAILED:", failure, file=sys.stderr)
    tried = sum(len(report["results"]) for report in pages.reports)
    print(f"{len(pages.reports)} pages, {tried} attempts, {len(failures)} failures, {time.monotonic() - started:.0f} s")
    return 1 if failures else 0


def judge(reports, hosts, secret):
    failures = []
    if [report["page"] for report in reports] != [f"http://{host}" for host in hosts]:
        failures.append(f"not every page reported: {[report['page'] for report in reports]} of {hosts}")
    for report in reports:
        read = [result for result in report["results"] if result["read"]]
        mine = [result for result in read if result["target"] == "control"]
        print(f"{report['page']}: {len(report['results'])} attempts; read of the control: {len(mine)}; of serve: {len(read) - len(mine)}")
        if not {"fetch", "fetch, plain", "fetch PUT", "fetch DELETE", "fetch POST"} <= {result["technique"] for result in mine}:
            failures.append(f"{report['page']} did not succeed against the control: {mine}")
        for result in read:
            # The page of a rebound name may only read the refusal for its own origin.
            refusal = report["page"].startswith(f"http://{FOREIGN}") and "Host is not this server's" in result["read"]
            if result["target"] != "control" and not refusal:
                failures.append(f"{report['page']} read {result}")
        if any(secret in (result["read"] or "") for result in read):
            failures.append(f"{report['page']} read the external ID")
    kinds = {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/json"}
    if not {kind for _, kind in Unguarded.changed} >= kinds:
        failures.append(f"the control was not changed with every content type: {Unguarded.changed}")
    return failures


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
