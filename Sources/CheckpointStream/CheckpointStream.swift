// CheckpointStream
