// ISA-L, imported as it is: CRC32C by the processor's own instruction where it has one.
#include <isa-l/crc.h>
