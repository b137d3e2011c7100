"""How a name sounds: Soundex, one code for each of its words.

Source: U.S. National Archives, "Soundex System".
"""

from __future__ import annotations

_DIGITS = {
    letter: digit
    for digit, letters in {"1": "bfpv", "2": "cgjkqsxz", "3": "dt", "4": "l", "5": "mn", "6": "r"}.items()
    for letter in letters
}


def sounds(words: str) -> tuple[str, ...]:
    """The codes of words that are folded already, sorted; a word without Latin letters stands for itself.

    The first letter counts like any other, so that Catherine sounds like Katherine.
    """
    codes = (soundex(word) for word in words.split())
    return tuple(sorted(_DIGITS.get(code[0], code[0]) + code[1:] for code in codes))


def soundex(word: str) -> str:
    letters = [letter for letter in word if "a" <= letter <= "z"]
    if not letters:
        return word
    code, before = letters[0], _DIGITS.get(letters[0])
    for letter in letters[1:]:
        digit = _DIGITS.get(letter)
        if digit and digit != before:
            code += digit
        # h and w do not separate letters of one digit, vowels do
        if letter not in "hw":
            before = digit
    return code[:4].ljust(4, "0")
