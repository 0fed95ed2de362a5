#include "apps/page/evaluation_page_style.hpp"

namespace hamgen::apps {

// Prose in a serif, data in a sans with digits of equal width; fonts of the reader's system only.
const char* const evaluation_page_style = R"(
:root {
  color-scheme: light dark;
  --page: #fdfdfb; --ink: #1c1f23; --quiet: #62686f; --hairline: #e6e6e1; --rule: #1c1f23; --shade: #f1f1ea;
  --serif: Charter, "Bitstream Charter", "Iowan Old Style", "Palatino Linotype", "Liberation Serif", serif;
  --sans: "Helvetica Neue", "Segoe UI", Roboto, Arial, "Liberation Sans", sans-serif;
  --mono: ui-monospace, Menlo, Consolas, "Liberation Mono", "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root { --page: #14171a; --ink: #e4e4df; --quiet: #9aa1a8; --hairline: #2a2f34; --rule: #b9bdc0;
    --shade: #1d2125; }
}
sup { font-size: .7em; line-height: 0; }
body { counter-reset: table figure; }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { max-width: 72rem; margin: 0 auto; padding: 4rem 2.5rem 6rem; background: var(--page);
  color: var(--ink); font: 1.0625rem/1.6 var(--serif); }
h1, h2, p, dl, dd, figure { margin: 0; }
h1 { font-size: 2.75rem; line-height: 1.1; font-weight: 500; letter-spacing: -.015em; }
h2 { font-size: 1.5rem; line-height: 1.25; font-weight: 500; letter-spacing: -.005em; }
p { max-width: 42rem; text-wrap: pretty; hyphens: auto; }
small { font-size: .8125em; color: var(--quiet); }
code { font: .875em var(--mono); overflow-wrap: anywhere; }
.eyebrow { margin-bottom: .9rem; color: var(--quiet); font: 500 .75rem/1 var(--sans); letter-spacing: .09em;
  text-transform: uppercase; }
.lede { margin-top: 1.25rem; font-size: 1.1875rem; line-height: 1.55; }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: 1.25rem 2rem;
  margin-top: 2.25rem; padding: 1.1rem 0 1.2rem; border: solid var(--hairline); border-width: 1px 0;
  font: .9375rem/1.45 var(--sans); font-variant-numeric: tabular-nums; }
dt { color: var(--quiet); font-size: .75rem; margin-bottom: .15rem; }
dd small { display: block; }
section { margin-top: 4rem; }
section > p { margin: .6rem 0 1.75rem; color: var(--quiet); }
section > p b { color: var(--ink); }
figure + figure { margin-top: 2.5rem; }
figcaption { max-width: 46rem; margin-top: .9rem; color: var(--quiet); font: .8125rem/1.5 var(--sans); }
.scroll { overflow-x: auto; }
.scroll:focus-visible { outline: 2px solid var(--line-0); outline-offset: 4px; }
table { width: 100%; border-collapse: collapse; font: .875rem/1.35 var(--sans);
  font-variant-numeric: tabular-nums; }
caption, .caption { padding-bottom: .7rem; text-align: left; font: 600 .875rem/1.4 var(--sans); }
caption::before { counter-increment: table; content: "Table " counter(table); }
.caption::before { counter-increment: figure; content: "Figure " counter(figure); }
caption::before, .caption::before { margin-right: .8em; color: var(--quiet); font-weight: 400; }
thead th { padding: .3rem .7rem .5rem; vertical-align: bottom; font-weight: 400; color: var(--quiet); }
thead th small { display: block; }
thead .group { padding: .5rem .7rem .1rem; color: var(--ink); white-space: nowrap; }
thead .group span { display: block; padding-bottom: .25rem; border-bottom: 1px solid var(--quiet);
  text-align: center; }
thead tr:first-child > * { border-top: 1.5px solid var(--rule); padding-top: .5rem; }
th, td { padding: .5rem .7rem; text-align: right; white-space: nowrap; }
tbody th { min-width: 9rem; max-width: 18rem; white-space: normal; }
th.first, td.first { padding-left: 1.6rem; }
th:first-child { padding-left: 0; text-align: left; }
tbody th { position: sticky; left: 0; background: var(--page); font-weight: 400; }
tbody tr:first-child > * { border-top: 1px solid var(--rule); }
tbody tr + tr > * { border-top: 1px solid var(--hairline); }
tbody:last-child tr:last-child > * { border-bottom: 1.5px solid var(--rule); }
tbody + tbody { color: var(--quiet); }
.compact { width: auto; } .compact th:first-child { min-width: 12rem; }
thead .words, .words { text-align: left; }
.best .value { font-weight: 700; }
.interval { display: inline-block; min-width: 3.2em; text-align: left; color: var(--quiet);
  white-space: pre; }
.run { display: flex; gap: .6em; }
.badge { display: inline-block; padding: 0 .45em; border: 1px solid var(--hairline); border-radius: 3px;
  color: var(--quiet); font-size: .75rem; }
.picture img { display: block; max-width: 100%; height: auto; background: #fff; }
@media (max-width: 40rem) {
  body { padding: 2rem 1.15rem 4rem; font-size: 1rem; }
  h1 { font-size: 2.125rem; } .lede { font-size: 1.0625rem; }
  dl { grid-template-columns: 1fr 1fr; gap: 1rem 1.25rem; }
  section { margin-top: 3rem; }
  .run .swatch { width: 14px; }
  tbody th, .compact th:first-child { min-width: 8rem; max-width: 9.5rem; padding-right: .5rem; }
  .picture img { max-width: none; }
}
@media print { body { padding: 0; } .scroll { overflow: visible; } figure { break-inside: avoid; } }
)";

}  // namespace hamgen::apps
