// XenToolstack: everything that talks to Xen 4.17, its xenstore and libxl, and nothing about networks or epochs.
