// glibc's getopt_long with its state in one place.
#ifndef REPLICA_CLINUX_OPTIONS_H
#define REPLICA_CLINUX_OPTIONS_H

#include <stddef.h>

/// The most options that one scan may know.
#define RC_OPTIONS_MAX 16

/// One long option.
struct rc_option {
    /// Without the dashes. Must live as long as the scan.
    const char *name;
    /// 1 when a value follows.
    int takes_value;
};

/// What one step of a scan found.
struct rc_option_match {
    /// The index of the option; -1 at the end of the scan, -2 for a wrong option, -3 for one without its value.
    int option;
    /// The value, which points into the argument; NULL without one.
    const char *value;
    /// The index of the first argument that was not looked at.
    int next;
};

/// Begins a scan of `argv`, where `argv[0]` is passed over. Not for two scans at once.
void rc_options_begin(void);
/// Takes the next option. `options` are the same at each step. With `in_order` the scan ends at the first argument
/// that is no option; without, such arguments are moved to the end.
struct rc_option_match rc_options_next(int argc, char **argv, const struct rc_option *options, size_t count,
                                       int in_order);

#endif
