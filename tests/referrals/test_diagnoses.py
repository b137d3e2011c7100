"""Which diagnosis codes exist."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from services.referrals.intake.diagnoses import _code_list, diagnosis_code


@pytest.mark.parametrize(
    ("written", "code"),
    [("M54.50", "M54.50"), ("m5450", "M54.50"), (" M54.2 ", "M54.2"), ("M54", "M54"), ("S13.4XXA", "S13.4XXA")],
)
def test_a_code_is_known_however_it_is_written(written: str, code: str) -> None:
    assert diagnosis_code(written) == code


@pytest.mark.parametrize(
    "written", ["M54.99", "M545.0", "Z99.999", "A00-A09", "1", "", "M54..50", "Ｍ54.50", "M54.50 M54.2"]
)
def test_a_code_that_is_not_in_the_release_is_unknown(written: str) -> None:
    assert diagnosis_code(written) is None


PACKAGE = """
import json, sys, simple_icd_10_cm as icd
print(json.dumps([icd.is_valid_item(code) and not icd.is_chapter_or_block(code) for code in json.load(sys.stdin)]))
"""


def test_the_code_list_agrees_with_the_package_that_brings_it() -> None:
    chance = random.Random(97124)
    listed = chance.sample(_code_list().split(), 300)
    made_up = [f"{chance.choice('ABCMSTZ')}{chance.randrange(100):02}{chance.randrange(1000)}" for _ in range(300)]
    asked = [code for code in listed + made_up if "-" not in code and not code.isdigit()]
    answer = subprocess.run(
        [sys.executable, "-c", PACKAGE], input=json.dumps(asked), capture_output=True, text=True, check=True
    )
    assert json.loads(answer.stdout) == [diagnosis_code(code) is not None for code in asked]


def test_asking_for_a_code_does_not_load_the_whole_classification() -> None:
    program = (
        "import sys; from services.referrals.intake.diagnoses import diagnosis_code;"
        "assert diagnosis_code('M54.50'); assert 'simple_icd_10_cm' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(__file__).parents[2])
