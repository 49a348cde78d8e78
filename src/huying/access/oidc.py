"""Signing in through another directory: OpenID Connect, code flow with PKCE; tokens are read once and not kept."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import socket
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

from django.conf import settings
from django.core.cache import cache

from huying.access.demo import is_loopback
from huying.kernel.late import late

if TYPE_CHECKING:
    import httpx
    import jwt
else:
    httpx = late("httpx")
    jwt = late("jwt")

ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]  # signed by the other side, never by us
_SECONDS = 8.0
_MOST_BYTES = 300_000
_KEPT = 600  # seconds that the directory's own description is kept


class OidcTrouble(Exception):
    """The other directory did not answer as it should. The text is for the log; it holds no token and no person."""


@dataclass(frozen=True)
class Provider:
    """The directory of the settings."""

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    name: str


@dataclass(frozen=True)
class Asked:
    """What is remembered between asking and the way back."""

    state: str
    nonce: str
    verifier: str
    at: int


def provider() -> Provider | None:
    told = settings.OIDC
    if not (told["issuer"] and told["client_id"]):
        return None
    return Provider(told["issuer"], told["client_id"], told["client_secret"], told["name"])


def ask(now: int) -> Asked:
    return Asked(secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48), now)


def address_to_ask(one: Provider, asked: Asked, back: str) -> str:
    """Where the browser is sent to sign in there."""
    challenge = base64.urlsafe_b64encode(hashlib.sha256(asked.verifier.encode()).digest()).rstrip(b"=").decode()
    where = _checked(_described(one)["authorization_endpoint"], one)
    query = {
        "response_type": "code", "client_id": one.client_id, "redirect_uri": back, "scope": "openid",
        "state": asked.state, "nonce": asked.nonce, "code_challenge": challenge, "code_challenge_method": "S256",
    }  # fmt: skip
    return f"{where}{'&' if '?' in where else '?'}{urlencode(query)}"


def subject_of(one: Provider, asked: Asked, code: str, back: str, now: int) -> str:
    """Who signed in there: the directory's own name for the person. Raises OidcTrouble."""
    described = _described(one)
    told = _asked_for(
        "POST",
        _checked(described["token_endpoint"], one),
        data={"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": asked.verifier},
        auth=httpx.BasicAuth(quote(one.client_id, safe=""), quote(one.client_secret, safe="")),
    )
    token = told.get("id_token")
    if not isinstance(token, str):
        raise OidcTrouble("no id_token in the answer")
    return _subject(one, described, token, asked.nonce, now)


def _subject(one: Provider, described: dict[str, Any], token: str, nonce: str, now: int) -> str:
    keys = _asked_for("GET", _checked(described["jwks_uri"], one))
    try:
        head = jwt.get_unverified_header(token)
        known = [key for key in jwt.PyJWKSet.from_dict(keys).keys if head.get("kid") in (None, key.key_id)]
        if not known:
            raise OidcTrouble("the token is signed by a key that the directory does not list")
        claims = jwt.decode(
            token,
            known[0].key,
            algorithms=ALGORITHMS,
            audience=one.client_id,
            issuer=one.issuer,
            leeway=60,
            # The time is checked below against the request's own.
            options={"require": ["exp", "iat", "iss", "aud", "sub"], "verify_exp": False, "verify_iat": False},
        )
    except jwt.PyJWTError as why:
        raise OidcTrouble(f"the token is not right: {type(why).__name__}") from why
    if not _number(claims["iat"]) - 120 <= now <= _number(claims["exp"]) + 60:
        raise OidcTrouble("the token is of another time")
    if not secrets.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise OidcTrouble("the token is for another sign-in")
    if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and claims.get("azp") != one.client_id:
        raise OidcTrouble("the token is for another client")
    subject = claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= 255:
        raise OidcTrouble("the token names nobody")
    return subject


def _number(value: Any) -> int:
    if not isinstance(value, int | float):
        raise OidcTrouble("a time of the token is no number")
    return int(value)


def _described(one: Provider) -> dict[str, Any]:
    """The directory's description, kept for minutes."""
    key = "access.oidc." + hashlib.sha256(one.issuer.encode()).hexdigest()
    found: dict[str, Any] | None = cache.get(key)
    if found is None:
        found = _asked_for("GET", _checked(one.issuer.rstrip("/") + "/.well-known/openid-configuration", one))
        if found.get("issuer") != one.issuer:
            raise OidcTrouble("the directory calls itself by another name than the settings do")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if not isinstance(found.get(name), str):
                raise OidcTrouble(f"the directory does not say its {name}")
        cache.set(key, found, _KEPT)
    return found


def _checked(address: str, one: Provider) -> str:
    """An address of the directory to ask, as the settings or the directory itself name it.

    https to a name, whose certificate must then be shown; a number, however it is written, only where the settings name
    the same. Plain http only on this machine, for a directory that itself is here.
    """
    try:
        parts, own = urlsplit(address), urlsplit(one.issuer)
        host, home = parts.hostname or "", own.hostname or ""
        plain = address.isascii() and address.isprintable() and "\\" not in address and parts.port != 0
    except ValueError:
        host, plain = "", False
    if not host or not plain or parts.username is not None:
        raise OidcTrouble("an address of the directory is none")
    if parts.scheme == "http" and is_loopback(host) and is_loopback(home):
        return address
    if parts.scheme != "https":
        raise OidcTrouble("an address of the directory is not https")
    if host != home and (_is_number(host) or is_loopback(host)):
        raise OidcTrouble("an address of the directory leads elsewhere by a number")
    return address


def _is_number(host: str) -> bool:
    """Whether a host is an address in any notation that a resolver reads: 10.0.0.1, 0x0a.1, 012.1, ::1."""
    name = host.rstrip(".")
    with suppress(ValueError):
        ip_address(name.partition("%")[0])
        return True
    with suppress(OSError):
        socket.inet_aton(name)
        return True
    return "%" in host


def _asked_for(method: str, address: str, **options: Any) -> dict[str, Any]:
    try:
        with (
            httpx.Client(timeout=_SECONDS, follow_redirects=False, trust_env=False) as client,
            client.stream(method, address, headers={"Accept": "application/json"}, **options) as answer,
        ):
            body = b""
            for part in answer.iter_bytes():
                body += part
                if len(body) > _MOST_BYTES:
                    raise OidcTrouble("the answer is too long")
        if answer.status_code != 200:
            raise OidcTrouble(f"answered {answer.status_code}")
        found = json.loads(body)
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, RecursionError) as why:
        raise OidcTrouble(f"no answer that can be read: {type(why).__name__}") from why
    if not isinstance(found, dict):
        raise OidcTrouble("the answer is of another form")
    return found
