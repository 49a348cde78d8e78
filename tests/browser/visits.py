"""A visit: one person at one width, who looks at every page on the way. SHOTS=DIR keeps a picture of each."""

from __future__ import annotations

import io
import os
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Locator, Page

from tests.browser.harness import faults_of
from tests.journeys.person import PASSWORD

SHOTS = os.environ.get("SHOTS", "")


def picture(shade: int = 120) -> dict[str, object]:
    """A photo made here: a grey road with a dark lid on it, as a file to choose."""
    image = Image.new("RGB", (960, 720), (shade, shade + 12, shade + 24))
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, 960, 250), fill=(shade + 60, shade + 70, shade + 60))
    pen.ellipse((330, 330, 640, 600), fill=(shade - 60, shade - 64, shade - 70), outline=(40, 40, 40), width=10)
    data = io.BytesIO()
    image.save(data, "JPEG")
    return {"name": f"photo-{shade}.jpg", "mimeType": "image/jpeg", "buffer": data.getvalue()}


class Visit:
    """Opens, fills, presses; `look` judges the page as it stands, and all faults of the way are told at its end."""

    def __init__(self, page: Page, site: str, width: str) -> None:
        self.page, self.site, self.width = page, site, width
        self.faults: list[str] = []

    @property
    def phone(self) -> bool:
        return self.width == "phone"

    def go(self, address: str) -> None:
        self.page.goto(address if address.startswith("http") else self.site + address)

    def look(self, name: str) -> None:
        """Keep every fault of the page, and its picture where pictures are wanted."""
        self.faults += [f"{name} ({self.width}, {self.page.url}): {one}" for one in faults_of(self.page)]
        if SHOTS:
            self.page.evaluate("window.scrollTo(0, 0)")
            folder = Path(SHOTS)
            folder.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=folder / f"{name}-{self.width}.png", full_page=self.phone)

    def fill(self, label: str, words: str) -> None:
        self.page.get_by_label(label).first.fill(words)

    def photo(self, label: str, shade: int = 120) -> None:
        """Choose a photo in the field of that name; with scripts it is shown at once."""
        field = self.page.locator("[data-photos]").filter(has_text=label)
        field.locator("input[type=file]").set_input_files([picture(shade)])
        field.locator("[data-photo-shown]").first.wait_for()

    def pick(self, words: str) -> None:
        """A radio or a tick, by the words beside it."""
        self.page.locator("label").filter(has_text=words).locator("visible=true").first.click()

    def press(self, words: str) -> None:
        """A button or link that leads to another page."""
        self._away(self.page.locator("button:visible, a:visible").filter(has_text=words).first)

    def _away(self, thing: Locator) -> None:
        with self.page.expect_navigation(wait_until="load"):
            thing.click()

    def says(self, words: str) -> None:
        self.page.get_by_text(words).locator("visible=true").first.wait_for()

    def sign_in(self, who: str) -> None:
        """By the sign-in page, with the password."""
        self.go("/sign-in/")
        self.fill("账号", f"demo-{who}")
        self.page.locator("input[type=password]").fill(PASSWORD)
        self.press("登录")

    def close(self) -> None:
        assert not self.faults, f"{len(self.faults)} faults:\n" + "\n".join(self.faults)
