"""The main job on the embedded default, and what tests and benchmarks take as the smallest real parts."""
