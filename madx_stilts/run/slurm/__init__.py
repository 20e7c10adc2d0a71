"""What the Slurm engine is made of: what jobs ask for, do and tell, and what Slurm knows of them."""
