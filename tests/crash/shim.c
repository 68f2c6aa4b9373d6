/* Watches what one process does to the files below one folder: writes every change to a log, or kills the process
   with SIGKILL right before the Nth change. Loaded with LD_PRELOAD; does nothing until it is told to by ctypes. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { OP_CREATE = 1, OP_WRITE, OP_TRUNCATE, OP_UNLINK, OP_RENAME, OP_SYNC };

struct head { uint32_t op, name, other, data; uint64_t offset; };

static char folder[PATH_MAX], needle[PATH_MAX];
static size_t folder_length;
static int log_descriptor = -1;
static long changes, kill_at;

void shim_watch(const char *where, int log) {
    strncpy(folder, where, sizeof folder - 1);
    folder_length = strlen(folder);
    log_descriptor = log;
    changes = 0;
}

void shim_kill(const char *name_end, long at) {
    strncpy(needle, name_end, sizeof needle - 1);
    changes = 0;
    kill_at = at;
}

long shim_changes(void) { return changes; }

static int watched(const char *path) {
    size_t length;
    if (!folder_length || strncmp(path, folder, folder_length)) return 0;
    length = strlen(path);
    return length < 4 || strcmp(path + length - 4, "-shm");
}

static int path_of(int descriptor, char *path) {
    char link[64];
    ssize_t length;
    if (!folder_length) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    length = syscall(SYS_readlink, link, path, PATH_MAX - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    return watched(path);
}

static void before(const char *path) {
    size_t length = strlen(path), wanted = strlen(needle);
    if (length < wanted || strcmp(path + length - wanted, needle)) return;
    changes++;
    if (kill_at && changes >= kill_at) syscall(SYS_kill, getpid(), SIGKILL);
}

static void note(int op, const char *name, const char *other, const void *data, size_t size, uint64_t offset) {
    struct head head = {op, strlen(name), strlen(other), size, offset};
    struct iovec parts[4] = {
        {&head, sizeof head}, {(void *)name, head.name}, {(void *)other, head.other}, {(void *)data, size}};
    if (log_descriptor >= 0 && syscall(SYS_writev, log_descriptor, parts, 4) < 0) _exit(97);
}

static int open_at(int where, const char *name, int flags, mode_t mode) {
    char path[PATH_MAX];
    int existed, result, saved, asks = folder_length && (flags & (O_CREAT | O_TRUNC)) && watched(name);
    if (!asks) return syscall(SYS_openat, where, name, flags, mode);
    existed = syscall(SYS_faccessat, AT_FDCWD, name, F_OK) == 0;
    if (!existed || (flags & O_TRUNC)) before(name);
    result = syscall(SYS_openat, where, name, flags, mode);
    saved = errno;
    if (result >= 0 && path_of(result, path)) {
        if (!existed) note(OP_CREATE, path, "", "", 0, 0);
        else if (flags & O_TRUNC) note(OP_TRUNCATE, path, "", "", 0, 0);
    }
    errno = saved;
    return result;
}

#define OPEN(NAME)                                                      \
    int NAME(const char *name, int flags, ...) {                        \
        va_list more;                                                   \
        mode_t mode = 0;                                                \
        va_start(more, flags);                                          \
        if (flags & (O_CREAT | O_TMPFILE)) mode = va_arg(more, mode_t); \
        va_end(more);                                                   \
        return open_at(AT_FDCWD, name, flags, mode);                    \
    }
#define OPENAT(NAME)                                                    \
    int NAME(int where, const char *name, int flags, ...) {             \
        va_list more;                                                   \
        mode_t mode = 0;                                                \
        va_start(more, flags);                                          \
        if (flags & (O_CREAT | O_TMPFILE)) mode = va_arg(more, mode_t); \
        va_end(more);                                                   \
        return open_at(where, name, flags, mode);                       \
    }
OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

static ssize_t write_to(int descriptor, const void *data, size_t size, off64_t offset, int here) {
    char path[PATH_MAX];
    int ours = path_of(descriptor, path), saved;
    ssize_t done;
    if (ours) before(path);
    if (ours && here) { /* appended or written at the descriptor's own place */
        int flags = syscall(SYS_fcntl, descriptor, F_GETFL);
        offset = syscall(SYS_lseek, descriptor, 0, flags & O_APPEND ? SEEK_END : SEEK_CUR);
    }
    done = here ? syscall(SYS_write, descriptor, data, size) : syscall(SYS_pwrite64, descriptor, data, size, offset);
    saved = errno;
    if (ours && done > 0) note(OP_WRITE, path, "", data, done, offset);
    errno = saved;
    return done;
}

ssize_t write(int descriptor, const void *data, size_t size) { return write_to(descriptor, data, size, 0, 1); }
ssize_t pwrite(int descriptor, const void *data, size_t size, off_t at) {
    return write_to(descriptor, data, size, at, 0);
}
ssize_t pwrite64(int descriptor, const void *data, size_t size, off64_t at) {
    return write_to(descriptor, data, size, at, 0);
}

static int truncate_to(int descriptor, off64_t size) {
    char path[PATH_MAX];
    int ours = path_of(descriptor, path), done;
    if (ours) before(path);
    done = syscall(SYS_ftruncate, descriptor, size);
    if (ours && !done) note(OP_TRUNCATE, path, "", "", 0, size);
    return done;
}
int ftruncate(int descriptor, off_t size) { return truncate_to(descriptor, size); }
int ftruncate64(int descriptor, off64_t size) { return truncate_to(descriptor, size); }

static int sync_to(int descriptor, long number) {
    char path[PATH_MAX];
    int ours = path_of(descriptor, path), done;
    if (ours) before(path);
    done = syscall(number, descriptor);
    if (ours && !done) note(OP_SYNC, path, "", "", 0, 0);
    return done;
}
int fsync(int descriptor) { return sync_to(descriptor, SYS_fsync); }
int fdatasync(int descriptor) { return sync_to(descriptor, SYS_fdatasync); }

static int remove_at(int where, const char *name, int flags) {
    int ours = watched(name), done;
    if (ours) before(name);
    done = syscall(SYS_unlinkat, where, name, flags);
    if (ours && !done) note(OP_UNLINK, name, "", "", 0, 0);
    return done;
}
int unlink(const char *name) { return remove_at(AT_FDCWD, name, 0); }
int unlinkat(int where, const char *name, int flags) { return remove_at(where, name, flags); }

int renameat(int from_where, const char *from, int to_where, const char *to) {
    int ours = watched(from) || watched(to), done;
    if (ours) before(from);
    done = syscall(SYS_renameat, from_where, from, to_where, to);
    if (ours && !done) note(OP_RENAME, from, to, "", 0, 0);
    return done;
}
int rename(const char *from, const char *to) { return renameat(AT_FDCWD, from, AT_FDCWD, to); }
