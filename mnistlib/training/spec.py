"""The description of one run: frozen, validated, JSON both ways, with a content key.

A spec says everything that decides a run's result, and nothing else: the number of
workers, the folder of the data and the place of the store are not in it.
"""

import itertools
from typing import Annotated, Any, Literal, TypeVar

from pydantic import Field, TypeAdapter, ValidationError, model_validator

from mnistlib import models
from mnistlib.ground.errors import SpecError
from mnistlib.ground.validation import Checked, one_line
from mnistlib.training.identity import Identity, key_of

EvaluateOn = Literal["validation", "test"]
Scaling = Literal["unit", "none", "standardised", "l2"]
SplitMethod = Literal["stratified", "last"]
Optimizer = Literal["sgd", "adam", "adadelta"]
Precision = Literal["float32", "bfloat16"]
Schedule = Literal["constant", "warmup_cosine", "warmup_cosine_inclusive", "triangle"]
NetworkName = Literal[*models.BUILDERS]
ClassicalName = Literal[*models.ESTIMATORS]
Argument = str | int | float | bool | None
MOVES = ("rotation", "shift", "zoom", "shear", "elastic")  # how images are moved
# Fields of a network's spec that came when there were records: no part of its key while
# they have the value that all runs had before.
ADDED = {
    "weights_seed": None,
    "order_seed": None,
    "shear": 0.0,
    "elastic": 0.0,
    "label_smoothing": 0.0,
    "ema_momentum": 0.0,
    "test_versions": 0,
    "precision": "float32",
}


class RunSpec(Checked):
    """What every run states: the data, how they are cut and scaled, the model, the seed.

    Args:
        dataset: ``"mnist"`` or ``"digits"``; a spec never says ``"auto"``.
        n_train: images of the training part that are used, before the validation images
            are taken out of them; None for all.
        evaluate_on: ``"validation"`` for runs by which something is chosen: they do not
            open the test images. ``"test"`` for runs that are reported: they open them
            once, at the end, and keep what they say of each.
        n_test: test images that are used; None for all, and where none are opened.
        split: ``"stratified"`` by label with the run's seed, or ``"last"`` as Keras's
            ``validation_split`` takes it.
        val_fraction: share of the training images held out for validation, in [0, 1).
        scaling: ``"unit"`` (/255), ``"none"`` (0 to 255), ``"standardised"`` by the
            training images' mean and standard deviation, or ``"l2"``.
        model_args: arguments of the model's builder, JSON values only.
        seed: of the split, the initial weights, the order of the images.
    """

    dataset: Literal["mnist", "digits"]
    n_train: int | None = Field(None, ge=20)
    evaluate_on: EvaluateOn = "validation"
    n_test: int | None = Field(None, ge=10)
    split: SplitMethod = "stratified"
    val_fraction: float = Field(1 / 6, ge=0, lt=1)
    scaling: Scaling = "unit"
    model_args: dict[str, Argument] = Field(default_factory=dict)
    seed: int = Field(ge=0, lt=2**31)

    @model_validator(mode="after")
    def _there_are_images_to_evaluate_on(self):
        if self.is_tested:
            return self
        if not self.val_fraction:
            raise ValueError(
                "val_fraction must be above 0 unless evaluate_on='test'. Received: "
                f"evaluate_on='validation', val_fraction={self.val_fraction!r}; hold some "
                "training images out, or evaluate on the test images"
            )
        if self.n_test is not None:
            raise ValueError(
                "n_test must be left out unless evaluate_on='test'. Received: "
                f"evaluate_on='validation', n_test={self.n_test!r}; such a run does not "
                "open the test images"
            )
        return self

    @property
    def is_tested(self) -> bool:
        """Whether the run opens the test images."""
        return self.evaluate_on == "test"

    def to_dict(self) -> dict[str, Any]:
        """Return the spec as JSON values, all of them: a default may change one day."""
        return self.model_dump(mode="json")

    def key(self, data_sha256: str, identity: Identity | None = None) -> str:
        """Return 16 hexadecimal digits that name this run's record.

        They are taken from all that decides the result: every value of the spec, the
        data, and the code and the arithmetic.

        Args:
            data_sha256: hash of the data.
            identity: what the run was made with, as a record holds it; default: what it
                would be made with in this process.
        """
        identity = identity or Identity.here(self.kind, self.model)
        return key_of(self.to_dict(), data_sha256, identity)

    def columns(self) -> dict[str, Any]:
        """Return every field as one flat row; model arguments as ``arg_<name>``."""
        row = self.model_dump(exclude={"model_args"})
        return row | {f"arg_{name}": value for name, value in self.model_args.items()}


