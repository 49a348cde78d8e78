"""What every answer has to carry, and what no page may hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

NEEDED = {
    "default-src": {"'self'", "'none'"},
    "object-src": {"'none'"},
    "base-uri": {"'self'", "'none'"},
    "frame-ancestors": {"'none'"},
    "form-action": {"'self'", "'none'"},
}
FORBIDDEN = ("unsafe-inline", "unsafe-eval", "unsafe-hashes", "strict-dynamic", "wasm-unsafe-eval")
INLINE = (
    re.compile(rb"<[^>%]*?\sstyle\s*=", re.I),
    re.compile(rb"<style\b", re.I),
    re.compile(rb"<[a-z][^>]*?\son[a-z]+\s*=\s*[\"']", re.I),
    re.compile(rb"<script\b(?![^>]*\bsrc\s*=)(?![^>]*type\s*=\s*[\"']application/(?:ld\+)?json)", re.I),
    re.compile(rb"(?:href|src|action|formaction)\s*=\s*[\"']\s*(?:javascript|data:text)", re.I),
    re.compile(
        rb"<(?:script|link|img|iframe|form)\b[^>]*?\b(?:src|href|action)\s*=\s*[\"'](?:https?:)?//(?!localhost)", re.I
    ),
)
CAPABLE = {"camera", "geolocation", "microphone"}


def policy(text: str) -> dict[str, list[str]]:
    parts = [one.split() for one in text.split(";") if one.strip()]
    return {one[0].lower(): one[1:] for one in parts}


def faults(headers: Any, status: int, body: bytes, *, private: bool, https: bool = True) -> Iterator[str]:
    """Everything that is wrong with an answer; `private` where it is of the staff or of somebody signed in."""
    if status >= 500 and status != 503:
        yield f"answered {status}"
    told = policy(headers.get("Content-Security-Policy", ""))
    if not told:
        yield "no policy of contents"
    for words in told.values():
        for word in words:
            if any(one in word for one in FORBIDDEN) or word in ("*", "http:", "https:"):
                yield f"the policy allows {word}"
            if word == "data:" and words is not told.get("img-src"):
                yield "the policy allows data: beyond pictures"
    fallback = told.get("default-src") == ["'none'"]
    for name, allowed in NEEDED.items():
        given = set(told.get(name, ()))
        if told and not (given and given <= allowed) and not (fallback and name != "frame-ancestors"):
            yield f"the policy's {name} is {sorted(given)}"
    if headers.get("X-Content-Type-Options") != "nosniff":
        yield "no nosniff"
    if headers.get("Referrer-Policy") not in ("same-origin", "no-referrer", "strict-origin"):
        yield "no referrer policy"
    if headers.get("X-Frame-Options") != "DENY":
        yield "may be framed"
    if headers.get("Cross-Origin-Opener-Policy") != "same-origin":
        yield "no opener policy"
    if headers.get("Cross-Origin-Resource-Policy") not in ("same-origin", "same-site"):
        yield "no resource policy"
    asks = headers.get("Permissions-Policy", "")
    if not asks:
        yield "no permissions policy"
    for one in asks.split(","):
        name, _, who = one.strip().partition("=")
        if who != "()" and not (name in CAPABLE and who == "(self)"):
            yield f"the permissions policy gives {one.strip()}"
    kept = {one.strip().split("=")[0] for one in headers.get("Cache-Control", "").lower().split(",")}
    if private:
        html = "html" in headers.get("Content-Type", "")
        if (
            "public" in kept
            or not kept & {"private", "no-store"}
            or (html and status == 200 and "no-store" not in kept)
        ):
            yield f"kept by caches: {headers.get('Cache-Control')!r}"
    elif kept == {""}:
        yield "says nothing about caches"
    for name in ("Server", "X-Powered-By", "X-AspNet-Version"):
        if re.search(r"\d", headers.get(name, "")):
            yield f"tells {name}: {headers.get(name)}"
    if "html" in headers.get("Content-Type", ""):
        for pattern in INLINE:
            if found := pattern.search(body):
                yield f"holds {found[0][:60]!r}"


def cookie_faults(cookies: Any) -> Iterator[str]:
    """Each cookie that was set, under the settings of a house behind TLS."""
    for name, one in cookies.items():
        if not one.value and one["max-age"] == 0:
            continue  # taken away
        if not one["secure"]:
            yield f"cookie {name} goes over plain connections"
        if not one["httponly"]:
            yield f"cookie {name} is read by scripts"
        if one["samesite"] not in ("Lax", "Strict"):
            yield f"cookie {name} goes along from other sites"
        if not name.startswith("__Host-"):
            yield f"cookie {name} could be set by another host"
        if one["domain"]:
            yield f"cookie {name} goes to other hosts"
