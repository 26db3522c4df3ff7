// What the toolstack helper process needs of libxenlight (Xen 4.17), which forks and takes SIGCHLD: used in that
// process only. Functions return 0, or libxl's negative error number; the cause goes to standard error as text.
#ifndef REPLICA_CXENLIGHT_H
#define REPLICA_CXENLIGHT_H

#include <stddef.h>
#include <stdint.h>

/// One libxl context with a logger on standard error.
struct rxl_session;

/// Opens a session; NULL when libxl refuses (no hypervisor, no xenstore, not root).
struct rxl_session *rxl_open(void);
/// Closes a session.
void rxl_close(struct rxl_session *session);
/// Libxl's configuration of a running domain, as JSON to be freed with rxl_free_text.
int rxl_describe(struct rxl_session *session, uint32_t domain, char **json);
/// Frees text of rxl_describe.
void rxl_free_text(char *text);
/// Destroys a domain with its devices and xenstore nodes.
int rxl_destroy(struct rxl_session *session, uint32_t domain);
/// Creates a paused domain from a checkpointed (Remus) stream; returns when the stream has ended and devices are there.
/// Libxl runs no script that does anything for the interfaces and disks at these places of the configuration's lists: their
/// host ends are the caller's to connect. Its books have a script that does nothing for them then.
int rxl_restore(struct rxl_session *session, const char *json, const char *name, int stream, const int32_t *nics,
                size_t nic_count, const int32_t *disks, size_t disk_count, uint32_t *domain);
/// Gives those devices the scripts of the configuration in libxl's books of the domain.
int rxl_put_scripts_back(struct rxl_session *session, uint32_t domain, const char *json, const int32_t *nics,
                         size_t nic_count, const int32_t *disks, size_t disk_count);
/// Creates a paused domain from its configuration, booted anew, with a number that libxl chooses.
int rxl_create(struct rxl_session *session, const char *json, uint32_t *domain);
/// Keeps a domain that has shut down under its name and a suffix, with a new UUID in libxl's books.
int rxl_set_aside(struct rxl_session *session, uint32_t domain, const char *name, const char *suffix);
/// Writes a domain's memory to a file.
int rxl_dump(struct rxl_session *session, uint32_t domain, const char *path);
/// Lets a paused domain run.
int rxl_unpause(struct rxl_session *session, uint32_t domain);
/// Renames a domain.
int rxl_rename(struct rxl_session *session, uint32_t domain, const char *old_name, const char *new_name);

#endif
