"""The classifiers of scikit-learn, one builder each: an unfitted estimator.

Settings that are left out are scikit-learn's defaults: SVC has an RBF kernel, C 1 and gamma
"scale"; k-NN has 5 neighbours; the forest has 100 trees.
"""

from mnistlib.ground.errors import SpecError


def svm():
    from sklearn.svm import SVC

    return SVC()


def knn():
    from sklearn.neighbors import KNeighborsClassifier

    return KNeighborsClassifier()


def random_forest():
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier()


def decision_tree():
    from sklearn.tree import DecisionTreeClassifier

    return DecisionTreeClassifier()


def naive_bayes():
    from sklearn.naive_bayes import GaussianNB

    return GaussianNB()


def logistic_regression():
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression()


ESTIMATORS = {
    builder.__name__: builder
    for builder in (
        svm,
        knn,
        random_forest,
        decision_tree,
        naive_bayes,
        logistic_regression,
    )
}


def build_estimator(name: str, seed: int, **model_args):
    """Return an unfitted classifier of scikit-learn.

    Args:
        name: a key of ``ESTIMATORS``.
        seed: of a classifier that draws random numbers.
        **model_args: settings by the names of the classifier's class.

    Raises:
        SpecError: ``model_args`` holds a name that the classifier does not have.
    """
    estimator = ESTIMATORS[name]()
    known = estimator.get_params()
    if unknown := sorted(set(model_args) - set(known)):
        raise SpecError(
            f"{name} takes {', '.join(sorted(known))}. "
            f"Received: model_args={unknown!r} (list)"
        )
    return set_up(estimator, seed, model_args)


def set_up(estimator, seed: int, model_args: dict):
    """Give a new estimator its settings, and the seed if it takes one."""
    seeded = {"random_state": seed} if "random_state" in estimator.get_params() else {}
    return estimator.set_params(**(seeded | model_args))
