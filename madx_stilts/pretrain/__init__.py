"""Small backbones, trained from nothing on the text of the miniature world.

    plan ─► text (tongue: the tokenizer) ─► network (vectors: the dictionary) ─► course (objective, quality, kept)
         ─► shelf: a folder in the usual form

`work.pretrain` does it all.
"""
