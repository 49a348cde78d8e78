"""Lists of tricks: addresses that lead into the house, redirects that lead out of it, paths, hosts. Made, not typed."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

INSIDE = (
    "127.0.0.1", "127.8.8.8", "10.0.0.5", "172.16.3.4", "172.31.255.254", "192.168.1.1", "169.254.169.254",
    "100.100.100.200", "0.0.0.0", "192.0.0.192", "198.18.0.1", "224.0.0.1", "255.255.255.255",
)  # fmt: skip
"""IPv4 addresses that are not of the open network: loopback, private, link-local and clouds' metadata, reserved."""
INSIDE6 = ("::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "2001:db8::1", "fec0::1")
OPEN = "93.184.215.14"


def notations(address: str) -> list[str]:
    """One IPv4 address in the ways in which resolvers and browsers have read it."""
    parts = [int(one) for one in address.split(".")]
    whole = int(IPv4Address(address))
    a, b, c, d = parts
    fullwidth = "".join(chr(ord(one) + 0xFEE0) if one.isdigit() else one for one in address)
    circled = "".join({"0": "⓪"}.get(one, chr(0x2460 + int(one) - 1)) if one.isdigit() else one for one in address)
    return [
        address, f"{address}.", str(whole), hex(whole), f"0{whole:o}", f"{a}.{whole & 0xFFFFFF}",
        f"{a}.{b}.{c << 8 | d}",
        ".".join(f"0{one:o}" for one in parts), ".".join(hex(one) for one in parts), f"{hex(a)}.{b}.0{c:o}.{d}",
        ".".join(f"{one:04d}" for one in parts), address.replace(".", "。"), address.replace(".", "．"),
        address.replace(".", "%2e"), fullwidth, circled, f"[::ffff:{address}]",
        f"[::ffff:{whole >> 16:x}:{whole & 65535:x}]",
        f"[64:ff9b::{address}]", f"[2002:{whole >> 16:x}:{whole & 65535:x}::]", f"[::{address}]",
    ]  # fmt: skip


def ssrf() -> list[tuple[str, str]]:
    """Addresses to fetch, each with what its name resolves to ("" for what needs no resolving)."""
    found = [(f"https://{shape}/latest/meta-data/", "") for one in INSIDE for shape in notations(one)]
    found += [(f"https://[{one}]/", "") for one in INSIDE6]
    found += [(f"https://[{IPv6Address(one).exploded}]:8443/", "") for one in INSIDE6[:4]]
    found += [(f"https://[{one}%25eth0]/", "") for one in ("fe80::1", "fe80::a")]
    found += [(f"https://{name}/", one) for one in INSIDE for name in (f"{one.replace('.', '-')}.dns.example",)]
    found += [(f"https://six{number}.dns.example/", one) for number, one in enumerate(INSIDE6)]
    found += [
        (f"https://{name}/", "127.0.0.1")
        for name in ("localhost", "LOCALHOST", "localhost.", "localhost.localdomain", "ip6-localhost", "sub.localhost")
    ]
    found += [(f"http://{OPEN}/", ""), ("http://open.example/", OPEN)]
    for scheme in ("gopher", "file", "ftp", "ftps", "dict", "ldap", "ldaps", "tftp", "sftp", "jar", "netdoc", "data",
                   "javascript", "ws", "wss", "unix", "redis", "smb", "blob", "HTTP", "\thttp", "http\n"):  # fmt: skip
        found += [(f"{scheme}://127.0.0.1:6379/_x", ""), (f"{scheme}:///etc/passwd", "")]
    outside = "open.example"
    found += [
        (shape, OPEN)
        for shape in (
            f"https://{outside}@127.0.0.1/", f"https://127.0.0.1@{outside}/", f"https://{outside}:x@10.0.0.5/",
            f"https://{outside}\\@127.0.0.1/", f"https://127.0.0.1\\.{outside}/", f"https://{outside}#@127.0.0.1/",
            f"https://127.0.0.1#.{outside}/", f"https://{outside}?@127.0.0.1/#", f"https://127.0.0.1:80@{outside}/",
            f"https://{outside}%00.127.0.0.1/", f"https://{outside}%20@127.0.0.1/", f"https://{outside} @127.0.0.1/",
            f"https://{outside}\t@127.0.0.1/", f"https://{outside}\r\nHost: 127.0.0.1/", f"https://{outside}:0/",
            f"https://{outside}:99999/", f"https://{outside}:-1/", f"https://{outside}:٨٠/", f"https:{outside}",
            f"//{outside}/", f"https:///{outside}/", f"https:\\\\{outside}", f"https://{outside}%2f@127.0.0.1/", "https://",
            "https://[", "https://[::1", "https://]/", "https://[::1]x/", "https://..", "https://.", "https://\u3002/",
        )
    ]  # fmt: skip
    return found


def redirects(host: str) -> list[str]:
    """Where to go afterwards: each names, in some browser's reading, a place that is not ours."""
    evil = "evil.example"
    return [
        f"//{evil}", f"///{evil}", f"////{evil}", f"/\\{evil}", f"\\\\{evil}", f"\\/{evil}", f"/\\/{evil}", f"\\{evil}",
        f"http://{evil}", f"https://{evil}/desk/", f"HTTPS://{evil}", f"hTTp:{evil}", f"https:{evil}", f"https:/{evil}",
        f"https:///{evil}", f"https:\\\\{evil}", f"https:\\/{evil}", f"http:/\\{evil}", f"ftp://{evil}", f"//{evil}/..",
        f"//{host}@{evil}", f"https://{host}@{evil}", f"https://{host}:x@{evil}/", f"//{evil}#{host}",
        f"//{evil}?{host}",
        f"//{evil}\\.{host}", f"//{evil}%23.{host}", f"https://{evil}\\@{host}", f"https://{host}\\@{evil}",
        f"https://{host}.{evil}", f"https://{evil}/{host}", f"//{host}.{evil}/", f"https://{host}%00.{evil}",
        "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "java\nscript:alert(1)",
        " javascript:alert(1)",
        "\x01javascript:alert(1)", "data:text/html,<script>alert(1)</script>", "vbscript:x", "blob:https://x", "file:///etc/passwd",
        "mailto:a@evil.example", "about:blank", "view-source:https://evil.example", "intent://evil.example#Intent;end",
        f"/\t/{evil}", f"/\n/{evil}", f"/\r/{evil}", f"\t//{evil}", f"\n//{evil}", f" //{evil}", f"/ /{evil}",
        f"/\x0b/{evil}",
        f"/\x00/{evil}", f"\x00//{evil}", f"\u00a0//{evil}", f"\u3000//{evil}", f"/\u3000/{evil}", f"\u2028//{evil}",
        f"\ufeff//{evil}", f"／／{evil}", f"/／{evil}", f"﹨﹨{evil}", "//evil。example", "//evil．example",
        "//ｅｖｉｌ.example",
        f"/%2f{evil}", f"/%5c{evil}", f"%2f%2f{evil}", f"/%09/{evil}", f"/%0d%0aLocation://{evil}", f"/.//{evil}",
        f"/desk/..//{evil}", f"/..//{evil}", f"./{evil}", f"../{evil}", f"/;//{evil}", f"/?//{evil}", f"?next=//{evil}",
        f"/desk/\r\nLocation: https://{evil}", "/desk/\r\nSet-Cookie: a=b", f"https://{evil}%2f@{host}", f"//{evil}:80",
        f"//{evil}:443/desk", f"https://[::ffff:127.0.0.1]@{evil}", "//[::1]", "//2130706433", "//0x7f000001",
        "//127.1",
        f"https://{host}:1@{evil}:443/", f"http://{host}@@{evil}", f"//{evil}//{host}", f"http:////{evil}", f"h\nttps://{evil}",
        f"ht\ttps://{evil}", f"https://{evil}\x00.{host}", f"//{evil}\\", f"//{evil}/%2e%2e", f"https:{host}@{evil}",
        f"//{host}%40{evil}", f"//{host}%5c@{evil}", f"//{host}\uff0f@{evil}", f"//\u2100.{evil}",
        f"//{evil}%E3%80%82", f"//{evil}.",
        "http://[", "http://]", "//[", "https://[evil.example]", "//\U0001f600.example",
    ]  # fmt: skip


PATHS = (
    "//{0}", "/./{0}", "/{0}/../{0}", "/%2e/{0}", "/%2e%2e/{0}", "/x/%2e%2e/{0}", "/{0}%00", "/{0}%00.css", "/{0};a=b",
    "/;/{0}", "/{0}..;/", "/static/..%2f{0}", "/static/../{0}", "/static/%2e%2e/{0}", "/{0}%2f", "/{0}%20", "/{0}.json",
    "/{0}?a=b", "/{0}%0a", "/{0}%0d%0aX: y", "/%252e%252e/{0}", "/{0}\\", "/\\{0}", "/{0}%5c..", "/DESK/", "/{0}~",
    "/.{0}",
    "/{0}%c0%af", "/{0}%ff", "/{0}/%F0%9F%98%80",
)  # fmt: skip
"""Shapes of a path that somebody without rights may try; `{0}` is a page of the staff without its first slash."""

HOSTS = (
    "evil.example", "evil.example:80", "localhost.evil.example", "localhost@evil.example", "evil.example#localhost",
    "localhost:80@evil.example", "127.0.0.1.evil.example", "[::1].evil.example", "localhost/evil", "localhost\\evil",
    "local_host", "", " ", "localhost evil.example", "xn--evil", "例子.测试", "0", "2130706433",
)  # fmt: skip
