"""MiniStack, a stand-in for AWS that we didn't write, as a process of its own for the length of a test.

With `AUTH=true` it checks signatures and session tokens, and enforces trust, role, session and bucket policies also
from one account to another. It knows every account: twelve digits as the access key are that account's root. It runs
the functions' own programs, natively. It speaks TLS here, as AWS does, so that bucket policies which ask for TLS hold.
"""

import os
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config

REGION = "eu-central-1"


class StandIn:
    """A running MiniStack. `close` ends it and drops all that it held."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"https://127.0.0.1:{self.port}"
        self._folder = tempfile.TemporaryDirectory()
        self.folder = self._folder.name
        self.certificate = f"{self.folder}/ministack-tls/server.crt"
        self._log = open(f"{self.folder}/log", "w+", encoding="utf-8")
        self._process = subprocess.Popen([os.environ["MINISTACK"]], cwd=self.folder, stdout=self._log,
                                         stderr=subprocess.STDOUT, env=os.environ | self._surroundings())
        self._wait()

    def _surroundings(self) -> dict[str, str]:
        """MiniStack's own settings, and what its functions find around them beside what the template gives them."""
        return {
            "AUTH": "true", "GATEWAY_PORT": str(self.port), "BIND_HOST": "127.0.0.1", "USE_SSL": "1",
            "STATE_DIR": f"{self.folder}/state", "TMPDIR": self.folder, "LOG_LEVEL": "WARNING",
            "AWS_ENDPOINT_URL": self.url, "SSL_CERT_FILE": self.certificate,
            # Lambda sets both from the function's LoggingConfig; MiniStack doesn't.
            "AWS_LAMBDA_LOG_FORMAT": "JSON", "AWS_LAMBDA_LOG_LEVEL": "INFO",
        }

    def _wait(self) -> None:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                urllib.request.urlopen(f"{self.url}/_ministack/health", timeout=5, context=self.tls()).close()
                return
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        told = self.log()
        self.close()
        raise RuntimeError(f"MiniStack did not start: {told}")

    def tls(self) -> ssl.SSLContext:
        """Trusts this stand-in and nobody else."""
        return ssl.create_default_context(cafile=self.certificate)

    def log(self) -> str:
        """The end of what it said."""
        self._log.seek(0)
        return self._log.read()[-4000:]

    def as_root(self, account: str) -> dict[str, str]:
        """The environment of a command that acts as this account's root."""
        return {"AWS_ACCESS_KEY_ID": account, "AWS_SECRET_ACCESS_KEY": "test", "AWS_ENDPOINT_URL": self.url,
                "AWS_CA_BUNDLE": self.certificate, "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION}

    def root(self, service: str, account: str) -> Any:
        """A client with all rights in this account."""
        return self._client(service, aws_access_key_id=account, aws_secret_access_key="test")

    def session(self, service: str, credentials: Mapping[str, Any]) -> Any:
        """A client with the temporary keys of an assumed role."""
        return self._client(service, aws_access_key_id=credentials["AccessKeyId"],
                            aws_secret_access_key=credentials["SecretAccessKey"],
                            aws_session_token=credentials["SessionToken"])

    def _client(self, service: str, **keys: str) -> Any:
        config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, read_timeout=120)
        return boto3.client(service, endpoint_url=self.url, region_name=REGION, config=config,
                            verify=self.certificate, **keys)

    def close(self) -> None:
        """Ends the process."""
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()
        self._folder.cleanup()
