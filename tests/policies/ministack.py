"""MiniStack, a stand-in for AWS that we didn't write, as a process of its own for the length of a test.

With `AUTH=true` it checks signatures and session tokens, and enforces trust, role, session and bucket policies also
from one account to another. It knows every account: twelve digits as the access key are that account's root.
"""

import os
import socket
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
    """A running MiniStack. `close` ends it and drops all that it held."""

    def __init__(self) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self._folder = tempfile.TemporaryDirectory()
        folder = self._folder.name
        self._log = open(f"{folder}/log", "w+", encoding="utf-8")
        self._process = subprocess.Popen(
            [os.environ["MINISTACK"]], cwd=folder, stdout=self._log, stderr=subprocess.STDOUT,
            env=os.environ | {"AUTH": "true", "GATEWAY_PORT": str(port), "BIND_HOST": "127.0.0.1",
                              "STATE_DIR": f"{folder}/state", "TMPDIR": folder, "LOG_LEVEL": "WARNING"})
        self._wait()

    def _wait(self) -> None:
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                urllib.request.urlopen(f"{self.url}/_ministack/health", timeout=5).close()
                return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.2)
        self._log.seek(0)
        told = self._log.read()
        self.close()
        raise RuntimeError(f"MiniStack did not start: {told[-2000:]}")

    def root(self, service: str, account: str) -> Any:
        """A client with all rights in this account."""
        return self._client(service, aws_access_key_id=account, aws_secret_access_key="test")

    def session(self, service: str, credentials: Mapping[str, Any]) -> Any:
        """A client with the temporary keys of an assumed role."""
        return self._client(service, aws_access_key_id=credentials["AccessKeyId"],
                            aws_secret_access_key=credentials["SecretAccessKey"],
                            aws_session_token=credentials["SessionToken"])

    def _client(self, service: str, **keys: str) -> Any:
        config = Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"})
        return boto3.client(service, endpoint_url=self.url, region_name=REGION, config=config, **keys)

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
