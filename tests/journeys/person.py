"""A person at the product's doors: opens addresses, reads pages, presses buttons of forms that are really there.

What is filled in must be offered: an unknown field, a choice that the page does not show, or a button that is not
there ends the journey. Hidden values and tokens come from the page itself, as in a browser without scripts.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

PASSWORD = "green-kite-lantern-7"


@dataclass
class Control:
    name: str
    kind: str
    value: str = ""
    offered: list[str] = field(default_factory=list)  # of a choice: all values the page shows
    chosen: list[str] = field(default_factory=list)


@dataclass
class Button:
    words: str = ""
    name: str = ""
    value: str = ""
    action: str = ""


@dataclass
class Form:
    action: str
    method: str
    controls: dict[str, Control] = field(default_factory=dict)
    buttons: list[Button] = field(default_factory=list)

    def values(self) -> dict[str, list[str]]:
        """What a browser would send if nothing were touched."""
        return {
            one.name: one.chosen if one.kind in ("radio", "checkbox", "select") else [one.value]
            for one in self.controls.values()
            if one.kind != "file"
        }


class _Reader(HTMLParser):
    """Forms, links and visible words of a page."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self.by_id: dict[str, Form] = {}
        self.links: list[list[str]] = []
        self.words: list[str] = []
        self._form: Form | None = None
        self._select: tuple[Control, bool] | None = None
        self._option: str | None = None
        self._area: Control | None = None
        self._button: Button | None = None
        self._link: list[str] | None = None
        self._hidden = 0
        self._later: list[tuple[str, Control | Button]] = []

    def handle_starttag(self, tag, attributes):
        has = {name: value if value is not None else "" for name, value in attributes}
        if tag in ("script", "style", "template"):
            self._hidden += 1
        elif tag == "form":
            self._form = Form(has.get("action", ""), has.get("method", "get").lower())
            self.forms.append(self._form)
            if has.get("id"):
                self.by_id[has["id"]] = self._form
        elif tag == "a" and "href" in has:
            self._link = [has["href"], has.get("aria-label", "")]
        elif tag == "button":
            self._button = Button(has.get("aria-label", ""), has.get("name", ""), has.get("value", ""))
            self._button.action = has.get("formaction", "")
            if has.get("type", "submit") == "submit" and "disabled" not in has:
                self._keep(has, self._button)
        elif tag == "input":
            self._input(has)
        elif tag == "textarea":
            self._area = Control(has.get("name", ""), "text")
            self._keep(has, self._area)
        elif tag == "select":
            one = Control(has.get("name", ""), "select")
            self._keep(has, one)
            self._select = (one, "multiple" in has)
        elif tag == "option" and self._select is not None:
            one, _many = self._select
            one.offered.append(has.get("value", ""))
            if "selected" in has:
                one.chosen.append(has.get("value", ""))
        elif tag == "img" and self._link is not None:
            self._link[1] += has.get("alt", "")

    def handle_endtag(self, tag):
        if tag in ("script", "style", "template"):
            self._hidden -= 1
        elif tag == "form":
            self._form = None
        elif tag == "a" and self._link is not None:
            self.links.append(self._link)
            self._link = None
        elif tag == "button":
            self._button = None
        elif tag == "textarea":
            if self._area is not None:
                self._area.value = self._area.value.removeprefix("\n")
            self._area = None
        elif tag == "select" and self._select is not None:
            one, many = self._select
            if not one.chosen and not many:
                one.chosen = one.offered[:1]
            self._select = None

    def handle_data(self, data):
        if self._hidden:
            return
        if self._area is not None:
            self._area.value += data
            return
        if self._button is not None:
            self._button.words += data
        if self._link is not None:
            self._link[1] += data
        self.words.append(data)

    def _input(self, has):
        kind, name = has.get("type", "text"), has.get("name", "")
        if kind in ("submit", "image"):
            self._keep(has, Button(has.get("value", ""), name, has.get("value", "")))
            return
        if kind in ("button", "reset") or not name or "disabled" in has:
            return
        value = has.get("value", "on" if kind in ("checkbox", "radio") else "")
        one = Control(name, kind if kind in ("radio", "checkbox", "file") else "text", value)
        if kind in ("radio", "checkbox"):
            one.offered, one.chosen = [value], [value] if "checked" in has else []
        self._keep(has, one)

    def _keep(self, has, one):
        if has.get("form"):
            self._later.append((has["form"], one))
        elif self._form is not None:
            self._put(self._form, one)

    def close(self):
        super().close()
        for name, one in self._later:
            if name in self.by_id:
                self._put(self.by_id[name], one)

    @staticmethod
    def _put(form, one):
        if isinstance(one, Button):
            form.buttons.append(one)
        elif one.kind in ("radio", "checkbox") and one.name in form.controls:
            known = form.controls[one.name]
            known.offered += one.offered
            known.chosen = one.chosen or known.chosen if one.kind == "radio" else known.chosen + one.chosen
        elif one.name:
            form.controls[one.name] = one


