"""The images of one run: only a tested run is given test images."""

from mnistlib.training.images import images_of
from mnistlib.training.spec import ClassicalSpec, make


def test_only_a_tested_run_is_given_test_images(digits):
    common = {"dataset": "digits", "model": "knn", "n_train": 120, "seed": 0}
    cut, x_train, x_val, x_test = images_of(make(ClassicalSpec, **common), digits)
    assert [len(x_train), len(x_val), len(x_test)] == [100, 20, 0]
    assert len(cut.test_index) == len(cut.x_test) == 0
    tested = make(ClassicalSpec, **common, evaluate_on="test", n_test=30)
    cut, x_train, x_val, x_test = images_of(tested, digits)
    assert [len(x_train), len(x_val), len(x_test)] == [100, 20, 30]
