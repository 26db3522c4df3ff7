#include "CLinuxOptions.h"

#include <getopt.h>
#include <stdlib.h>

void rc_options_begin(void)
{
    // 0 in place of 1 makes glibc forget where it stood in a group of short options.
    optind = 0;
    opterr = 0;
}

struct rc_option_match rc_options_next(int argc, char **argv, const struct rc_option *options, size_t count,
                                       int in_order)
{
    struct option table[RC_OPTIONS_MAX + 1] = {{0}};
    struct rc_option_match match = {.option = -2};
    if (count > RC_OPTIONS_MAX) abort();
    for (size_t index = 0; index < count; index++)
        table[index] = (struct option){.name = options[index].name, .has_arg = options[index].takes_value};
    optarg = NULL;
    int found = -1;
    int result = getopt_long(argc, argv, in_order ? "+:" : ":", table, &found);
    if (result == -1) match.option = -1;
    if (result == 0) match.option = found;
    if (result == ':') match.option = -3;
    match.value = optarg;
    match.next = optind;
    return match;
}
