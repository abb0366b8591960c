"""One system for each that the papers report, as fields of a spec: on all images alike."""

from mnistlib.data.splits import VAL_FRACTION

_AHMAREEN = {"optimizer": "sgd", "learning_rate": 0.01, "batch_size": 32}
_BASE = _AHMAREEN | {"model": "base_cnn", "epochs": 10}
_RAJ = {"split": "last", "val_fraction": 0.3}
_ADAM = {"optimizer": "adam", "learning_rate": 0.001, "batch_size": 32, "epochs": 5}
_MOVED = {"rotation": 10.0, "shift": 0.1, "zoom": 0.1}
RAUT = "K1, raut"
# As in its printed call, which evaluates on the test images after each epoch.
RAUT_NETWORK = {
    "model": "raut_cnn",
    "optimizer": "adam",
    "learning_rate": 0.001,
    "batch_size": 64,
    "epochs": 10,
    "test_each_epoch": True,
}
# What a paper leaves open is declared where its own chapter runs it; the batch size and the
# epochs of `ahmareen2024` are such choices.
NETWORKS = {
    "A1, SGD": _BASE,
    "A2, Adam": _BASE | {"optimizer": "adam", "learning_rate": 0.001},
    "A3, Adadelta": _BASE | {"optimizer": "adadelta", "learning_rate": 1.0},
    "A4, complex": _AHMAREEN | {"model": "complex_cnn", "epochs": 10},
    "A5, batch norm": _AHMAREEN
    | {"model": "complex_cnn", "batch_norm": "before_activation", "epochs": 5},
    "R1, CNN": _RAJ | _ADAM | {"model": "raj_cnn"},
    "S1, recipe": _ADAM
    | _MOVED
    | {"model": "sayee_cnn", "schedule": "warmup_cosine", "batch_size": 128, "epochs": 30}
    | {"test_each_epoch": True},
    "C1, CNN": _ADAM | _MOVED | {"model": "asher_cnn", "val_fraction": VAL_FRACTION},
}
# Others of which the papers report an accuracy.
OTHERS = {
    "R5, ANN": _RAJ | _ADAM | {"model": "ann"},
    "C4, random forest": _RAJ | {"model": "random_forest"},
}
CLASSICAL = {
    "R6, SVM": _RAJ | {"model": "svm"},
    "C3, 3-NN": _RAJ | {"model": "knn", "n_neighbors": 3},
}
