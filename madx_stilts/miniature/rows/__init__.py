"""The data sets: what is drawn from the world for each, and the rows and files that say it in every language."""
