"""How long the packaged API and portal take from their start until they ask for their first event, one after the other on
this machine: `python3 tests/deploy/start.py PROGRAM FOLDER`, with the built `auditferry`, whose `serve` stands for AWS, and
the folder of the packaged functions (`target/sam/x86_64`). Lambda's own work before that is the same for both.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

STARTS = 30
FUNCTIONS = ["Api", "Portal"]


class RuntimeApi(BaseHTTPRequestHandler):
    """Notes when the function asks for an event, and never has one."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.asked_at = time.perf_counter()
        self.server.asked.set()
        self.server.done.wait(30)

    def do_POST(self):
        self.send_response(202)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        """Prints nothing."""


def start(bootstrap, environment):
    """Milliseconds from the start of the process to its first request for an event."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), RuntimeApi)
    server.asked, server.done = threading.Event(), threading.Event()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    runtime = {"AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{server.server_port}", "AWS_LAMBDA_FUNCTION_NAME": "measured"}
    begun = time.perf_counter()
    process = subprocess.Popen([bootstrap], env={**environment, **runtime}, stdout=subprocess.DEVNULL)
    if not server.asked.wait(30):
        raise SystemExit(f"{bootstrap} asked for no event")
    process.kill()
    process.wait()
    server.done.set()
    server.shutdown()
    return (server.asked_at - begun) * 1000


def main(program, folder):
    serve = subprocess.Popen([program, "serve", "--port", "0", "--tick", "3600", "--json"], stdout=subprocess.PIPE, text=True)
    try:
        environment = json.loads(serve.stdout.readline())["environment"]
        environment |= {
            "EXPORTER_ROLE_NAME": "auditferry-exporter", "CUSTOMER_TEMPLATE_URL": "https://t.example/t.yaml",
            "PORTAL_URL": "https://audit.vendor.example", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
            "AWS_LAMBDA_FUNCTION_VERSION": "1", "AWS_LAMBDA_LOG_GROUP_NAME": "g", "AWS_LAMBDA_LOG_STREAM_NAME": "s",
        }
        times = {function: [] for function in FUNCTIONS}
        for _ in range(STARTS):
            for function in FUNCTIONS:
                bootstrap = next(pathlib.Path(folder, function).rglob("bootstrap"))
                times[function].append(start(os.fspath(bootstrap), environment))
        for function, of_function in times.items():
            print(f"{function:8}{statistics.median(of_function):6.1f} ms (median of {STARTS})")
    finally:
        serve.terminate()


if __name__ == "__main__":
    main(*sys.argv[1:])
