"""A small constructed world, the languages spoken in it, and every task's data made from both.

Nothing here is about the real world, and none of its languages exists. From a seed follow kinds and places, verbs and
their opposites, people and their names (`world`). A meaning (`meaning`) is said in each language by its own words and
its own grammar (`lexicon`, `grammar`), so every label is gold, and every data set is parallel, by construction.
`build` writes the data sets in the layout of the real ones.
"""
