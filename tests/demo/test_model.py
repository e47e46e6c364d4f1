"""The bytes of a tiny model."""

from __future__ import annotations

from hashlib import sha256

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.demo.config import GENERATION
from llamaswap.demo.grammar import FOREST, SEA, Part
from llamaswap.demo.model import CONTEXT, GRAMMAR, WIDTH, TinyModel, TokenType, vocabulary
from tests.demo.test_gguf import Reader

ALICE = TinyModel(name="Alice", voice=SEA, seed=1)
PINNED = (2, "9edffc2e01680d9fb79a08b10343c634413528fcbe183bd1d93ac80398642a3b")


class TinyModelTests(SynchronousTestCase):
    """A file depends on what was asked for, and on nothing else."""

    def test_bytes_are_pinned_to_the_generation(self) -> None:
        """Equal bytes on every machine and Python; whoever changes them on purpose raises `GENERATION`."""
        self.assertEqual((GENERATION, sha256(ALICE.encode()).hexdigest()), PINNED)

    def test_seeds_give_different_networks(self) -> None:
        """Two seeds with the same words differ in every random tensor."""
        one, other = (Reader(TinyModel(name="x", voice=SEA, seed=seed).encode()) for seed in (1, 2))
        self.assertNotEqual(one.numbers("blk.0.attn_q.weight", 64), other.numbers("blk.0.attn_q.weight", 64))

    def test_file_holds_the_network_that_the_metadata_announces(self) -> None:
        """Every tensor of every layer is there, with the shapes that the engine expects."""
        reader = Reader(TinyModel(name="Bob", voice=FOREST, seed=2, layers=3).encode())
        block = "attn_norm attn_q attn_k attn_v attn_q_norm attn_k_norm attn_output ffn_norm ffn_gate ffn_up ffn_down"
        names = {f"blk.{layer}.{name}.weight" for layer in range(3) for name in block.split()}
        names |= {f"{name}.weight" for name in ("token_embd", "output_norm", "output", "cls.output")}
        self.assertEqual((set(reader.tensors), reader.metadata["qwen3.block_count"]), (names, 3))
        self.assertEqual(reader.tensors["blk.2.ffn_down.weight"][0], (128, WIDTH))
        self.assertEqual(reader.tensors["output.weight"][0], (WIDTH, len(vocabulary(FOREST))))

    def test_metadata_names_what_the_engine_needs(self) -> None:
        """Architecture, context and both templates can be read from the file."""
        metadata = Reader(ALICE.encode()).metadata
        self.assertEqual((metadata["general.architecture"], metadata["qwen3.context_length"]), ("qwen3", CONTEXT))
        self.assertIn("add_generation_prompt", str(metadata["tokenizer.chat_template"]))
        self.assertIn("{document}", str(metadata["tokenizer.chat_template.rerank"]))

    def test_no_layer_writes_to_the_grammar(self) -> None:
        """What a layer adds to the grammar's components is zero, so that the last layer reads them unchanged."""
        reader = Reader(ALICE.encode())
        for name, inputs in (("attn_output", WIDTH), ("ffn_down", 128)):
            numbers = reader.numbers(f"blk.1.{name}.weight", inputs * (GRAMMAR + 1))
            self.assertEqual(set(numbers[: inputs * GRAMMAR]), {0.0})
            self.assertTrue(all(numbers[inputs * GRAMMAR :]))


class VocabularyTests(SynchronousTestCase):
    """Any text can be read, and only sentences can be spoken."""

    def test_every_byte_has_a_token(self) -> None:
        """A prompt in any language can be read."""
        octets = [token.text for token in vocabulary(SEA) if token.type is TokenType.BYTE]
        self.assertEqual((len(octets), octets[0], octets[-1]), (256, "<0x00>", "<0xFF>"))

    def test_every_printable_letter_has_a_token(self) -> None:
        """ASCII is read letter by letter, a blank as SPM writes it."""
        texts = {token.text for token in vocabulary(SEA)}
        self.assertEqual({chr(code) for code in range(0x21, 0x7F)} - texts, set())
        self.assertIn("\u2581", texts)

    def test_no_text_stands_twice(self) -> None:
        """Every token has its own text."""
        texts = [token.text for token in vocabulary(SEA)]
        self.assertEqual(len(texts), len(set(texts)))

    def test_the_end_token_is_the_one_that_the_metadata_names(self) -> None:
        """Token 2 is the only one that ends an answer."""
        tokens = vocabulary(SEA)
        self.assertEqual([number for number, token in enumerate(tokens) if token.part is Part.END], [2])
