"""Masked language modelling, the task of language adapters (MAD-X, arXiv 2005.00052)."""

from madx_stilts.languages import LANGUAGES
from madx_stilts.stack import Role
from madx_stilts.tasks.task import Task

MASKED_LM = Task(
    name="masked_lm",
    format="text",
    roles=(Role.LANGUAGE,),
    languages=tuple(LANGUAGES),
    metrics=("accuracy", "loss"),
    licence="that of the text",
    citation="Devlin et al. 2019, arXiv 1810.04805; Pfeiffer et al. 2020, arXiv 2005.00052",
    note="Its text is named when a language adapter is trained.",
)
