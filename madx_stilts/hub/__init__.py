"""Adapters given to others and taken from them: published folders, the hub, and what other people trained."""
