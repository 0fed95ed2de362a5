#include "dataset/files/deflate.hpp"

#include <isa-l/igzip_lib.h>
#include <libdeflate.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <memory>
#include <new>
#include <stdexcept>
#include <string>

namespace hamgen::dataset {
namespace {

std::size_t workspace_size(int level) {
  constexpr std::size_t sizes[] = {ISAL_DEF_LVL0_DEFAULT, ISAL_DEF_LVL1_DEFAULT, ISAL_DEF_LVL2_DEFAULT,
                                   ISAL_DEF_LVL3_DEFAULT};
  if (level < fastest_compression || level > densest_compression)
    throw std::logic_error("no compression level " + std::to_string(level));
  return sizes[level];
}

#if defined(__x86_64__)

// ISA-L returns with the upper halves of the vector registers in use, which makes all narrower vector code
// after it two to three times as slow (seen on AMD Zen).
__attribute__((target("avx"))) void clear_upper_halves() {
  __builtin_ia32_vzeroupper();
}
void leave_wide_vectors() {
  if (__builtin_cpu_supports("avx")) clear_upper_halves();
}

constexpr std::size_t step_bits = 16;

// The CRC-32C of a word without the inversions, as the SSE 4.2 instruction has it.
constexpr std::uint32_t hash(std::uint32_t word) {
  for (int bit = 0; bit < 32; ++bit) word = word >> 1 ^ (word & 1 ? 0x82F63B78U : 0U);
  return word;
}

// What hash(n) and hash(n - 1) differ by, for each number of zeros at the end of n: hash is linear.
constexpr auto steps_of_hash = [] {
  std::array<std::uint32_t, 32> found{};
  for (std::size_t zeros = 0; zeros < found.size(); ++zeros)
    found[zeros] = hash(static_cast<std::uint32_t>((std::uint64_t{2} << zeros) - 1));
  return found;
}();

void* map_stream(void* address, int flags) {
  return ::mmap(address, sizeof(isal_zstream), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags,
                -1, 0);
}

void release_stream(isal_zstream* stream) {
  ::munmap(stream, sizeof *stream);
}

// Memory for ISA-L's stream, where its address does not show in the output. ISA-L 2.30 finds matches by the
// CRC-32C of four bytes, of which it uses 15 bits or fewer, yet enters position 2 of its input under that of
// bits 16 to 47 of the stream's own address (a register that was not loaded, in
// igzip_icf_body_h1_gr_bt.asm); and where it skips over what does not repeat, it looks up what comes behind
// under the hash of what was before, so that the input does not tell where the entry will be found. Streams
// are therefore put only where these 15 bits are zero: at one place in every 2 GiB.
isal_zstream* allocate_stream() {
  void* const anywhere = map_stream(nullptr, 0);
  if (anywhere == MAP_FAILED) throw std::bad_alloc();
  ::munmap(anywhere, sizeof(isal_zstream));
  auto step = static_cast<std::uint32_t>(reinterpret_cast<std::uintptr_t>(anywhere) >> step_bits);
  for (std::uint32_t here = hash(step); step > 0;
       here ^= steps_of_hash[static_cast<std::size_t>(std::countr_zero(step))], --step) {
    if ((here & 0x7FFF) != 0) continue;
    void* const wanted = reinterpret_cast<void*>(std::uintptr_t{step} << step_bits);
    void* const found = map_stream(wanted, MAP_FIXED_NOREPLACE);
    if (found == wanted) return static_cast<isal_zstream*>(found);
    if (found != MAP_FAILED)
      ::munmap(found, sizeof(isal_zstream));  // by a kernel before 4.17, which takes the address for a hint
    else if (errno != EEXIST)
      break;
  }
  throw std::bad_alloc();
}

#else

void leave_wide_vectors() {}

void release_stream(isal_zstream* stream) {
  delete stream;
}
isal_zstream* allocate_stream() {
  return new isal_zstream;
}

#endif

}  // namespace

class Deflater::Stream {
 public:
  isal_zstream& get() { return *memory_; }

 private:
  std::unique_ptr<isal_zstream, void (*)(isal_zstream*)> memory_{allocate_stream(), release_stream};
};

Deflater::Deflater(int level)
    : level_(level), stream_(std::make_unique<Stream>()), workspace_(workspace_size(level)) {}
Deflater::Deflater(Deflater&&) noexcept = default;
Deflater::~Deflater() = default;

std::vector<std::byte> Deflater::compress(std::span<const std::uint8_t> bytes) {
  // Incompressible data become stored blocks of at most 64 KiB with 5 bytes of header each.
  output_.resize(bytes.size() + bytes.size() / 1024 + 4096);
  // ISA-L's own initialisation leaves fields as they are that the output depends on (the size of the window),
  // so equal input would not always give equal output.
  isal_zstream& stream = stream_->get();
  std::memset(&stream, 0, sizeof stream);
  std::ranges::fill(workspace_, 0);
  isal_deflate_stateless_init(&stream);
  stream.level = static_cast<std::uint32_t>(level_);
  stream.level_buf = workspace_.data();
  stream.level_buf_size = static_cast<std::uint32_t>(workspace_.size());
  stream.gzip_flag = IGZIP_ZLIB;
  stream.end_of_stream = 1;
  stream.next_in = const_cast<std::uint8_t*>(bytes.data());
  stream.avail_in = static_cast<std::uint32_t>(bytes.size());
  stream.next_out = reinterpret_cast<std::uint8_t*>(output_.data());
  stream.avail_out = static_cast<std::uint32_t>(output_.size());
  const int status = isal_deflate_stateless(&stream);
  leave_wide_vectors();
  if (status != COMP_OK || stream.avail_in != 0)
    throw std::runtime_error("ISA-L cannot compress " + std::to_string(bytes.size()) + " bytes: status " +
                             std::to_string(status));
  return {output_.begin(), output_.begin() + stream.total_out};
}

namespace {

// One per thread.
libdeflate_decompressor* decompressor() {
  thread_local const std::unique_ptr<libdeflate_decompressor, void (*)(libdeflate_decompressor*)> mine(
      libdeflate_alloc_decompressor(), libdeflate_free_decompressor);
  if (mine == nullptr) throw std::bad_alloc();
  return mine.get();
}

void require(bool is_sound) {
  if (!is_sound) throw InflateError("compressed data are damaged");
}

}  // namespace

void inflate(std::span<const std::byte> stream, std::span<std::uint8_t> bytes) {
  std::size_t read = 0;
  const auto status = libdeflate_zlib_decompress_ex(decompressor(), stream.data(), stream.size(),
                                                    bytes.data(), bytes.size(), &read, nullptr);
  require(status == LIBDEFLATE_SUCCESS && read == stream.size());
}

void inflate_trusted(std::span<const std::byte> stream, std::span<std::uint8_t> bytes) {
  constexpr std::size_t header = 2, checksum = 4;  // RFC 1950
  require(stream.size() > header + checksum);
  const auto deflated = stream.subspan(header, stream.size() - header - checksum);
  std::size_t read = 0;
  const auto status = libdeflate_deflate_decompress_ex(decompressor(), deflated.data(), deflated.size(),
                                                       bytes.data(), bytes.size(), &read, nullptr);
  require(status == LIBDEFLATE_SUCCESS && read == deflated.size());
}

}  // namespace hamgen::dataset
