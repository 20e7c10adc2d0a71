"""Where the Japanese sets of JGLUE are; the hub's copies lack the test part, whose labels came with version 1.3."""

from madx_stilts.tasks.splits import clone
from madx_stilts.tasks.task import Split

OBTAIN = clone("github.com/yahoojapan/JGLUE", "JGLUE")


def files_of(name: str) -> dict[Split, str]:
    """The original files of one of its sets, below the clone."""
    return {
        "train": f"datasets/{name}-v1.3/train-v1.3.json",
        "dev": f"datasets/{name}-v1.3/valid-v1.3.json",
        "test": f"datasets/{name}-v1.3/test-v1.3.json",
    }
