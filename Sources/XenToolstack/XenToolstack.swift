// XenToolstack
