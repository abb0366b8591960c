"""The network in plain Keras that the chapter on optimizers opens with."""

from pathlib import Path

import pytest

from mnistlib.chapters.optimizers.params import Params
from mnistlib.ground.notebook import read_notebook

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "02_optimizers.ipynb"


@pytest.fixture(scope="module")
def names() -> dict:
    """The variables after the set-up and the cells of the live training."""
    names, params = {}, Params(dataset="digits")
    cells = read_notebook(NOTEBOOK).cells
    chosen = [c for c in cells if c.id == "set-up" or c.id.startswith("live-")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Params, "from_notebook", classmethod(lambda cls: params))
        for cell in chosen:
            if cell.cell_type == "code":
                exec(cell.source, names)
    return names


def test_keras_by_hand_and_train_end_in_the_same_place(names):
    loss, accuracy = names["by_fit"]
    val = names["record"].val
    assert names["record"].history[-1]["val_loss"] == pytest.approx(loss, rel=1e-4)
    assert abs(round(accuracy * val["n_examples"]) - val["n_correct"]) <= 1
    assert names["record"].status == "ok"


def test_both_hold_the_same_images_out(names):
    assert names["record"].val["n_examples"] == len(names["x_val"])
    assert names["record"].train["n_examples"] == len(names["x_train"])
    assert len(names["cut"].y_test) == 0


def test_the_network_by_hand_is_the_librarys(names):
    models = names["models"]
    by_hand = models.layer_table(names["network"])
    assert by_hand.equals(models.layer_table(models.build("base_cnn")))


def test_fit_learned_something(names):
    assert names["fitted"].history["val_accuracy"][-1] > 0.5
