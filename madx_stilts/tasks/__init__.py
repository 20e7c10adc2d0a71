"""Every task there is, in plain sight. A new one is a value in one of these files and a name in this list."""

from madx_stilts.registry import Registry
from madx_stilts.tasks.commonsense import (
    BALANCED_COPA,
    COMMONSENSE_QA,
    COPA,
    COSMOS_QA,
    HELLASWAG,
    JCOMMONSENSEQA,
    SIQA,
    XCOPA,
)
from madx_stilts.tasks.entities import MASAKHANER, PANX
from madx_stilts.tasks.nli import ANLI, ANLI_PLUS, MNLI, SNLI, XNLI
from madx_stilts.tasks.nli_native import AMERICAS_NLI, CMNLI, FARSTAIL, INDONLI, JNLI, KLUE_NLI, OCNLI
from madx_stilts.tasks.paraphrase import PAWS_X, QQP
from madx_stilts.tasks.qa import MLQA, SQUAD_V1, SQUAD_V2, TYDIQA_GOLDP, XQUAD
from madx_stilts.tasks.qa_native import CMRC2018, DRCD, GERMANQUAD, JSQUAD, KORQUAD, SBERQUAD, SQUAD_ES
from madx_stilts.tasks.retrieval import BUCC2018, LAREQA_TASK, MEWSLI_X_TASK, TATOEBA_TASK
from madx_stilts.tasks.syntax import CCG, UDPOS
from madx_stilts.tasks.task import Task

__all__ = ["TASKS"]

TASKS: Registry[Task] = Registry("task")

for _task in (
    *(MNLI, SNLI, ANLI, ANLI_PLUS, XNLI),
    *(OCNLI, CMNLI, KLUE_NLI, FARSTAIL, JNLI, INDONLI, AMERICAS_NLI),
    *(QQP, PAWS_X),
    *(HELLASWAG, COSMOS_QA, COMMONSENSE_QA, JCOMMONSENSEQA, SIQA, COPA, BALANCED_COPA, XCOPA),
    *(SQUAD_V1, SQUAD_V2, XQUAD, MLQA, TYDIQA_GOLDP),
    *(SQUAD_ES, JSQUAD, KORQUAD, CMRC2018, DRCD, SBERQUAD, GERMANQUAD),
    *(PANX, MASAKHANER, UDPOS, CCG),
    *(BUCC2018, TATOEBA_TASK, LAREQA_TASK, MEWSLI_X_TASK),
):
    TASKS.add(_task.name, _task, owner=__name__)
