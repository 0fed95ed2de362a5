"""The pages as a site: MkDocs builds it without a warning, no link, anchor or picture is broken, and Chromium shows every page within
a phone's width and finds what is searched for. Skipped where MkDocs or Chromium is missing (Debian: mkdocs mkdocs-material chromium)."""
from __future__ import annotations

import functools
import http.server
import json
import os
import queue
import re
import shutil
import signal
import subprocess
import threading
import unittest
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from support import REPOSITORY, new_directory

MKDOCS, CHROMIUM = shutil.which("mkdocs"), shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
if os.environ.get("HAMGEN_TEST_EVERYTHING") and not (MKDOCS and CHROMIUM):
    raise RuntimeError("mkdocs or chromium is missing, and HAMGEN_TEST_EVERYTHING is set")

# Every page in a frame as wide as a phone, one after the other; what is wrong with each is sent back.
MEASURE = """<!DOCTYPE html><body><iframe style="border: 0; width: 390px; height: 844px"></iframe><script>
  const frame = document.querySelector("iframe"), found = {}, pages = PAGES;
  const next = async () => {
    if (pages.length === 0) { fetch("/measured", {method: "POST", body: JSON.stringify(found)}); return; }
    const page = pages.shift();
    await new Promise(done => { frame.onload = done; frame.src = page; });
    const shown = frame.contentDocument, wrong = [];
    for (const picture of shown.images) {
      try { await picture.decode(); } catch { wrong.push("picture " + picture.src); }
    }
    if (shown.documentElement.scrollWidth > 390) wrong.push("width " + shown.documentElement.scrollWidth);
    if (shown.querySelectorAll(".md-content h1").length !== 1) wrong.push("headings");
    if (wrong.length > 0) found[page] = wrong;
    next();
  };
  next();
</script>"""

# Material for MkDocs fills its search from ?q=; the results are there once its worker has read the index.
SEARCH = """<!DOCTYPE html><body><iframe style="width: 1200px; height: 900px" src="/?q=QUERY"></iframe><script>
  const frame = document.querySelector("iframe");
  const look = () => {
    const results = [...frame.contentDocument.querySelectorAll(".md-search-result__link")].map(link => link.getAttribute("href"));
    if (results.length > 0) fetch("/measured", {method: "POST", body: JSON.stringify(results)}); else setTimeout(look, 100);
  };
  frame.onload = look;
</script>"""


class Page(HTMLParser):
    """A page's anchors, and what it links to or shows."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.targets: list[str] = []
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        its = dict(attributes)
        self.anchors |= {its[key] for key in ("id", "name") if its.get(key)}
        self.targets += [its[key] for key in ("href", "src") if its.get(key)]


class Server(http.server.ThreadingHTTPServer):
    """Shows the site, and waits for what a page's script found."""

    daemon_threads = True

    def __init__(self, root: Path) -> None:
        super().__init__(("127.0.0.1", 0), functools.partial(Handler, directory=str(root)))
        self.found: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.SimpleHTTPRequestHandler):
    def do_POST(self) -> None:
        self.server.found.put(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.send_response(204)
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        pass


@functools.lru_cache(maxsize=None)
def site() -> Path:
    out = new_directory() / "site"
    command = [MKDOCS, "build", "--strict", "--quiet", "--config-file", REPOSITORY / ".mkdocs.yml", "--site-dir", out]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"})
    if done.returncode != 0:
        raise AssertionError(done.stdout + done.stderr)
    return out


def pages() -> dict[str, Path]:
    """By their address on the site."""
    found = {f"/{path.relative_to(site())}".removesuffix("index.html"): path for path in sorted(site().rglob("*.html"))}
    return {address: path for address, path in found.items() if address != "/404.html"}


@unittest.skipUnless(MKDOCS, "MkDocs is not installed (Debian: apt-get install mkdocs mkdocs-material)")
class Site(unittest.TestCase):
    def test_every_page_is_in_the_tree(self) -> None:
        tree = (REPOSITORY / ".mkdocs.yml").read_text(encoding="utf-8")
        for page in (REPOSITORY / "docs").rglob("*.md"):
            self.assertRegex(tree, rf"[ :-] {page.relative_to(REPOSITORY / 'docs')}\n")

    def test_links_anchors_and_pictures(self) -> None:
        parsed = {address: Page(path) for address, path in pages().items()}
        self.assertGreater(len(parsed), 30)
        for address, page in parsed.items():
            for target in page.targets:
                parts = urlsplit(urljoin(f"http://site{address}", target))
                if parts.scheme not in ("http", "https") or parts.netloc != "site":
                    continue
                there = unquote(parts.path)
                self.assertTrue((site() / there.lstrip("/")).exists(), f"{address} links to {target}")
                if parts.fragment and there in parsed:
                    self.assertIn(unquote(parts.fragment), parsed[there].anchors | {"__comments", "__top"}, f"{address} links to {target}")

    def test_it_asks_no_other_host(self) -> None:
        for address, path in pages().items():
            for found in re.findall(r'<(?:script|link|img)[^>]*(?:src|href)="(?:https?:)?//[^"]*"', path.read_text(encoding="utf-8")):
                self.fail(f"{address}: {found}")

    @unittest.skipUnless(CHROMIUM, "Chromium is not installed (Debian: apt-get install chromium)")
    def test_every_page_on_a_phone(self) -> None:
        self.assertEqual(self.measured(MEASURE.replace("PAGES", json.dumps(sorted(pages())))), {})

    @unittest.skipUnless(CHROMIUM, "Chromium is not installed (Debian: apt-get install chromium)")
    def test_search_finds_the_noise_floor(self) -> None:
        found = [urlsplit(address) for address in self.measured(SEARCH.replace("QUERY", "noise+floor"))]
        self.assertIn(("/guide/datasets/", "noise-floor"), [(address.path, address.fragment) for address in found])

    def measured(self, page: str):
        """What the script of `page`, served beside the site, sent back."""
        root = new_directory()
        for path in site().iterdir():
            (root / path.name).symlink_to(path)
        (root / "measure.html").write_text(page, encoding="utf-8")
        profile = new_directory()
        with Server(root) as server:
            browser = subprocess.Popen([CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                                        f"--user-data-dir={profile}", f"http://127.0.0.1:{server.server_port}/measure.html"],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
            try:
                return json.loads(server.found.get(timeout=180))
            finally:
                os.killpg(browser.pid, signal.SIGKILL)
                browser.wait()
                server.shutdown()


if __name__ == "__main__":
    unittest.main()
