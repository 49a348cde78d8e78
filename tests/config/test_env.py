"""Settings: read from the environment or one file, refused by name when bad."""

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from huying.config import env
from huying.config.env import TABLE, BadSetting


@pytest.fixture
def data(tmp_path):
    return tmp_path / "data"


def _read(data, **given):
    return env.read({"HUYING_DATA": str(data), **given})


class TestReading:
    def test_without_anything_given_the_defaults_hold(self, data):
        read = _read(data)
        assert (read.port, read.bind, read.embedded, read.demo) == (8000, "127.0.0.1", True, False)
        assert read.hosts == ("127.0.0.1", "localhost", "[::1]")

    def test_the_environment_comes_before_the_file(self, data):
        data.mkdir()
        (data / "settings.env").write_text("HUYING_PORT=9001\n# words\nHUYING_THREADS='3'\n", encoding="utf-8")
        read = _read(data, HUYING_PORT="9002")
        assert (read.port, read.threads) == (9002, 3)

    def test_another_file_can_be_named(self, data, tmp_path):
        file = tmp_path / "mine.env"
        file.write_text("export HUYING_DEMO=yes\n", encoding="utf-8")
        assert _read(data, HUYING_SETTINGS=str(file)).demo is True

    def test_a_secret_can_come_from_a_file(self, data, tmp_path):
        secret = tmp_path / "secret"
        secret.write_text("postgresql://app:word@db:5433/street\n", encoding="utf-8")
        database = _read(data, HUYING_DATABASE_URL_FILE=str(secret)).database()
        assert (database["HOST"], database["PORT"], database["NAME"]) == ("db", "5433", "street")
        assert (database["USER"], database["PASSWORD"]) == ("app", "word")

    def test_what_the_address_of_the_database_says_besides_is_passed_on(self, data):
        read = _read(data, HUYING_DATABASE_URL="postgresql://db/street?sslmode=require", HUYING_POOL="4")
        assert read.database()["OPTIONS"]["sslmode"] == "require"
        assert read.database()["OPTIONS"]["pool"]["max_size"] == 4
        assert "pool" not in read.database(owner=True)["OPTIONS"]

    def test_the_owner_is_the_application_where_no_other_is_named(self, data):
        read = _read(data, HUYING_DATABASE_URL="postgresql://app@db/street")
        assert read.url(owner=True) == read.url()

    def test_tiles_open_the_policy_for_their_host_alone(self, data):
        read = _read(data, HUYING_TILES="https://{s}.tiles.example/{z}/{x}/{y}.png")
        assert read.tile_hosts == ("https://*.tiles.example",)


