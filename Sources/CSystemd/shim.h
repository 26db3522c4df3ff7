// libsystemd, imported as it is: the journal and the notification protocol.
#include <systemd/sd-daemon.h>
#include <systemd/sd-journal.h>
