// ISA-L, imported as it is: CRC32C by the processor's own instruction where it has one.
#include <isa-l/crc.h>

// What Swift has no word for. A function of its own, so that no caller keeps anything in what it clears.
__attribute__((noinline, target("avx"))) static void rc_clear_upper_halves(void) { __builtin_ia32_vzeroupper(); }

/// Ends the use of wide registers. ISA-L leaves their upper halves filled, and as long as they are, code for plain x86-64
/// waits in every instruction of 16 bytes for the one before that wrote the same register.
static inline void rc_end_wide_registers(void)
{
    if (__builtin_cpu_supports("avx")) rc_clear_upper_halves();
}
