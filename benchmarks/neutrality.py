"""How far a linear probe, fitted on the source language alone, sees through an encoder in the other languages.

    python benchmarks/neutrality.py adapters_zoo/backbones/miniature OTHER ...

Two questions are asked of the hidden states of each layer: what follows from a sentence ("so", "perhaps" or "surely
not": the word that tells is hidden), and which part of speech a word is. Each is also asked after the mean of each
language was taken away. Where that helps, the languages lie apart by an offset (arXiv 2004.05160). Nothing here is
about real languages.
"""

import argparse
import random
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from transformers import AutoModelForMaskedLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerFast

from madx_stilts.miniature.consequences import Conclusion, consequence
from madx_stilts.miniature.languages import CONSTRUCTED, SOURCE
from madx_stilts.miniature.scene import Scene
from madx_stilts.miniature.text import Voice, voices
from madx_stilts.miniature.world import MiniatureWorld

LINKS = ("so", "maybe", "false")
FITTED, TESTED = 1500, 400
"""Conclusions that the probes are fitted and tested on."""
WORDS = 4000
"""Words that the probe of parts of speech is fitted on."""

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Seen:
    """Hidden states and their gold labels. *Shape of the states:* ``(layers, items, hidden)``."""

    links: Vectors
    link_labels: list[str]
    words: Vectors
    word_labels: list[str]


class Reader:
    """Reads conclusions with an encoder."""

    def __init__(self, folder: Path) -> None:
        self.tokenizer: PreTrainedTokenizerFast = AutoTokenizer.from_pretrained(folder)
        self.mask = int(self.tokenizer.mask_token_id)
        self.model: PreTrainedModel = AutoModelForMaskedLM.from_pretrained(folder).float().eval()

    def read(self, voice: Voice, conclusions: Sequence[Conclusion]) -> Seen:
        """The states of hidden links, and of the first piece of each word of the first sentence."""
        links, words = list[Vectors](), list[Vectors]()
        tags = list[str]()
        for first, second in conclusions:
            pieces, starts = list[int](), list[int]()
            sentence = voice.sentence(first)
            for word in sentence.words[:-1]:
                starts.append(len(pieces) + 1)
                pieces += self._pieces(word.form)
                tags.append(word.tag)
            pieces += self._pieces(sentence.words[-1].form)[-1:]
            said = voice.sentence(second)
            after = said.text[len(said.words[0].form) + 1 :]
            text = [*pieces, self.mask, *self._pieces(after)]
            states = self._states(text)
            links.append(states[:, len(pieces) + 1])
            words.extend(states[:, start] for start in starts)
        labels = [second.link for _, second in conclusions]
        return Seen(np.stack(links, axis=1), labels, np.stack(words, axis=1), tags)

    def _pieces(self, text: str) -> list[int]:
        return list(self.tokenizer.encode(text, add_special_tokens=False))

    @torch.no_grad()
    def _states(self, pieces: list[int]) -> Vectors:
        ids = torch.tensor([self.tokenizer.build_inputs_with_special_tokens(pieces)])
        layers = self.model.base_model(input_ids=ids, output_hidden_states=True).hidden_states
        return torch.stack([layer[0] for layer in layers]).numpy()


def conclusions(count: int, seed: str) -> list[Conclusion]:
    """Conclusions of one of three links."""
    scene = Scene(MiniatureWorld(1), random.Random(seed))
    found = list[Conclusion]()
    while len(found) < count:
        made = consequence(scene)
        if made[1].link in LINKS:
            found.append(made)
    return found


def cell(probe: LogisticRegression, fitted_on: Vectors, asked: Vectors, gold: Sequence[str]) -> str:
    """Percentages of right answers: as they are, and after both means were taken away."""
    centred = asked - asked.mean(axis=0) + fitted_on.mean(axis=0)
    return f"{100 * probe.score(asked, gold):.0f}, {100 * probe.score(centred, gold):.0f}"


def report(folder: Path) -> None:
    """Print a table for one encoder."""
    reader = Reader(folder)
    spoken = {voice.language.code: voice for voice in voices(MiniatureWorld(1))}
    source = reader.read(spoken[SOURCE], conclusions(FITTED, "fitted"))
    tested = {code: reader.read(voice, conclusions(TESTED, "tested")) for code, voice in spoken.items()}
    print(f"\n{folder}\n\n| probe, layer | " + " | ".join(CONSTRUCTED) + " |\n|---|" + "---|" * len(CONSTRUCTED))
    for layer in range(1, len(source.links)):
        links, words = source.links[layer], source.words[layer, :WORDS]
        follows = LogisticRegression(max_iter=300, C=0.1).fit(links, source.link_labels)
        speech = LogisticRegression(max_iter=300, C=0.1).fit(words, source.word_labels[:WORDS])
        told = [cell(follows, links, seen.links[layer], seen.link_labels) for seen in tested.values()]
        print(f"| what follows, {layer} | {' | '.join(told)} |")
        told = [cell(speech, words, seen.words[layer], seen.word_labels) for seen in tested.values()]
        print(f"| part of speech, {layer} | {' | '.join(told)} |", flush=True)


def main() -> None:
    """Print a table for each encoder: percentages, then those after centring."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("encoders", nargs="+", type=Path, help="folders, as `backbone pretrain` writes them")
    warnings.simplefilter("ignore", ConvergenceWarning)
    for folder in parser.parse_args().encoders:
        report(folder)


if __name__ == "__main__":
    main()
