"""What the pages tell people to type: flags, presets, scripts and programs exist, and quick pages run as they stand."""
from __future__ import annotations

import functools
import importlib.util
import os
import re
import shlex
import subprocess
import unittest
from pathlib import Path

import page_commands
from support import HAMGEN, REPOSITORY, new_directory

PROGRAMS = {"hamgen": HAMGEN, **{name: os.environ.get(name.upper().replace("-", "_")) for name in ("hgn-fit", "hgn-eval", "hgn-rollout")}}
PAGES = [path for folder in (".", "docs", "docs/tutorials", "docs/guide", "docs/results", "docs/develop", "schemas", "python", "scripts",
                             "scripts/slurm", "scripts/experiments", "scripts/benchmarks", "scripts/tools")
         for path in sorted((REPOSITORY / folder).glob("*.md")) if path.name != "CHANGELOG.md"]
QUICK = ("README.md", "docs/tutorials/first-dataset.md", "docs/your-own-system.md")  # without a training


@functools.lru_cache(maxsize=None)
def flags_of(program: str) -> set[str]:
    shown = subprocess.run([program, "--help"], capture_output=True, text=True, timeout=60)
    return set(re.findall(r"--[a-z][a-z-]*", shown.stdout)) | {"--help"}


def commands(page: Path) -> list[list[str]]:
    """The words of every command in the page's blocks of shell."""
    found = []
    for block in page_commands.blocks(str(page.relative_to(REPOSITORY))):
        text = re.sub(r"<<'(\w+)'\n.*?^\1$", "", block.text, flags=re.S | re.M).replace("\\\n", " ")
        for line in text.splitlines() if block.language == "sh" else ():
            for part in re.split(r"&&|;|\||\$\(", line):
                try:
                    found.append(shlex.split(part, comments=True))
                except ValueError:  # a quotation that goes on behind the separator
                    found.append(part.split())
    return [words for words in found if words]


class PageCommands(unittest.TestCase):
    def test_flags_are_those_of_the_programs(self) -> None:
        checked = 0
        for page in PAGES:
            for words in commands(page):
                places = [i for i, word in enumerate(words) if Path(word).name in PROGRAMS]
                program = PROGRAMS[Path(words[places[-1]]).name] if places else None
                for word in words[places[-1] + 1:] if program else ():
                    if word.startswith("--") and len(word) > 2:
                        self.assertIn(word.split("=")[0], flags_of(program), f"{page.relative_to(REPOSITORY)}: {shlex.join(words)}")
                        checked += 1
        self.assertGreater(checked, 20)

    def test_scripts_that_pages_call_are_there_and_run(self) -> None:
        called = {word for page in PAGES for words in commands(page) for word in words[:1] if re.match(r"(scripts|tests|python)/", word)}
        self.assertGreater(len(called), 5)
        for script in called:
            self.assertTrue(os.access(REPOSITORY / script, os.X_OK), script)

    def test_presets_that_pages_and_scripts_name_are_there(self) -> None:
        there = {path.stem for folder in ("presets", "suite") for path in (REPOSITORY / "schemas" / folder).glob("*.json")}
        scripts = [path for folder in ("scripts", "scripts/slurm") for path in (REPOSITORY / folder).glob("*") if path.is_file()]
        text = "\n".join(path.read_text(encoding="utf-8", errors="replace") for path in [*PAGES, *scripts])
        lines = [line for line in text.splitlines() if re.search(r"\bhgn-fit|\bhamgen|sbatch|--system", line) and "cmake" not in line]
        named = {name for line in lines for name in re.findall(r"--preset[ =]\s*([a-z_0-9]+)", line)}
        self.assertGreater(len(named), 1)
        self.assertEqual({name.removeprefix("dm_") for name in named} - {name.removeprefix("dm_") for name in there}, set())

    @unittest.skipUnless(all(PROGRAMS.values()), "one of the four programs is not built")
    def test_the_page_of_command_lines_is_what_the_programs_say(self) -> None:
        environment = {**os.environ, **{name.upper().replace("-", "_"): str(Path(program).resolve()) for name, program in PROGRAMS.items()}}
        made = subprocess.run([REPOSITORY / "scripts/tools/command-lines"], env=environment, capture_output=True, text=True, check=True)
        page = (REPOSITORY / "docs/reference/command-lines.md").read_text(encoding="utf-8")
        self.assertEqual(page, made.stdout, "scripts/tools/update-reference writes it")

    def test_quick_pages_run_as_they_stand(self) -> None:
        for page in QUICK:
            if page == "README.md" and importlib.util.find_spec("torch") is None:
                continue
            with self.subTest(page):
                folder = new_directory()
                for name in ("python", "schemas", "scripts", "docs"):
                    (folder / name).symlink_to(REPOSITORY / name)
                (folder / "build/release/bin").mkdir(parents=True)
                for name, program in PROGRAMS.items():
                    if program:
                        (folder / "build/release/bin" / name).symlink_to(Path(program).resolve())
                done = page_commands.run_page(page, folder)
                self.assertEqual(done.returncode, 0, done.stderr[-2000:])
                self.shown(page, done.stdout + done.stderr)

    def shown(self, page: str, output: str) -> None:
        """What a page shows of a command's output came out, numbers aside."""
        for block in re.findall(r"^```text\n(.*?)^```$", (REPOSITORY / page).read_text(encoding="utf-8"), re.M | re.S):
            for line in block.splitlines():
                self.assertIn(plain(line), plain(output), page)


# Without numbers, and without the commit that a program was built from.
def plain(text: str) -> str:
    text = re.sub(r"\([0-9a-f]{12}\)", "(commit)", text)
    return " ".join(re.sub(r"[-+]?\d[\d.,]*(e[-+]?\d+)?( ?([kMG]?B|ms|s|min)\b)?", "0", text).split())


if __name__ == "__main__":
    unittest.main()
