"""A sentence-transformers model of eight dimensions, made in well under a second, with random weights.

It reads 16 tokens, knows eight words, and has prompts for queries and documents as E5 and others have.
"""

from __future__ import annotations

from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertForSequenceClassification, BertModel, PreTrainedTokenizerFast

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "massage", "rest", "pain", "walk", "passage", "query", ":", "."]
MOST_TOKENS = 16


def save_tiny_model(folder: Path) -> Path:
    """Write the model into ``folder / "tiny"`` and return that."""
    fast = _tokenizer()
    torch.manual_seed(7)
    bert = BertModel(_config())
    bert.save_pretrained(folder / "bert")
    fast.save_pretrained(folder / "bert")
    model = SentenceTransformer(
        modules=[Transformer(str(folder / "bert")), Pooling(8)],
        prompts={"query": "query: ", "document": "passage: "},
        device="cpu",
    )
    model.save(str(folder / "tiny"))
    return folder / "tiny"


def save_tiny_cross_encoder(folder: Path, labels: int = 1) -> Path:
    """Write a cross-encoder of the same size, with ``labels`` scores a pair, and return its folder."""
    torch.manual_seed(7)
    BertForSequenceClassification(_config(num_labels=labels)).save_pretrained(folder / "cross")
    _tokenizer().save_pretrained(folder / "cross")
    return folder / "cross"


def _config(**more: int) -> BertConfig:
    return BertConfig(
        vocab_size=len(WORDS),
        hidden_size=8,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=MOST_TOKENS,
        **more,
    )


def _tokenizer() -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(models.WordLevel({word: row for row, word in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", WORDS.index("[CLS]")), ("[SEP]", WORDS.index("[SEP]"))],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token="[UNK]",
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        model_max_length=MOST_TOKENS,
    )
