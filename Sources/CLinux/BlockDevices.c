#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/loop.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

int rc_memory_file(const char *name, uint64_t bytes)
{
    int file = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (file < 0) return -errno;
    if (ftruncate(file, (off_t)bytes) < 0 || fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) < 0) {
        int error = errno;
        close(file);
        return -error;
    }
    return file;
}

int rc_punch_hole(int file, uint64_t bytes)
{
    return fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, (off_t)bytes) < 0 ? -errno : 0;
}

int rc_loop_free(int control)
{
    int number = ioctl(control, LOOP_CTL_GET_FREE);
    return number < 0 ? -errno : number;
}

int rc_loop_configure(int loop, int file)
{
    struct loop_config configuration;
    memset(&configuration, 0, sizeof configuration);
    configuration.fd = (uint32_t)file;
    configuration.info.lo_flags = LO_FLAGS_AUTOCLEAR;
    return ioctl(loop, LOOP_CONFIGURE, &configuration) < 0 ? -errno : 0;
}

int rc_block_device_number(const char *path, uint32_t *major_number, uint32_t *minor_number)
{
    struct stat found;
    if (stat(path, &found) < 0) return -errno;
    if (!S_ISBLK(found.st_mode)) return -ENOTBLK;
    *major_number = major(found.st_rdev);
    *minor_number = minor(found.st_rdev);
    return 0;
}

int rc_open_direct(const char *path)
{
    int file = open(path, O_RDWR | O_DIRECT | O_CLOEXEC);
    return file < 0 ? -errno : file;
}
