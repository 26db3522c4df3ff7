// Heartbeat
