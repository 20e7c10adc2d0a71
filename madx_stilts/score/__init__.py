"""Evaluation of stacks: predictions and scores."""
