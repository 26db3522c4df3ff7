/* SQLite's own interface; the guest image links it statically. */
#include <sqlite3.h>
