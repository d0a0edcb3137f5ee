"""An account, by its credentials: on AWS, or on a stand-in."""

import json
import os
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config


@dataclass
class Account:
    """Somebody's credentials in a Region."""

    session: boto3.Session
    # Address and certificate file of the stand-in. Empty on AWS.
    endpoint: str = ""
    certificate: str = ""
    cache: dict[str, Any] = field(default_factory=dict)

    @property
    def region(self) -> str:
        """The Region of all resources."""
        return self.session.region_name

    @property
    def is_stand_in(self) -> bool:
        """Whether this is not AWS."""
        return bool(self.endpoint)

    def client(self, service: str, **keys: Any) -> Any:
        """A client of a service. Throttled requests are retried."""
        if service not in self.cache or keys:
            at = {"endpoint_url": self.endpoint, "verify": self.certificate} if self.endpoint else {}
            # A stand-in has no DNS names for buckets.
            style = {"s3": {"addressing_style": "path"}} if self.endpoint else {}
            config = Config(retries={"mode": "standard", "total_max_attempts": 8}, **style)
            client = self.session.client(service, config=config, **at, **keys)
            if keys:
                return client
            self.cache[service] = client
        return self.cache[service]

    @property
    def number(self) -> str:
        """The account's ID."""
        if "number" not in self.cache:
            self.cache["number"] = self.client("sts").get_caller_identity()["Account"]
        return self.cache["number"]

    def as_role(self, credentials: dict[str, str]) -> "Account":
        """The session of an assumed role, from STS's response."""
        session = boto3.Session(
            aws_access_key_id=credentials["AccessKeyId"], aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials["SessionToken"], region_name=self.region)
        return Account(session, self.endpoint, self.certificate)

    def environment(self) -> dict[str, str]:
        """Environment variables for a command that uses these credentials."""
        frozen = self.session.get_credentials().get_frozen_credentials()
        found = {"AWS_ACCESS_KEY_ID": frozen.access_key, "AWS_SECRET_ACCESS_KEY": frozen.secret_key,
                 "AWS_REGION": self.region, "AWS_DEFAULT_REGION": self.region}
        if frozen.token:
            found["AWS_SESSION_TOKEN"] = frozen.token
        if self.endpoint:
            found |= {"AWS_ENDPOINT_URL": self.endpoint, "AWS_CA_BUNDLE": self.certificate}
        return {name: value for name, value in os.environ.items() if name != "AWS_PROFILE"} | found

    def _fetch(self, url: str, request: urllib.request.Request) -> tuple[int, bytes]:
        context = ssl.create_default_context(cafile=self.certificate or None)
        try:
            with urllib.request.urlopen(request, timeout=60, context=context) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.read()

    def anonymous(self, url: str) -> int:
        """The status of an unauthenticated GET."""
        return self._fetch(url, urllib.request.Request(url))[0]

    def request(self, api: str, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Sends a signed request to the HTTP API; returns status and body."""
        data = b"" if body is None else json.dumps(body).encode()
        headers = {"Host": urllib.parse.urlsplit(api).netloc} | ({"Content-Type": "application/json"} if data else {})
        signed = AWSRequest(method, f"{api}{path}", headers, data)
        SigV4Auth(self.session.get_credentials().get_frozen_credentials(), "execute-api", self.region).add_auth(signed)
        # The API's host name does not resolve on a stand-in, so the connection goes to its endpoint.
        url = (self.endpoint or api) + path
        http_request = urllib.request.Request(url, data or None, dict(signed.headers), method=method)
        status, answer = self._fetch(url, http_request)
        try:
            return status, json.loads(answer or b"null")
        except ValueError:
            return status, {"answer": answer[:300].decode(errors="replace")}


def wait(found: Callable[[], Any], seconds: float, every: float = 5) -> Any:
    """Polls `found` until its result is truthy or the time is up; returns the last result."""
    deadline = time.monotonic() + seconds
    while not (it := found()) and time.monotonic() < deadline:
        time.sleep(every)
    return it
