"""A visit: one person at one width, who looks at every page on the way. HUYING_SHOTS=DIR keeps a picture of each."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Locator, Page

from tests.browser.harness import faults_of
from tests.journeys.person import PASSWORD
from tests.settings import GIVEN

SHOTS = GIVEN.get("HUYING_SHOTS", "")


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
        self.heard: set[str] = set()  # what the console said is told once

    @property
    def phone(self) -> bool:
        return self.width == "phone"

    def go(self, address: str) -> None:
        self.page.goto(address if address.startswith(("http", "about:")) else self.site + address)

    def look(self, name: str) -> None:
        """Keep every fault of the page, and its picture where pictures are wanted."""
        found = [one for one in faults_of(self.page) if one not in self.heard]
        self.heard.update(one for one in found if one.startswith(("console:", "policy:")))
        self.faults += [f"{name} ({self.width}, {self.page.url}): {one[:300]}" for one in found]
        if SHOTS:
            self.page.evaluate(
                "window.scrollTo(0, 0); for (const one of document.querySelectorAll('.col')) one.scrollTop = 0"
            )
            folder = Path(SHOTS)
            folder.mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=folder / f"{name}-{self.width}.png", full_page=self.phone)
            # Taking a picture leaves empty style attributes, which htmx would carry over against the policy.
            self.page.evaluate(
                "document.querySelectorAll('[style=\"\"]').forEach((one) => one.removeAttribute('style'))"
            )

    def fill(self, label: str, words: str) -> None:
        self.page.get_by_label(label).first.fill(words)

    def point(self) -> None:
        """A tap on the map, in its grid at the left."""
        canvas = self.page.locator("[data-map-ready=yes] canvas").first
        canvas.wait_for()
        box = canvas.bounding_box()
        canvas.click(position={"x": box["width"] * 0.25, "y": box["height"] * 0.5})

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

    def send(self) -> None:
        """The button at the end of the form that is open."""
        self._away(self.page.locator("[data-send]:visible").last)

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
