"""What is inside a tiny model? A `qwen3` network of seeded random weights that speaks readable nonsense.

One file serves chat, embeddings and rerank. The bytes depend on the arguments only: every tensor is drawn from
SHAKE-256 of the seed and its name, so no library's random generator can change them.

The trick that keeps the nonsense readable: the first components of every token's embedding say what part of a
sentence it is, and no layer ever writes to them. So the output layer reads them as they were, and its weights there
are the table of what may follow what; the other components, mixed by random layers, choose the word.
"""

from __future__ import annotations

import hashlib
import math
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from llamaswap.demo.gguf import Kind, Tensor, Value, encode
from llamaswap.demo.grammar import FOLLOWS, Part, Voice

WIDTH = 64
HEADS = 4
FEED_FORWARD = 128
CONTEXT = 4096
GRAMMAR = 1 + len(Part)
"""Components that say what a token is: a constant, then one for each part."""
FORBIDDEN = -24.0
"""Weight of the constant for every token; what may follow is lifted out of it."""
LOUDNESS = 1.0
"""About what the last normalisation makes of a grammar component of 1."""

CHAT_TEMPLATE = (
    "{% for message in messages %}{{ message['role'] + ': ' + message['content'] + '\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ 'assistant:' }}{% endif %}"
)
RERANK_TEMPLATE = "query: {query}\ndocument: {document}\nrelevant:"


class TokenType(IntEnum):
    """llama.cpp's token attributes."""

    NORMAL = 1
    UNKNOWN = 2
    CONTROL = 3
    BYTE = 6


@dataclass(frozen=True, slots=True)
class Token:
    """One entry of the vocabulary."""

    text: str
    type: TokenType
    part: Part = Part.TEXT


Grammar = Callable[[Token], Sequence[float]]
"""The first numbers of a token's row in a vocabulary matrix."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TinyModel:
    """What distinguishes one tiny model from another."""

    name: str
    voice: Voice
    seed: int
    layers: int = 2

    def encode(self) -> bytes:
        """The GGUF file."""
        tokens = vocabulary(self.voice)
        metadata: dict[str, Value] = {
            "general.architecture": "qwen3",
            "general.name": self.name,
            "general.file_type": 1,
            "qwen3.block_count": self.layers,
            "qwen3.context_length": CONTEXT,
            "qwen3.embedding_length": WIDTH,
            "qwen3.feed_forward_length": FEED_FORWARD,
            "qwen3.attention.head_count": HEADS,
            "qwen3.attention.head_count_kv": HEADS,
            "qwen3.attention.layer_norm_rms_epsilon": 1e-6,
            "qwen3.rope.freq_base": 10000.0,
            "qwen3.classifier.output_labels": ["yes", "no"],
            "tokenizer.ggml.model": "llama",
            "tokenizer.ggml.tokens": [token.text for token in tokens],
            "tokenizer.ggml.scores": [0.0 for _ in tokens],
            "tokenizer.ggml.token_type": [int(token.type) for token in tokens],
            "tokenizer.ggml.unknown_token_id": 0,
            "tokenizer.ggml.bos_token_id": 1,
            "tokenizer.ggml.eos_token_id": 2,
            "tokenizer.ggml.add_bos_token": True,
            "tokenizer.chat_template": CHAT_TEMPLATE,
            "tokenizer.chat_template.rerank": RERANK_TEMPLATE,
        }
        return encode(metadata, list(Weights(self.seed).network(tokens, self.layers)))


def vocabulary(voice: Voice) -> list[Token]:
    """All tokens in the order of their numbers: three special ones, the bytes, ASCII, the voice's words."""
    special = [
        Token("<unk>", TokenType.UNKNOWN),
        Token("<s>", TokenType.CONTROL),
        Token("</s>", TokenType.CONTROL, Part.END),
    ]
    octets = [Token(f"<0x{byte:02X}>", TokenType.BYTE) for byte in range(256)]
    stop = Token(".", TokenType.NORMAL, Part.STOP)
    letters = [Token(letter, TokenType.NORMAL) for letter in ("\u2581", *map(chr, range(0x21, 0x7F))) if letter != "."]
    words = [Token(f"\u2581{word}", TokenType.NORMAL, part) for part, texts in voice.words().items() for word in texts]
    return [*special, *octets, stop, *letters, *words]


