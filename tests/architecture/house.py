"""The house as the code builds it: wings, rooms, and what includes what. test_house.py holds it against docs/architecture.md, and
scripts/tools/update-reference draws the page's diagram from it.

A wing is a folder with sources of its own; the root of a folder with wings is one, too, and stands above them. A room is a source
with its header.
"""
from __future__ import annotations

import re
import sys
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("schemas", "simulators", "render", "dataset", "model", "apps")
# Of every header that is not the standard library's or the system's: which library it belongs to. The longest beginning counts.
LIBRARIES = {
    "boost/numeric/odeint/": "Boost.Odeint", "boost/random/": "Boost.Random", "boost/spirit/": "Boost.Spirit X3",
    "boost/math/": "Boost.Math", "Random123/": "Random123", "cairo": "Cairo", "gif_lib.h": "giflib", "hdf5": "HDF5",
    "isa-l/": "ISA-L", "libdeflate.h": "libdeflate", "openssl/": "OpenSSL", "xxhash.h": "xxHash", "nlohmann/": "nlohmann/json",
    "tbb/": "oneTBB", "torch/": "LibTorch", "ATen/": "LibTorch", "c10/": "LibTorch", "omp.h": "OpenMP", "fmt/": "fmt",
    "cxxopts.hpp": "cxxopts",
}
# The C library's and Linux' own; any other name without a slash or ".h" is a header of the C++ standard library.
SYSTEM = {"dlfcn.h", "unistd.h", "fcntl.h", "malloc.h", "sched.h", "stdio.h", "sys/file.h", "sys/mman.h", "sys/random.h", "sys/resource.h", "sys/stat.h",
          "sys/utsname.h"}
DIAGRAM = re.compile(r"```mermaid\n.*?```", re.DOTALL)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include\b[ \t]*(?:"([^"]+)"|<([^>]+)>)', re.MULTILINE)
ANY_INCLUDE = re.compile(r"^[ \t]*#[ \t]*include\b", re.MULTILINE)


class Row(NamedTuple):
    """One line of the table of docs/architecture.md."""

    wing: str
    purpose: str
    wings: list[str]
    libraries: dict[str, list[str]]  # by library: the only files that may include it, or none if all may


class UnknownHeader(Exception):
    """A header that neither the project, nor the standard library, nor a known library has."""


def sources(root: Path = ROOT) -> list[str]:
    """Every source and header of the house, relative to the root."""
    return sorted(str(path.relative_to(root)) for folder in FOLDERS for path in (root / folder).rglob("*.?pp"))


def wing_of(file: str) -> str:
    return file.rpartition("/")[0] + "/"


def room_of(file: str) -> str:
    return file.rpartition(".")[0]


def includes(root: Path, file: str) -> tuple[list[str], list[str]]:
    """What a file includes: files of the project, and headers of others."""
    text = (root / file).read_text()
    found = INCLUDE.findall(text)
    if len(found) != len(ANY_INCLUDE.findall(text)):
        raise UnknownHeader(f"an include of {file} is in no usual form")
    return [own for own, _ in found if own], [other for _, other in found if other]


def library_of(header: str) -> str | None:
    """The library that a header belongs to; None for the standard library and the system."""
    known = [prefix for prefix in LIBRARIES if header.startswith(prefix)]
    if known:
        return LIBRARIES[max(known, key=len)]
    if header in SYSTEM or re.fullmatch(r"[a-z_0-9]+", header):
        return None
    raise UnknownHeader(header)


def table(page: str) -> list[Row]:
    """The rows of the page's table of wings, from the lowest floor up."""
    rows = []
    for line in page.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not (line.startswith("| `") and len(cells) == 4 and cells[0].endswith("/`")):
            continue
        wings = re.findall(r"`([^`]+)`", cells[2])
        libraries = {}
        for entry in re.split(r", (?![^(]*\))", cells[3]) if cells[3] != "-" else []:
            name, _, files = entry.partition(" (")
            libraries[name] = re.findall(r"`([^`]+)`", files)
        rows.append(Row(cells[0].strip("`"), cells[1], wings, libraries))
    return rows