def tidy(words: str) -> str:
    return re.sub(r"\s+", " ", unescape(words)).strip()


class Person:
    """A browser of its own. `status` and `words` are those of the page it shows."""

    def __init__(self, name: str = "") -> None:
        self.name = name
        self.client = Client(enforce_csrf_checks=True)
        self.response = None
        self.address = ""

    def __repr__(self) -> str:
        return f"<{self.name or 'resident'} at {self.address}>"

    @classmethod
    def signed_in(cls, key: str) -> Person:
        """Comes in by the sign-in page, with name and password."""
        return cls(key).sign_in()

    def sign_in(self) -> Person:
        self.open("/sign-in/")
        if self.address.startswith("/desk"):  # still signed in
            return self
        self.press("登录", username=f"demo-{self.name}", password=PASSWORD)
        assert self.address.startswith("/desk"), f"{self.name} could not sign in: {self.words[:300]}"
        return self

    @property
    def status(self) -> int:
        return self.response.status_code

    @property
    def html(self) -> str:
        return self.response.content.decode()

    @property
    def read(self) -> _Reader:
        reader = _Reader()
        reader.feed(self.html)
        reader.close()
        return reader

    @property
    def words(self) -> str:
        return tidy(" ".join(self.read.words))

    def open(self, address: str, expect: int = 200) -> Person:
        self.response = self.client.get(address, follow=True)
        return self._arrived(address, expect)

    def _arrived(self, address: str, expect: int) -> Person:
        chain = self.response.redirect_chain
        self.address = urljoin(address, chain[-1][0]) if chain else address
        if expect is not None:
            assert self.status == expect, f"{self}: {self.status}, not {expect}: {self.problems()}"
        return self

    def problems(self) -> str:
        """What the page complains of, for the message of a failing journey."""
        found = re.findall(r"class=\"[^\"]*(?:error|notice-bad|summary)[^\"]*\"[^>]*>(.*?)</", self.html, re.S)
        told = tidy(" / ".join(re.sub(r"<[^>]+>", " ", one) for one in found))
        return told or self.words[:600]

    def link(self, words: str) -> str:
        for href, says in self.read.links:
            if words in tidy(says):
                return urljoin(self.address, href)
        raise AssertionError(f"{self}: no link “{words}”; links: {[tidy(says) for _href, says in self.read.links]}")

    def follow(self, words: str) -> Person:
        return self.open(self.link(words))

    def buttons(self) -> list[str]:
        return [tidy(one.words) for form in self.read.forms for one in form.buttons]

    def offers(self, words: str) -> bool:
        return any(words in one for one in self.buttons())

    def form_of(self, words: str, where: str = "") -> tuple[Form, Button]:
        there = [(form, one) for form in self.read.forms for one in form.buttons]
        there = [(form, one) for form, one in there if where in (form.action or self.address)]
        for exactly in (True, False):
            for form, button in there:
                says = tidy(button.words)
                if says == words or (not exactly and words in says):
                    return form, button
        raise AssertionError(f"{self}: no button “{words}”; buttons: {self.buttons()}")

    def press(self, words: str, expect: int = 200, /, where: str = "", **given) -> Person:
        """Fill in and press a button; `where` is part of the form's address, where several have the same words."""
        form, button = self.form_of(words, where)
        values = form.values()
        for name, value in given.items():
            values[name] = self._filled(form, name, value)
        if button.name:
            values[button.name] = [button.value]
        values = {name: value for name, value in values.items() if value}
        address = urljoin(self.address, button.action or form.action or self.address)
        if form.method == "post":
            self.response = self.client.post(address, values, follow=True)
        else:
            self.response = self.client.get(urlsplit(address).path, values, follow=True)
        return self._arrived(address, expect)

    def _filled(self, form: Form, name: str, value) -> list:
        assert name in form.controls, f"{self}: no field “{name}”; fields: {sorted(form.controls)}"
        control = form.controls[name]
        given = list(value) if isinstance(value, list | tuple) else [value]
        if control.kind in ("radio", "checkbox", "select"):
            given = [control.offered[0] if one is True else str(one) for one in given if one is not False]
            unknown = [one for one in given if one not in control.offered]
            assert not unknown, f"{self}: “{name}” does not offer {unknown}, only {control.offered}"
        return given if control.kind == "file" else [str(one) for one in given]


def photo(name: str = "现场.jpg", color: tuple[int, int, int] = (90, 120, 80)) -> SimpleUploadedFile:
    data = io.BytesIO()
    Image.new("RGB", (80, 60), color).save(data, "JPEG")
    return SimpleUploadedFile(name, data.getvalue(), "image/jpeg")
