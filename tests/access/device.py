"""A device with one passkey, in a few lines: what a browser would send, and what a liar would."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestedCredentialData, AuthenticatorData

ORIGIN, NAME = "http://localhost", "localhost"


@dataclass
class Device:
    origin: str = ORIGIN
    name: str = NAME
    verified: bool = True
    count: int = 0
    credential_id: bytes = field(default_factory=lambda: os.urandom(32))
    key: Any = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _data(self, made: bool) -> bytes:
        flags = AuthenticatorData.FLAG.UP
        if self.verified:
            flags |= AuthenticatorData.FLAG.UV
        credential = b""
        if made:
            flags |= AuthenticatorData.FLAG.AT
            public = ES256.from_cryptography_key(self.key.public_key())
            credential = bytes(AttestedCredentialData.create(b"\0" * 16, self.credential_id, public))
        return bytes(
            AuthenticatorData.create(hashlib.sha256(self.name.encode()).digest(), flags, self.count, credential)
        )

    def _answer(self, response: dict[str, bytes]) -> str:
        told = {name: websafe_encode(value) for name, value in response.items()}
        number = websafe_encode(self.credential_id)
        return json.dumps(
            {"id": number, "rawId": number, "type": "public-key", "response": told, "clientExtensionResults": {}}
        )

    def make(self, options: dict[str, Any]) -> str:
        whole = cbor.encode({"fmt": "none", "authData": self._data(made=True), "attStmt": {}})
        client = self._client("webauthn.create", options["challenge"])
        return self._answer({"clientDataJSON": client, "attestationObject": whole})

    def show(self, options: dict[str, Any], kind: str = "webauthn.get") -> str:
        self.count += 1
        data, client = self._data(made=False), self._client(kind, options["challenge"])
        signed = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer({"clientDataJSON": client, "authenticatorData": data, "signature": signed})
