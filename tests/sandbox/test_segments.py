import pytest

from services.sandbox.segments import segments


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("é" * 160, 1),
        ("[" * 80, 1),
        ("[" * 80 + "a", 2),
        ("€" * 81, 2),
        ("ё" * 70, 1),
        ("ё" * 71, 2),
        ("ё" * 134, 2),
        ("ё" * 135, 3),
        ("\N{SLIGHTLY SMILING FACE}" * 35, 1),
        ("\N{SLIGHTLY SMILING FACE}" * 36, 2),
        ("a" * 100 + "\N{RIGHT SINGLE QUOTATION MARK}", 2),
        ("a" * 60 + "\N{NO-BREAK SPACE}" + "a" * 10, 2),
    ],
)
def test_a_text_is_counted_in_segments_as_carriers_count_it(body: str, parts: int) -> None:
    assert segments(body) == parts


def test_an_escaped_character_is_never_split_over_two_segments() -> None:
    # 152 septets, an escape pair that no longer fits, and 153 more: three segments, not two.
    assert segments("a" * 152 + "[" + "a" * 152) == 3
    assert segments("a" * 151 + "[" + "a" * 153) == 2
