#include "CDeviceMapper.h"

#include <errno.h>
#include <libdevmapper.h>
#include <stdarg.h>
#include <stdio.h>

static __thread char last_message[256];

// The library writes to the standard output otherwise.
static void keep_error(int level, const char *file, int line, int code, const char *format, ...)
{
    (void)file, (void)line, (void)code;
    // As in <syslog.h>; the upper bits are flags of the library's own.
    const int error = 3;
    if ((level & 7) > error) return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(last_message, sizeof last_message, format, arguments);
    va_end(arguments);
}

static struct dm_task *begin(int type, const char *name)
{
    static int is_set_up;
    if (!is_set_up) {
        is_set_up = 1;
        dm_log_with_errno_init(keep_error);
        // Without this each task would wait for udev's rules, on a System V semaphore.
        dm_udev_set_sync_support(0);
        dm_set_name_mangling_mode(DM_STRING_MANGLING_NONE);
    }
    last_message[0] = 0;
    struct dm_task *task = dm_task_create(type);
    if (task && name && !dm_task_set_name(task, name)) {
        dm_task_destroy(task);
        return NULL;
    }
    return task;
}

static int run(struct dm_task *task)
{
    if (dm_task_run(task)) return 0;
    int code = dm_task_get_errno(task);
    return code ? -code : -EIO;
}

static int finish(struct dm_task *task, int result)
{
    dm_task_destroy(task);
    return result;
}

int rdm_create(const char *name, const char *uuid)
{
    struct dm_task *task = begin(DM_DEVICE_CREATE, name);
    if (!task) return -EINVAL;
    if (!dm_task_set_uuid(task, uuid)) return finish(task, -EINVAL);
    // The node is made at the resume, where it is wanted; here it would stand for a device that has no size.
    if (!dm_task_set_add_node(task, DM_ADD_NODE_ON_RESUME)) return finish(task, -EINVAL);
    return finish(task, run(task));
}

int rdm_load(const char *name, const struct rdm_target *targets, size_t count)
{
    struct dm_task *task = begin(DM_DEVICE_RELOAD, name);
    if (!task) return -EINVAL;
    for (size_t index = 0; index < count; index++) {
        const struct rdm_target *target = &targets[index];
        if (!dm_task_add_target(task, target->start, target->length, target->type, target->parameters))
            return finish(task, -ENOMEM);
    }
    return finish(task, run(task));
}

static int with_event(int type, const char *name, enum rdm_visibility visibility)
{
    struct dm_task *task = begin(type, name);
    if (!task) return -EINVAL;
    uint16_t flags = DM_UDEV_DISABLE_SUBSYSTEM_RULES_FLAG | DM_UDEV_DISABLE_DISK_RULES_FLAG |
                     DM_UDEV_DISABLE_OTHER_RULES_FLAG;
    if (visibility == RDM_HIDDEN) flags |= DM_UDEV_DISABLE_DM_RULES_FLAG | DM_UDEV_DISABLE_LIBRARY_FALLBACK;
    // Without synchronisation this sets the flags for the rules only; no semaphore comes of it.
    uint32_t cookie = 0;
    if (!dm_task_set_cookie(task, &cookie, flags)) return finish(task, -EINVAL);
    if (type == DM_DEVICE_RESUME &&
        (!dm_task_set_add_node(task, DM_ADD_NODE_ON_RESUME) || !dm_task_skip_lockfs(task)))
        return finish(task, -EINVAL);
    int result = finish(task, run(task));
    // The library keeps a list of nodes to make until it is told to.
    dm_task_update_nodes();
    return result;
}

int rdm_resume(const char *name, enum rdm_visibility visibility)
{
    return with_event(DM_DEVICE_RESUME, name, visibility);
}

int rdm_remove(const char *name, enum rdm_visibility visibility)
{
    return with_event(DM_DEVICE_REMOVE, name, visibility);
}

int rdm_suspend(const char *name)
{
    struct dm_task *task = begin(DM_DEVICE_SUSPEND, name);
    if (!task) return -EINVAL;
    if (!dm_task_skip_lockfs(task)) return finish(task, -EINVAL);
    return finish(task, run(task));
}

int rdm_information(const char *name, struct rdm_information *information)
{
    struct dm_task *task = begin(DM_DEVICE_INFO, name);
    if (!task) return -EINVAL;
    int result = run(task);
    struct dm_info found;
    if (!result && !dm_task_get_info(task, &found)) result = -EIO;
    if (!result)
        *information = (struct rdm_information){
            .exists = found.exists,
            .suspended = found.suspended,
            .live_table = found.live_table,
            .inactive_table = found.inactive_table,
            .open_count = found.open_count,
            .major = found.major,
            .minor = found.minor,
        };
    return finish(task, result);
}

static int lines(int type, const char *name, rdm_sink sink, void *context)
{
    struct dm_task *task = begin(type, name);
    if (!task) return -EINVAL;
    int result = run(task);
    struct dm_info found;
    if (!result && !dm_task_get_info(task, &found)) result = -EIO;
    if (!result && !found.exists) result = -ENXIO;
    void *next = NULL;
    while (!result) {
        struct rdm_target target = {0};
        char *kind = NULL, *parameters = NULL;
        next = dm_get_next_target(task, next, &target.start, &target.length, &kind, &parameters);
        target.type = kind;
        target.parameters = parameters;
        if (kind) sink(context, &target);
        if (!next) break;
    }
    return finish(task, result);
}

int rdm_table(const char *name, rdm_sink sink, void *context)
{
    return lines(DM_DEVICE_TABLE, name, sink, context);
}

int rdm_status(const char *name, rdm_sink sink, void *context)
{
    return lines(DM_DEVICE_STATUS, name, sink, context);
}

int rdm_names(rdm_sink sink, void *context)
{
    struct dm_task *task = begin(DM_DEVICE_LIST, NULL);
    if (!task) return -EINVAL;
    int result = run(task);
    const struct dm_names *names = result ? NULL : dm_task_get_names(task);
    if (names && !names->dev) names = NULL;
    while (names) {
        struct rdm_target target = {.type = names->name, .parameters = ""};
        sink(context, &target);
        names = names->next ? (const struct dm_names *)((const char *)names + names->next) : NULL;
    }
    return finish(task, result);
}

const char *rdm_message(void) { return last_message; }
