"""What the benchmarks share: a lab of their own, load, CPU by process, the reference, and arithmetic."""
