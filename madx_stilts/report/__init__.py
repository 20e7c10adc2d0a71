"""What is made of scores and predictions: XTREME submissions."""
