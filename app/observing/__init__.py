"""What operators see: what a request is known by, logs, metrics and traces."""
