"""What formats need of tokenizers, as protocols: this floor loads neither `transformers` nor `tokenizers`."""

from collections.abc import Mapping, Sequence
from typing import Protocol


class TokenizedText(Protocol):
    """A text in pieces, as a fast tokenizer has it."""

    @property
    def ids(self) -> list[int]:
        """Token ids."""

    @property
    def offsets(self) -> list[tuple[int, int]]:
        """The characters, from and to, that each piece stands for."""

    @property
    def word_ids(self) -> list[int | None]:
        """The word that each piece is of."""

    @property
    def special_tokens_mask(self) -> list[int]:
        """1 where the tokenizer added the token to the text."""


class AddedToken(Protocol):
    """A token that a tokenizer looks for in texts."""

    @property
    def special(self) -> bool:
        """Whether it is no word of a text."""


class Normalizer(Protocol):
    """What a tokenizer does to a text first."""

    def normalize_str(self, sequence: str) -> str: ...


class Backend(Protocol):
    """A tokenizer of the library `tokenizers`, as far as formats need it."""

    @property
    def normalizer(self) -> Normalizer | None: ...

    def to_str(self) -> str: ...

    @staticmethod
    def from_str(json: str) -> "Backend": ...

    def get_added_tokens_decoder(self) -> Mapping[int, AddedToken]: ...

    def encode(self, sequence: str, pair: str | None = None) -> TokenizedText: ...

    def encode_batch(
        self, input: Sequence[object], is_pretokenized: bool = False, add_special_tokens: bool = True
    ) -> list[TokenizedText]: ...


class Tokenizer(Protocol):
    """What formats need of a `transformers` fast tokenizer."""

    cls_token_id: int | None
    sep_token_id: int | None
    pad_token_id: int | None
    unk_token_id: int | None
    mask_token_id: int | None
    model_input_names: list[str]

    @property
    def unk_token(self) -> str | None: ...

    @property
    def all_special_ids(self) -> list[int]: ...

    @property
    def backend_tokenizer(self) -> Backend: ...

    def __call__(self, *texts: object, **options: object) -> Mapping[str, list[list[int]]]: ...
