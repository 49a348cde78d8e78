"""Headers of answers that show no page: probes, streams, refusals given before any page is asked."""

from __future__ import annotations

PERMISSIONS = (
    "accelerometer=(), camera=(self), display-capture=(), geolocation=(self), gyroscope=(), magnetometer=(), "
    "microphone=(self), midi=(), payment=(), usb=()"
)
"""What pages may ask a browser for: a photo, a place, a recorded sentence; on our own pages alone."""

BARE: dict[str, str] = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": PERMISSIONS,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def bare() -> list[tuple[bytes, bytes]]:
    """The same as ASGI sends them."""
    return [(name.lower().encode(), value.encode()) for name, value in BARE.items()]
