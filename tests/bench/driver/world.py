"""The environment of a client: the endpoint, its certificate, a folder for uploads."""

import http.client
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent.parent
FIXTURE = HERE.parent / "fixtures" / "cloudtrail-2023-07-10.ndjson.gz"
CLIENT_CORE, ENDPOINT_CORE = 0, 1
SETTLE_S = 300


def built(name):
    return HERE / "target" / ("limit" if name in ("bare", "limit") else "release") / name


class World:
    """The endpoint's process, as a context manager."""

    def __enter__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="bench-"))
        self.ledgers = 0
        certificate(self.folder)
        # Children inherit their parent's core.
        os.sched_setaffinity(0, {ENDPOINT_CORE})
        files = [self.folder / name for name in ("buckets", "server.pem", "server.key")]
        files[0].mkdir()
        self.process = subprocess.Popen(
            [built("endpoint"), FIXTURE, *files], stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        ports = json.loads(self.process.stdout.readline())
        self.http = f"127.0.0.1:{ports['http']}"
        # The certificate is for this name.
        self.https = f"localhost:{ports['https']}"
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def request(self, method, path, body=None, timeout=900):
        """Sends a request to the endpoint; returns the JSON body, or None unless the status is 200."""
        connection = http.client.HTTPConnection(self.http, timeout=timeout)
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            content = answer.read()
            return json.loads(content) if answer.status == 200 else None
        finally:
            connection.close()

    def environment(self, tls):
        """The environment of a client, as in Lambda and a deployment."""
        return {
            "PATH": os.environ["PATH"],
            "AWS_LAMBDA_RUNTIME_API": self.http,
            "AWS_LAMBDA_FUNCTION_NAME": "bench",
            "AWS_LAMBDA_FUNCTION_VERSION": "1",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
            "AWS_LAMBDA_LOG_GROUP_NAME": "bench",
            "AWS_LAMBDA_LOG_STREAM_NAME": "bench",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "AKIABENCH",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_ENDPOINT_URL": f"https://{self.https}" if tls else f"http://{self.http}",
            "AWS_EC2_METADATA_DISABLED": "true",
            # Each client reads the trusted authority from its own variable.
            "SSL_CERT_FILE": str(self.folder / "authority.pem"),
            "AWS_CA_BUNDLE": str(self.folder / "authority.pem"),
            "NODE_EXTRA_CA_CERTS": str(self.folder / "authority.pem"),
        }

    def seed(self, connectors, shards, compression, hour):
        """Creates a ledger with connectors that are due; returns the exporter's settings for it, and their IDs."""
        self.ledgers += 1
        ledger = f"ledger-{self.ledgers}"
        key = self.folder / "signing-key"
        command = [os.environ["BENCH_SEED"], f"http://{self.http}", ledger, key]
        command += [str(connectors), str(shards), compression, f"{hour}:00:00.000Z"]
        ids = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        return {
            "LEDGER_TABLE": ledger,
            "STAGING_BUCKET": "staging",
            "EVENT_BUS_NAME": "bench",
            "S3_FORCE_PATH_STYLE": "true",
            "MAX_PART_BYTES": str(4 << 30),
            "VENDOR_DOMAIN": "vendor.example",
            "SIGNING_KEY": f"file:{key}",
        }, ids

    def delivered(self, customer="0"):
        """The event files delivered to a customer, in the order of their names."""
        files = (self.folder / "buckets").glob(f"customer-{customer}/**/*")
        return sorted(file for file in files if file.is_file() and "/manifests/" not in str(file))

    def clear(self):
        for bucket in (self.folder / "buckets").iterdir():
            shutil.rmtree(bucket)


def last_hour():
    """The newest hour that has ended and settled: `2026-11-20T20`."""
    now = time.time() - SETTLE_S - 30
    return time.strftime("%Y-%m-%dT%H", time.gmtime(now - 3600))


def certificate(folder):
    """Creates a certificate authority, and a certificate for `localhost` signed by it."""

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    new = ("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    openssl(*new, "-x509", "-days", "7", "-subj", "/CN=bench", "-keyout", "authority.key", "-out", "authority.pem")
    openssl(*new, "-subj", "/CN=localhost", "-keyout", "server.key", "-out", "server.csr")
    (folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n")
    signed_by = ("-CA", "authority.pem", "-CAkey", "authority.key", "-CAcreateserial")
    openssl("x509", "-req", "-days", "7", "-in", "server.csr", *signed_by, "-extfile", "names", "-out", "server.pem")
