// The only place that calls HDF5's C API by name of its handles: owners that close themselves, and statuses
// that throw.
#pragma once

#include <hdf5.h>

#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "dataset/format/layout.hpp"

namespace hamgen::dataset {

class Hdf5Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

namespace hdf5 {

// Throws Hdf5Error with `what` and the innermost message of HDF5's error stack.
[[noreturn]] void fail(const std::string& what);
// Returns the status, or fails. A template of any type: which of HDF5's are one and the same depends on its
// version.
template <class Status>
Status check(Status status, const std::string& what) {
  if (status < 0) fail(what);
  return status;
}

class Handle {
 public:
  using Close = herr_t (*)(hid_t);
  Handle() = default;
  Handle(hid_t id, Close closer, const std::string& what) : id_(check(id, what)), close_(closer) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    std::swap(close_, other.close_);
    return *this;
  }
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }
  operator hid_t() const { return id_; }

 private:
  hid_t id_ = -1;
  Close close_ = nullptr;
};

Handle property_list(hid_t kind);
Handle dataspace(std::span<const hsize_t> extents);
hid_t stored_type(Element element);  // for numbers: little-endian on disk
hid_t memory_type(Element element);
// What reads where there is no value: NaN, or -1. Leaves a type without such a value (bytes) at 0.
void set_missing_value(const Handle& properties, Element element);
Handle text_type();  // UTF-8, of variable length

// A file under construction in memory, free of time stamps; it never touches the disk by itself.
class MemoryFile {
 public:
  MemoryFile();
  operator hid_t() const { return file_; }
  // The file's bytes as they are now, valid until the file is changed or destroyed. Every object in it should
  // be closed.
  std::span<const std::byte> image() const;

 private:
  Handle file_;
};
// Throws Hdf5Error where threads must not use the library at the same time.
void require_thread_safety();
// A file of these bytes, which have to outlive the handle; nothing is copied, and no plug-in is loaded.
Handle open_image(std::span<const std::byte> image);

// `properties` is the creation list, whose time stamps are switched off here.
Handle create_dataset(hid_t file, const std::string& name, hid_t type, std::span<const hsize_t> extents,
                      const Handle& properties);
Handle open_dataset(hid_t file, const std::string& name);
void write_all(hid_t dataset, Element element, const void* data);
void write_texts(hid_t dataset, const std::vector<std::string>& texts);
void write_attribute(hid_t object, const std::string& name, const AttributeValue& value);
std::vector<hsize_t> extents_of(hid_t dataset);
// Reads the block of `count` elements from `offset` (both per axis) into `data`.
void read_block(hid_t dataset, Element element, std::span<const hsize_t> offset,
                std::span<const hsize_t> count, void* data);
std::vector<std::string> read_texts(hid_t dataset);
// A scalar text or number. Throws Hdf5Error for an attribute of another kind, and where there is none.
AttributeValue read_attribute(hid_t object, const std::string& name);

}  // namespace hdf5
}  // namespace hamgen::dataset
