"""Parameters of the notebooks: names, types, ranges, sizes; cells and defaults."""

import ast
import re
import subprocess
import sys
from types import SimpleNamespace

import nbformat
import numpy as np
import pytest
import yaml

from mnistlib.chapters.optimizers.params import Params
from mnistlib.chapters.params import PARAMS, check, of_notebook
from mnistlib.ground import paths
from mnistlib.ground.errors import ParameterError
from mnistlib.study.plan import load_study

NOTEBOOKS = load_study().notebooks


def cells(notebook: str) -> list:
    source = nbformat.read(paths.root() / "notebooks" / f"{notebook}.ipynb", as_version=4)
    return [cell for cell in source.cells if cell.cell_type == "code"]


def names_of(tree) -> set[str]:
    return {
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


def data_of(n_train: int, n_test: int, name: str = "digits"):
    return SimpleNamespace(name=name, y_train=np.zeros(n_train), y_test=np.zeros(n_test))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"epochz": 3}, r"02_optimizers: unknown name 'epochz'; known: .*epochs"),
        ({"_unknown": 1}, "unknown name '_unknown'"),
        ({"In": 1}, "unknown name 'In'"),
        ({"self": 1}, "unknown name 'self'"),
        ({"epochs": "three"}, r"epochs: .*Received: epochs='three' \(str\)"),
        ({"epochs": 2.5}, r"epochs: .*Received: epochs=2.5 \(float\)"),
        ({"epochs": True}, r"epochs: .*Received: epochs=True \(bool\)"),
        ({"epochs": 0}, r"epochs: .*greater than or equal to 1"),
        (
            {"epochs": 10**6},
            r"epochs: .*less than or equal to 1000.*Received: epochs=10000",
        ),
        ({"batch_size": 10**9}, r"batch_size: .*less than or equal to 4096"),
        ({"seeds": 3}, r"seeds: .*a list, written.*Received: seeds=3 \(int\)"),
        ({"seeds": None}, r"seeds: .*a list, written.*Received: seeds=None \(NoneType\)"),
        ({"seeds": []}, r"seeds: .*at least 1 item"),
        ({"seeds": list(range(200, 500))}, r"seeds: .*at most 100 items"),
        ({"seeds": [1, 1]}, r"seeds: each value must be given once"),
        ({"seeds": [[0], [1]]}, r"seeds\.0: .*integer.*Received: seeds\.0=\[0\] \(list\)"),
        ({"seeds": [{}, {}]}, r"seeds\.0: .*integer.*Received: seeds\.0={} \(dict\)"),
        ({"seeds": [True, 2]}, r"seeds\.0: .*Received: seeds\.0=True \(bool\)"),
        ({"seeds": [0, -1]}, r"seeds\.1: .*Received: seeds\.1=-1"),
        ({"seeds": [2**31]}, r"seeds\.0: .*less than 2147483648"),
        ({"seeds": "0, 1"}, r"seeds: .*a list, written.*Received: seeds='0, 1' \(str\)"),
        ({"seeds": "[" * 10**5}, r"seeds: .*a list, written"),
        ({"sgd_rates": [0.1, 0]}, r"sgd_rates\.1: .*greater than 0"),
        ({"sgd_rates": [1, 1.0]}, r"sgd_rates: each value must be given once"),
        ({"sgd_rates": [0.1, "1e-1"]}, r"sgd_rates: each value must be given once"),
        ({"adam_rates": "NaN"}, r"adam_rates: .*a list, written"),
        ({"adam_rates": ["NaN"]}, r"adam_rates\.0: .*finite.*adam_rates\.0=nan"),
        ({"adam_rates": [float("inf")]}, r"adam_rates\.0: .*finite.*adam_rates\.0=inf"),
        ({"momentum": True}, r"momentum: .*Received: momentum=True \(bool\)"),
        ({"dataset": "cifar"}, r"dataset: .*'auto', 'mnist' or 'digits'"),
        ({"n_train": 5}, r"n_train: must be .*at least 20.*Received: n_train=5 \(int\)"),
        ({"n_train": True}, r"n_train: must be .*Received: n_train=True \(bool\)"),
        ({"n_train": 2e3}, r"n_train: must be .*Received: n_train=2000.0 \(float\)"),
        ({"n_train": "all"}, r"n_train: must be .*'up to N'.*Received: n_train='all'"),
        ({"n_train": "up to 5"}, r"n_train: must be .*Received: n_train='up to 5'"),
        ({"n_train": "up to " + "9" * 5000}, r"n_train: must be "),
        (
            {"n_test": [1]},
            r"n_test: must be .*at least 10.*Received: n_test=\[1\] \(list\)",
        ),
    ],
)
def test_bad_values_get_one_clear_line(values, message):
    with pytest.raises(ParameterError, match=message) as caught:
        check("02_optimizers", values)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("notebook", "values", "message"),
    [
        ("01_eda", {"seed": 2**32}, r"seed: .*less than 2147483648"),
        ("01_eda", {"n_map": 20_000}, r"n_map: .*50 to 10,000, or 'up to N'\. Received"),
        ("01_eda", {"n_map": None}, r"n_map: .*Received: n_map=None"),
        ("01_eda", {"n_map": "up to 20000"}, r"n_map: .*50 to 10,000"),
        (
            "03_complex_cnn",
            {"widths": [10**22 - 1]},
            r"widths\.0: .*equal to 256\..*=99999",
        ),
        ("03_complex_cnn", {"convs_per_stage": [10**6]}, r"\.0: .*equal to 10\."),
        (
            "03_complex_cnn",
            {"widths": [4, 256], "batch_size": 4096},
            r"widths times batch_size must be at most 131,072, .*widths=\[4, 256",
        ),
        (
            "02_optimizers",
            {"sgd_rates": [i / 50 for i in range(1, 41)]},
            "at most 30 items",
        ),
        ("03_complex_cnn", {"stages": [5]}, r"stages\.0: .*equal to 4\."),
        ("03_complex_cnn", {"kernel_sizes": [29]}, r"kernel_sizes\.0: .*equal to 28\."),
        (
            "04_batch_norm",
            {"scalings": "none"},
            r"scalings: must be a list.*Received: scalings='non",
        ),
        (
            "04_batch_norm",
            {"scalings": None},
            r"scalings: must be a list.*Received: scalings=None",
        ),
        ("04_batch_norm", {"scalings": [["unit"]]}, r"scalings\.0: .*'unit', 'none'"),
        ("04_batch_norm", {"seeds": [100]}, "no seed in common"),
        ("05_baselines", {"learning_rate": "1e400"}, r"learning_rate: .*finite"),
        ("05_baselines", {"learning_rate": 1000}, r"learning_rate: .*equal to 100"),
    ],
)
def test_what_no_machine_can_bear_is_refused_with_the_bound(notebook, values, message):
    with pytest.raises(ParameterError, match=message) as caught:
        check(notebook, values)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "values",
    [
        {"momentum": "x" * 10_000},
        {"momentum": "\n" * 10_000},
        {"x" * 10_000: 1},
        {"a\nb": 1},
        {"epochs": 10**5000},
        {"seeds": ["a"] * 90},
        {"seeds": [10**5000]},
        {"seeds": [[[[[0]] * 100] * 100]]},
        dict.fromkeys(
            ("dataset", "epochs", "batch_size", "n_train", "seeds"), "x" * 10_000
        ),
    ],
)
def test_a_long_value_leaves_one_line_that_can_be_read(values):
    with pytest.raises(ParameterError) as caught:
        check("02_optimizers", values)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 1200


