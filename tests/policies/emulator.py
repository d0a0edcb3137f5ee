"""MiniStack, a third-party stand-in for AWS, as a process for the duration of a test.

With `AUTH=true` it checks signatures and session tokens, and enforces trust, role, session and bucket policies also
from one account to another. It knows every account: twelve digits as the access key are that account's root.
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


class MiniStack:
    """A running MiniStack. `close` ends it and deletes its data."""

    scheme = "http"
    # How long a client waits for an answer, seconds: the SDK's own default.
    patience = 60

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"{self.scheme}://127.0.0.1:{self.port}"
        self._folder = tempfile.TemporaryDirectory()
        self.folder = self._folder.name
        self._log = open(f"{self.folder}/log", "w+", encoding="utf-8")
        self._process = subprocess.Popen(self._command(), cwd=self.folder, stdout=self._log,
                                         stderr=subprocess.STDOUT, env=os.environ | self._environment())
        self._wait()

    @property
    def certificate(self) -> str | None:
        """The file of the certificate that clients trust, if it speaks TLS."""
        return None

    def _command(self) -> list[str]:
        """The command that starts it."""
        return [os.environ["MINISTACK"]]

    def _environment(self) -> dict[str, str]:
        """Its settings, as environment variables."""
        return {"AUTH": "true", "GATEWAY_PORT": str(self.port), "BIND_HOST": "127.0.0.1",
                "STATE_DIR": f"{self.folder}/state", "TMPDIR": self.folder, "LOG_LEVEL": "WARNING"}

    def tls(self) -> ssl.SSLContext | None:
        """Trusts only this stand-in, if it speaks TLS."""
        return ssl.create_default_context(cafile=self.certificate) if self.certificate else None

    def log(self) -> str:
        """The end of its log."""
        self._log.seek(0)
        return self._log.read()[-4000:]

    def _wait(self) -> None:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                urllib.request.urlopen(f"{self.url}/_ministack/health", timeout=5, context=self.tls()).close()
                return
            # It creates its certificate as it starts, so the file may not exist yet.
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        output = self.log()
        self.close()
        raise RuntimeError(f"MiniStack did not start: {output}")

    def root(self, service: str, account: str) -> Any:
        """A client with all rights in this account."""
        return self._client(service, aws_access_key_id=account, aws_secret_access_key="test")

    def session(self, service: str, credentials: Mapping[str, Any]) -> Any:
        """A client with the temporary keys of an assumed role."""
        return self._client(service, aws_access_key_id=credentials["AccessKeyId"],
                            aws_secret_access_key=credentials["SecretAccessKey"],
                            aws_session_token=credentials["SessionToken"])

    def _client(self, service: str, **keys: str) -> Any:
        config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}, read_timeout=self.patience)
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
