// The page of an evaluation: well-formed, self-contained, and honest about what is missing.
#include "apps/page/evaluation_page.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <set>

#include "apps/page/evaluation_text.hpp"
#include "apps/page/html.hpp"
#include "apps/page/svg_chart.hpp"
#include "apps/page/tables.hpp"
#include "apps/page/values.hpp"
#include "render/axis.hpp"

using namespace hamgen::apps;

namespace {

// The first thing wrong with the nesting of tags, or nothing.
std::string misnested(const std::string& html) {
  const std::set<std::string> single{"!DOCTYPE", "meta", "link", "img"};
  std::vector<std::string> open;
  for (auto at = html.find('<'); at != std::string::npos; at = html.find('<', at + 1)) {
    bool is_quoted = false;
    auto end = at;
    while (++end < html.size() && (is_quoted || html[end] != '>')) {
      if (html[end] == '"') is_quoted = !is_quoted;
      if (html[end] == '<') return "a tag in the tag " + html.substr(at, end - at);
    }
    const std::string tag = html.substr(at + 1, end - at - 1);
    const std::string name = tag.substr(0, tag.find_first_of(" \n/", 1));
    if (tag.starts_with('/')) {
      if (open.empty() || open.back() != tag.substr(1)) return "</" + tag.substr(1) + "> ends something else";
      open.pop_back();
    } else if (!tag.ends_with('/') && !single.contains(name)) {
      open.push_back(name);
    }
  }
  return open.empty() ? "" : "<" + open.back() + "> does not end";
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t number = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++number;
  return number;
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

Json measure(double mean) {
  return {{"mean", mean}, {"ci95", 0.03 * mean}, {"n", 200}};
}

// `rate`: how fast its error grows outside the window of 31 frames.
Json per_frame(int first, int last, double error, double rate) {
  Json time = Json::array(), mse = Json::array();
  for (int i = first; i <= last; ++i) {
    time.push_back(0.125 * i);
    mse.push_back(error * std::exp(rate * std::max({0, -i, i - 30})) * (1 + 0.1 * std::sin(1.0 * i)));
  }
  return {{"time", time}, {"mse", mse}, {"mse_clean", mse}};
}

Json example_energy(double amplitude) {
  Json time = Json::array(), energy = Json::array();
  for (int i = 0; i <= 90; ++i) {
    time.push_back(0.125 * i);
    energy.push_back(3 + amplitude * std::sin(0.3 * i));
  }
  return {{"time", time}, {"energy", energy}};
}

Json example_run(const std::string& title, int seed, double error, double rate) {
  return {
      {"run", "runs/" + title},
      {"title", title},
      {"model", "hgn"},
      {"integrator", "leapfrog"},
      {"seed", seed},
      {"parameters", 1234567},
      {"steps", 5000},
      {"seconds", 1234.5},
      {"steps_per_second", 3.1},
      {"memory_mib", 812},
      {"is_other_dataset", false},
      {"is_finished", true},
      {"pixel_error",
       {{"train", {{"mse", measure(error + 6e-4)}}},
        {"test",
         {{"mse", measure(error + 6.2e-4)},
          {"mse_clean", measure(error)},
          {"per_frame", per_frame(0, 30, error, rate)}}},
        {"forward",
         {{"frames", 60}, {"mse_clean", measure(3 * error)}, {"per_frame", per_frame(31, 90, error, rate)}}},
        {"backward",
         {{"frames", 30}, {"mse_clean", measure(2 * error)}, {"per_frame", per_frame(-30, 0, error, rate)}}},
        {"half_speed", {{"mse_clean", measure(error)}}},
        {"double_speed", {{"mse_clean", measure(1.5 * error)}}}}},
      {"valid_prediction_time",
       {{"forward", {{"median", 5.2}, {"is_censored", false}}},
        {"backward", {{"median", 3.1}, {"is_censored", true}}},
        {"threshold", 0.025}}},
      {"energy",
       {{"mean", 3.0},
        {"variance", 4e-4},
        {"drift", 0.014},
        {"spread", 0.4},
        {"example", example_energy(100 * error)}}},
      {"reversibility", {{"state_error", 1e-6}, {"pixel_mse", 2e-7}}},
      {"symplecticity", {{"error", 3e-7}}},
      {"latent", {{"r2_q", 0.98}, {"r2_p", 0.97}, {"symetric", true}, {"symplectic_error", 0.03}}},
      {"diagnosis",
       {{"numbers", 32},
        {"directions", 9},
        {"stretch", {{"largest", 41.0}, {"smallest", 0.02}, {"trajectories", 16}}},
        {"true_stretch", {{"largest", 3.1}, {"smallest", 0.3}, {"trajectories", 16}}},
        {"frequency",
         {{"error", 0.0123},
          {"trajectories", 200},
          {"by_amplitude",
           {{{"error", -0.004}},
            {{"error", 0}},
            {{"error", 0.01}},
            {{"error", 0.02}},
            {{"error", 0.03}}}}}}}},
      {"kl", 23.4},
      {"elbo", -312.8},
      {"active_latents", 12}};
}

Json example() {
  Json bare{
      {"run", "runs/bare"}, {"title", "bare"}, {"energy", nullptr}, {"kl", nullptr}, {"is_finished", false}};
  Json states{{"title", "hnn"},
              {"state_error",
               {{"train", {{"derivative_mse", measure(3.59e-2)}}},
                {"test", {{"derivative_mse", measure(3.7e-2)}, {"energy_mse", measure(3.84e-4)}}}}}};
  return {{"format", "hamgen-evaluation-1"},
          {"caption", "Means over 200 trajectories & their intervals."},
          {"dataset",
           {{"path", "data/springs"},
            {"system", "mass_spring"},
            {"dt", 0.125},
            {"frames", 31},
            {"image_size", 32},
            {"train_trajectories", 10000},
            {"test_trajectories", 1000},
            {"evaluated_trajectories", 200}}},
          {"yardsticks",
           {{"noise_floor", 6.1e-4},
            {"mean_image", {{"mse", 50e-4}, {"mse_clean", 44e-4}}},
            {"static_image", {{"mse", 81e-4}, {"mse_clean", 75e-4}}}}},
          {"runs",
           {example_run("hgn leapfrog", 0, 2.31e-4, 0.01), example_run("hgn leapfrog", 1, 2.5e-4, 0.015),
            example_run("hgn euler", 0, 3.1e-4, 0.05), bare, states}},
          {"groups",
           {{{"title", "hgn leapfrog"},
             {"seeds", 2},
             {"test", {{"mse", measure(8.6e-4)}, {"mse_clean", measure(2.4e-4)}}}}}}};
}

Json with_one_run(const Json& run) {
  return {{"format", "hamgen-evaluation-1"}, {"dataset", Json::object()}, {"runs", {run}}};
}

// 256 x 128 pixels, stripes of dots.
const std::string png(
    "\211\120\116\107\015\012\032\012\000\000\000\015\111\110\104\122\000\000\001\000\000\000\000\200\001"
    "\000\000\000\000\314\316\212\247\000\000\000\066\111\104\101\124\170\332\355\322\041\001\000\000\010"
    "\304\100\032\320\277\045\021\210\360\012\305\115\117\136\165\250\236\014\023\372\062\360\300\003\017"
    "\074\360\300\003\017\074\360\300\003\017\074\360\300\303\301\260\224\157\370\152\175\370\165\251\000"
    "\000\000\000\111\105\116\104\256\102\140\202",
    111);

// Every value of `json`, in turn, replaced by `other`.
template <typename Visit>
void with_each_replaced(Json& root, Json& json, const Json& other, const Visit& visit) {
  for (auto& item : json) {
    const Json kept = item;
    item = other;
    visit(root);
    item = kept;
    if (item.is_structured() && item.size() < 20) with_each_replaced(root, item, other, visit);
  }
}

}  // namespace

TEST_CASE("the checker of tags sees what is wrong") {
  CHECK(misnested("<p class=\"a>b\">x<img src=\"\"><b>y</b><path d=\"\"/></p>") == "");
  CHECK(misnested("<p><b>x</p></b>") != "");
  CHECK(misnested("<p>") != "");
  CHECK(misnested("<p <b>x</b></p>") != "");
}

TEST_CASE("the page is well formed and holds all sections") {
  const std::string page = evaluation_page(example(), {{"Samples", "Four videos.", png}});
  CHECK(misnested(page) == "");
  CHECK(count(page, "<table") == 7);
  CHECK(count(page, "class=\"chart ") == 4);  // two charts, each for wide and narrow screens
  CHECK(count(page, "<h2>") == 10);
  CHECK(contains(page, "Means over 200 trajectories &amp; their intervals."));
  CHECK(contains(page, ">2.31</span><span class=\"interval\"> ± 0.07<"));
  CHECK(contains(page, "≥ 3.10"));
  CHECK(contains(page, "1\u202f234\u202f567"));
  if (const char* file = std::getenv("EVALUATION_PAGE")) std::ofstream(file) << page;
}

TEST_CASE("the terminal shows what the page shows, in its own words") {
  const std::string text = evaluation_text(example());
  CHECK(contains(text, "  noise floor                            6.10             -             12.2  "));
  CHECK(contains(text, "8.51 +- 0.26  2.31 +- 0.07             17.0  6.93 +- 0.21"));
  CHECK(contains(text, "          5.20          > 3.10         0.014           0.0004   1.0e-06"));
  CHECK(contains(text,
                 "  hnn                   3.590e-02          3.700e-02                -     3.840e-04\n"));
  CHECK(contains(text, "  hgn leapfrog           2  8.60 +- 0.26  2.40 +- 0.07\n"));
  CHECK(contains(text, "1234567   5000      3.1     20.6         812\n"));
}

TEST_CASE("the page needs nothing from elsewhere") {
  const std::string page = evaluation_page(example(), {{"Samples", "Four videos.", png}});
  for (const char* outside : {"http://", "https://", "<script", "url(", "@import", "src=\"/"})
    CHECK_MESSAGE(!contains(page, outside), outside);
  CHECK(contains(page, "default-src 'none'"));
}

TEST_CASE("text from outside is escaped everywhere") {
  const std::string evil = "<script>alert(\"1\")</script>&'";
  Json evaluation = example();
  evaluation["caption"] = evil;
  evaluation["groups"][0]["title"] = evil;
  for (const char* key : {"path", "system"}) evaluation["dataset"][key] = evil;
  for (const char* key : {"run", "title", "model", "integrator"}) evaluation["runs"][0][key] = evil;
  const std::string page = evaluation_page(evaluation, {{evil, evil, png}});
  CHECK(misnested(page) == "");
  CHECK(!contains(page, "<script"));
  CHECK(!contains(page, "alert(\""));
  CHECK(contains(page, "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;"));
}

TEST_CASE("what is missing is a dash") {
  const std::string page = evaluation_page(with_one_run(Json::object()), {});
  CHECK(misnested(page) == "");
  CHECK(count(page, "<table") == 2);
  CHECK(count(page, "<td><span class=\"value\">–</span>") > 20);
  for (const char* wrong : {"nan", "inf", "null", "class=\"chart "})
    CHECK_MESSAGE(!contains(page, wrong), wrong);
}

TEST_CASE("any value may be missing, null or of another type") {
  Json evaluation = example();
  for (const Json& other :
       {Json(), Json("text"), Json(true), Json(0), Json(1e308), Json(-1e308), Json::array(), Json::object()})
    with_each_replaced(evaluation, evaluation, other, [](const Json& changed) {
      const std::string page = evaluation_page(changed, {});
      const bool is_sound = misnested(page).empty() && !contains(page, "nan") && !contains(page, "inf<");
      CHECK_MESSAGE(is_sound, changed.dump());
    });
}

TEST_CASE("pictures are inside, with their size") {
  const std::string page = evaluation_page(with_one_run(Json::object()), {{"Samples", "Four videos.", png}});
  CHECK(contains(page, "src=\"data:image/png;base64," + base64(png) + "\""));
  CHECK(contains(page, "alt=\"Samples\" width=\"256\" height=\"128\""));
  CHECK(contains(page, "Four videos."));
  CHECK(base64("") == "");
  CHECK(base64("f") == "Zg==");
  CHECK(base64("fo") == "Zm8=");
  CHECK(base64("foobar") == "Zm9vYmFy");
  CHECK(base64("\xff\xfe\xfd") == "//79");
}

TEST_CASE("the best run of a column is the lowest of those that compete") {
  Json evaluation = example();
  evaluation["runs"][0]["is_other_dataset"] = true;
  const std::string table = pixel_error_table(evaluation);
  CHECK(contains(table, "<td><span class=\"value\">2.31"));
  CHECK(contains(table, "<td class=\"best\"><span class=\"value\">2.50"));
  Json alone = with_one_run(example_run("hgn", 0, 2e-4, 0));
  CHECK(!contains(pixel_error_table(alone), "best"));
}

TEST_CASE("groups are shown when a model has several seeds") {
  Json evaluation = example();
  CHECK(contains(group_table(evaluation), "2.40"));
  evaluation["groups"][0]["seeds"] = 1;
  CHECK(group_table(evaluation) == "");
}

TEST_CASE("numbers keep their significant digits") {
  CHECK(number_text(3.84159) == "3.84");
  CHECK(number_text(9.999) == "10.0");
  CHECK(number_text(123.4) == "123");
  CHECK(number_text(-0.0521) == "−0.0521");
  CHECK(number_text(0) == "0");
  CHECK(number_text(1.2e-7, 2) == "1.2 × 10⁻⁷");
  CHECK(number_text(-2.5e12, 2) == "−2.5 × 10¹²");
  CHECK(number_text(not_a_number) == "–");
  CHECK(number_text(INFINITY) == "–");
  CHECK(interval_text(3.84, 0.123) == "0.12");
  CHECK(interval_text(38.4, 0.123) == "0.1");
  CHECK(interval_text(384, 0.12) == "0.1");  // not ± 0
  CHECK(interval_text(3.84, not_a_number) == "");
  CHECK(count_text(999) == "999");
  CHECK(count_text(1000) == "1\u202f000");
}

TEST_CASE("ticks are round and inside the range") {
  CHECK(hamgen::render::axis_ticks(-3.75, 11.3, 10) == std::vector<double>{-2, 0, 2, 4, 6, 8, 10});
  CHECK(hamgen::render::axis_ticks(0.1, 0.1, 5).empty());
  CHECK(log_ticks(0.5, 2000, 5) == std::vector<double>{1, 10, 100, 1000});
  CHECK(log_ticks(1.5, 60, 5) == std::vector<double>{2, 5, 10, 20, 50});
  CHECK(log_ticks(0, 1, 5).empty());
  for (double low = 1e-6; low < 1e6; low *= 7)
    for (double factor = 1.01; factor < 1e9; factor *= 3)
      for (const auto& ticks :
           {hamgen::render::axis_ticks(low, low * factor, 5), log_ticks(low, low * factor, 5)}) {
        CAPTURE(low);
        CAPTURE(factor);
        CHECK(ticks.size() >= 2);
        CHECK(ticks.size() <= 10);
        CHECK(ticks.front() >= low * (1 - 1e-6));
        CHECK(ticks.back() <= low * factor * (1 + 1e-6));
      }
}

TEST_CASE("a line breaks at what cannot be drawn") {
  Chart chart{.title = "",
              .x_title = "",
              .y_title = "",
              .has_log_y = true,
              .lines = {},
              .references = {},
              .spans = {}};
  chart.lines.push_back({"a", "", {0, 1, 2, 3, 4, 5}, {1, 2, not_a_number, 4, 0, 3}, {}});
  const std::string html = html_of(chart);
  const auto path = html.find("<path d=\"M", html.find("class=\"near\""));
  CHECK(count(html.substr(path, html.find('>', path) - path), "M") == 3);
  CHECK(!contains(html, "nan"));
  chart.lines[0].y = {0, -1, not_a_number, 0, 0, 0};
  CHECK(!has_points(chart));
}

TEST_CASE("seeds of one model share a colour, and no two runs look the same") {
  Json runs = Json::array();
  for (int title = 0; title < 8; ++title)
    for (int seed = 0; seed < 2; ++seed) runs.push_back({{"title", std::to_string(title)}, {"seed", seed}});
  std::set<std::pair<std::size_t, std::size_t>> seen;
  const auto looks = looks_of(runs);
  for (const RunLook& look : looks) seen.emplace(look.line.colour, look.line.dash);
  CHECK(seen.size() == runs.size());
  CHECK(looks[0].line.colour == looks[1].line.colour);
  CHECK(looks[0].line.colour != looks[2].line.colour);
  CHECK(looks[1].name == "0, seed 1");
}
