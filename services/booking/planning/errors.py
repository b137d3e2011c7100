"""What is wrong with a planning problem."""


class ProblemError(ValueError):
    """A malformed planning problem: `path` names the field, `hint` says what to do; no value is repeated."""

    def __init__(self, path: str, hint: str) -> None:
        super().__init__(f"{path}: {hint}" if path else hint)
        self.path = path
        self.hint = hint
