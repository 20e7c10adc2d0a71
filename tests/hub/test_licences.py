"""The licence of an adapter follows from those of its data, and is never claimed where they do not agree."""

import pytest

from madx_stilts.hub.licences import licence_key
from madx_stilts.tasks import TASKS


@pytest.mark.parametrize(
    ("licences", "key"),
    [
        (["CC-BY-SA-4.0"], "cc-by-sa-4.0"),
        (["CC-BY-SA-4.0; CC-BY-4.0"], "cc-by-sa-4.0"),
        (["CC-BY-SA-4.0", "CC-BY-4.0", "MIT"], "cc-by-sa-4.0"),
        (["CC-BY-NC-4.0", "CC-BY-4.0"], "cc-by-nc-4.0"),
        (["CC-BY-NC-4.0", "CC-BY-SA-4.0"], "other"),
        (["CC-BY-SA-3.0", "CC-BY-SA-4.0"], "other"),
        (["MIT", "Apache-2.0"], "other"),
        (["CC0-1.0", "MIT"], "mit"),
        (["CC0-1.0"], "cc0-1.0"),
        (["MIT", "Quora's terms"], "other"),
        (["not stated"], "other"),
        ([""], "other"),
        ([], "other"),
        (["constructed, Apache-2.0 like the package"], "apache-2.0"),
    ],
)
def test_the_key_is_one_that_all_data_allow(licences: list[str], key: str) -> None:
    assert licence_key(licences) == key


def test_every_licence_of_a_task_gives_a_key() -> None:
    keys = {task.name: licence_key([task.licence]) for task in TASKS.values()}
    assert keys["snli"] == "cc-by-sa-4.0"
    assert keys["anli"] == "cc-by-nc-4.0"
    assert keys["mnli"] == keys["qqp"] == "other"