def test_several_faults_are_told_at_once():
    with pytest.raises(ParameterError, match=r"epochs: .*; batch_size: "):
        check("02_optimizers", {"epochs": 0, "batch_size": 0})


def test_an_unknown_notebook_is_told():
    message = r"\(baselines, .*\)\. Received: notebook='06_x' \(str\)"
    with pytest.raises(ParameterError, match=message):
        check("06_x", {})


def test_text_from_papermill_is_read():
    """``-p seeds [0,1]`` and YAML's ``1e-3`` arrive as text."""
    params = check("02_optimizers", {"seeds": "[0, 7]", "sgd_rates": [1, "1e-3"]})
    assert params.seeds == [0, 7]
    assert params.sgd_rates == [1.0, 0.001]


# Sizes and the data.


def test_up_to_is_cut_to_what_the_data_have_and_says_so():
    asked = check("02_optimizers", {"n_train": "up to 7200", "n_test": "up to 300"})
    params = asked.fitted(data_of(1437, 360))
    assert (params.n_train, params.n_test) == (None, 300)
    assert params.cuts == {
        "n_train": "asked for up to 7,200; digits has 1,437: all are used"
    }
    large = asked.fitted(data_of(60_000, 10_000))
    assert (large.n_train, large.n_test, large.cuts) == (7200, 300, {})


def test_what_is_fitted_can_be_fitted_again():
    once = check("01_eda", {"n_map": "up to 2000"}).fitted(data_of(1437, 360))
    assert once.n_map == 1437
    twice = once.fitted(data_of(1437, 360))
    assert (twice, twice.cuts) == (once, once.cuts)


def test_a_whole_number_that_the_data_do_not_have_is_refused():
    message = (
        "n_train must be at most 1,437, all that digits has. Received: n_train=7200 (int). "
        "Ask for fewer, or write n_train='up to 7200'; n_test must be at most 360, all "
        "that digits has. Received: n_test=1000 (int). Ask for fewer, or write "
        "n_test='up to 1000'"
    )
    params = check("02_optimizers", {"n_train": 7200, "n_test": 1000})
    with pytest.raises(ParameterError) as caught:
        params.fitted(data_of(1437, 360))
    assert str(caught.value) == message


@pytest.mark.parametrize("size", [360, None])
def test_all_there_is_can_be_asked_for(size):
    assert check("02_optimizers", {"n_test": size}).fitted(data_of(400, 360)).cuts == {}


# A notebook's cells.

