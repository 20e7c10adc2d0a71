"""What is made of scores and predictions: XTREME submissions, and the report of a grid."""
