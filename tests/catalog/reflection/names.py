"""Names that are no names, and texts that nobody would write."""

from __future__ import annotations

from hypothesis import strategies as st

USUAL = (
    *("id", "name", "metadata", "registry", "query", "new", "choices", "views", "people", "boards"),
    *("panels", "select", "Order", "group", "key", "order", "type", "user", "items", "values"),
    *("label of a", "part_0", "c0", "c1", "c1_was", "key_0", "group_0", "field_0", "row_number"),
    *("rowid", "oid", "_rowid_", "ctid", "xmin", "tableoid", "count", "constructor", "__init__"),
    *("_sa_instance_state", "main", "public", "main.people", "sqlitex", "pg_x", "dashboard"),
)
GRAMMAR = (
    *(
        "a",
        "A",
        "a__gt",
        "a__in",
        "a__in__in",
        "a.b",
        "a.b__gt",
        "x.y",
        "a:month",
        "count:a",
        "a,b",
    ),
    *("_sort", "_search", "_next", "_col", "_by", "_agg", "_size", "_sort__gt", "_filter_column"),
    *("_group", "__x", "x__", "_", "__", '"a"', '"a"__gt', "a__exact", "csrf_token", "_version"),
    *("_original", "_another", "_back", "column.x", "column.a"),
)
SIGNS = (
    *(
        "a b",
        "a/b",
        "a?b",
        "a#b",
        "a%b",
        "%s",
        "%(x)s",
        "%%",
        "%25",
        "%22a%22",
        'a"b',
        "a'b",
        "a;b",
    ),
    *(
        ":a",
        "a:b",
        "a|b",
        "a\\b",
        "--",
        "/*",
        "a&b=c",
        "+",
        "[x]",
        "`x`",
        "]",
        "${x}",
        "?",
        "#",
        "/",
    ),
    *(
        "<b>x</b>",
        "</script>",
        ".",
        "..",
        "a//b/",
        " ",
        "  ",
        "\t",
        " lead",
        "trail ",
        "a\nb",
        "a\tb",
    ),
    *(
        "\x01",
        "\x7f",
        "\x85",
        "\u00a0",
        "\u2028",
        "\ufeff",
        "!",
        "*",
        "~",
        "$1",
        "@x",
        "{}",
        "(",
        ",",
    ),
)
OTHERS = (
    *("ключ", "名前", "é", "É", "e\u0301", "a\u0301", "ß", "ẞ", "İ", "i̇", "\u212a", "K", "k", "😀"),
    *("\u202egnp", "\u200b", "x" * 60, "é" * 30, "Ａ"),
)
ALPHABET = "aB_ .,%/?#\"'\n&=+:;<>(){}[]$\\`|~!*@^éж名😀-0"

names = st.one_of(
    st.sampled_from(USUAL),
    st.sampled_from(GRAMMAR),
    st.sampled_from(SIGNS + OTHERS),
    st.text(ALPHABET, min_size=1, max_size=12),
    st.text(
        st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=6
    ),
    st.from_regex(r"[a-z]{3,8}", fullmatch=True),
)

TEXTS = (
    *("", " ", "new", "a/b", ",", "%", "_", "x" * 300, "a\r\nb", "\x01", "\u202e", "<script>", "'"),
    *("true", "t", "1", "1.0", "inf", "NaN", "null", "{}", '{"a": 1}', "2013-07-22", "!1", "\\"),
    *("𝔘", "\u2028", "\ufffe", "Ǆ"),
)
texts = st.one_of(
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12),
    st.sampled_from(TEXTS),
)