DEFAULTS = "# what it means\nepochs = 2  # passes\nseeds = [0, 1]"
INJECTED = '# Parameters\nepochs = 3\ndataset = "digits"\n'
CHECK = "from x import Params\n\nparams = Params.from_notebook()"


def given(namespace: dict, *sources: str) -> Params:
    return Params.from_cells(namespace, sources)


def test_a_notebooks_parameters_are_its_variables_and_no_more():
    namespace = {"epochs": 3, "In": ["x"], "_i1": "x", "is_mnist": True, "nb": pytest}
    expected = Params(epochs=3)
    assert given(namespace, DEFAULTS, INJECTED) == expected
    assert given(namespace, DEFAULTS, INJECTED, CHECK, "x = 3", "is_mnist = 1") == expected
    assert given(namespace) == expected


@pytest.mark.parametrize(
    "name", ["epoch", "_unknown", "In", "data", "get_ipython", "Params"]
)
@pytest.mark.parametrize(
    "sources",
    [
        (DEFAULTS, "# Parameters\n{} = 1"),
        (DEFAULTS, '# Parameters\nepochs = float("nan")\n{} = 1\n'),
        (DEFAULTS + "\n{} = 1", INJECTED),
        ("x = 1", CHECK, DEFAULTS + "\n{} = 1"),
    ],
)
def test_an_unknown_name_in_a_cell_of_parameters_is_told(name, sources):
    with pytest.raises(ParameterError, match=f"optimizers: unknown name '{name}'"):
        given({}, *(source.replace("{}", name) for source in sources))


def test_a_mended_cell_of_parameters_is_read_anew():
    given({"epochs": 2}, DEFAULTS + "\nepoch = 5", CHECK, DEFAULTS)
    given({"epochs": 2}, DEFAULTS + "\nepoch = 5", DEFAULTS)


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_a_notebooks_cell_repeats_the_defaults(notebook):
    (cell,) = [c for c in cells(notebook) if "parameters" in c.metadata.get("tags", [])]
    assigned = {
        statement.targets[0].id: ast.literal_eval(statement.value)
        for statement in ast.parse(cell.source).body
    }
    assert assigned == of_notebook(notebook)().model_dump()
    of_notebook(notebook).from_mapping(assigned)


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_all_notebooks_begin_alike(notebook):
    parameters, *others = cells(notebook)
    set_up = "\n".join(cell.source for cell in others[:2])
    assert "parameters" in parameters.metadata.tags
    assert f"from mnistlib.chapters.{notebook[3:]}.params import Params\n" in set_up
    assert "\nparams = Params.from_notebook()\n" in set_up
    if "dataset" in of_notebook(notebook).model_fields:
        loads = "images = data.load(params.dataset)\nparams = params.fitted(images)"
        assert loads in set_up


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_no_other_cell_assigns_a_parameter(notebook):
    """Else the check, run again, would take what that cell left."""
    for cell in cells(notebook)[1:]:
        assert not names_of(ast.parse(cell.source)) & set(
            of_notebook(notebook).model_fields
        ), cell.id


@pytest.mark.parametrize("notebook", [name for name in NOTEBOOKS if name < "90"])
def test_a_chapter_ends_with_an_edit_that_its_parameters_take(notebook):
    source = nbformat.read(paths.root() / "notebooks" / f"{notebook}.ipynb", as_version=4)
    last = [cell for cell in source.cells if cell.cell_type == "markdown"][-1]
    assert last.source.startswith("## Change this\n")
    (command,) = re.findall(r"^make study (.*)$", last.source, re.MULTILINE)
    given = dict(re.findall(r'(\w+)="?([^" ]+)', command))
    assert given.pop("NOTEBOOK") == notebook
    name, value = given.pop("PARAMS").split("=")
    edited = check(notebook, {name: ast.literal_eval(value)})
    for profile in ("smoke", "quick"):
        (job,) = load_study().jobs(profile, [notebook], dataset="mnist")
        assert getattr(edited, name) != getattr(check(notebook, job.parameters), name)


@pytest.mark.parametrize("chapter", PARAMS)
def test_every_parameter_is_explained(chapter):
    for name, field in PARAMS[chapter].model_fields.items():
        assert field.description, name


def test_the_reports_chapters_are_the_studys():
    contents = yaml.safe_load((paths.root() / "_toc.yml").read_text(encoding="utf-8"))
    files = [page["file"] for part in contents["parts"] for page in part["chapters"]]
    listed = [file for file in files if file.startswith("book/notebooks/")]
    # In the order of their numbers: 09 runs last, since it reads the others.
    assert listed == [f"book/notebooks/{name}" for name in sorted(NOTEBOOKS)]
    assert {name[3:] for name in NOTEBOOKS} == set(PARAMS)


def test_a_notebook_turned_into_a_script_has_its_parameters():
    script = (
        "epochs = 3\nis_other = True\n"
        "from mnistlib.chapters.optimizers.params import Params\n"
        "print(Params.from_notebook().epochs)"
    )
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, cwd=paths.root())
    assert (done.stdout, done.stderr) == ("3\n", "")
