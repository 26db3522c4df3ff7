// Telemetry: what a running service tells the outside: messages to the journal, states to the service manager.
