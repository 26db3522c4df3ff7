// ReplicaControl: the only module that joins the others: protocol decisions, the epoch loop, the backup, and the
// operator's side (configuration, control socket, commands).
