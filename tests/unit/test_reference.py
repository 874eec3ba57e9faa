"""Text never becomes markup, and a schema reads as a sentence."""

from keystead.web.reference.markup import Markup, inline, joined, prose, tag
from keystead.web.reference.schemas import fields_table, type_of

BAD = "<script>alert('&')</script>"
SAFE = "&lt;script&gt;alert(&#x27;&amp;&#x27;)&lt;/script&gt;"


def test_text_is_escaped_wherever_it_stands() -> None:
    assert tag("p", BAD) == f"<p>{SAFE}</p>"
    assert joined(["a", BAD]) == f"a{SAFE}"
    assert inline(f"see `{BAD}`") == f"see <code>{SAFE}</code>"
    assert prose(f"- {BAD}") == f"<ul><li>{SAFE}</li></ul>"
    assert tag("a", "x", href='"><script>') == '<a href="&quot;&gt;&lt;script&gt;">x</a>'


def test_markup_stays_what_it_is() -> None:
    assert tag("p", Markup("<b>x</b>")) == "<p><b>x</b></p>"
    assert (
        tag("p", "x", class_="quiet", aria_label="A", title=None) == '<p class="quiet" aria-label="A">x</p>'
    )


def test_prose_knows_headings_lists_and_paragraphs() -> None:
    text = "First\nline.\n\n## Head\n\n- one\n  goes on\n- two"
    assert prose(text) == "<p>First line.</p><h3>Head</h3><ul><li>one   goes on</li><li>two</li></ul>"


def test_a_type_reads_as_a_sentence() -> None:
    named = {"$ref": "#/components/schemas/Role"}
    assert type_of({"type": "array", "items": named}) == 'array of <a href="#schema-Role">Role</a>'
    assert (
        type_of({"anyOf": [{"type": "string", "format": "uuid"}, {"type": "null"}]}) == "string, uuid or null"
    )
    assert type_of({"type": "object", "additionalProperties": {"type": "string"}}) == "object of string"


def test_a_field_is_told_with_all_that_limits_it() -> None:
    schema = {
        "type": "object",
        "properties": {
            "name": {"anyOf": [{"type": "string", "maxLength": 9, "description": "Why."}, {"type": "null"}]}
        },
        "required": ["name"],
    }
    shown = fields_table(schema)
    assert all(
        word in shown
        for word in ("<code>name</code>", "required", "string or null", "Why.", "<code>9</code>")
    )
