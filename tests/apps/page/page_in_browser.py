"""An evaluation's page as a browser shows it, headless: its tables and charts are there, nothing is blank, nothing
sticks out of a phone's screen.

    page_in_browser.py PAGE.html [DIRECTORY]      the screenshots stay in DIRECTORY

Exit status 77, which CTest takes for "skipped", where Chromium is not installed (Debian: apt-get install chromium).
"""
from __future__ import annotations

import base64
import html
import json
import re
import shutil
import subprocess
import sys
import tempfile
from html.parser import HTMLParser
from pathlib import Path

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SKIPPED = 77
DARK = ("--blink-settings=preferredColorScheme=0",)

# Inside an <iframe>, a page sees the width of the frame: Chromium's own windows are 500 pixels wide or more.
PHONE = """<!DOCTYPE html><meta name="color-scheme" content="light dark"><body style="margin: 0">
<iframe style="border: 0; display: block; width: 390px; height: 4000px" srcdoc="{page}"></iframe>
<script>
  window.onload = () => {{
    const page = document.querySelector("iframe").contentDocument, shown = element => element.getClientRects().length > 0;
    document.title = JSON.stringify({{
      width: page.documentElement.scrollWidth,
      charts: [...page.querySelectorAll("svg.chart")].filter(shown).length,
      scrolling: [...page.querySelectorAll(".scroll")].filter(box => box.scrollWidth > box.clientWidth).length,
      pictures: [...page.images].every(picture => picture.naturalWidth > 0),
    }});
  }};
</script>"""

# The browser decodes its own screenshot: how light it is, how many colours it has, how much differs from the ground.
LOOK = """<!DOCTYPE html><img src="data:image/png;base64,{picture}"><script>
  window.onload = () => {{
    const picture = document.querySelector("img"), canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [picture.naturalWidth, picture.naturalHeight];
    const context = canvas.getContext("2d");
    context.drawImage(picture, 0, 0);
    const pixels = new Uint32Array(context.getImageData(0, 0, canvas.width, canvas.height).data.buffer);
    document.title = JSON.stringify({{
      width: canvas.width, ground: pixels[0] & 255, colours: new Set(pixels).size,
      ink: pixels.reduce((count, pixel) => count + (pixel !== pixels[0]), 0) / pixels.length,
    }});
  }};
</script>"""


class Counter(HTMLParser):
    def __init__(self, dom: str) -> None:
        super().__init__()
        self.tags: dict[str, int] = {}
        self.feed(dom)

    def handle_starttag(self, tag: str, attributes: object) -> None:
        self.tags[tag] = self.tags.get(tag, 0) + 1


def chromium(page: Path, *options: str) -> str:
    with tempfile.TemporaryDirectory(prefix="hamgen-test-") as profile:
        command = [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
                   f"--user-data-dir={profile}", *options, page.resolve().as_uri()]
        return subprocess.run(command, check=True, capture_output=True, text=True, timeout=120).stdout


def measure(directory: Path, page: str) -> dict:
    """What the script of `page` found, which it left in its title."""
    file = directory / "measure.html"
    file.write_text(page)
    title = re.search(r"<title>(.*?)</title>", chromium(file, "--dump-dom"), re.DOTALL)
    assert title, "the measuring script did not run"
    return json.loads(html.unescape(title[1]))


def screenshot(directory: Path, page: Path, name: str, *options: str) -> dict:
    picture = directory / f"{name}.png"
    chromium(page, f"--screenshot={picture}", "--window-size=1280,2400", *options)
    look = measure(directory, LOOK.format(picture=base64.b64encode(picture.read_bytes()).decode()))
    print(f"{name}: {look}")
    assert look["width"] == 1280, look
    assert look["colours"] > 20 and 0.01 < look["ink"] < 0.6, f"{name} looks blank: {look}"
    return look


def check(page: Path, directory: Path) -> None:
    text = page.read_text()
    tags = Counter(chromium(page, "--dump-dom")).tags
    print("elements:", {name: tags.get(name, 0) for name in ("table", "svg", "path", "img", "section")})
    assert tags.get("table", 0) >= 2 and tags.get("svg", 0) >= 3 and tags.get("path", 0) >= 3, tags
    # A browser mends what is not well formed: nothing may have been added or dropped.
    source = Counter(text).tags
    assert tags == source, {name: (source.get(name), tags.get(name)) for name in {*tags, *source}}

    assert screenshot(directory, page, "light")["ground"] > 230
    assert screenshot(directory, page, "dark", *DARK)["ground"] < 40

    phone = measure(directory, PHONE.format(page=html.escape(text)))
    print("phone:", phone)
    assert phone["width"] == 390, "the page is wider than a phone"
    assert phone["scrolling"] > 0, "a wide table should scroll in its own box"
    assert phone["charts"] * 2 == text.count('<svg class="chart '), "one of a chart's two drawings is for phones"
    assert phone["pictures"], "a picture did not load"


def main() -> int:
    if len(sys.argv) not in (2, 3):
        print(__doc__, file=sys.stderr)
        return 2
    if CHROMIUM is None:
        print("skipped: Chromium is not installed (Debian: apt-get install chromium)")
        return SKIPPED
    if len(sys.argv) == 3:
        directory = Path(sys.argv[2])
        directory.mkdir(parents=True, exist_ok=True)
        check(Path(sys.argv[1]), directory)
    else:
        with tempfile.TemporaryDirectory(prefix="hamgen-test-") as directory:
            check(Path(sys.argv[1]), Path(directory))
    return 0


if __name__ == "__main__":
    sys.exit(main())
