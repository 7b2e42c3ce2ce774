"""WordPiece as BERT's uncased models use it: text → token numbers. Plain Python, no other library.

Source: Devlin et al., BERT, 2019 (basic tokenizer, then greedy longest match), as published with bert-base-uncased.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path

_LONGEST_WORD = 100  # characters; longer ones are unknown


class WordPiece:
    """A vocabulary, one piece a line; the line's number is the token's."""

    def __init__(self, vocabulary: Path) -> None:
        lines = vocabulary.read_text(encoding="utf-8").splitlines()
        self._numbers = {piece: i for i, piece in enumerate(lines)}
        self._unknown = self._numbers["[UNK]"]
        self._first, self._last = self._numbers["[CLS]"], self._numbers["[SEP]"]

    def encode(self, text: str, most: int = 256) -> list[int]:
        """Token numbers with the opening and the closing mark, at most ``most`` of them."""
        found: list[int] = []
        for word in words(text):
            found += self._pieces(word)
            if len(found) >= most - 2:
                break
        return [self._first, *found[: most - 2], self._last]

    def _pieces(self, word: str) -> Sequence[int]:
        if len(word) > _LONGEST_WORD:
            return [self._unknown]
        found: list[int] = []
        start = 0
        while start < len(word):
            for end in range(len(word), start, -1):
                number = self._numbers.get(word[start:end] if start == 0 else f"##{word[start:end]}")
                if number is not None:
                    found.append(number)
                    start = end
                    break
            else:
                return [self._unknown]
        return found


def words(text: str) -> list[str]:
    """Lower-case words and single punctuation marks, without accents and control characters."""
    plain = unicodedata.normalize("NFD", text.lower())
    spaced = []
    for c in plain:
        kind = unicodedata.category(c)
        if kind == "Mn" or c in ("\0", "\ufffd") or (kind.startswith("C") and c not in "\t\n\r"):
            continue
        alone = _mark(c, kind) or _ideograph(c)
        spaced.append(f" {c} " if alone else " " if kind == "Zs" or c in "\t\n\r" else c)
    return "".join(spaced).split()


def _mark(c: str, kind: str) -> bool:
    code = ord(c)
    return 33 <= code <= 47 or 58 <= code <= 64 or 91 <= code <= 96 or 123 <= code <= 126 or kind.startswith("P")


def _ideograph(c: str) -> bool:
    code = ord(c)
    return (
        0x4E00 <= code <= 0x9FFF or 0x3400 <= code <= 0x4DBF or 0x20000 <= code <= 0x2FA1F or 0xF900 <= code <= 0xFAFF
    )