def reached(root: Path, file: str, seen: set[str] | None = None) -> set[str]:
    """Every file of the project that including `file` brings along, itself included."""
    seen = set() if seen is None else seen
    if file not in seen:
        seen.add(file)
        for other in includes(root, file)[0]:
            reached(root, other, seen)
    return seen


def circles(arrows: dict[str, set[str]]) -> list[list[str]]:
    """One circle of arrows for each place where walking along them comes back."""
    found, done, path = [], set(), []

    def visit(node: str) -> None:
        if node in path:
            found.append(path[path.index(node):] + [node])
        elif node not in done:
            path.append(node)
            for other in sorted(arrows.get(node, ())):
                visit(other)
            path.pop()
            done.add(node)

    for node in sorted(arrows):
        visit(node)
    return found


def room_arrows(root: Path, files: list[str]) -> dict[str, set[str]]:
    arrows: dict[str, set[str]] = defaultdict(set)
    for file in files:
        for other in includes(root, file)[0]:
            if room_of(other) != room_of(file):
                arrows[room_of(file)].add(room_of(other))
    return arrows


def diagram(rows: list[Row]) -> str:
    """The table as a Mermaid flowchart. An arrow goes from a wing to one that it includes, unless other arrows lead there as well."""
    reach: dict[str, set[str]] = {}
    lines = ["```mermaid", "flowchart TB"]
    for row in rows:
        reach[row.wing] = set(row.wings).union(*(reach.get(wing, set()) for wing in row.wings))
    for folder in reversed(FOLDERS):
        own = [row.wing for row in reversed(rows) if row.wing.split("/")[0] == folder]
        if len(own) == 1:
            lines.append(f"  {folder}[{folder}/]")
            continue
        lines.append(f"  subgraph {folder}_wings [{folder}/]")
        lines += [f"    {node_of(wing)}[{wing.removeprefix(folder).strip('/') or folder + '/*'}]" for wing in own]
        lines.append("  end")
    for row in reversed(rows):
        direct = [wing for wing in row.wings if not any(wing in reach.get(other, ()) for other in row.wings if other != wing)]
        lines += [f"  {node_of(row.wing)} --> {node_of(wing)}" for wing in direct]
    return "\n".join(lines + ["```"])


def node_of(wing: str) -> str:
    return wing.strip("/").replace("/", "_")


def long_functions(text: str, most: int) -> list[tuple[int, int]]:
    """(first line, lines) of every function of a C++ file, as clang-format lays it out, that is longer than `most`. A function ends with
    a brace alone at its own depth, and begins behind the last line of that depth or less that ends or opens something else."""
    found, lines = [], text.splitlines()
    for end, line in enumerate(lines):
        if not re.fullmatch(r" {0,4}}", line):
            continue
        depth, begin = line.index("}"), end
        while begin > 0 and not _ends_something(lines[begin - 1], depth):
            begin -= 1
        first = lines[begin]
        is_type = re.match(r" *(?:template.*> )?(?:namespace|class|struct|enum|union|extern|TEST_CASE)\b", first)
        if end - begin + 1 > most and not is_type:
            found.append((begin + 1, end - begin + 1))
    return found


def _ends_something(line: str, depth: int) -> bool:
    """Whether a function of this depth cannot reach back beyond the line: it is of this depth or less, and blank, a comment, a label or
    the end of a statement."""
    own = len(line) - len(line.lstrip())
    text = line.strip()
    return not text or (own <= depth and (text.endswith((";", "}", "};")) or text.startswith(("//", "#")) or
                                          re.fullmatch(r"(public|private|protected):", text) is not None or
                                          re.match(r"(namespace|class|struct)\b.*{$", text) is not None))


def main(words: list[str]) -> None:
    """`headers`: every header and whether it brings LibTorch along. `draw`: the diagram in docs/architecture.md becomes the table's."""
    if words == ["headers"]:
        for header in (file for file in sources() if file.endswith(".hpp")):
            print(header, int("model/base/torch.hpp" in reached(ROOT, header)))
    elif words == ["draw"]:
        page = ROOT / "docs/architecture.md"
        text = page.read_text()
        page.write_text(DIAGRAM.sub(lambda _: diagram(table(text)), text))
    else:
        sys.exit("usage: house.py headers|draw")


if __name__ == "__main__":
    main(sys.argv[1:])
