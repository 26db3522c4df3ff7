#include "CXenCtrl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <xen/hvm/hvm_op.h>
#include <xencall.h>
#include <xentoollog.h>

_Static_assert(sizeof(xen_cpuid_leaf_t) == 24, "the X86_CPUID_POLICY record holds leaves of 24 bytes");
_Static_assert(sizeof(xen_msr_entry_t) == 16, "the X86_MSR_POLICY record holds entries of 16 bytes");
_Static_assert(XC_PAGE_SIZE == 4096, "frames are 4096 bytes");
_Static_assert(sizeof(xen_pfn_t) == sizeof(uint64_t), "frame numbers are 64 bits");

xc_interface *rxc_open(struct xentoollog_logger **logger)
{
    xentoollog_logger_stdiostream *stream = xtl_createlogger_stdiostream(stderr, XTL_ERROR, 0);
    if (!stream) return NULL;
    *logger = (struct xentoollog_logger *)stream;
    xc_interface *handle = xc_interface_open(*logger, *logger, 0);
    if (!handle) {
        int error = errno;
        xtl_logger_destroy(*logger);
        *logger = NULL;
        errno = error;
    }
    return handle;
}

void rxc_close(xc_interface *handle, struct xentoollog_logger *logger)
{
    xc_interface_close(handle);
    xtl_logger_destroy(logger);
}

int rxc_version(xc_interface *handle, uint32_t *version)
{
    int result = xc_version(handle, XENVER_version, NULL);
    if (result < 0) return -errno;
    *version = (uint32_t)result;
    return 0;
}

int rxc_version_extra(xc_interface *handle, char extra[16])
{
    xen_extraversion_t text;
    _Static_assert(sizeof text == 16, "Xen's extra version has 16 bytes");
    if (xc_version(handle, XENVER_extraversion, &text) < 0) return -errno;
    memcpy(extra, text, sizeof text);
    extra[15] = 0;
    return 0;
}

int rxc_buffer_allocate(xc_interface *handle, struct rxc_buffer *memory, int pages)
{
    memset(memory, 0, sizeof *memory);
    if (!xc__hypercall_buffer_alloc_pages(handle, &memory->buffer, pages)) return errno ? -errno : -ENOMEM;
    memory->pages = pages;
    memset(memory->buffer.hbuf, 0, (size_t)pages * XC_PAGE_SIZE);
    return 0;
}

void rxc_buffer_free(xc_interface *handle, struct rxc_buffer *memory)
{
    if (memory->pages) xc__hypercall_buffer_free_pages(handle, &memory->buffer, memory->pages);
    memory->pages = 0;
}

void *rxc_buffer_address(const struct rxc_buffer *memory) { return memory->buffer.hbuf; }

long long rxc_dirty_log_clean(xc_interface *handle, uint32_t domain, struct rxc_buffer *bitmap, unsigned long frames,
                              int final, uint32_t *faults, uint32_t *dirty)
{
    xc_shadow_op_stats_t stats = {0};
    long long covered =
        xc_logdirty_control(handle, domain, XEN_DOMCTL_SHADOW_OP_CLEAN, &bitmap->buffer, frames,
                            final ? XEN_DOMCTL_SHADOW_LOGDIRTY_FINAL : 0, &stats);
    if (covered < 0) return -errno;
    *faults = stats.fault_count;
    *dirty = stats.dirty_count;
    return covered;
}

int rxc_dirty_log_count(xc_interface *handle, uint32_t domain, uint32_t *dirty)
{
    // Without a bitmap and without pages Xen only tells what it has counted.
    struct xen_domctl command = {.cmd = XEN_DOMCTL_shadow_op, .domain = (domid_t)domain};
    command.u.shadow_op.op = XEN_DOMCTL_SHADOW_OP_PEEK;
    set_xen_guest_handle(command.u.shadow_op.dirty_bitmap, HYPERCALL_BUFFER_NULL);
    if (xc_domctl(handle, &command) < 0) return -errno;
    *dirty = command.u.shadow_op.stats.dirty_count;
    return 0;
}

