"""What the runner of changes is made of."""
