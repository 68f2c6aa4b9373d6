/* Fails the n-th write or sync of files whose path holds "profile.sqlite", as a dying disk does. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static long remaining = -1;

void fail_at(long call) { remaining = call; }
long calls_left(void) { return remaining; }

static int is_ours(int descriptor) {
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return strstr(path, "profile.sqlite") != NULL && strstr(path, "-head") == NULL;
}

static int fails(int descriptor) {
    if (remaining < 0 || !is_ours(descriptor)) return 0;
    if (remaining > 0) { remaining--; return 0; }
    errno = EIO;
    return 1;
}

#define REAL(name, type) static type real; if (!real) real = (type)dlsym(RTLD_NEXT, name)

typedef ssize_t (*pwrite_type)(int, const void *, size_t, off_t);
ssize_t pwrite(int d, const void *b, size_t n, off_t o) { REAL("pwrite", pwrite_type); return fails(d) ? -1 : real(d, b, n, o); }
ssize_t pwrite64(int d, const void *b, size_t n, off_t o) { REAL("pwrite64", pwrite_type); return fails(d) ? -1 : real(d, b, n, o); }
typedef ssize_t (*write_type)(int, const void *, size_t);
ssize_t write(int d, const void *b, size_t n) { REAL("write", write_type); return fails(d) ? -1 : real(d, b, n); }
typedef int (*sync_type)(int);
int fsync(int d) { REAL("fsync", sync_type); return fails(d) ? -1 : real(d); }
int fdatasync(int d) { REAL("fdatasync", sync_type); return fails(d) ? -1 : real(d); }
