// Checksums against published values; whole files are read back by an independent parser in tests/python.
#include "model/training/event_file.hpp"

#include <doctest/doctest.h>

#include "model/training/run_log.hpp"
#include "tests/temporary_directory.hpp"

using namespace hamgen::model;
using hamgen::dataset::Json;

TEST_CASE("CRC-32C of RFC 3720's examples") {
  CHECK(crc32c("123456789") == 0xe3069283);
  CHECK(crc32c(std::string(32, '\0')) == 0x8a9136aa);
  CHECK(crc32c(std::string(32, '\xff')) == 0x62a8ab43);
  CHECK(crc32c("") == 0);
}

TEST_CASE("a log goes on behind a step: later lines and a last line that was cut off are dropped") {
  const TemporaryDirectory directory;
  const std::filesystem::path run = directory / "";
  {
    RunLog log(run, 0);
    for (int step = 10; step <= 50; step += 10)
      log.write({{"kind", "train"}, {"step", step}, {"loss", 1.0 / step}, {"time", 1.5}});
  }
  std::ofstream(run / "log.jsonl", std::ios::app) << R"({"kind":"train","step":60,"lo)";
  const auto whole_events = std::filesystem::file_size(run / "events.out.tfevents.hamgen");
  {
    RunLog log(run, 30);
    CHECK(read_log(run).size() == 3);
    CHECK(std::filesystem::file_size(run / "events.out.tfevents.hamgen") < whole_events);
    log.write({{"kind", "train"}, {"step", 40}, {"loss", 0.025}, {"time", 1.5}});
  }
  const auto lines = read_log(run);
  REQUIRE(lines.size() == 4);
  CHECK(lines.back() == Json{{"kind", "train"}, {"step", 40}, {"loss", 0.025}, {"time", 1.5}});
}
