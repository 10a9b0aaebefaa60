"""Fine-tuning: what both ways of training share, and the two ways (`workers` on a CPU, `packed` on a GPU)."""
