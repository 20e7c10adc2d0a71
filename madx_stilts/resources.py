"""What comes with the package besides code: built-in configs by name, the shipped adapters and their backbone.

Both lie at the top level of the repository and are installed below the package, so they are found from any folder.
"""

from importlib.resources import files
from pathlib import Path

from madx_stilts.errors import StorageError, UnknownName


def builtin_configs(kind: str) -> dict[str, Path]:
    """The built-in configs of one kind, by name, in alphabetical order.

    Args:
        kind: A folder of `configs/`: "backbones", "adapters", "grids", ...

    Raises:
        UnknownName: There is no such folder.
        StorageError: The package was copied here without its configs.
    """
    root = _installed("configs")
    if root is None:
        raise StorageError("The built-in configs are missing.", hint="Install the package with pip.")
    kinds = {path.parent.name for path in root.glob("*/*.yaml")}
    if kind not in kinds:
        raise UnknownName("kind of built-in config", kind, kinds)
    return {path.stem: path for path in sorted((root / kind).glob("*.yaml"))}


def shipped_zoo() -> Path | None:
    """The folder of the adapters that come with the package, to be read only; None where they were left out."""
    return _installed("adapters_zoo")


def shipped_backbone(name: str) -> Path:
    """The folder of a backbone that comes with the package.

    Raises:
        StorageError: It was left out.
    """
    zoo = shipped_zoo()
    folder = None if zoo is None else zoo / "backbones" / name
    if folder is None or not folder.is_dir():
        raise StorageError(
            f"The backbone {name} should come with the package and is missing.", hint="Install with pip."
        )
    return folder


def _installed(folder: str) -> Path | None:
    """The folder on disk: pip unpacks what it installs, so a resource of ours is always a real path."""
    try:
        return Path(str(files(f"madx_stilts.{folder}")))
    except ModuleNotFoundError:
        return None
