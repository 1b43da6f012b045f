"""Keys of what lies at rest: made once, renewed without losing the past, and nothing read without them."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from groundwork.keys import BadKeys, KeyRing, Unreadable
from groundwork.settings import BadSettings

OLD, NEW = KeyRing((bytes(range(32)),)), KeyRing((bytes(32), bytes(range(32))))


def test_what_is_sealed_is_read_again_with_the_same_key_and_with_a_renewed_ring() -> None:
    sealed = OLD.seal(b"secret", b"purpose", b"7")
    assert b"secret" not in sealed
    assert OLD.unseal(sealed, b"purpose", b"7") == NEW.unseal(sealed, b"purpose", b"7") == b"secret"
    assert OLD.is_newest(sealed, b"purpose")
    assert not NEW.is_newest(sealed, b"purpose")


def test_what_is_of_somebody_else_or_changed_or_of_another_key_is_not_read() -> None:
    sealed = OLD.seal(b"secret", b"purpose", b"7")
    for wrong in (sealed[:-1], sealed[:-1] + bytes([sealed[-1] ^ 1]), sealed[:9], b""):
        with pytest.raises(Unreadable):
            OLD.unseal(wrong, b"purpose", b"7")
    with pytest.raises(Unreadable):
        OLD.unseal(sealed, b"purpose", b"8")
    with pytest.raises(Unreadable):
        KeyRing((bytes(32),)).unseal(sealed, b"purpose", b"7")


def test_keys_are_made_once_and_for_their_owner_only(tmp_path: Path) -> None:
    file = tmp_path / "secrets" / "some.keys"
    with pytest.raises(BadKeys):
        KeyRing.read(file)
    made = KeyRing.chosen("", file, "YHT_SOME_KEYS")
    assert KeyRing.chosen("", file, "YHT_SOME_KEYS") == made
    assert file.stat().st_mode & 0o077 == 0
    assert [each.name for each in file.parent.iterdir()] == ["some.keys"]


def test_a_file_that_was_chosen_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="YHT_SOME_KEYS"):
        KeyRing.chosen(str(tmp_path / "lost.keys"), tmp_path / "default.keys", "YHT_SOME_KEYS")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", ["", "no base64!", base64.b64encode(bytes(16)).decode()])
def test_a_file_that_holds_no_keys_is_said_so(tmp_path: Path, content: str) -> None:
    file = tmp_path / "keys"
    file.write_text(content)
    with pytest.raises(BadKeys, match="keys"):
        KeyRing.read(file)
