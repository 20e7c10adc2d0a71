"""Predictions in the layout that XTREME and XTREME-R take as a submission."""

from pathlib import Path
from typing import Any

from madx_stilts.errors import DataError, UsageError
from madx_stilts.files import write_whole
from madx_stilts.report.layout import LAYOUTS


def write_language(folder: Path, task_name: str, language: str, predictions: Any) -> Path:
    """Write the predictions for the test set of one language, replacing earlier ones.

    What `predictions` must be depends on the task. All but answers, rankings and pairs stand in the order of the test
    set, with none left out.

    - xnli, paws_x: labels, such as ``["neutral"]`` and ``["0", "1"]``
    - udpos, panx: the tags of each sentence, one for each token
    - xquad, mlqa, tydiqa_goldp: the text of the answer by question id
    - bucc2018: pairs of ids, ours and the English one
    - tatoeba: for each English sentence its translation's line in the other file, from 0
    - xcopa: 0 or 1
    - mewsli_x, lareqa: the ids found by query id, the best first; 20 count

    Args:
        folder: Of the whole submission.
        task_name: Our name for the task.
        language: Its code.
        predictions: As above.

    Returns:
        The file.

    Raises:
        UnknownName: The task is in neither benchmark.
        UsageError: The task does not have the language.
        DataError: The predictions have another shape, or there are none.
        StorageError: The file cannot be written.
    """
    layout = LAYOUTS[task_name]
    known = sorted({code for codes in layout.languages.values() for code in codes})
    if language not in known:
        raise UsageError(f"{task_name} is not submitted in {language}.", hint=f"It has: {', '.join(known)}.")
    try:
        text = layout.kind.write(predictions)
    except (ValueError, TypeError, AttributeError) as error:
        raise DataError(f"Predictions of {task_name} in {language} cannot be submitted: {error}.") from error
    path = layout.file(folder, language)
    write_whole(path, text)
    return path
