#include "dataset/shards/hdf5.hpp"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <limits>

#include "dataset/shards/image_memory.hpp"

namespace hamgen::dataset::hdf5 {
namespace {

// HDF5 prints its error stack to stderr unless told not to; here it becomes the exception's message.
std::string innermost_message() {
  std::string message;
  H5Ewalk2(
      H5E_DEFAULT, H5E_WALK_UPWARD,
      [](unsigned depth, const H5E_error2_t* error, void* text) -> herr_t {
        if (depth == 0 && error->desc != nullptr) *static_cast<std::string*>(text) = error->desc;
        return 0;
      },
      &message);
  return message;
}

void silence_error_printing() {
  // Each thread has an error stack of its own.
  thread_local const bool done = H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr) >= 0;
  static_cast<void>(done);
}

}  // namespace

void fail(const std::string& what) {
  const std::string reason = innermost_message();
  // A thread's error stack holds identifiers, which would keep the library from closing after the thread's
  // end.
  H5Eclear2(H5E_DEFAULT);
  throw Hdf5Error("HDF5 cannot " + what + ": " + reason);
}

Handle property_list(hid_t kind) {
  silence_error_printing();
  return {H5Pcreate(kind), H5Pclose, "create a property list"};
}

Handle dataspace(std::span<const hsize_t> extents) {
  return {extents.empty() ? H5Screate(H5S_SCALAR)
                          : H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr),
          H5Sclose, "create a dataspace"};
}

hid_t stored_type(Element element) {
  switch (element) {
    case Element::u8:
      return H5T_STD_U8LE;
    case Element::i64:
      return H5T_STD_I64LE;
    case Element::f64:
      return H5T_IEEE_F64LE;
    case Element::text:
      break;
  }
  throw std::logic_error("text has no numeric type");
}

hid_t memory_type(Element element) {
  switch (element) {
    case Element::u8:
      return H5T_NATIVE_UINT8;
    case Element::i64:
      return H5T_NATIVE_INT64;
    case Element::f64:
      return H5T_NATIVE_DOUBLE;
    case Element::text:
      break;
  }
  throw std::logic_error("text has no numeric type");
}

void set_missing_value(const Handle& properties, Element element) {
  constexpr double no_number = std::numeric_limits<double>::quiet_NaN();
  constexpr std::int64_t no_id = -1;
  const void* const value = element == Element::f64   ? static_cast<const void*>(&no_number)
                            : element == Element::i64 ? static_cast<const void*>(&no_id)
                                                      : nullptr;
  if (value != nullptr)
    check(H5Pset_fill_value(properties, memory_type(element), value), "set what is read for missing values");
}

Handle text_type() {
  Handle type(H5Tcopy(H5T_C_S1), H5Tclose, "copy the string type");
  check(H5Tset_size(type, H5T_VARIABLE), "set a string type's size");
  check(H5Tset_cset(type, H5T_CSET_UTF8), "set a string type's encoding");
  return type;
}

void require_thread_safety() {
  hbool_t is_safe = false;
  check(H5is_library_threadsafe(&is_safe), "tell whether it is thread-safe");
  if (!is_safe)
    throw Hdf5Error("this HDF5 library is not thread-safe: build with one that is, such as Debian's");
}

namespace {

// The memory driver, its memory from image_memory.hpp.
Handle memory_access() {
  Handle access = property_list(H5P_FILE_ACCESS);
  constexpr std::size_t growth = std::size_t{2} << 20;
  check(H5Pset_fapl_core(access, growth, false), "use the memory driver");
  H5FD_file_image_callbacks_t callbacks{};
  callbacks.image_malloc = [](size_t size, H5FD_file_image_op_t, void*) { return allocate_image(size); };
  callbacks.image_memcpy = [](void* to, const void* from, size_t size, H5FD_file_image_op_t, void*) {
    return std::memcpy(to, from, size);
  };
  callbacks.image_realloc = [](void* image, size_t size, H5FD_file_image_op_t, void*) {
    return reallocate_image(image, size);
  };
  callbacks.image_free = [](void* image, H5FD_file_image_op_t, void*) -> herr_t {
    release_image(image);
    return 0;
  };
  check(H5Pset_file_image_callbacks(access, &callbacks), "set the memory driver's memory");
  return access;
}

// HDF5 tells files in memory apart by name; it is not stored. It also looks whether there is such a file, so
// that the name has to be one that no file can have.
std::string memory_file_name() {
  static std::atomic<std::uint64_t> count{0};
  return "/dev/null/hamgen-" + std::to_string(count++);
}

Handle create_memory_file() {
  require_thread_safety();  // shards are finished by one thread while another fills the next
  const Handle access = memory_access(), creation = property_list(H5P_FILE_CREATE);
  check(H5Pset_obj_track_times(creation, false), "switch off time stamps");
  return {H5Fcreate(memory_file_name().c_str(), H5F_ACC_TRUNC, creation, access), H5Fclose,
          "create a file in memory"};
}

}  // namespace

