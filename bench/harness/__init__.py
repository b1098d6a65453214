"""The parts of the benchmark: processes, balancers, load, rows, report."""
