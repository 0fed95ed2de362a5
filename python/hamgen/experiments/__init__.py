"""What scripts/experiments and scripts/reproduce share."""
