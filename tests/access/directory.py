"""A small directory (OpenID Connect) on this machine: signs whoever is told in at once; can lie in many ways."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT, SECRET = "huying", "a secret of the directory"


class Directory:
    """What it says and to whom; `change` turns one claim or answer into a lie."""

    def __init__(self) -> None:
        self.key = rsa.generate_private_key(65537, 2048)
        self.subject = "staff-4711"
        self.now = 0
        self.change: dict[str, Any] = {}
        self.asked: dict[str, dict[str, str]] = {}
        self.issuer = ""
        self.signed_with: Any = None

    def described(self) -> dict[str, Any]:
        return {
            "issuer": self.change.get("issuer_says", self.issuer),
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": self.change.get("token_endpoint", f"{self.issuer}/token"),
            "jwks_uri": f"{self.issuer}/keys",
        }

    def keys(self) -> dict[str, Any]:
        one = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        return {"keys": [{**one, "kid": "k1", "use": "sig", "alg": "RS256"}]}

    def token(self, told: dict[str, str], headers: Any) -> tuple[int, dict[str, Any]]:
        asked = self.asked.pop(told.get("code", ""), None)
        given = base64.b64decode(headers.get("Authorization", "").removeprefix("Basic ")).decode()
        challenge = base64.urlsafe_b64encode(hashlib.sha256(told.get("code_verifier", "").encode()).digest())
        if (
            asked is None
            or given != f"{CLIENT}:{quote(SECRET)}"
            or challenge.rstrip(b"=").decode() != asked["code_challenge"]
            or told.get("redirect_uri") != asked["redirect_uri"]
        ):
            return 400, {"error": "invalid_grant"}
        claims = {
            "iss": self.issuer, "aud": CLIENT, "sub": self.subject, "nonce": asked["nonce"], "iat": self.now,
            "exp": self.now + 300, **self.change.get("claims", {}),
        }  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        how = self.change.get("alg", "RS256")
        key: Any = self.signed_with or self.key
        if how == "none":
            key = None
        if how == "HS256":
            key = "a secret that the other side could have made up"
        return 200, {"id_token": jwt.encode(claims, key, algorithm=how, headers={"kid": "k1"}), "access_token": "x"}


@contextmanager
def running() -> Iterator[Directory]:
    directory = Directory()

    class Answers(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            """Requests are not news."""

        def say(self, status: int, body: Any) -> None:
            raw = directory.change.get("body") or json.dumps(body).encode()
            self.send_response(directory.change.get("status", status))
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if parts.path == "/.well-known/openid-configuration":
                self.say(200, directory.described())
            elif parts.path == "/keys":
                self.say(200, directory.keys())
            elif parts.path == "/authorize":
                asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
                code = f"code-{len(directory.asked)}"
                directory.asked[code] = asked
                self.send_response(302)
                back = urlencode({"code": code, "state": asked["state"]})
                self.send_header("Location", f"{asked['redirect_uri']}?{back}")
                self.end_headers()
            else:
                self.say(404, {})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            told = {name: values[0] for name, values in parse_qs(body).items()}
            self.say(*directory.token(told, self.headers))

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    directory.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield directory
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
