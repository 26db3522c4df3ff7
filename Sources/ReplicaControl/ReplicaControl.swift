// ReplicaControl
