"""The Python API. What `import madx_stilts` offers is defined here and imported from there."""
