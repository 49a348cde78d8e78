"""Passkeys: what is asked of the browser, and whether its answer is right (by python-fido2)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest

from huying.access.demo import is_loopback
from huying.access.models import Factor
from huying.kernel.late import late
from huying.kernel.refusals import Invalid
from huying.kernel.terms import _
from huying.people.models import Account

if TYPE_CHECKING:
    import fido2.server as fido
    from fido2 import utils, webauthn
else:
    fido = late("fido2.server")
    utils = late("fido2.utils")
    webauthn = late("fido2.webauthn")

LONGEST = 20_000  # characters of an answer
_MAKING, _ASKING = "access.passkey.making", "access.passkey.asking"
_WRONG = _("通行密钥没有验证成功。请再试一次，或者换一种方式。")


@dataclass(frozen=True)
class Made:
    """A passkey that the browser has made."""

    credential_id: bytes
    credential: bytes
    sign_count: int


@dataclass(frozen=True)
class Shown:
    """A passkey whose signature was right."""

    credential_id: bytes
    sign_count: int


def making(request: HttpRequest, account: Account, known: Iterable[Factor]) -> dict[str, Any]:
    """What the browser needs to make a passkey for this account: on the device, opened by its owner only."""
    options, state = _server(request).register_begin(
        webauthn.PublicKeyCredentialUserEntity(
            id=account.pk.bytes, name=account.username, display_name=account.username
        ),
        credentials=_credentials(known),
        resident_key_requirement=webauthn.ResidentKeyRequirement.REQUIRED,
        user_verification=webauthn.UserVerificationRequirement.REQUIRED,
    )
    request.session[_MAKING] = dict(state)
    return _plain(options)


def made(request: HttpRequest, answer: str) -> Made:
    """The new passkey, or Invalid; an asking serves once."""
    state = request.session.pop(_MAKING, None)
    try:
        found = _server(request).register_complete(state, webauthn.RegistrationResponse.from_dict(_read(answer)))
    except _FAULTS as why:
        raise Invalid({"credential": [_WRONG]}) from why
    data = found.credential_data
    if data is None:
        raise Invalid({"credential": [_WRONG]})
    return Made(bytes(data.credential_id), bytes(data), found.counter)


def asking(request: HttpRequest, known: Iterable[Factor] | None) -> dict[str, Any]:
    """What the browser needs to show a passkey; `known` None: any passkey of this house that the device holds."""
    options, state = _server(request).authenticate_begin(
        credentials=None if known is None else _credentials(known),
        user_verification=webauthn.UserVerificationRequirement.REQUIRED,
    )
    request.session[_ASKING] = dict(state)
    return _plain(options)


def credential_id_of(answer: str) -> bytes:
    """Which passkey an answer names; it is not checked yet."""
    try:
        return bytes(webauthn.AuthenticationResponse.from_dict(_read(answer)).raw_id)
    except _FAULTS as why:
        raise Invalid({"credential": [_WRONG]}) from why


def shown(request: HttpRequest, answer: str, known: Iterable[Factor]) -> Shown:
    """The passkey that signed, or Invalid; an asking serves once."""
    state = request.session.pop(_ASKING, None)
    try:
        response = webauthn.AuthenticationResponse.from_dict(_read(answer))
        found = _server(request).authenticate_complete(state, _credentials(known), response)
    except _FAULTS as why:
        raise Invalid({"credential": [_WRONG]}) from why
    return Shown(bytes(found.credential_id), response.response.authenticator_data.counter)


def works_here(request: HttpRequest) -> bool:
    """Browsers know passkeys for names only, over https or on this machine: not for a bare address."""
    host = _host(request)
    return not host.replace(".", "").isdigit() and ":" not in host and (request.is_secure() or is_loopback(host))


# What reading and checking a made-up answer raises; none of it tells the stranger more than "wrong".
_FAULTS = (ValueError, TypeError, KeyError, AttributeError, IndexError, AssertionError, OverflowError)


def _host(request: HttpRequest) -> str:
    host = request.get_host()
    return host[: host.index("]") + 1] if host.startswith("[") else host.partition(":")[0]


def _server(request: HttpRequest) -> fido.Fido2Server:
    origin = f"{'https' if request.is_secure() else 'http'}://{request.get_host()}"
    return fido.Fido2Server(
        webauthn.PublicKeyCredentialRpEntity(name="huying", id=_host(request)),
        verify_origin=lambda told: told == origin,
    )


def _credentials(known: Iterable[Factor]) -> list[webauthn.AttestedCredentialData]:
    return [webauthn.AttestedCredentialData(bytes(one.credential)) for one in known if one.credential is not None]


def _read(answer: str) -> dict[str, Any]:
    if len(answer) > LONGEST:
        raise ValueError("too long")
    try:
        found = json.loads(answer)
    except RecursionError as why:
        raise ValueError("too deep") from why
    if not isinstance(found, dict):
        raise ValueError("not an answer")
    utils.websafe_decode(str(found.get("rawId", "")))
    return found


def _plain(options: Any) -> dict[str, Any]:
    """The options as browsers read them from JSON (`parseCreationOptionsFromJSON`)."""
    found: dict[str, Any] = dict(options)["publicKey"]
    return dict(found)