class NetworkSpec(RunSpec):
    """One training of a network.

    Args:
        learning_rate: of every step, or the schedule's largest.
        schedule: ``"constant"``, ``"warmup_cosine"``, ``"warmup_cosine_inclusive"`` or
            ``"triangle"``; see ``schedules.rates``.
        rotation, shift, zoom: augmentation of the training images, each time one is used:
            largest angle in degrees, shift as a share of the side, zoom as a share; 0 for
            none. See ``augment.draw``.
        momentum: of SGD, in [0, 1); must be 0 for the other optimizers.
        batch_size: images per step; the last, smaller batch of an epoch is used too.
        epochs: passes over the training images.
        test_each_epoch: also evaluate on the test images after every epoch, as papers do
            that choose by them. Only to run such a paper again: its best epoch is no
            result of ours.
        weights_seed: of the initial weights; None (default): ``seed``.
        order_seed: of the order of the images, how they are moved, and dropout; None
            (default): ``seed``. Which images are drawn and held out is always ``seed``'s.
        shear, elastic: more augmentation: largest slant in degrees, and the standard
            deviation of smooth displacements in pixels; 0 for none. See ``augment.draw``.
        label_smoothing: share of each label that is spread evenly over all digits, in
            [0, 1). The training loss is then that of the smoothed labels.
        ema_momentum: weight of the old average in the exponential moving average of the
            weights, in [0, 1), as Keras's ``ema_momentum``: the run is evaluated with the
            average. 0 (default) for none. Batch normalisation's own averages are not
            averaged again.
        test_versions: moved versions of each test image that a tested run reads as well,
            besides the image itself, for a second answer: the mean of all their
            probabilities. See ``train.read_versions``. 0 (default) for none.
        precision: ``"float32"`` (default), or ``"bfloat16"`` for layers that compute with
            numbers of 16 bits in training; see ``engine_precision``.
    """

    kind: Literal["network"] = "network"
    model: NetworkName
    optimizer: Optimizer = "adam"
    learning_rate: float = Field(gt=0, le=100)
    schedule: Schedule = "constant"
    rotation: float = Field(0.0, ge=0, le=180)
    shift: float = Field(0.0, ge=0, lt=1)
    zoom: float = Field(0.0, ge=0, lt=1)
    momentum: float = Field(0.0, ge=0, lt=1)
    batch_size: int = Field(32, ge=1, le=65536)
    epochs: int = Field(ge=1, le=1000)
    test_each_epoch: bool = False
    weights_seed: int | None = Field(None, ge=0, lt=2**31)
    order_seed: int | None = Field(None, ge=0, lt=2**31)
    shear: float = Field(0.0, ge=0, lt=90)
    elastic: float = Field(0.0, ge=0, le=14)
    label_smoothing: float = Field(0.0, ge=0, lt=1)
    ema_momentum: float = Field(0.0, ge=0, lt=1)
    test_versions: int = Field(0, ge=0, le=100)
    precision: Precision = "float32"

    def to_dict(self) -> dict[str, Any]:
        """Return the spec as JSON values; fields of `ADDED` only where they are used.

        Records from before there were such fields keep their keys.
        """
        unused = {name for name, value in ADDED.items() if getattr(self, name) == value}
        return self.model_dump(mode="json", exclude=unused)

    @property
    def is_augmented(self) -> bool:
        """Whether training images are moved."""
        return any(getattr(self, move) for move in MOVES)

    @model_validator(mode="after")
    def _momentum_is_for_sgd(self):
        if self.momentum and self.optimizer != "sgd":
            raise ValueError(
                "momentum must be 0 unless optimizer='sgd'. "
                f"Received: optimizer={self.optimizer!r}, momentum={self.momentum!r}"
            )
        return self

    @model_validator(mode="after")
    def _versions_are_moved_test_images(self):
        if self.test_versions and not (self.is_tested and self.is_augmented):
            raise ValueError(
                "test_versions must be 0 unless evaluate_on='test' and images are moved "
                f"({', '.join(MOVES[:-1])} or {MOVES[-1]} above 0). Received: "
                f"test_versions={self.test_versions!r}, evaluate_on={self.evaluate_on!r}"
                + ("" if self.is_augmented else ", no moves")
            )
        return self

    @model_validator(mode="after")
    def _test_images_are_opened_for_a_tested_run(self):
        if self.test_each_epoch and not self.is_tested:
            raise ValueError(
                "test_each_epoch must be False unless evaluate_on='test'. Received: "
                "evaluate_on='validation', test_each_epoch=True; such a run does not open "
                "the test images"
            )
        return self

    @model_validator(mode="before")
    @classmethod
    def _arguments_fit_the_builder(cls, fields):
        # An argument that equals the builder's default is left out, so that one network
        # has one key however it was asked for.
        if not isinstance(fields, dict):
            return fields
        model, given = fields.get("model"), fields.get("model_args", {})
        # What has another type is refused by the fields themselves.
        if isinstance(model, str) and isinstance(given, dict) and model in models.BUILDERS:
            defaults = models.arguments(model)
            if unknown := sorted(set(given) - set(defaults)):
                raise ValueError(
                    f"{model} takes {', '.join(defaults) or 'no arguments'}. "
                    f"Received: model_args={unknown!r} (list)"
                )
            kept = {name: value for name, value in given.items() if value != defaults[name]}
            fields = fields | {"model_args": kept}
        return fields

    @property
    def label(self) -> str:
        """A short text for progress lines and listings."""
        momentum = f" m{self.momentum:g}" if self.momentum else ""
        rate = f"{self.optimizer} {self.learning_rate:g}{momentum}"
        moved = " augmented" if self.is_augmented else ""
        schedule = f" {self.schedule}" if self.schedule != "constant" else ""
        smoothed = f" smoothed {self.label_smoothing:g}" if self.label_smoothing else ""
        averaged = f" averaged {self.ema_momentum:g}" if self.ema_momentum else ""
        precise = f" {self.precision}" if self.precision != "float32" else ""
        how = f"{rate}{schedule}{moved}{smoothed}{averaged}{precise}"
        seeds = f"seed {self.seed}"
        for name, seed in (("weights", self.weights_seed), ("order", self.order_seed)):
            seeds += "" if seed is None else f" {name} {seed}"
        return f"{self.model}{_arguments(self)} {how} x{self.epochs} {seeds}"


