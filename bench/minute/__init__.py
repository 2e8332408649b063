"""The on-sale itself: what `scripts/lab minute` runs (see docs/minute.md)."""
