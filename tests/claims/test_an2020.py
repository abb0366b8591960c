"""The logs of An et al. (2020): what they are known to say."""

import pytest

from mnistlib.claims.an2020 import an2020


def test_the_logs_say_what_is_known_of_them():
    logs = an2020()
    assert logs.groupby("network").size().to_dict() == {"M3": 30, "M5": 30, "M7": 3}
    means = logs.groupby("network")[["last", "best"]].mean()
    assert means.at["M3", "last"] == pytest.approx(0.99699, abs=5e-6)
    assert means.at["M3", "best"] == pytest.approx(0.99767, abs=5e-6)
    assert means.at["M5", "last"] == pytest.approx(0.99692, abs=1e-5)
    assert (logs["best"] >= logs["last"]).all()
    assert logs["last"].between(0.99, 1).all()