MemoryFile::MemoryFile() : file_(create_memory_file()) {}

std::span<const std::byte> MemoryFile::image() const {
  silence_error_printing();
  check(H5Fflush(file_, H5F_SCOPE_GLOBAL), "flush a file");
  const auto size = static_cast<std::size_t>(check(H5Fget_file_image(file_, nullptr, 0), "size a file"));
  const Handle access(H5Fget_access_plist(file_), H5Pclose, "read a file's access properties");
  void* memory = nullptr;  // the address of the driver's pointer to its memory
  check(H5Fget_vfd_handle(file_, access, &memory), "reach a file's memory");
  std::byte* const image = *static_cast<std::byte**>(memory);
  // "Open for writing" in a version 0 superblock: H5Fget_file_image clears it in its copy, too.
  constexpr std::size_t consistency_flags = 20;
  std::fill_n(image + consistency_flags, 4, std::byte{0});
  return {image, size};
}

// HDF5's way to open bytes in memory copies them twice, unless the callbacks that should copy do nothing.
Handle open_image(std::span<const std::byte> image) {
  require_thread_safety();
  check(H5PLset_loading_state(0), "switch off plug-ins");
  const Handle access = property_list(H5P_FILE_ACCESS);
  check(H5Pset_fapl_core(access, image.size(), false), "use the memory driver");
  H5FD_file_image_callbacks_t callbacks{};
  callbacks.image_malloc = [](size_t, H5FD_file_image_op_t, void* bytes) { return bytes; };
  callbacks.image_memcpy = [](void* to, const void*, size_t, H5FD_file_image_op_t, void*) { return to; };
  callbacks.image_realloc = [](void*, size_t, H5FD_file_image_op_t, void*) -> void* { return nullptr; };
  callbacks.image_free = [](void*, H5FD_file_image_op_t, void*) -> herr_t { return 0; };
  callbacks.udata_copy = [](void* bytes) { return bytes; };
  callbacks.udata_free = [](void*) -> herr_t { return 0; };
  void* const bytes = const_cast<std::byte*>(image.data());  // opened for reading only
  callbacks.udata = bytes;
  check(H5Pset_file_image_callbacks(access, &callbacks), "set the memory driver's memory");
  check(H5Pset_file_image(access, bytes, image.size()), "set the memory driver's bytes");
  return {H5Fopen(memory_file_name().c_str(), H5F_ACC_RDONLY, access), H5Fclose, "open a file's bytes"};
}

Handle create_dataset(hid_t file, const std::string& name, hid_t type, std::span<const hsize_t> extents,
                      const Handle& properties) {
  check(H5Pset_obj_track_times(properties, false), "switch off time stamps");
  const Handle space = dataspace(extents);
  return {H5Dcreate2(file, name.c_str(), type, space, H5P_DEFAULT, properties, H5P_DEFAULT), H5Dclose,
          "create dataset " + name};
}

Handle open_dataset(hid_t file, const std::string& name) {
  return {H5Dopen2(file, name.c_str(), H5P_DEFAULT), H5Dclose, "open dataset " + name};
}

void write_all(hid_t dataset, Element element, const void* data) {
  check(H5Dwrite(dataset, memory_type(element), H5S_ALL, H5S_ALL, H5P_DEFAULT, data), "write a dataset");
}

void write_texts(hid_t dataset, const std::vector<std::string>& texts) {
  std::vector<const char*> pointers;
  for (const std::string& text : texts) pointers.push_back(text.c_str());
  const Handle type = text_type();
  check(H5Dwrite(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, pointers.data()), "write labels");
}

