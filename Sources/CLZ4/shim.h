// liblz4, imported as it is: blocks, with a state that is made once.
#include <lz4.h>
