// Makes chosen I/O calls of a program fail, or wait (io_faults.py and races.py are the campaigns that use
// it).
//
//   cc -shared -fPIC -O2 -Wall -Wextra -o io_faults.so io_faults.c
//   IO_FAULT_ROOT=DIR IO_FAULT=write:ENOSPC:3:once IO_FAULT_LOG=FILE LD_PRELOAD=./io_faults.so PROGRAM ...
//
// IO_FAULT_ROOT  only calls that concern a path in or below DIR (absolute, without symbolic links), or a
//                descriptor opened for one, count
// IO_FAULT       call:error:k:mode. The k-th such call (from 1, over all threads) fails with the error: the
//                name of an errno, or `short` (read, pread, write, pwrite transfer only a part, at least one
//                byte). mode once: that call alone; always: all from there on; often: every second from there
//                on
// IO_PAUSE       k:milliseconds. The k-th call of all waits before it does anything
// IO_FAULT_LOG   a line "call path" for each call that counts, with " <- error" behind one that was made to
//                fail, and " <- pause" behind one that waits
//
// Calls are families, named in `names`: `open` is open, openat, creat, mkstemp, fopen, with all their
// variants. A close that fails closes nevertheless, as on Linux.
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum Call {
  OPEN,
  READ,
  PREAD,
  WRITE,
  PWRITE,
  FSYNC,
  FDATASYNC,
  CLOSE,
  RENAME,
  LINK,
  UNLINK,
  RMDIR,
  MKDIR,
  FTRUNCATE,
  FALLOCATE,
  STAT,
  ACCESS,
  STATVFS,
  OPENDIR,
  READDIR,
  FLOCK,
  FCNTL,
  MMAP,
  CALLS
};
static const char* const names[CALLS] = {"open",      "read",      "pread",     "write", "pwrite", "fsync",
                                         "fdatasync", "close",     "rename",    "link",  "unlink", "rmdir",
                                         "mkdir",     "ftruncate", "fallocate", "stat",  "access", "statvfs",
                                         "opendir",   "readdir",   "flock",     "fcntl", "mmap"};

enum Mode { ONCE, ALWAYS, OFTEN };
#define SHORT_TRANSFER (-1)
#define DESCRIPTORS 65536

static struct {
  char root[PATH_MAX];
  int log;
  int call;  // -1: none fails
  int error;
  long k;
  enum Mode mode;
  long pause_at, pause_milliseconds;
} settings = {.log = -1, .call = -1};
static _Atomic long counts[CALLS], total;
static _Atomic bool is_watched[DESCRIPTORS];
static pthread_once_t once = PTHREAD_ONCE_INIT;

