// libdevmapper in plain calls: its tasks, its log callback with a variable list of arguments and its flags for udev.
// Every function returns 0, or -errno. No policy lives here. libdevmapper is not for two threads at once.
#ifndef REPLICA_CDEVICEMAPPER_H
#define REPLICA_CDEVICEMAPPER_H

#include <stddef.h>
#include <stdint.h>

/// One line of a table.
struct rdm_target {
    /// In sectors of 512 bytes.
    uint64_t start;
    uint64_t length;
    /// Such as "linear".
    const char *type;
    const char *parameters;
};

/// What the kernel says of a device.
struct rdm_information {
    int exists;
    int suspended;
    int live_table;
    int inactive_table;
    int open_count;
    uint32_t major;
    uint32_t minor;
};

/// How udev and the library treat the device of a resume or a removal.
enum rdm_visibility {
    /// No node in /dev/mapper, and no rule looks into the device.
    RDM_HIDDEN,
    /// A node in /dev/mapper, made before the call returns; no rule looks into the device.
    RDM_NODE,
};

/// Takes one line of a table or of a status, or one name (with an empty type and no parameters).
typedef void (*rdm_sink)(void *context, const struct rdm_target *target);

/// Makes a device without a table.
int rdm_create(const char *name, const char *uuid);
/// Loads a table next to the live one.
int rdm_load(const char *name, const struct rdm_target *targets, size_t count);
/// Makes the loaded table live, if there is one, and lets I/O pass.
int rdm_resume(const char *name, enum rdm_visibility visibility);
/// Lets no more I/O pass, and waits for what is under way. File systems are not frozen.
int rdm_suspend(const char *name);
/// Removes a device.
int rdm_remove(const char *name, enum rdm_visibility visibility);
/// Asks for a device; one that is not there is no error.
int rdm_information(const char *name, struct rdm_information *information);
/// Reads the live table, line by line. The texts live as long as the call of the sink.
int rdm_table(const char *name, rdm_sink sink, void *context);
/// Reads the status, line by line. The texts live as long as the call of the sink.
int rdm_status(const char *name, rdm_sink sink, void *context);
/// Reads the names of all devices, as the types of targets.
int rdm_names(rdm_sink sink, void *context);
/// The last error that the library wrote about on this thread; empty after a call that went well.
const char *rdm_message(void);

#endif
