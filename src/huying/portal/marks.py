"""What requests from one address are counted by: a keyed hash of this day, never the address."""

from __future__ import annotations

import ipaddress
from datetime import datetime

from django.utils.crypto import salted_hmac
from django.utils.timezone import localdate


def address_mark(address: str, now: datetime) -> str:
    try:
        known = ipaddress.ip_address(address)
        if known.version == 6:  # one line has many addresses of one network
            address = str(ipaddress.ip_network((known, 64), strict=False))
    except ValueError:
        pass
    said = f"{localdate(now).isoformat()}|program|{address}"
    return salted_hmac("huying.portal.tries", said, algorithm="sha256").hexdigest()[:40]