void write_attribute(hid_t object, const std::string& name, const AttributeValue& value) {
  struct Writer {
    hid_t object;
    const std::string& name;
    void write(hid_t type, const void* data) const {
      const Handle space = dataspace({});
      const Handle attribute(H5Acreate2(object, name.c_str(), type, space, H5P_DEFAULT, H5P_DEFAULT),
                             H5Aclose, "create attribute " + name);
      check(H5Awrite(attribute, type, data), "write attribute " + name);
    }
    void operator()(const std::string& text) const {
      const char* pointer = text.c_str();
      write(text_type(), &pointer);
    }
    void operator()(std::int64_t number) const { write(H5T_NATIVE_INT64, &number); }
    void operator()(double number) const { write(H5T_NATIVE_DOUBLE, &number); }
  };
  std::visit(Writer{object, name}, value);
}

std::vector<hsize_t> extents_of(hid_t dataset) {
  const Handle space(H5Dget_space(dataset), H5Sclose, "read a dataset's shape");
  std::vector<hsize_t> extents(
      static_cast<std::size_t>(check(H5Sget_simple_extent_ndims(space), "count axes")));
  check(H5Sget_simple_extent_dims(space, extents.data(), nullptr), "read a dataset's shape");
  return extents;
}

void read_block(hid_t dataset, Element element, std::span<const hsize_t> offset,
                std::span<const hsize_t> count, void* data) {
  const Handle space(H5Dget_space(dataset), H5Sclose, "read a dataset's shape");
  check(H5Sselect_hyperslab(space, H5S_SELECT_SET, offset.data(), nullptr, count.data(), nullptr),
        "select a block");
  const Handle memory = dataspace(count);
  check(H5Dread(dataset, memory_type(element), memory, space, H5P_DEFAULT, data), "read a block");
}

namespace {

bool is_text(hid_t type) {
  return H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) > 0 &&
         H5Tget_cset(type) == H5T_CSET_UTF8;
}

// HDF5 allocates the texts that it reads, and has to free them.
std::vector<std::string> take_texts(std::vector<char*> pointers, hid_t type, hid_t space) {
  struct Owner {
    hid_t type, space;
    std::vector<char*>& pointers;
    ~Owner() { H5Dvlen_reclaim(type, space, H5P_DEFAULT, pointers.data()); }
  } const owner{type, space, pointers};
  std::vector<std::string> texts;
  for (const char* const text : pointers) texts.emplace_back(text == nullptr ? "" : text);
  return texts;
}

}  // namespace

std::vector<std::string> read_texts(hid_t dataset) {
  const Handle stored(H5Dget_type(dataset), H5Tclose, "read a dataset's type");
  if (!is_text(stored)) throw Hdf5Error("a dataset of labels holds no text");
  const Handle space(H5Dget_space(dataset), H5Sclose, "read a dataset's shape"), type = text_type();
  constexpr hsize_t most_texts = 4096, most_bytes = 1 << 16;
  const auto count = static_cast<hsize_t>(check(H5Sget_simple_extent_npoints(space), "count labels"));
  hsize_t bytes = 0;
  if (count > most_texts) throw Hdf5Error("a dataset has " + std::to_string(count) + " labels");
  check(H5Dvlen_get_buf_size(dataset, type, space, &bytes), "measure labels");
  if (bytes > most_bytes) throw Hdf5Error("a dataset has labels of " + std::to_string(bytes) + " bytes");
  std::vector<char*> pointers(count);
  check(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, pointers.data()), "read labels");
  return take_texts(std::move(pointers), type, space);
}

AttributeValue read_attribute(hid_t object, const std::string& name) {
  const Handle attribute(H5Aopen(object, name.c_str(), H5P_DEFAULT), H5Aclose, "open attribute " + name);
  const Handle stored(H5Aget_type(attribute), H5Tclose, "read an attribute's type");
  const Handle space(H5Aget_space(attribute), H5Sclose, "read an attribute's shape");
  if (H5Sget_simple_extent_type(space) != H5S_SCALAR) throw Hdf5Error("attribute " + name + " is no scalar");
  const auto number = [&]<class T>(T value) {
    check(H5Aread(attribute, std::is_same_v<T, double> ? H5T_NATIVE_DOUBLE : H5T_NATIVE_INT64, &value),
          "read attribute " + name);
    return value;
  };
  if (H5Tequal(stored, H5T_STD_I64LE) > 0) return number(std::int64_t{0});
  if (H5Tequal(stored, H5T_IEEE_F64LE) > 0) return number(0.0);
  if (!is_text(stored)) throw Hdf5Error("attribute " + name + " is neither a text nor a number");
  const Handle type = text_type();
  std::vector<char*> pointer(1);
  check(H5Aread(attribute, type, pointer.data()), "read attribute " + name);
  return take_texts(std::move(pointer), type, space).front();
}

}  // namespace hamgen::dataset::hdf5
