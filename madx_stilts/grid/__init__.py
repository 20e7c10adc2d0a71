"""The grid: what is asked for (cells), the fewest jobs that give it, and what they left (records). No torch."""
