import pytest
from collections import Counter
from tests.referrals.test_openapi_fuzz import *
from tests.referrals.test_openapi_fuzz import ids
from tests.referrals.conftest import *


def test_stats(house, ids):
    ours = token(house)
    for op in operations(house.app, "/api/referrals/openapi.json", ours):
        print(op.label, assail(op, house.running.engine, ours, ids, 6))