#define REAL(name)                                                  \
  ({                                                                \
    static __typeof__(&name) found;                                 \
    if (!found) found = (__typeof__(&name))dlsym(RTLD_NEXT, #name); \
    found;                                                          \
  })

// ---- settings

static void refuse(const char* what) {
  dprintf(2, "io_faults: cannot understand %s\n", what);
  _exit(99);
}

static int index_of(const char* word, const char* const* words, int n) {
  for (int i = 0; i < n; ++i)
    if (strcmp(word, words[i]) == 0) return i;
  return -1;
}

static int error_number(const char* name) {
  if (strcmp(name, "short") == 0) return SHORT_TRANSFER;
  for (int number = 1; number < 200; ++number) {
    const char* known = strerrorname_np(number);
    if (known && strcmp(known, name) == 0) return number;
  }
  return 0;
}

static void read_settings(void) {
  const char* const modes[] = {"once", "always", "often"};
  const char* root = getenv("IO_FAULT_ROOT");
  const char* log = getenv("IO_FAULT_LOG");
  const char* fault = getenv("IO_FAULT");
  const char* pause = getenv("IO_PAUSE");
  if (root) snprintf(settings.root, sizeof settings.root, "%s", root);
  if (log)
    settings.log = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (pause && sscanf(pause, "%ld:%ld", &settings.pause_at, &settings.pause_milliseconds) != 2) refuse(pause);
  if (!fault || !*fault) return;
  char call[16], error[16], mode[16];
  if (sscanf(fault, "%15[^:]:%15[^:]:%ld:%15s", call, error, &settings.k, mode) != 4) refuse(fault);
  const int mode_index = index_of(mode, modes, 3);
  settings.call = index_of(call, names, CALLS);
  settings.error = error_number(error);
  if (settings.call < 0 || settings.error == 0 || mode_index < 0 || settings.k < 1) refuse(fault);
  settings.mode = (enum Mode)mode_index;
}

// ---- what counts

// Removes empty and "." parts, and each ".." with the part before it, in place. The path is absolute.
static void normalise(char* path) {
  char* end = path;
  for (char* part = path; *part;) {
    while (*part == '/') ++part;
    const size_t length = strcspn(part, "/");
    char* next = part + length;
    if (length == 2 && part[0] == '.' && part[1] == '.') {
      while (end > path && *--end != '/') {
      }
    } else if (length > 0 && !(length == 1 && part[0] == '.')) {
      *end++ = '/';
      memmove(end, part, length);
      end += length;
    }
    part = next;
  }
  *end = 0;
}

static bool path_of(int descriptor, char* path, size_t size) {
  char link[64];
  snprintf(link, sizeof link, descriptor == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", descriptor);
  const long length = syscall(SYS_readlinkat, AT_FDCWD, link, path, size - 1);
  path[length > 0 ? length : 0] = 0;
  return length > 0;
}

static bool is_watched_descriptor(int descriptor) {
  return descriptor >= 0 && descriptor < DESCRIPTORS && atomic_load(&is_watched[descriptor]);
}

// Whether the path counts; `full` becomes its absolute form.
static bool concerns(int directory, const char* path, char full[2 * PATH_MAX]) {
  pthread_once(&once, read_settings);
  if (!settings.root[0] || !path) return false;
  full[0] = 0;
  if (path[0] != '/' && !path_of(directory, full, PATH_MAX)) return false;
  const size_t used = strlen(full);
  snprintf(full + used, 2 * PATH_MAX - used, "/%s", path);
  normalise(full);
  const size_t length = strlen(settings.root);
  return strncmp(full, settings.root, length) == 0 && (full[length] == '/' || full[length] == 0);
}

static void set_watched(int descriptor, bool watched) {
  if (descriptor >= 0 && descriptor < DESCRIPTORS) atomic_store(&is_watched[descriptor], watched);
}

// ---- the fault

static void log_call(enum Call call, const char* path, const char* what) {
  if (settings.log < 0) return;
  char line[2 * PATH_MAX + 64];
  const int length =
      snprintf(line, sizeof line, "%s %s%s%s\n", names[call], path, what ? " <- " : "", what ? what : "");
  syscall(SYS_write, settings.log, line, length);
}

// Counts a call of the kind; true where it is its turn to fail, whatever that means for it.
static bool strikes(enum Call call, const char* path) {
  const bool pauses = atomic_fetch_add(&total, 1) + 1 == settings.pause_at;
  const long k = atomic_fetch_add(&counts[call], 1) + 1;
  bool struck = (int)call == settings.call && k >= settings.k;
  if (struck && settings.mode == ONCE) struck = k == settings.k;
  if (struck && settings.mode == OFTEN) struck = (k - settings.k) % 2 == 0;
  const char* error = settings.error == SHORT_TRANSFER ? "short" : strerrorname_np(settings.error);
  log_call(call, path, pauses ? "pause" : struck ? error : NULL);
  if (pauses) {
    const struct timespec wait = {settings.pause_milliseconds / 1000,
                                  settings.pause_milliseconds % 1000 * 1000000};
    nanosleep(&wait, NULL);
  }
  return struck;
}

static bool fails(enum Call call, const char* path) {
  if (!strikes(call, path) || settings.error == SHORT_TRANSFER) return false;
  errno = settings.error;
  return true;
}

static bool fails_at(enum Call call, int directory, const char* path) {
  const int before = errno;
  char full[2 * PATH_MAX];
  if (!concerns(directory, path, full)) return errno = before, false;
  errno = before;
  return fails(call, full);
}

static bool fails_between(enum Call call, int from_directory, const char* from, int to_directory,
                          const char* to) {
  const int before = errno;
  char full[2 * PATH_MAX];
  const bool counts_here = concerns(to_directory, to, full) || concerns(from_directory, from, full);
  errno = before;
  return counts_here && fails(call, full);
}

static const char* log_path(int descriptor, char path[PATH_MAX]) {
  const int before = errno;
  if (settings.log < 0 || !path_of(descriptor, path, PATH_MAX)) path[0] = 0;
  errno = before;
  return path;
}

static bool fails_on(enum Call call, int descriptor) {
  char path[PATH_MAX];
  return is_watched_descriptor(descriptor) && fails(call, log_path(descriptor, path));
}

// How many of n bytes a transfer may move; -1: it fails. An odd number, so that nothing stays aligned.
static ssize_t allowed(enum Call call, int descriptor, size_t n) {
  char path[PATH_MAX];
  if (!is_watched_descriptor(descriptor) || !strikes(call, log_path(descriptor, path))) return (ssize_t)n;
  if (settings.error == SHORT_TRANSFER) return n > 1 ? (ssize_t)((n / 2) | 1) : (ssize_t)n;
  errno = settings.error;
  return -1;
}

// A shortened transfer is not aligned: O_DIRECT is off while it lasts.
static int suspend_direct(int descriptor) {
  const int flags = (int)syscall(SYS_fcntl, descriptor, F_GETFL);
  if (flags >= 0 && flags & O_DIRECT) syscall(SYS_fcntl, descriptor, F_SETFL, flags & ~O_DIRECT);
  return flags;
}

#define TRANSFER(call, descriptor, n, expression)                            \
  ({                                                                         \
    const ssize_t allowed_bytes = allowed(call, descriptor, n);              \
    const bool is_short = allowed_bytes >= 0 && (size_t)allowed_bytes < (n); \
    const int flags_before = is_short ? suspend_direct(descriptor) : 0;      \
    ssize_t moved = -1;                                                      \
    if (allowed_bytes >= 0) {                                                \
      const size_t m = (size_t)allowed_bytes;                                \
      moved = (expression);                                                  \
    }                                                                        \
    if (is_short && flags_before >= 0 && flags_before & O_DIRECT)            \
      syscall(SYS_fcntl, descriptor, F_SETFL, flags_before);                 \
    moved;                                                                   \
  })

// ---- open and close

static int watch_if(int descriptor, int directory, const char* path) {
  const int before = errno;
  char full[2 * PATH_MAX];
  if (descriptor >= 0) set_watched(descriptor, concerns(directory, path, full));
  errno = before;
  return descriptor;
}

#define MODE_ARGUMENT(flags)               \
  mode_t mode = 0;                         \
  if ((flags) & (O_CREAT | __O_TMPFILE)) { \
    va_list list;                          \
    va_start(list, flags);                 \
    mode = va_arg(list, mode_t);           \
    va_end(list);                          \
  }

#define OPEN_FUNCTION(name)                                         \
  int name(const char* path, int flags, ...) {                      \
    MODE_ARGUMENT(flags)                                            \
    if (fails_at(OPEN, AT_FDCWD, path)) return -1;                  \
    return watch_if(REAL(name)(path, flags, mode), AT_FDCWD, path); \
  }
OPEN_FUNCTION(open)
OPEN_FUNCTION(open64)

#define OPENAT_FUNCTION(name)                                                   \
  int name(int directory, const char* path, int flags, ...) {                   \
    MODE_ARGUMENT(flags)                                                        \
    if (fails_at(OPEN, directory, path)) return -1;                             \
    return watch_if(REAL(name)(directory, path, flags, mode), directory, path); \
  }
OPENAT_FUNCTION(openat)
OPENAT_FUNCTION(openat64)

// Where a program was compiled with _FORTIFY_SOURCE.
int __open_2(const char* path, int flags) {
  return open(path, flags);
}
int __open64_2(const char* path, int flags) {
  return open64(path, flags);
}
int __openat_2(int directory, const char* path, int flags) {
  return openat(directory, path, flags);
}
int __openat64_2(int directory, const char* path, int flags) {
  return openat64(directory, path, flags);
}

int creat(const char* path, mode_t mode) {
  return open(path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}
int creat64(const char* path, mode_t mode) {
  return open(path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

#define MKSTEMP_FUNCTION(name, parameters, ...)               \
  int name parameters {                                       \
    if (fails_at(OPEN, AT_FDCWD, path)) return -1;            \
    return watch_if(REAL(name)(__VA_ARGS__), AT_FDCWD, path); \
  }
MKSTEMP_FUNCTION(mkstemp, (char* path), path)
MKSTEMP_FUNCTION(mkstemp64, (char* path), path)
MKSTEMP_FUNCTION(mkostemp, (char* path, int flags), path, flags)
MKSTEMP_FUNCTION(mkostemp64, (char* path, int flags), path, flags)

#define FOPEN_FUNCTION(name)                          \
  FILE* name(const char* path, const char* mode) {    \
    if (fails_at(OPEN, AT_FDCWD, path)) return NULL;  \
    FILE* file = REAL(name)(path, mode);              \
    if (file) watch_if(fileno(file), AT_FDCWD, path); \
    return file;                                      \
  }
FOPEN_FUNCTION(fopen)
FOPEN_FUNCTION(fopen64)

int close(int descriptor) {
  const bool failed = fails_on(CLOSE, descriptor);
  set_watched(descriptor, false);
  const int result = REAL(close)(descriptor);
  return failed ? errno = settings.error, -1 : result;
}

int fclose(FILE* file) {
  const int descriptor = fileno(file);
  const bool failed = fails_on(CLOSE, descriptor);
  set_watched(descriptor, false);
  const int result = REAL(fclose)(file);
  return failed ? errno = settings.error, EOF : result;
}

static int same_watch(int from, int to) {
  if (to >= 0) set_watched(to, is_watched_descriptor(from));
  return to;
}
int dup(int from) {
  return same_watch(from, REAL(dup)(from));
}
int dup2(int from, int to) {
  return same_watch(from, REAL(dup2)(from, to));
}
int dup3(int from, int to, int flags) {
  return same_watch(from, REAL(dup3)(from, to, flags));
}

// ---- transfers

ssize_t read(int fd, void* buffer, size_t n) {
  return TRANSFER(READ, fd, n, REAL(read)(fd, buffer, m));
}
ssize_t write(int fd, const void* buffer, size_t n) {
  return TRANSFER(WRITE, fd, n, REAL(write)(fd, buffer, m));
}
ssize_t __read_chk(int fd, void* buffer, size_t n, size_t size) {
  return n > size ? (abort(), -1) : read(fd, buffer, n);
}

#define PREAD_FUNCTION(name)                                          \
  ssize_t name(int fd, void* buffer, size_t n, off_t offset) {        \
    return TRANSFER(PREAD, fd, n, REAL(name)(fd, buffer, m, offset)); \
  }
PREAD_FUNCTION(pread)
PREAD_FUNCTION(pread64)
#define PWRITE_FUNCTION(name)                                          \
  ssize_t name(int fd, const void* buffer, size_t n, off_t offset) {   \
    return TRANSFER(PWRITE, fd, n, REAL(name)(fd, buffer, m, offset)); \
  }
PWRITE_FUNCTION(pwrite)
PWRITE_FUNCTION(pwrite64)
ssize_t __pread_chk(int fd, void* buffer, size_t n, off_t offset, size_t size) {
  return n > size ? (abort(), -1) : pread(fd, buffer, n, offset);
}
ssize_t __pread64_chk(int fd, void* buffer, size_t n, off_t offset, size_t size) {
  return n > size ? (abort(), -1) : pread64(fd, buffer, n, offset);
}

// A shortened vector transfer ends within its first part.
#define VECTOR_FUNCTION(name, call, single)                                                             \
  ssize_t name(int fd, const struct iovec* parts, int n) {                                              \
    if (!is_watched_descriptor(fd)) return REAL(name)(fd, parts, n);                                    \
    for (; n > 0 && parts->iov_len == 0; ++parts) --n;                                                  \
    const ssize_t first = n > 0 ? (ssize_t)parts->iov_len : 0;                                          \
    const ssize_t bytes = allowed(call, fd, (size_t)first);                                             \
    if (bytes < 0) return -1;                                                                           \
    return bytes < first ? REAL(single)(fd, parts->iov_base, (size_t)bytes) : REAL(name)(fd, parts, n); \
  }
VECTOR_FUNCTION(writev, WRITE, write)
VECTOR_FUNCTION(readv, READ, read)

// The stream's error flag, which has no other way in.
static size_t stream_error(FILE* file) {
  file->_flags |= 0x20;
  return 0;
}
size_t fread(void* buffer, size_t size, size_t n, FILE* file) {
  return fails_on(READ, fileno(file)) ? stream_error(file) : REAL(fread)(buffer, size, n, file);
}
size_t fwrite(const void* buffer, size_t size, size_t n, FILE* file) {
  return fails_on(WRITE, fileno(file)) ? stream_error(file) : REAL(fwrite)(buffer, size, n, file);
}

void* mmap(void* at, size_t n, int protection, int flags, int fd, off_t offset) {
  return !(flags & MAP_ANONYMOUS) && fails_on(MMAP, fd) ? MAP_FAILED
                                                        : REAL(mmap)(at, n, protection, flags, fd, offset);
}
void* mmap64(void* at, size_t n, int protection, int flags, int fd, off_t offset) {
  return mmap(at, n, protection, flags, fd, offset);
}

// ---- what else takes a descriptor

#define ON_DESCRIPTOR(name, call, parameters, ...)            \
  int name parameters {                                       \
    return fails_on(call, fd) ? -1 : REAL(name)(__VA_ARGS__); \
  }
ON_DESCRIPTOR(fsync, FSYNC, (int fd), fd)
ON_DESCRIPTOR(syncfs, FSYNC, (int fd), fd)
ON_DESCRIPTOR(fdatasync, FDATASYNC, (int fd), fd)
ON_DESCRIPTOR(ftruncate, FTRUNCATE, (int fd, off_t size), fd, size)
ON_DESCRIPTOR(ftruncate64, FTRUNCATE, (int fd, off_t size), fd, size)
ON_DESCRIPTOR(fallocate, FALLOCATE, (int fd, int mode, off_t offset, off_t size), fd, mode, offset, size)
ON_DESCRIPTOR(fallocate64, FALLOCATE, (int fd, int mode, off_t offset, off_t size), fd, mode, offset, size)
ON_DESCRIPTOR(fstat, STAT, (int fd, struct stat* status), fd, status)
ON_DESCRIPTOR(fstat64, STAT, (int fd, struct stat64* status), fd, status)
ON_DESCRIPTOR(fstatvfs, STATVFS, (int fd, struct statvfs* status), fd, status)
ON_DESCRIPTOR(fstatvfs64, STATVFS, (int fd, struct statvfs64* status), fd, status)
ON_DESCRIPTOR(flock, FLOCK, (int fd, int operation), fd, operation)

// These return the error.
int posix_fallocate(int fd, off_t offset, off_t size) {
  return fails_on(FALLOCATE, fd) ? settings.error : REAL(posix_fallocate)(fd, offset, size);
}
int posix_fallocate64(int fd, off_t offset, off_t size) {
  return posix_fallocate(fd, offset, size);
}

#define FCNTL_FUNCTION(name)                                                                   \
  int name(int fd, int command, ...) {                                                         \
    va_list list;                                                                              \
    va_start(list, command);                                                                   \
    void* argument = va_arg(list, void*);                                                      \
    va_end(list);                                                                              \
    if (fails_on(FCNTL, fd)) return -1;                                                        \
    const int result = REAL(name)(fd, command, argument);                                      \
    return command == F_DUPFD || command == F_DUPFD_CLOEXEC ? same_watch(fd, result) : result; \
  }
FCNTL_FUNCTION(fcntl)
FCNTL_FUNCTION(fcntl64)

// ---- what takes a path

#define ON_PATH(name, call, parameters, ...)                              \
  int name parameters {                                                   \
    return fails_at(call, AT_FDCWD, path) ? -1 : REAL(name)(__VA_ARGS__); \
  }
#define ON_PATH_AT(name, call, parameters, ...)                            \
  int name parameters {                                                    \
    return fails_at(call, directory, path) ? -1 : REAL(name)(__VA_ARGS__); \
  }
ON_PATH(unlink, UNLINK, (const char* path), path)
ON_PATH(remove, UNLINK, (const char* path), path)
ON_PATH(rmdir, RMDIR, (const char* path), path)
ON_PATH(mkdir, MKDIR, (const char* path, mode_t mode), path, mode)
ON_PATH_AT(mkdirat, MKDIR, (int directory, const char* path, mode_t mode), directory, path, mode)
ON_PATH(truncate, FTRUNCATE, (const char* path, off_t size), path, size)
ON_PATH(truncate64, FTRUNCATE, (const char* path, off_t size), path, size)
ON_PATH(access, ACCESS, (const char* path, int mode), path, mode)
ON_PATH(euidaccess, ACCESS, (const char* path, int mode), path, mode)
ON_PATH_AT(faccessat, ACCESS, (int directory, const char* path, int mode, int flags), directory, path, mode,
           flags)
ON_PATH(stat, STAT, (const char* path, struct stat* status), path, status)
ON_PATH(stat64, STAT, (const char* path, struct stat64* status), path, status)
ON_PATH(lstat, STAT, (const char* path, struct stat* status), path, status)
ON_PATH(lstat64, STAT, (const char* path, struct stat64* status), path, status)
ON_PATH(statvfs, STATVFS, (const char* path, struct statvfs* status), path, status)
ON_PATH(statvfs64, STATVFS, (const char* path, struct statvfs64* status), path, status)

int unlinkat(int directory, const char* path, int flags) {
  return fails_at(flags & AT_REMOVEDIR ? RMDIR : UNLINK, directory, path)
             ? -1
             : REAL(unlinkat)(directory, path, flags);
}

// An empty path means the descriptor itself.
static bool stat_fails(int directory, const char* path) {
  return path && *path ? fails_at(STAT, directory, path) : fails_on(STAT, directory);
}
int fstatat(int directory, const char* path, struct stat* status, int flags) {
  return stat_fails(directory, path) ? -1 : REAL(fstatat)(directory, path, status, flags);
}
int fstatat64(int directory, const char* path, struct stat64* status, int flags) {
  return stat_fails(directory, path) ? -1 : REAL(fstatat64)(directory, path, status, flags);
}
int statx(int directory, const char* path, int flags, unsigned mask, struct statx* status) {
  return stat_fails(directory, path) ? -1 : REAL(statx)(directory, path, flags, mask, status);
}
char* realpath(const char* path, char* resolved) {
  return fails_at(STAT, AT_FDCWD, path) ? NULL : REAL(realpath)(path, resolved);
}
ssize_t readlink(const char* path, char* target, size_t size) {
  return fails_at(STAT, AT_FDCWD, path) ? -1 : REAL(readlink)(path, target, size);
}

int rename(const char* from, const char* to) {
  return fails_between(RENAME, AT_FDCWD, from, AT_FDCWD, to) ? -1 : REAL(rename)(from, to);
}
int renameat(int from_directory, const char* from, int to_directory, const char* to) {
  return fails_between(RENAME, from_directory, from, to_directory, to)
             ? -1
             : REAL(renameat)(from_directory, from, to_directory, to);
}
int renameat2(int from_directory, const char* from, int to_directory, const char* to, unsigned flags) {
  return fails_between(RENAME, from_directory, from, to_directory, to)
             ? -1
             : REAL(renameat2)(from_directory, from, to_directory, to, flags);
}
int link(const char* from, const char* to) {
  return fails_between(LINK, AT_FDCWD, from, AT_FDCWD, to) ? -1 : REAL(link)(from, to);
}
int linkat(int from_directory, const char* from, int to_directory, const char* to, int flags) {
  return fails_between(LINK, from_directory, from, to_directory, to)
             ? -1
             : REAL(linkat)(from_directory, from, to_directory, to, flags);
}

// ---- directories

DIR* opendir(const char* path) {
  if (fails_at(OPENDIR, AT_FDCWD, path)) return NULL;
  DIR* directory = REAL(opendir)(path);
  if (directory) watch_if(dirfd(directory), AT_FDCWD, path);
  return directory;
}
DIR* fdopendir(int fd) {
  return fails_on(OPENDIR, fd) ? NULL : REAL(fdopendir)(fd);
}
int closedir(DIR* directory) {
  set_watched(dirfd(directory), false);
  return REAL(closedir)(directory);
}
struct dirent* readdir(DIR* directory) {
  return fails_on(READDIR, dirfd(directory)) ? NULL : REAL(readdir)(directory);
}
struct dirent64* readdir64(DIR* directory) {
  return fails_on(READDIR, dirfd(directory)) ? NULL : REAL(readdir64)(directory);
}