int rxc_frame_types(xc_interface *handle, uint32_t domain, unsigned count, struct rxc_buffer *frames)
{
    xc_hypercall_buffer_t *array = &frames->buffer;
    DECLARE_HYPERCALL_BUFFER_ARGUMENT(array);
    struct xen_domctl command = {
        .cmd = XEN_DOMCTL_getpageframeinfo3, .domain = (domid_t)domain};
    command.u.getpageframeinfo3.num = count;
    set_xen_guest_handle(command.u.getpageframeinfo3.array, array);
    return xc_domctl(handle, &command) < 0 ? -errno : 0;
}

// A domctl as it lies in memory that Xen may use itself; libxenctrl would copy it there, and its buffers, for each call.
static void prepare_domctl(struct xen_domctl *command, uint32_t domain, uint32_t number)
{
    memset(command, 0, sizeof *command);
    command->cmd = number;
    command->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    command->domain = (domid_t)domain;
}

static multicall_entry_t domctl_entry(const struct xen_domctl *command)
{
    return (multicall_entry_t){.op = __HYPERVISOR_domctl, .args = {(uintptr_t)command}};
}

long rxc_hvm_context_size(xc_interface *handle, uint32_t domain)
{
    struct xen_domctl command = {.cmd = XEN_DOMCTL_gethvmcontext, .domain = (domid_t)domain};
    set_xen_guest_handle(command.u.hvmcontext.buffer, HYPERCALL_BUFFER_NULL);
    return xc_domctl(handle, &command) < 0 ? -errno : (long)command.u.hvmcontext.size;
}

struct state_workspace {
    struct xen_domctl tsc, context;
    struct xen_hvm_param parameters[RXC_PARAMETERS];
    multicall_entry_t calls[RXC_STATE_PARAMETERS + RXC_PARAMETERS];
};

size_t rxc_state_workspace_size(void) { return sizeof(struct state_workspace); }

int rxc_read_state(xc_interface *handle, uint32_t domain, struct rxc_buffer *workspace, struct rxc_buffer *context,
                   const uint32_t *parameters, uint64_t *values, size_t count, struct rxc_guest_state *state,
                   int *failed)
{
    *failed = RXC_STATE_ALL;
    if (count > RXC_PARAMETERS) return -E2BIG;
    struct state_workspace *work = rxc_buffer_address(workspace);
    prepare_domctl(&work->tsc, domain, XEN_DOMCTL_gettscinfo);
    work->calls[RXC_STATE_COUNTER] = domctl_entry(&work->tsc);
    prepare_domctl(&work->context, domain, XEN_DOMCTL_gethvmcontext);
    work->context.u.hvmcontext.size = (uint32_t)context->pages * XC_PAGE_SIZE;
    set_xen_guest_handle_raw(work->context.u.hvmcontext.buffer, rxc_buffer_address(context));
    work->calls[RXC_STATE_CONTEXT] = domctl_entry(&work->context);
    for (size_t index = 0; index < count; index++) {
        work->parameters[index] = (struct xen_hvm_param){.domid = (domid_t)domain, .index = parameters[index]};
        work->calls[RXC_STATE_PARAMETERS + index] = (multicall_entry_t){
            .op = __HYPERVISOR_hvm_op, .args = {HVMOP_get_param, (uintptr_t)&work->parameters[index]}};
    }
    // Xen does the calls one after the other, all of them, and notes each one's result.
    if (xencall2(xc_interface_xcall_handle(handle), __HYPERVISOR_multicall, (uintptr_t)work->calls,
                 RXC_STATE_PARAMETERS + count) < 0)
        return -errno;
    for (size_t index = 0; index < RXC_STATE_PARAMETERS + count; index++) {
        if ((long)work->calls[index].result >= 0) continue;
        *failed = (int)index;
        return (int)(long)work->calls[index].result;
    }
    *state = (struct rxc_guest_state){
        .tsc_mode = work->tsc.u.tsc_info.tsc_mode,
        .tsc_kilohertz = work->tsc.u.tsc_info.gtsc_khz,
        .tsc_incarnation = work->tsc.u.tsc_info.incarnation,
        .tsc_nanoseconds = work->tsc.u.tsc_info.elapsed_nsec,
        .context_size = work->context.u.hvmcontext.size};
    for (size_t index = 0; index < count; index++) values[index] = work->parameters[index].value;
    return 0;
}

struct resume_workspace {
    struct xen_domctl command;
    vcpu_guest_context_any_t registers;
};