class TestRefusing:
    @pytest.mark.parametrize(
        ("name", "value", "expected"),
        [
            ("HUYING_PORT", "abc", "a whole number from 1 to 65535"),
            ("HUYING_PORT", "70000", "a whole number from 1 to 65535"),
            ("HUYING_HTTPS", "maybe", "1 or 0"),
            ("HUYING_DATABASE_URL", "mysql://db/street", "postgresql://"),
            ("HUYING_DATABASE_URL", "postgresql://db/street?nonsense=1", "postgresql://"),
            ("HUYING_HOSTS", "http://huying.example", "host names"),
            ("HUYING_ORIGINS", "huying.example", "addresses like"),
            ("HUYING_TILES", "https://tiles.example/", "{z}"),
            ("HUYING_TILES_SYSTEM", "mars", "one of wgs84"),
            ("HUYING_LOG_LEVEL", "LOUD", "one of DEBUG"),
            ("HUYING_SECRET_KEY", "short", "at least 32 characters"),
            ("HUYING_SECURITY_CONTACT", "somebody", "begins with mailto:"),
            ("HUYING_REAL_DATA", "/no/such/folder", "a folder that exists"),
            ("HUYING_SESSION_MINUTES", "0", "from 5 to 1440"),
        ],
    )
    def test_a_bad_value_is_named_with_what_is_expected(self, data, name, value, expected):
        with pytest.raises(BadSetting) as why:
            _read(data, **{name: value})
        assert why.value.name == name
        assert name in str(why.value)
        assert expected in str(why.value)

    def test_a_secret_is_never_repeated(self, data):
        with pytest.raises(BadSetting) as why:
            _read(data, HUYING_DATABASE_URL="mysql://app:topsecret@db/street")
        assert "topsecret" not in str(why.value)

    def test_an_unknown_name_is_refused_with_the_nearest_known(self, data):
        with pytest.raises(BadSetting, match="HUYING_PROT.*Did you mean HUYING_PORT"):
            _read(data, HUYING_PROT="8000")

    def test_an_unknown_name_in_the_file_is_refused_too(self, data):
        data.mkdir()
        (data / "settings.env").write_text("HUYING_HOST=a\n", encoding="utf-8")
        with pytest.raises(BadSetting, match="HUYING_HOST"):
            _read(data)

    @pytest.mark.parametrize("text", ["nothing here\n", "HUYING_PORT=1\nHUYING_PORT=2\n", "HUYING_DATA=/x\n"])
    def test_a_bad_line_of_the_file_is_refused(self, data, text):
        data.mkdir()
        (data / "settings.env").write_text(text, encoding="utf-8")
        with pytest.raises(BadSetting):
            _read(data)

    def test_a_named_file_must_exist(self, data):
        with pytest.raises(BadSetting, match="HUYING_SETTINGS"):
            _read(data, HUYING_SETTINGS="/no/such/file")

    def test_a_secret_given_twice_is_refused(self, data, tmp_path):
        with pytest.raises(BadSetting, match="twice"):
            _read(data, HUYING_SECRET_KEY="k" * 40, HUYING_SECRET_KEY_FILE=str(tmp_path / "k"))

    def test_only_a_secret_has_a_file_of_its_own(self, data):
        with pytest.raises(BadSetting, match="HUYING_PORT_FILE"):
            _read(data, HUYING_PORT_FILE="/x")

    def test_an_owner_without_an_application_is_refused(self, data):
        with pytest.raises(BadSetting, match="HUYING_DATABASE_OWNER_URL"):
            _read(data, HUYING_DATABASE_OWNER_URL="postgresql://owner@db/street")

    @pytest.mark.parametrize("text", ["~0", "~nobody-of-this-name/keys"])
    def test_the_home_of_nobody_is_refused(self, data, text):
        with pytest.raises(BadSetting, match="HUYING_MASTER_KEY_FILE"):
            _read(data, HUYING_MASTER_KEY_FILE=text)

    @given(st.sampled_from([row for row in TABLE if row.name != "HUYING_DATA"]), st.text(max_size=40))
    def test_any_text_is_read_or_refused_by_name(self, row, text):
        given = {"HUYING_DATA": "/no/such/data", row.name: text.replace("\x00", "")}
        try:
            env.read(given)
        except BadSetting as why:
            assert row.name in str(why) or "HUYING_DATABASE_URL" in str(why)  # noqa: PT017


class TestTheKey:
    def test_it_is_made_once_and_kept_from_others(self, data):
        env.prepare(data)
        first = _read(data).secret_key
        env.prepare(data)
        assert _read(data).secret_key == first
        assert stat.S_IMODE((data / "secret_key").stat().st_mode) == 0o600
        assert [file.name for file in data.iterdir()] == ["secret_key"]

    def test_before_it_is_made_nothing_is_written(self, data):
        assert len(_read(data).secret_key) >= 32
        assert not data.exists()

    def test_what_exists_keeps_its_mode(self, data):
        data.mkdir(mode=0o755)
        data.chmod(0o755)
        env.prepare(data)
        assert stat.S_IMODE(data.stat().st_mode) == 0o755


def test_the_reference_is_the_table():
    page = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"
    assert page.read_text(encoding="utf-8") == env.reference()


def test_every_row_has_a_meaning_and_a_name_of_ours():
    assert len({row.name for row in TABLE}) == len(TABLE)
    for row in TABLE:
        assert row.name.startswith("HUYING_")
        assert row.meaning.endswith(".")
