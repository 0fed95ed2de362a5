#!/usr/bin/env python3
"""The commands that the README and the tutorials tell people to give, as they stand there.

    page_commands.py --list                          every block, where it stands, and what it needs
    page_commands.py --run PROGRAMS [--with MARK]... [PAGE...]
                                                     runs each page's blocks in its own clean clone of this repository, with the
                                                     programs of directory PROGRAMS as build/release/bin

A page's blocks of shell and Python run in order, in one shell, from the clone's root. A block that needs something has a comment above
it, <!-- commands: MARK -->, and is left out unless --with MARK is given: install (changes the machine), gpu, slurm, long (minutes).
Status: 0, 1 where a command failed, 2 for what is not understood.
"""
from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

REPOSITORY = Path(__file__).resolve().parents[2]
MARKS = ("install", "gpu", "slurm", "long")
PAGES = ("README.md", "docs/install.md", *sorted(f"docs/tutorials/{path.name}" for path in (REPOSITORY / "docs/tutorials").glob("*.md")),
         "docs/your-own-system.md", "scripts/slurm/README.md")
BLOCK = re.compile(r"(?:<!-- commands: (?P<mark>\S+) -->\n)?^```(?P<language>sh|python)\n(?P<text>.*?)^```$", re.M | re.S)


class Block(NamedTuple):
    page: str
    line: int
    language: str
    mark: str  # one of MARKS, or nothing: runs anywhere
    text: str


def blocks(page: str) -> list[Block]:
    text = (REPOSITORY / page).read_text(encoding="utf-8")
    found = [Block(page, text[:match.start("text")].count("\n") + 1, match["language"], match["mark"] or "", match["text"])
             for match in BLOCK.finditer(text)]
    for block in found:
        if block.mark and block.mark not in MARKS:
            raise ValueError(f"{page}:{block.line}: commands: {block.mark} is none of {', '.join(MARKS)}")
    return found


def script(chosen: list[Block]) -> str:
    """The blocks as one bash script, which names each block as it comes to it."""
    lines = ["set -euo pipefail"]
    for block in chosen:
        lines.append(f"echo '--- {block.page}:{block.line}' >&2")
        lines.append(block.text if block.language == "sh" else f"/usr/bin/python3 - <<'END_OF_BLOCK'\n{block.text}END_OF_BLOCK\n")
    return "\n".join(lines)


def run_page(page: str, folder: Path, allowed: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """In a folder that looks like the repository, with build/release/bin."""
    chosen = [block for block in blocks(page) if block.mark in ("", *allowed)]
    environment = {**os.environ, "PATH": f"{folder / 'build/release/bin'}:{os.environ['PATH']}"}
    return subprocess.run(["bash", "-c", script(chosen)], cwd=folder, env=environment, text=True, capture_output=True)


def clone(folder: Path, programs: Path) -> Path:
    subprocess.run(["git", "clone", "--quiet", "--no-hardlinks", str(REPOSITORY), str(folder)], check=True)
    (folder / "build/release").mkdir(parents=True)
    (folder / "build/release/bin").symlink_to(programs.resolve())
    return folder


def run_all(pages: list[str], programs: Path, allowed: tuple[str, ...]) -> int:
    failed = 0
    for page in pages:
        with tempfile.TemporaryDirectory(prefix="hamgen-pages-") as scratch:
            began = time.monotonic()
            done = run_page(page, clone(Path(scratch) / "hamgen", programs), allowed)
            print(done.stdout, done.stderr, f"{page}: status {done.returncode}, {time.monotonic() - began:.0f} s", sep="\n", flush=True)
            failed += done.returncode != 0
    return 1 if failed else 0


def main() -> int:
    made = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--list", action="store_true", help="tell every block")
    made.add_argument("--run", type=Path, metavar="PROGRAMS", help="directory of hamgen, hgn-fit, hgn-eval and hgn-rollout")
    made.add_argument("--with", dest="allowed", action="append", default=[], choices=MARKS, metavar="MARK", help=", ".join(MARKS))
    made.add_argument("pages", nargs="*", metavar="PAGE", help="[all]")
    options = made.parse_args()
    pages = options.pages or list(PAGES)
    if options.list:
        for block in (block for page in pages for block in blocks(page)):
            print(f"{block.page}:{block.line} {block.language} {block.mark or 'anywhere'}\n{block.text}")
        return 0
    if options.run is None:
        made.error("--list or --run PROGRAMS")
    return run_all(pages, options.run, tuple(options.allowed))


if __name__ == "__main__":
    sys.exit(main())