class ClassicalSpec(RunSpec):
    """One fit of a classical baseline of scikit-learn; ``model_args`` go to its class."""

    kind: Literal["classical"] = "classical"
    model: ClassicalName

    @property
    def label(self) -> str:
        """A short text for progress lines and listings."""
        return f"{self.model}{_arguments(self)} seed {self.seed}"


AnySpec = TypeVar("AnySpec", NetworkSpec, ClassicalSpec)
_ADAPTER = TypeAdapter(Annotated[NetworkSpec | ClassicalSpec, Field(discriminator="kind")])


def _arguments(spec: RunSpec) -> str:
    pairs = ",".join(f"{name}={value}" for name, value in sorted(spec.model_args.items()))
    return f"({pairs})" if pairs else ""


def make(cls: type[AnySpec], **fields) -> AnySpec:
    """Return ``cls(**fields)``; integers are accepted where a float is meant.

    Raises:
        SpecError: a field is unknown, of the wrong type or out of range.
    """
    try:
        return cls(**fields)
    except ValidationError as error:
        raise SpecError(one_line(error, cls.__name__, list(cls.model_fields))) from None


def spec_from_dict(mapping: dict[str, Any]) -> NetworkSpec | ClassicalSpec:
    """Return the spec that ``to_dict`` wrote.

    Raises:
        SpecError: the mapping is not a spec.
    """
    try:
        return _ADAPTER.validate_python(mapping)
    except ValidationError as error:
        raise SpecError(
            one_line(error, "run spec", ["kind", *NetworkSpec.model_fields])
        ) from None


def grid(base: AnySpec, **values) -> list[AnySpec]:
    """Return one spec for each combination of the given values, the last name fastest.

    Example:
        ``grid(base, optimizer=["sgd", "adam"], seed=[0, 1])`` gives four specs.

    Args:
        base: the spec that supplies every other field.
        **values: for each field a list of values; ``model_args`` takes a list of dicts.

    Raises:
        SpecError: a combination is not a valid spec.
    """
    fields = dict(base)
    combinations = itertools.product(*values.values())
    return [
        make(type(base), **(fields | dict(zip(values, combination, strict=True))))
        for combination in combinations
    ]
