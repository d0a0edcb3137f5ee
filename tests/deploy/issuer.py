"""An issuer of tokens (JWT), as a vendor's identity provider is: it publishes its keys over TLS, and signs with RS256.

Sources: OpenID Connect Discovery 1.0, section 4; RFC 7517; RFC 7518, section 3.3; RFC 7519, section 4.1.
"""

import base64
import http.server
import json
import ssl
import threading
import time
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from stand_in import StandIn

AUDIENCE = "auditferry"
KEY_ID = "key-1"


def _base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


class Issuer:
    """A running issuer, with the certificate that the stand-in trusts: its own. `close` ends it."""

    def __init__(self, aws: StandIn) -> None:
        self._key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                body = json.dumps(issuer.published(self.path)).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(aws.certificate, Path(aws.certificate).with_suffix(".key"))
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def published(self, path: str) -> dict[str, Any]:
        """What everybody may read."""
        if path == "/.well-known/openid-configuration":
            return {"issuer": self.url, "jwks_uri": f"{self.url}/keys"}
        numbers = self._key.public_key().public_numbers()
        modulus, exponent = (_base64url(number.to_bytes((number.bit_length() + 7) // 8)) for number in (numbers.n, numbers.e))
        return {"keys": [{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": KEY_ID, "n": modulus, "e": exponent}]}

    def token(self, *, by: "Issuer | None" = None, **claims: Any) -> str:
        """A token of an hour with these claims, signed by this issuer's key or another's."""
        now = int(time.time())
        claims = {"iss": self.url, "aud": AUDIENCE, "sub": "ann", "iat": now, "exp": now + 3600} | claims
        text = ".".join(_base64url(json.dumps(part).encode()) for part in (
            {"alg": "RS256", "typ": "JWT", "kid": KEY_ID}, claims))
        signature = (by or self)._key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{text}.{_base64url(signature)}"

    def close(self) -> None:
        """Ends it."""
        self._server.shutdown()
        self._server.server_close()
