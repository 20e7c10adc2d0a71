"""Options of a mixture, checked before anything large is loaded. No torch."""

from typing import get_args

from madx_stilts.cli.mixture_options import MixtureOptions
from madx_stilts.cli.telling import note
from madx_stilts.errors import UsageError
from madx_stilts.recipe import Sampling, SamplingKind
from madx_stilts.tasks.text import MASKED_LM
from madx_stilts.tasks.world import ConstructedWorld


def texts_of(options: MixtureOptions, world: ConstructedWorld | None) -> dict[str, str]:
    """The sources of the texts of `--with-mlm`, by language.

    Args:
        world: Whose source language a text is in that names none; None: it is English.

    Raises:
        UsageError: Two are of one language.
    """
    usual = MASKED_LM.source_language if world is None else world.source
    texts = [_text(word, usual) for word in options.with_mlm]
    languages = [language for language, _ in texts]
    twice = next((language for language in languages if languages.count(language) > 1), None)
    if twice:
        raise UsageError(
            f"--with-mlm gives two texts in {twice!r}.", hint="Join them, or name their languages, as in de=german.txt."
        )
    return dict(texts)


def sampling_of(options: MixtureOptions, *, tasks: int, texts: int) -> Sampling | None:
    """How the mixture is drawn; none for a single task.

    Args:
        tasks: How many are named.
        texts: How many texts stand beside them.

    Raises:
        UsageError: An option is given that has no effect, or one is missing.
    """
    kind = next((known for known in get_args(SamplingKind) if known == options.sampling), None)
    _refuse_idle(options, kind, tasks=tasks, texts=texts)
    if tasks + texts == 1:
        return None
    if kind is None and max(tasks, texts) > 1:
        capped = f", each counted as {options.cap:,} examples at most" if options.cap else ""
        note(f"tasks are drawn in proportion to their sizes{capped}; --sampling has other ways")
    return Sampling(
        kind=kind or "proportional",
        cap=options.cap,
        temperature=options.temperature,
        masked_lm=options.mlm_share,
    )


def _refuse_idle(options: MixtureOptions, kind: str | None, *, tasks: int, texts: int) -> None:
    """Refuse options that would have no effect."""
    counted = [name for name in ("sampling", "cap", "temperature") if getattr(options, name) is not None]
    if counted and max(tasks, texts) < 2:
        raise UsageError(
            f"--{counted[0]} is for several tasks, one is named.", hint="Name more tasks, or leave it out."
        )
    if options.mlm_share is not None and not texts:
        raise UsageError("--mlm-share needs a text.", hint="Give one with --with-mlm, or leave it out.")
    if options.cap is not None and kind == "uniform":
        raise UsageError("--cap has no effect with --sampling uniform, which counts no examples.", hint="Leave it out.")
    if (kind == "temperature") != (options.temperature is not None):
        raise UsageError(
            "--sampling temperature and --temperature need each other.",
            hint="As in --sampling temperature --temperature 2.",
        )


def _text(word: str, usual: str) -> tuple[str, str]:
    language, sign, source = word.partition("=")
    return (language, source) if sign else (usual, word)
