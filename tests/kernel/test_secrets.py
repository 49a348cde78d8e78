import os
import stat
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huying.kernel import secrets
from huying.kernel.ids import uuid7
from huying.kernel.secrets import DataKey, KeyTrouble, Tampered

KEY = DataKey(uuid7(), secrets.new_secret())
OTHER = DataKey(uuid7(), secrets.new_secret())
ROW = UUID(int=7)
AAD = secrets.bound_to("contact", ROW, "phone")


def key_of(key_id):
    return {KEY.id: KEY, OTHER.id: OTHER}[key_id]


class TestSealing:
    @given(st.text(max_size=300))
    def test_what_is_sealed_opens_again(self, plain):
        assert secrets.unseal(secrets.seal(plain, KEY, AAD), key_of, AAD) == plain

    def test_equal_values_do_not_look_alike(self):
        assert secrets.seal("19900000012", KEY, AAD) != secrets.seal("19900000012", KEY, AAD)

    def test_the_value_is_not_in_what_is_stored(self):
        assert b"19900000012" not in secrets.seal("19900000012", KEY, AAD)

    def test_it_says_which_key_sealed_it(self):
        assert secrets.key_id_of(secrets.seal("x", OTHER, AAD)) == OTHER.id

    @given(place=st.integers(0), bit=st.integers(0, 7))
    def test_one_changed_bit_anywhere_does_not_open(self, place, bit):
        sealed = bytearray(secrets.seal("19900000012", KEY, AAD))
        sealed[place % len(sealed)] ^= 1 << bit

        with pytest.raises((Tampered, KeyError)):
            secrets.unseal(bytes(sealed), key_of, AAD)

    @pytest.mark.parametrize(
        "aad",
        [
            secrets.bound_to("contact", UUID(int=8), "phone"),
            secrets.bound_to("contact", ROW, "name"),
            secrets.bound_to("report", ROW, "phone"),
            b"",
        ],
    )
    def test_a_value_moved_to_another_row_field_or_table_does_not_open(self, aad):
        with pytest.raises(Tampered):
            secrets.unseal(secrets.seal("19900000012", KEY, AAD), key_of, aad)

    def test_a_value_relabelled_with_another_key_does_not_open(self):
        sealed = secrets.seal("19900000012", KEY, AAD)
        relabelled = sealed[:1] + OTHER.id.bytes + sealed[17:]

        with pytest.raises(Tampered):
            secrets.unseal(relabelled, key_of, AAD)

    @pytest.mark.parametrize("cut", [0, 1, 16, 44])
    def test_a_cut_value_does_not_open(self, cut):
        with pytest.raises(Tampered):
            secrets.unseal(secrets.seal("x", KEY, AAD)[:cut], key_of, AAD)

    def test_keys_do_not_show_themselves(self, tmp_path):
        keys = secrets.make_master(tmp_path / "master.key")
        shown = repr(KEY) + repr(keys)
        assert repr(KEY.secret) not in shown
        assert repr(keys.secrets[keys.current]) not in shown


class TestMasterKeyFile:
    def test_it_is_made_once_for_the_owner_alone(self, tmp_path):
        path = tmp_path / "keys" / "master.key"

        first = secrets.make_master(path)
        again = secrets.make_master(path)

        assert first.secrets == again.secrets
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        assert os.listdir(path.parent) == ["master.key"]

    def test_a_folder_that_exists_keeps_its_mode(self, tmp_path):
        tmp_path.chmod(0o755)
        secrets.make_master(tmp_path / "master.key")
        assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o755

    def test_the_slower_of_two_takes_the_file_of_the_faster(self, tmp_path, monkeypatch):
        path = tmp_path / "master.key"
        faster = secrets.make_master(path)
        monkeypatch.setattr(type(path), "exists", lambda self, **_options: False)

        assert secrets.make_master(path).secrets == faster.secrets

    def test_a_file_that_others_can_read_is_refused(self, tmp_path):
        path = tmp_path / "master.key"
        secrets.make_master(path)
        path.chmod(0o640)
        with pytest.raises(KeyTrouble, match="0600"):
            secrets.read_master(path)

    @pytest.mark.parametrize("content", [b"", b"# nothing\n", b"m1 !!\n", b"m1 YWJj\n", b"m1\n", b"\xff\xfe"])
    def test_a_damaged_file_is_named_and_never_replaced(self, tmp_path, content):
        path = tmp_path / "master.key"
        path.write_bytes(content)
        path.chmod(0o600)

        with pytest.raises(KeyTrouble, match="master.key"):
            secrets.make_master(path)
        assert path.read_bytes() == content

    def test_a_missing_file_is_named(self, tmp_path):
        with pytest.raises(KeyTrouble, match="missing"):
            secrets.read_master(tmp_path / "master.key")

    def test_a_data_key_comes_back_from_its_wrapping(self, tmp_path):
        keys = secrets.make_master(tmp_path / "master.key")
        name, wrapped = keys.wrap(KEY)
        assert keys.unwrap(KEY.id, name, wrapped) == KEY

    def test_a_wrapped_key_is_bound_to_its_id_and_its_master(self, tmp_path):
        keys = secrets.make_master(tmp_path / "one" / "master.key")
        strangers = secrets.make_master(tmp_path / "two" / "master.key")
        name, wrapped = keys.wrap(KEY)

        with pytest.raises(KeyTrouble):
            keys.unwrap(OTHER.id, name, wrapped)
        with pytest.raises(KeyTrouble):
            strangers.unwrap(KEY.id, name, wrapped)
        with pytest.raises(KeyTrouble):
            keys.unwrap(KEY.id, "m9", wrapped)

    def test_an_added_master_key_wraps_and_the_old_one_still_unwraps(self, tmp_path):
        path = tmp_path / "master.key"
        name, wrapped = secrets.make_master(path).wrap(KEY)

        keys = secrets.add_master(path, "m2")

        assert keys.current == "m2"
        assert keys.unwrap(KEY.id, name, wrapped) == KEY
        assert keys.wrap(KEY)[0] == "m2"
        with pytest.raises(KeyTrouble):
            secrets.add_master(path, "m2")
