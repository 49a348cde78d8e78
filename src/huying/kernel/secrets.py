"""Sealing of personal values: AES-256-GCM, data keys with ids, wrapped by a master key outside the database.

A sealed value is `version(1) | key id(16) | nonce(12) | ciphertext and tag`. The associated data binds it to
its row and field, so that a value copied into another row or column does not open.
The master key file holds one key a line, `name base64`; the last line wraps, all lines unwrap, so that a
master key is changed by adding a line, wrapping anew and only then removing the old one.
"""

from __future__ import annotations

import base64
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION = b"\x01"
KEY_BYTES = 32
_NONCE = 12
_HEAD = len(VERSION) + 16 + _NONCE
_TAG = 16


class KeyTrouble(Exception):
    """The keys are missing, unsafe or damaged. The text names the file, never its content."""


class Tampered(Exception):
    """A sealed value does not open: changed, moved to another row or field, or of another key."""


@dataclass(frozen=True)
class DataKey:
    """An unwrapped data key."""

    id: UUID
    secret: bytes = field(repr=False)


def new_secret() -> bytes:
    return AESGCM.generate_key(bit_length=KEY_BYTES * 8)


def bound_to(kind: str, row_id: UUID, name: str) -> bytes:
    """The associated data of one field of one row."""
    return f"{kind}|{row_id}|{name}".encode()


def seal(plain: str, key: DataKey, aad: bytes) -> bytes:
    """The sealed value; a fresh nonce each time, so equal values do not look alike."""
    nonce = os.urandom(_NONCE)
    head = VERSION + key.id.bytes
    return head + nonce + AESGCM(key.secret).encrypt(nonce, plain.encode(), head + aad)


def key_id_of(sealed: bytes) -> UUID:
    """Which data key sealed a value."""
    if len(sealed) < _HEAD + _TAG or sealed[:1] != VERSION:
        raise Tampered("not a sealed value")
    return UUID(bytes=bytes(sealed[1:17]))


def unseal(sealed: bytes, key_of: Callable[[UUID], DataKey], aad: bytes) -> str:
    """The value again; raises Tampered where anything of value, row, field or key is not as it was."""
    sealed = bytes(sealed)
    key = key_of(key_id_of(sealed))
    try:
        plain = AESGCM(key.secret).decrypt(sealed[17:_HEAD], sealed[_HEAD:], sealed[:17] + aad)
    except InvalidTag as why:
        raise Tampered("a sealed value does not open") from why
    return plain.decode()


@dataclass(frozen=True)
class MasterKeys:
    """The keys of the master key file, in the order of its lines."""

    path: Path
    secrets: dict[str, bytes] = field(repr=False)

    @property
    def current(self) -> str:
        return list(self.secrets)[-1]

    def wrap(self, key: DataKey) -> tuple[str, bytes]:
        """The name of the master key and the wrapped data key, bound to its id."""
        nonce = os.urandom(_NONCE)
        wrapped = AESGCM(self.secrets[self.current]).encrypt(nonce, key.secret, bound_to("data-key", key.id, "secret"))
        return self.current, nonce + wrapped

    def unwrap(self, key_id: UUID, name: str, wrapped: bytes) -> DataKey:
        if name not in self.secrets:
            raise KeyTrouble(f"{self.path} has no key named {name}; put back the file this database was made with")
        wrapped = bytes(wrapped)
        try:
            secret = AESGCM(self.secrets[name]).decrypt(
                wrapped[:_NONCE], wrapped[_NONCE:], bound_to("data-key", key_id, "secret")
            )
        except (InvalidTag, ValueError) as why:
            raise KeyTrouble(f"{self.path}: key {name} does not fit this database") from why
        return DataKey(key_id, secret)


def read_master(path: Path) -> MasterKeys:
    """The master keys; refused where the file is missing, readable by others, or not in its form."""
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            lines = file.read().decode("ascii").splitlines()
    except FileNotFoundError as why:
        raise KeyTrouble(f"{path} is missing; put back the file this database was made with") from why
    except (OSError, UnicodeDecodeError) as why:
        raise KeyTrouble(f"{path} cannot be read") from why
    if mode & 0o077:
        raise KeyTrouble(f"{path} can be read by others; its mode must be 0600")
    found: dict[str, bytes] = {}
    for line in lines:
        if not line.strip() or line.startswith("#"):
            continue
        name, _, text = line.strip().partition(" ")
        try:
            secret = base64.b64decode(text, validate=True)
        except ValueError as why:
            raise KeyTrouble(f"{path} is damaged at key {name}") from why
        if len(secret) != KEY_BYTES or name in found:
            raise KeyTrouble(f"{path} is damaged at key {name}")
        found[name] = secret
    if not found:
        raise KeyTrouble(f"{path} holds no key")
    return MasterKeys(path, found)


def make_master(path: Path) -> MasterKeys:
    """The master keys, made where there are none. Two that make it at once get the same file."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        made = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
        handle = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(b"m1 " + base64.b64encode(new_secret()) + b"\n")
                file.flush()
                os.fsync(file.fileno())
            # A link, not a rename: it fails where somebody else was first, and never replaces a key.
            with suppress(FileExistsError):
                os.link(made, path)
        finally:
            made.unlink()
    return read_master(path)


def add_master(path: Path, name: str) -> MasterKeys:
    """Add a master key as the last line: what is wrapped from now on is wrapped by it."""
    keys = read_master(path)
    if name in keys.secrets or not name.isalnum():
        raise KeyTrouble(f"{path}: the name {name} is taken or not made of letters and digits")
    with path.open("ab") as file:
        file.write(name.encode("ascii") + b" " + base64.b64encode(new_secret()) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return read_master(path)
