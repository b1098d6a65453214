"""What the runner of faults is made of."""
