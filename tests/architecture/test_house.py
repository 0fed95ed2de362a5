"""Every file has an obvious place: includes follow the table of docs/architecture.md, upward never and in no circle, and nothing is
too long to read."""
from __future__ import annotations

import tempfile
import unittest
from collections import defaultdict
from pathlib import Path

import house
from house import ROOT

MOST_ROOMS, MOST_LINES, MOST_OF_A_FUNCTION = 16, 400, 60


class HouseTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.page = (ROOT / "docs/architecture.md").read_text()
        cls.rows = house.table(cls.page)
        cls.row = {row.wing: row for row in cls.rows}
        cls.files = house.sources()
        cls.wings = sorted({house.wing_of(file) for file in cls.files})

    def test_every_wing_has_its_row(self):
        self.assertEqual(sorted(row.wing for row in self.rows), self.wings)
        for row in self.rows:
            self.assertRegex(row.purpose, r"^\S.*\S$", row.wing)

    def test_the_table_rises(self):
        """A row may name only rows above it: so there is no circle among wings."""
        seen: set[str] = set()
        for row in self.rows:
            self.assertLessEqual(set(row.wings), seen, f"{row.wing} may include what is not below it")
            seen.add(row.wing)

    def test_wings_include_what_the_table_allows_and_all_of_it(self):
        used: dict[str, set[str]] = defaultdict(set)
        for file in self.files:
            wing = house.wing_of(file)
            for other in house.includes(ROOT, file)[0]:
                if house.wing_of(other) == wing:
                    continue
                self.assertIn(house.wing_of(other), self.row[wing].wings,
                              f"{file} includes {other}: the table of docs/architecture.md does not allow that")
                used[wing].add(house.wing_of(other))
        for row in self.rows:
            self.assertEqual(set(row.wings) - used[row.wing], set(), f"{row.wing} is allowed what it does not include")

    def test_libraries_are_where_the_table_says(self):
        used: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
        for file in self.files:
            for header in house.includes(ROOT, file)[1]:
                if library := house.library_of(header):
                    used[house.wing_of(file)][library].add(file.rpartition("/")[2])
        for row in self.rows:
            self.assertEqual(sorted(used[row.wing]), sorted(row.libraries), row.wing)
            for library, files in row.libraries.items():
                if files:
                    self.assertEqual(sorted(used[row.wing][library]), sorted(files), f"{row.wing}: {library}")

    def test_no_room_includes_itself_by_a_detour(self):
        self.assertEqual(house.circles(house.room_arrows(ROOT, self.files)), [])

    def test_no_wing_is_crowded(self):
        for wing in self.wings:
            rooms = {house.room_of(file) for file in self.files if house.wing_of(file) == wing}
            self.assertLessEqual(len(rooms), MOST_ROOMS, wing)

    def test_nothing_is_too_long(self):
        for file in self.files:
            text = (ROOT / file).read_text()
            self.assertLessEqual(text.count("\n"), MOST_LINES, file)
            self.assertEqual(house.long_functions(text, MOST_OF_A_FUNCTION), [], file)

    def test_there_is_no_source_that_it_does_not_see(self):
        known = {".cpp", ".hpp", ".txt", ".md", ".json", ".css", ".html"}
        for folder in house.FOLDERS:
            for path in (ROOT / folder).rglob("*"):
                self.assertTrue(path.is_dir() or path.suffix in known, path)

    def test_long_functions_are_seen_however_their_beginning_is_broken(self):
        body = "  f();\n" * 100 + "}\n"
        for head in ("int f(int a) {\n", "int f(int a,\n      int b) {\n", "Foo::Foo(int a)\n    : a_(a),\n      b_(a) {\n"):
            found = house.long_functions("#include <a>\n\nint x = 1;\n" + head + body, 60)
            self.assertEqual(found, [(4, 101 + head.count("\n"))], head)
        self.assertEqual(house.long_functions("struct Foo {\n" + "  int a;\n" * 100 + "};\n", 60), [])
        self.assertEqual(house.long_functions("namespace a {\n\n" + "int f() {\n  return 1;\n}\n\n" * 40 + "}\n", 60), [])

    def test_includes_are_seen_in_every_form_or_refused(self):
        for line, found in (('#include "a/b.hpp"', (["a/b.hpp"], [])), ('#include"a/b.hpp"', (["a/b.hpp"], [])),
                            ("  #  include <torch/torch.h>", ([], ["torch/torch.h"]))):
            with tempfile.TemporaryDirectory() as directory:
                Path(directory, "x.cpp").write_text(line + "\n")
                self.assertEqual(house.includes(Path(directory), "x.cpp"), found)
        with tempfile.TemporaryDirectory() as directory:
            Path(directory, "x.cpp").write_text('#include /* odd */ "a.hpp"\n')
            with self.assertRaises(house.UnknownHeader):
                house.includes(Path(directory), "x.cpp")

    def test_the_diagram_is_the_table(self):
        self.assertEqual(house.DIAGRAM.findall(self.page), [house.diagram(self.rows)], "scripts/tools/update-reference draws it")


if __name__ == "__main__":
    unittest.main()
