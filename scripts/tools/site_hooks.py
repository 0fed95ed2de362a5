"""What MkDocs does to this repository's pages (.mkdocs.yml): brings in those that live outside docs/, makes links right that GitHub
follows by path, and draws diagrams as pictures, so that a page needs nothing from another host."""
from __future__ import annotations

import posixpath
import re
import shutil
import subprocess
from pathlib import Path

from mkdocs.structure.files import File

ROOT = Path(__file__).resolve().parents[2]
OUTSIDE = ("README.md", "CHANGELOG.md", "schemas/shard.md", "python/README.md", "scripts/README.md", "scripts/slurm/README.md",
           "scripts/experiments/README.md", "scripts/benchmarks/README.md", "scripts/tools/README.md")
FENCED = re.compile(r"^( *)(```+)(\w*)[^\n]*\n(.*?)^\1\2 *$", re.M | re.S)
LINK = re.compile(r"(?P<picture>!?)\[(?P<text>(?:[^][]|\[[^]]*\])*)\]\((?P<target>[^)\s]+)\)")
NAMED = re.compile(r"(?<!\]\()(?<![\w/`\[])docs/[\w/-]+\.md(?![\w`\]])")  # a page by its path, in words
TABLE = re.compile(r"(?<=[^\n|])\n(?=\|.*\|\n\|[-:| ]+\|\n)")


def on_files(files, config):
    for name in OUTSIDE:
        files.append(File(name, str(ROOT), config["site_dir"], config["use_directory_urls"]))
    return files


def on_page_markdown(markdown, page, config, files):
    """Text between code blocks has its links made right; a code block stays as it is, but for diagrams."""
    parts, end = [], 0
    for block in FENCED.finditer(markdown):
        parts += [prose(markdown[end:block.start()], page.file.src_uri, files, config),
                  diagram(block[4]) or block[0] if block[3] == "mermaid" else block[0]]
        end = block.end()
    return "".join(parts) + prose(markdown[end:], page.file.src_uri, files, config)


def prose(text: str, page: str, files, config) -> str:
    text = re.sub(r"(?<=\d) %", "\u00a0%", TABLE.sub("\n\n", text))
    here = "." if page in OUTSIDE else "docs"
    up = posixpath.relpath(".", posixpath.dirname(posixpath.join(here, page)) or ".")
    text = NAMED.sub(lambda name: f"[{name[0]}]({up}/{name[0]})", text)
    return LINK.sub(lambda link: for_the_site(link, page, files, config), text)


def for_the_site(link: re.Match, page: str, files, config) -> str:
    target, _, anchor = link["target"].partition("#")
    if not target or re.match(r"[a-z]+:", target):
        return link[0]
    here = page if page in OUTSIDE else f"docs/{page}"
    path = posixpath.normpath(posixpath.join(posixpath.dirname(here), target))
    if (ROOT / path).is_dir() and (ROOT / path / "README.md").exists():
        path += "/README.md"
    there = path if path in OUTSIDE else path.removeprefix("docs/")
    if files.get_file_from_path(there) and (path in OUTSIDE or path.startswith("docs/")):
        relative = posixpath.relpath(there, posixpath.dirname(page) or ".")
        # A picture in a link's text has a target of its own.
        text = LINK.sub(lambda inner: for_the_site(inner, page, files, config), link["text"])
        return f"{link['picture']}[{text}]({relative}{'#' * bool(anchor)}{anchor})"
    if not (ROOT / path).exists():
        return link[0]  # and a warning, or the test of the site
    source = config.get("repo_url")
    return f"[{link['text']}]({source.rstrip('/')}/blob/HEAD/{path})" if source else link["text"]


def diagram(mermaid: str) -> str:
    """The flowchart as a picture in the page, by Graphviz. Nothing where there is no Graphviz: then its source is shown."""
    if not shutil.which("dot"):
        return ""
    lines = ["digraph { rankdir=TB; bgcolor=transparent; ranksep=0.35; nodesep=0.15;",
             'node [shape=box, style=rounded, fontname="sans-serif", fontsize=11, height=0.3, margin="0.1,0.04", color="#26a69a"];',
             'edge [color="#90a4ae", arrowsize=0.6]; graph [fontname="sans-serif", fontsize=11, color="#b0bec5", style=rounded];']
    for line in mermaid.splitlines():
        if box := re.fullmatch(r"\s*subgraph (\w+) \[(.+)\]", line):
            lines.append(f'subgraph cluster_{box[1]} {{ label="{box[2]}";')
        elif re.fullmatch(r"\s*end", line):
            lines.append("}")
        elif node := re.fullmatch(r"\s*(\w+)\[(.+)\]", line):
            lines.append(f'{node[1]} [label="{node[2]}"];')
        elif arrow := re.fullmatch(r"\s*(\w+) --> (\w+)", line):
            lines.append(f"{arrow[1]} -> {arrow[2]};")
    drawn = subprocess.run(["dot", "-Tsvg"], input="\n".join([*lines, "}"]), text=True, capture_output=True, check=True).stdout
    drawn = re.sub(r"<!--.*?-->", "", drawn[drawn.index("<svg"):], flags=re.S)
    return '<div class="diagram">' + re.sub(r"\n\s*", " ", drawn).strip() + "</div>"
