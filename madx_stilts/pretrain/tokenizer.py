"""A subword tokenizer for the languages of the miniature, in the form that each architecture's real ones have."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast, T5TokenizerFast, XLMRobertaTokenizerFast

from madx_stilts.miniature.languages import CONSTRUCTED
from madx_stilts.pretrain.plan import ArchitectureName

SENTINELS = 100
"""Marks that stand for what was taken out of a text, as many as T5 has."""
_MAX_TOKENS = 512


@dataclass(frozen=True)
class SpecialTokensLayout:
    """How an architecture frames its texts.

    Args:
        special: Special pieces, in the order of their ids.
        single: Frame of a text.
        pair: Frame of two.
        dress: Makes the tokenizer that users load.
    """

    special: tuple[str, ...]
    single: str
    pair: str
    dress: Callable[[Tokenizer], PreTrainedTokenizerFast]


def _xlmr(words: Tokenizer) -> PreTrainedTokenizerFast:
    return XLMRobertaTokenizerFast(tokenizer_object=words, model_max_length=_MAX_TOKENS)


def _t5(words: Tokenizer) -> PreTrainedTokenizerFast:
    return T5TokenizerFast(tokenizer_object=words, extra_ids=SENTINELS, model_max_length=_MAX_TOKENS)


def _plain(words: Tokenizer) -> PreTrainedTokenizerFast:
    names = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>"}
    inputs = ["input_ids", "attention_mask"]
    return PreTrainedTokenizerFast(
        tokenizer_object=words, **names, model_input_names=inputs, model_max_length=_MAX_TOKENS
    )


MANNERS: Mapping[ArchitectureName, SpecialTokensLayout] = MappingProxyType(
    {
        "encoder": SpecialTokensLayout(
            ("<s>", "<pad>", "</s>", "<unk>", "<mask>"), "<s> $A </s>", "<s> $A </s> </s> $B </s>", _xlmr
        ),
        "encoder_decoder": SpecialTokensLayout(
            ("<pad>", "</s>", "<unk>", *(f"<extra_id_{at}>" for at in range(SENTINELS))),
            "$A </s>",
            "$A </s> $B </s>",
            _t5,
        ),
        "decoder": SpecialTokensLayout(("<unk>", "<s>", "</s>", "<pad>"), "<s> $A </s>", "<s> $A </s> $B </s>", _plain),
    }
)


def tokenizer_of(text: Iterable[str], architecture: ArchitectureName, vocabulary: int) -> PreTrainedTokenizerFast:
    """Train a tokenizer. The same text gives the same tokenizer.

    Its pieces are found by byte-pair encoding, not by XLM-R's unigram model: the trainers of the latter cut the most
    frequent words of a text as small as this one, and that of `tokenizers` gives another result each time.

    Args:
        vocabulary: How many pieces, special ones included; fewer if the text has no more.
    """
    manners = MANNERS[architecture]
    words = Tokenizer(models.BPE(unk_token="<unk>"))
    words.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
    words.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Metaspace(), pre_tokenizers.Punctuation()])
    words.decoder = decoders.Metaspace()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=list(manners.special),
        initial_alphabet=sorted(set(_letters())),
        show_progress=False,
    )
    words.train_from_iterator(text, trainer)
    framing = [(name, words.token_to_id(name)) for name in ("<s>", "</s>") if name in manners.special]
    words.post_processor = processors.TemplateProcessing(
        single=manners.single, pair=manners.pair, special_tokens=framing
    )
    return manners.dress(words)


def _letters() -> Iterator[str]:
    """Every letter that some language is written with, also the one held out."""
    for language in CONSTRUCTED.values():
        for letters in (*language.script.letters.values(), *language.script.ending.values()):
            yield from letters
            if language.script.cased:
                yield from letters.upper()
