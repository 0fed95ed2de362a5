// The safetensors format: 8 bytes of header length (little-endian), a JSON header of {name: {dtype, shape,
// data_offsets}}, then the tensors' raw bytes. No code in it, unlike a pickle; any language reads it.
// https://huggingface.co/docs/safetensors
#pragma once

#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "model/base/tensors.hpp"

namespace hamgen::model {

class SafetensorsError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

using Metadata = std::map<std::string, std::string>;

struct TensorFile {
  NamedTensors tensors;  // on the CPU, in the file's order
  Metadata metadata;

  // Throws SafetensorsError that names it.
  const Tensor& at(const std::string& name) const;
};

// Written in one step (dataset/files/commit.hpp); equal content gives equal bytes. fp32, fp64, bf16, int64
// and u8 tensors of any device. "sha256" joins the metadata: of the whole file, where its own digits are
// zeros. Throws dataset::FileError.
void write_safetensors(const std::filesystem::path& path, const NamedTensors& tensors,
                       const Metadata& metadata);

// Trusts nothing: lengths, offsets, overlaps, gaps, shapes and types are checked before anything is allocated
// by them, and the whole against its "sha256", which other programs' files need not have. Throws
// SafetensorsError that names the file and what is wrong with it.
TensorFile read_safetensors(const std::filesystem::path& path);

}  // namespace hamgen::model
