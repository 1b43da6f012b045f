"""Recordings: what was appended can be read, also after a crash, and by nobody else."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from channels.hotline.recording import Recorder, Recording, RecordingBusy, RecordingUnreadable
from groundwork.keys import KeyRing

KEYS = KeyRing((bytes(range(32)),))


def sound(samples: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(samples * 2)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "2026" / "leg.yhtr"


def written(path: Path, *parts: bytes, first: int = 0) -> None:
    recorder = Recorder(path, KEYS, 8000, first=first)
    for part in parts:
        recorder.append(part)
    recorder.close()


def test_any_part_of_it_is_read_back(path: Path) -> None:
    parts = [sound(1600, seed) for seed in range(5)]
    written(path, *parts)
    whole, recording = b"".join(parts), Recording(path, KEYS)
    assert recording.samples == 8000
    for first, until in ((0, 8000), (1, 2), (1599, 1601), (1600, 3200), (7000, 9999), (8000, 9000)):
        assert recording.read(first, until) == whole[first * 2 : until * 2]


def test_a_reader_sees_what_is_added_while_it_reads(path: Path) -> None:
    recorder = Recorder(path, KEYS, 8000)
    recording = Recording(path, KEYS)
    recorder.append(sound(100))
    assert recording.samples == 0
    assert recording.refresh() == 100
    recorder.append(sound(50, 2))
    assert recording.refresh() == 150
    assert recording.read(0, 150) == sound(100) + sound(50, 2)
    recorder.close()


@pytest.mark.parametrize("lost", [1, 5, 40, 100, 215, 216, 217])
def test_half_a_chunk_of_a_crash_is_cut_off_and_the_recording_goes_on(path: Path, lost: int) -> None:
    written(path, sound(100), sound(100, 2))
    content = path.read_bytes()
    path.write_bytes(content[:-lost])
    written(path, sound(100, 3))
    assert Recording(path, KEYS).read(0, 1000) == sound(100) + sound(100, 3)


def test_no_stretch_shares_its_key_with_another(path: Path) -> None:
    written(path, bytes(200))
    before = path.read_bytes()
    written(path, bytes(200))
    after = path.read_bytes()[len(before) :]
    sealed = 216
    assert before[-sealed:] != after[-sealed:]  # the same silence, the same number in its stretch


def test_a_break_is_silence_of_its_length(path: Path) -> None:
    written(path, sound(100))
    written(path, sound(100, 2), first=500)
    recording = Recording(path, KEYS)
    assert recording.samples == 600
    assert recording.read(0, 600) == sound(100) + bytes(800) + sound(100, 2)
    assert recording.read(200, 300) == bytes(200)


def test_one_writer_at_a_time(path: Path) -> None:
    recorder = Recorder(path, KEYS, 8000)
    with pytest.raises(RecordingBusy):
        Recorder(path, KEYS, 8000)
    recorder.close()
    Recorder(path, KEYS, 8000).close()


def test_a_changed_byte_is_found(path: Path) -> None:
    written(path, sound(100), sound(100, 2))
    content = bytearray(path.read_bytes())
    content[-50] ^= 1
    path.write_bytes(bytes(content))
    recording = Recording(path, KEYS)
    assert recording.read(0, 100) == sound(100)
    with pytest.raises(RecordingUnreadable):
        recording.read(0, 200)


def test_chunks_cannot_change_places(path: Path) -> None:
    written(path, sound(100), sound(100, 2))
    content = path.read_bytes()
    chunk = 1 + 4 + 216
    path.write_bytes(content[: -2 * chunk] + content[-chunk:] + content[-2 * chunk : -chunk])
    with pytest.raises(RecordingUnreadable):
        Recording(path, KEYS).read(0, 200)


def test_other_keys_do_not_open_it_and_a_renewed_ring_does(path: Path) -> None:
    written(path, sound(100))
    new = bytes(32)
    with pytest.raises(RecordingUnreadable):
        Recording(path, KeyRing((new,)))
    assert Recording(path, KeyRing((new, *KEYS.keys))).read(0, 100) == sound(100)
