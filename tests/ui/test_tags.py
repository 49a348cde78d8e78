"""Tags and filters as templates use them."""

import pytest
from django import forms
from django.template import Context, Template, TemplateSyntaxError
from django.test import RequestFactory
from django.utils.safestring import mark_safe
from django.utils.translation import override

from huying.ui.templatetags import ui


def rendered(source, **context):
    return Template(source).render(Context(context))


def test_an_icon_is_hidden_from_readers_unless_it_has_a_name():
    assert 'aria-hidden="true"' in ui.icon("phone")
    assert 'role="img" aria-label="关闭"' in ui.icon("close", label="关闭")
    assert "#phone" in ui.icon("phone")


def test_an_unknown_icon_falls_back_rather_than_showing_nothing():
    assert "#info" in ui.icon("no-such-icon")


def test_every_icon_named_in_a_template_is_in_the_sprite():
    import re
    from pathlib import Path

    source = Path(ui.__file__).resolve().parents[2]
    used = {
        name
        for file in source.rglob("*.html")
        for name in re.findall(r'{% icon "([a-z0-9-]+)"', file.read_text("utf-8"))
    }
    assert used - ui.icon_names() == set()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('{% query_with state="filed" %}', "?area=9901&amp;state=filed"),
        ("{% query_with area=None %}", "?"),
        ('{% query_with area="" after="x" %}', "?after=x"),
        ("{% query_with area=both %}", "?area=1&amp;area=2"),
    ],
)
def test_a_filter_link_keeps_the_other_filters_and_drops_the_place_in_the_list(source, expected):
    request = RequestFactory().get("/x/", {"area": "9901", "after": "cursor"})
    assert rendered(source, request=request, both=["1", "2"]) == expected


class Form(forms.Form):
    phone = forms.CharField(help_text="11 位", widget=forms.TextInput(attrs={"class": "field-code"}))
    agreed = forms.BooleanField()
    note = forms.CharField(widget=forms.Textarea, required=False)


def test_a_control_has_our_class_and_is_tied_to_its_help_and_error():
    html = rendered("{% widget form.phone inputmode='numeric' %}", form=Form({}))
    assert 'class="field-input field-code"' in html
    assert 'aria-describedby="id_phone_help id_phone_error"' in html
    assert 'aria-invalid="true"' in html
    assert 'inputmode="numeric"' in html


def test_a_control_without_fault_says_nothing_of_one():
    html = rendered("{% widget form.note %}", form=Form())
    assert 'class="field-area"' in html
    assert "aria-" not in html


def test_the_errors_of_a_form_lead_to_their_fields_and_come_with_those_of_the_whole():
    form = Form({"phone": "1"})
    form.add_error(None, "刚被别人改过")
    form.add_error("phone", "少了 10 位")
    assert [address for address, _words in ui.first_errors(form)] == ["id_phone", "id_agreed", ""] or [
        address for address, _words in ui.first_errors(form)
    ] == ["id_agreed", "id_phone", ""]


def test_a_tracking_code_is_read_in_fours():
    assert ui.code_words("482617309527") == "4826 1730 9527"


def test_filters_of_nothing_are_empty():
    assert [
        one(None) for one in (ui.when, ui.clock, ui.day, ui.due_words, ui.deadline_words, ui.span_words, ui.weekday)
    ] == [""] * 7


class TestPart:
    """`{% part %}`: kept under all that it is made of, and made of nothing else."""

    SOURCE = '{% part "ui/cell_words.html" name="place" words=words %}'

    def test_it_reads_as_the_include_of_the_same_values(self):
        included = rendered('{% include "ui/cell_words.html" with name="place" words=words only %}', words="榕树 <b>")
        assert rendered(self.SOURCE, words="榕树 <b>") == rendered(self.SOURCE, words="榕树 <b>") == included
        assert "&lt;b&gt;" in included

    def test_words_that_are_safe_as_they_stand_are_not_taken_for_those_that_are_not(self):
        assert "<b>" in rendered(self.SOURCE, words=mark_safe("<b>"))
        assert "&lt;b&gt;" in rendered(self.SOURCE, words="<b>")
        assert "<b>" in rendered(self.SOURCE, words=mark_safe("<b>"))

    def test_each_language_has_its_own(self):
        chinese = rendered('{% part "ui/keys.html" %}')
        with override("en"):
            assert rendered('{% part "ui/keys.html" %}') != chinese

    def test_nothing_of_the_page_around_it_gets_in(self):
        assert "secret" not in rendered('{% part "ui/cell_words.html" name="place" %}', words="secret")

    def test_values_that_might_change_unseen_are_refused(self):
        with pytest.raises(TypeError):
            rendered(self.SOURCE, words=["a list"])

    @pytest.mark.parametrize("source", ["{% part name %}", '{% part "ui/keys.html" words %}', "{% part '' only %}"])
    def test_it_takes_a_name_in_quotes_and_named_values(self, source):
        with pytest.raises(TemplateSyntaxError):
            rendered(source)

    def test_all_is_forgotten_where_it_grows_large(self, monkeypatch):
        monkeypatch.setattr(ui.PARTS, "MOST", 500)
        ui.PARTS.forget()
        for number in range(40):
            assert f">{number}<" in rendered(self.SOURCE, words=number)
        assert sum(len(one) for one in ui.PARTS._kept.values()) <= 500

    def test_parts_that_come_to_nothing_are_forgotten_too(self, monkeypatch):
        monkeypatch.setattr(ui._Parts, "MOST_PARTS", 10)
        parts = ui._Parts()
        for number in range(25):
            parts.keep(("ui/keys.html", number), mark_safe(""))
        assert len(parts._kept) == 5
        assert parts.get(("ui/keys.html", 24)) == ""