size_t rxc_resume_workspace_size(void) { return sizeof(struct resume_workspace); }

static int domctl_in_place(xc_interface *handle, const struct xen_domctl *command)
{
    return xencall1(xc_interface_xcall_handle(handle), __HYPERVISOR_domctl, (uintptr_t)command) < 0 ? -errno : 0;
}

int rxc_resume(xc_interface *handle, uint32_t domain, struct rxc_buffer *workspace, uint64_t *released)
{
    struct resume_workspace *work = rxc_buffer_address(workspace);
    prepare_domctl(&work->command, domain, XEN_DOMCTL_getvcpucontext);
    set_xen_guest_handle_raw(work->command.u.vcpucontext.ctxt, &work->registers.c);
    int result = domctl_in_place(handle, &work->command);
    if (result < 0) return result;
    // The suspend hypercall's result. A guest that is restored elsewhere finds 0 there, and builds its devices anew.
    work->registers.x64.user_regs.rax = 1;
    work->command.cmd = XEN_DOMCTL_setvcpucontext;
    result = domctl_in_place(handle, &work->command);
    if (result < 0) return result;

    prepare_domctl(&work->command, domain, XEN_DOMCTL_resumedomain);
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    *released = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    return domctl_in_place(handle, &work->command);
}

// Each of Xen's schedulers with caps has a call of its own, and Xen answers EINVAL to that of another than the domain's own:
// so it is found out which one that is. Without a wanted cap nothing is set.
static int exchange_cap(xc_interface *handle, uint32_t domain, const uint16_t *wanted, uint16_t *found)
{
    struct xen_domctl_sched_credit2 second;
    if (xc_sched_credit2_domain_get(handle, domain, &second) == 0) {
        *found = second.cap;
        if (!wanted) return 0;
        second.cap = *wanted;
        return xc_sched_credit2_domain_set(handle, domain, &second) < 0 ? -errno : 0;
    }
    if (errno != EINVAL) return -errno;
    struct xen_domctl_sched_credit first;
    if (xc_sched_credit_domain_get(handle, domain, &first) == 0) {
        *found = first.cap;
        if (!wanted) return 0;
        first.cap = *wanted;
        return xc_sched_credit_domain_set(handle, domain, &first) < 0 ? -errno : 0;
    }
    return errno == EINVAL ? -EOPNOTSUPP : -errno;
}

int rxc_cap_get(xc_interface *handle, uint32_t domain, uint16_t *cap) { return exchange_cap(handle, domain, NULL, cap); }

int rxc_cap_set(xc_interface *handle, uint32_t domain, uint16_t cap)
{
    uint16_t before;
    return exchange_cap(handle, domain, &cap, &before);
}

int rxc_reserve_address_space(size_t length, void **address)
{
    void *mapping = mmap(NULL, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (mapping == MAP_FAILED) return -errno;
    *address = mapping;
    return 0;
}

void rxc_release_address_space(void *address, size_t length) { munmap(address, length); }

// A failed map2 unmaps its range; the reservation is put back so that nothing else may move in there.
static void reserve_again(void *address, size_t length)
{
    mmap(address, length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
}

int rxc_map_frames(xenforeignmemory_handle *handle, uint32_t domain, void *address, uint64_t first, size_t count,
                   xen_pfn_t *frames, int *errors)
{
    for (size_t index = 0; index < count; index++) frames[index] = first + index;
    void *mapping = xenforeignmemory_map2(handle, domain, address, PROT_READ, MAP_FIXED, count, frames, errors);
    if (!mapping) {
        int error = errno;
        reserve_again(address, count * XC_PAGE_SIZE);
        return -error;
    }
    for (size_t index = 0; index < count; index++) {
        if (errors[index]) {
            int error = errors[index] < 0 ? errors[index] : -errors[index];
            reserve_again(address, count * XC_PAGE_SIZE);
            return error;
        }
    }
    return 0;
}

int rxc_frame_has_contents(uint64_t type)
{
    switch (type & XEN_DOMCTL_PFINFO_LTAB_MASK) {
    case XEN_DOMCTL_PFINFO_XTAB:
    case XEN_DOMCTL_PFINFO_XALLOC:
    case XEN_DOMCTL_PFINFO_BROKEN:
        return 0;
    default:
        return 1;
    }
}
