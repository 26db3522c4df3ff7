// libzstd, imported as it is: whole buffers, with a context that is made once.
#include <zstd.h>
