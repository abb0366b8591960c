"""What papers print, in words."""

from mnistlib.claims.registry import load_claims
from mnistlib.show import printed


def test_every_quantity_has_words():
    metrics = set(load_claims()["metric"])
    assert metrics == set(printed.QUANTITIES)
    assert not any("_" in words for words in printed.QUANTITIES.values())


def test_values_are_written_as_a_page_writes_them():
    claims = load_claims()
    shown = {name: printed.value(claims.loc[name]) for name in claims.index}
    assert shown["AHM-07"] == "98.73\u202f%"
    assert shown["AHM-08"] == "0.0429 nats"
    assert shown["AHM-09"] == "159,254"
    assert shown["AHM-10"] == "yes"
    assert shown["AHM-13"] == "7"
    assert shown["AHM-14"] == "7 (prediction implied)"
    assert shown["AHM-16"] == "about 800 to 1,000"
    assert shown["RAJ-10"] == "42,000; 18,000"
    assert shown["SAY-13"] == "approximate 0.5 points"


def test_the_claims_of_one_system():
    table = printed.printed_claims("A5_sgd0.01_bn")
    assert table["claim"].tolist() == ["AHM-11", "AHM-12"]
    assert table["what"].tolist() == ["test accuracy", "test loss"]
    assert table["printed"].tolist() == ["99.24\u202f%", "0.0263 nats"]
    assert (table["place"] == "IV, Fig. 9").all()
