// The parts of libxenctrl, libxenguest, libxenforeignmemory, libxenevtchn and libxenstore (Xen 4.17) that Swift cannot
// call itself: statement-expression macros and hypercall buffers. Functions return 0 or a value, or -errno. No policy
// lives here. None of these libraries has a stable ABI over Xen releases, except the last three.
#ifndef REPLICA_CXENCTRL_H
#define REPLICA_CXENCTRL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <xenctrl.h>
#include <xenevtchn.h>
#include <xenforeignmemory.h>
#include <xenguest.h>
#include <xenstore.h>
#include <xen/hvm/params.h>

/// Opens libxenctrl with a logger of its own that writes errors to standard error; NULL with errno set.
/// The logger is stored in `*logger`, for rxc_close.
xc_interface *rxc_open(struct xentoollog_logger **logger);
/// Closes what rxc_open opened.
void rxc_close(xc_interface *handle, struct xentoollog_logger *logger);
/// The running hypervisor's version, major in the high 16 bits. Returns 0, or -errno.
int rxc_version(xc_interface *handle, uint32_t *version);
/// The "extra" part of the version, for instance ".7". Returns 0, or -errno.
int rxc_version_extra(xc_interface *handle, char extra[16]);

/// Memory that Xen may write to, allocated once and used for many hypercalls.
struct rxc_buffer {
    xc_hypercall_buffer_t buffer;
    int pages;
};
/// Allocates `pages` pages of 4096 bytes, zeroed. Returns 0, or -errno.
int rxc_buffer_allocate(xc_interface *handle, struct rxc_buffer *memory, int pages);
/// Frees what rxc_buffer_allocate allocated.
void rxc_buffer_free(xc_interface *handle, struct rxc_buffer *memory);
/// The memory's address.
void *rxc_buffer_address(const struct rxc_buffer *memory);

/// Fetches the log-dirty bitmap of `frames` frames and clears it. Returns the frames covered, or -errno.
long long rxc_dirty_log_clean(xc_interface *handle, uint32_t domain, struct rxc_buffer *bitmap, unsigned long frames,
                              int final, uint32_t *faults, uint32_t *dirty);
/// How many frames the log-dirty mode has noted since the log was last cleaned; clears nothing. Returns 0, or -errno.
int rxc_dirty_log_count(xc_interface *handle, uint32_t domain, uint32_t *dirty);
/// The types of up to 1024 frames, each replaced in place by its XEN_DOMCTL_PFINFO_* value. Returns 0, or -errno.
int rxc_frame_types(xc_interface *handle, uint32_t domain, unsigned count, struct rxc_buffer *frames);
/// The size of a domain's HVM context in bytes, or -errno.
long rxc_hvm_context_size(xc_interface *handle, uint32_t domain);

/// What is read of a suspended guest besides its memory and its dirty log.
struct rxc_guest_state {
    /// The time stamp counter's base.
    uint32_t tsc_mode, tsc_kilohertz, tsc_incarnation;
    uint64_t tsc_nanoseconds;
    /// Bytes of the HVM context.
    uint32_t context_size;
};
/// The most HVM parameters that one rxc_read_state reads.
enum { RXC_PARAMETERS = 16 };
/// Which of rxc_read_state's calls failed: all of them together, one of these, or RXC_STATE_PARAMETERS and more, which
/// is the parameter of that place.
enum { RXC_STATE_ALL = -1, RXC_STATE_COUNTER = 0, RXC_STATE_CONTEXT = 1, RXC_STATE_PARAMETERS = 2 };
/// The bytes of memory that rxc_read_state and rxc_resume work in, each.
size_t rxc_state_workspace_size(void);
size_t rxc_resume_workspace_size(void);
/// Reads the counter, the HVM context into `context`, and the values of `count` HVM parameters, in one call into Xen.
/// Returns 0, or -errno of the call that failed, whose index `*failed` is then.
int rxc_read_state(xc_interface *handle, uint32_t domain, struct rxc_buffer *workspace, struct rxc_buffer *context,
                   const uint32_t *parameters, uint64_t *values, size_t count, struct rxc_guest_state *state,
                   int *failed);

/// Lets a suspended HVM-container guest with Xen drivers run on, its suspend call answered with "cancelled".
/// `*released` is CLOCK_MONOTONIC nanoseconds right before the guest may run. Returns 0, or -errno.
int rxc_resume(xc_interface *handle, uint32_t domain, struct rxc_buffer *workspace, uint64_t *released);

/// The cap that Xen's scheduler keeps a domain to, in percent of one processor; 0 stands for none.
/// Returns 0, -EOPNOTSUPP under a scheduler without caps, or -errno.
int rxc_cap_get(xc_interface *handle, uint32_t domain, uint16_t *cap);
/// Sets the cap and leaves the weight as it is. Returns as rxc_cap_get.
int rxc_cap_set(xc_interface *handle, uint32_t domain, uint16_t cap);

/// Reserves address space without memory behind it. Returns 0, or -errno.
int rxc_reserve_address_space(size_t length, void **address);
/// Gives back reserved address space and every mapping in it.
void rxc_release_address_space(void *address, size_t length);
/// Maps `count` consecutive frames from `first` read-only over reserved address space.
/// `frames` and `errors` are scratch of `count` elements. Returns 0, or -errno of the first frame that failed.
int rxc_map_frames(xenforeignmemory_handle *handle, uint32_t domain, void *address, uint64_t first, size_t count,
                   xen_pfn_t *frames, int *errors);
/// Whether a type of rxc_frame_types stands for a frame with contents to send.
int rxc_frame_has_contents(uint64_t type);

#endif