@dataclass(frozen=True, slots=True)
class Weights:
    """The numbers of one network, all drawn from one seed."""

    seed: int

    def network(self, tokens: Sequence[Token], layers: int) -> Iterator[Tensor]:
        """Every tensor, in the order of the file."""
        yield self._vocabulary_matrix("token_embd", tokens, 0.6, _meaning)
        for layer in range(layers):
            yield from self._block(f"blk.{layer}", 0.5 / math.sqrt(layers))
        yield _ones("output_norm", WIDTH)
        sizes = {part: sum(token.part is part for token in tokens) for part in Part}
        yield self._vocabulary_matrix("output", tokens, 0.35, lambda token: _expectation(token, sizes))
        yield self._matrix("cls.output", WIDTH, 2, 3.0)

    def _block(self, name: str, share: float) -> Iterator[Tensor]:
        yield _ones(f"{name}.attn_norm", WIDTH)
        for part in "qkv":
            yield self._matrix(f"{name}.attn_{part}", WIDTH, WIDTH, 1.5)
        yield _ones(f"{name}.attn_q_norm", WIDTH // HEADS)
        yield _ones(f"{name}.attn_k_norm", WIDTH // HEADS)
        yield self._matrix(f"{name}.attn_output", WIDTH, WIDTH, share, untouched=GRAMMAR)
        yield _ones(f"{name}.ffn_norm", WIDTH)
        yield self._matrix(f"{name}.ffn_gate", WIDTH, FEED_FORWARD, 1.5)
        yield self._matrix(f"{name}.ffn_up", WIDTH, FEED_FORWARD, 1.5)
        yield self._matrix(f"{name}.ffn_down", FEED_FORWARD, WIDTH, share, untouched=GRAMMAR)

    def _matrix(self, name: str, inputs: int, outputs: int, gain: float, *, untouched: int = 0) -> Tensor:
        """Random; the first `untouched` outputs are zero, so that adding them to the stream changes nothing there."""
        silent, rest = bytes(2 * inputs * untouched), inputs * (outputs - untouched)
        drawn = self._drawn(name, rest, gain * math.sqrt(3 / inputs))
        return Tensor(f"{name}.weight", (inputs, outputs), Kind.F16, silent + drawn)

    def _vocabulary_matrix(self, name: str, tokens: Sequence[Token], bound: float, grammar: Grammar) -> Tensor:
        """One row for each token: what the grammar wants, then random numbers."""
        size = WIDTH - GRAMMAR
        drawn = self._drawn(name, size * len(tokens), bound)
        rows = (
            struct.pack(f"<{GRAMMAR}e", *grammar(token)) + drawn[2 * size * row : 2 * size * (row + 1)]
            for row, token in enumerate(tokens)
        )
        return Tensor(f"{name}.weight", (WIDTH, len(tokens)), Kind.F16, b"".join(rows))

    def _drawn(self, name: str, count: int, bound: float) -> bytes:
        """`count` f16 numbers, evenly spread from -bound to bound in 256 steps."""
        steps = b"".join(struct.pack("<e", bound * (step - 127.5) / 127.5) for step in range(256))
        drawn = hashlib.shake_256(f"{self.seed}/{name}".encode()).digest(count)
        data = bytearray(2 * count)
        data[0::2], data[1::2] = drawn.translate(steps[0::2]), drawn.translate(steps[1::2])
        return bytes(data)


def _meaning(token: Token) -> list[float]:
    """A token's embedding in the grammar's components: the constant, and which part it is."""
    return [1.0, *(float(token.part is part) for part in Part)]


def _expectation(token: Token, sizes: Mapping[Part, int]) -> list[float]:
    """A token's output weights there: forbidden, but lifted after every part that it may follow."""
    shares = [FOLLOWS[before].get(token.part, 0.0) for before in Part]
    lifts = [math.log(share / sizes[token.part]) / LOUDNESS - FORBIDDEN if share else 0.0 for share in shares]
    return [FORBIDDEN, *lifts]


def _ones(name: str, size: int) -> Tensor:
    return Tensor(f"{name}.weight", (size,), Kind.F32, struct.pack("<f", 1.0) * size)
