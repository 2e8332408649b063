"""Five phases, one spike, one report: what `scripts/lab evolve` runs (see docs/evolution.md)."""
