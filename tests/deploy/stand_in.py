"""MiniStack, a stand-in for AWS that we didn't write, as a deployment needs it: it runs the functions' own programs,
natively, and it speaks TLS, as AWS does, so that bucket policies which ask for TLS hold. `judging.py` adds the condition
keys of DynamoDB that it lacks.
"""

import json
import sys
import urllib.request
from pathlib import Path
from typing import Any

# The process and its clients are shared with the tests of the policies.
sys.path.append(str(Path(__file__).parents[1] / "policies"))
from emulator import REGION, MiniStack


# The account of whoever shows no credentials, such as a browser: the vendor's.
OWN_ACCOUNT = "111111111111"


class StandIn(MiniStack):
    """A running MiniStack with TLS. `close` ends it and drops all that it held."""

    scheme = "https"
    # Lambda answers when the function does.
    patience = 120

    @property
    def certificate(self) -> str:
        """The file of the certificate that MiniStack creates as it starts."""
        return f"{self.folder}/ministack-tls/server.crt"

    def _command(self) -> list[str]:
        """The tests' own Python is that in which MiniStack is installed."""
        return [sys.executable, "-B", str(Path(__file__).with_name("judging.py"))]

    def _environment(self) -> dict[str, str]:
        """MiniStack's own settings, and environment variables of its functions beyond those of the template."""
        return super()._environment() | {
            # Whose API an unsigned request calls: MiniStack looks it up in the account of the caller.
            "MINISTACK_ACCOUNT_ID": OWN_ACCOUNT, "USE_SSL": "1", "AWS_ENDPOINT_URL": self.url, "SSL_CERT_FILE": self.certificate,
        }

    def mails(self, account: str) -> list[dict[str, Any]]:
        """The mails that SES received in this account."""
        messages = f"{self.url}/_ministack/ses/messages?account={account}"
        with urllib.request.urlopen(messages, context=self.tls()) as answer:
            return json.load(answer)["messages"].get(account, [])

    def as_root(self, account: str) -> dict[str, str]:
        """The environment of a command that acts as this account's root."""
        return {"AWS_ACCESS_KEY_ID": account, "AWS_SECRET_ACCESS_KEY": "test", "AWS_ENDPOINT_URL": self.url,
                "AWS_CA_BUNDLE": self.certificate, "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION}
