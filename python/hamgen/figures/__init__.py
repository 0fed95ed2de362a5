"""What scripts/figures.py and scripts/plot_training.py draw. Needs matplotlib."""
