"""The runner: a plan's jobs, each done once, by workers in this process or in others."""
