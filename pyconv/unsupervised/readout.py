"""Linear classifiers on features that are computed once."""

from pyconv.interpret import up_to
from pyconv.layers import InputLayer


def features(model, x, batch_size=256):
    """What the model makes of each example, as a vector: computed once, used in every epoch.

    Args:
        model: a model with one output, such as a stack of fixed convolutions and pooling.
        x: examples.
        batch_size: examples at a time.

    Returns:
        (n, features), float32.

    Example:
        >>> import numpy as np
        >>> from pyconv import Input, Sequential, layers
        >>> model = Sequential([Input((8, 8, 1)), layers.Conv2D(4, 3), layers.AveragePooling2D(3)])
        >>> features(model, np.ones((5, 8, 8, 1))).shape
        (5, 16)
    """
    found = model.predict(x, batch_size=batch_size, verbose=0)
    return found.reshape(len(found), -1)


def fit_classifier(features, labels, penalty=1e-2):
    """A linear classifier of features: scikit-learn's logistic regression on standardized features.

    Args:
        features: (n, features).
        labels: (n,) classes.
        penalty: weight of |w|^2 / 2 beside the mean loss of an example.

    Returns:
        A fitted scikit-learn pipeline with `predict` and `score`.

    Example:
        >>> fit_classifier([[0.0], [1.0], [4.0], [5.0]], [0, 0, 1, 1]).predict([[0.5], [4.5]])
        array([0, 1])
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    strength = 1 / (penalty * len(labels))
    classifier = make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=1000))
    return classifier.fit(features, labels)


def rank_architectures(builders, data, penalty=1e-2):
    """Architectures by the accuracy that they reach when only their last layer is trained.

    The other weights stay random; the order is much that of the fully trained networks, at a
    fraction of the time (Saxe et al. 2011).

    Args:
        builders: dict from names to functions that return a model with random weights; its last
            layer, a classifier, is replaced by `fit_classifier`.
        data: (x, labels), (x_test, labels_test).
        penalty: as in `fit_classifier`.

    Returns:
        Pairs (name, test accuracy), the best first.

    Raises:
        ValueError: a model has no layer before its last.

    Example:
        >>> import numpy as np
        >>> from pyconv import Input, Sequential, layers, utils
        >>> utils.set_random_seed(0)
        >>> x = np.random.default_rng(0).normal(size=(200, 6, 1))
        >>> y = (x.max(axis=(1, 2)) > 1).astype(int)
        >>> def pooled():
        ...     return Sequential([Input((6, 1)), layers.GlobalMaxPooling1D(), layers.Dense(2)])
        >>> def flat():
        ...     return Sequential([Input((6, 1)), layers.Flatten(), layers.Dense(2)])
        >>> ranking = rank_architectures(
        ...     {"flat": flat, "pooled": pooled}, ((x[:100], y[:100]), (x[100:], y[100:])))
        >>> [name for name, _ in ranking]
        ['pooled', 'flat']
    """
    (x, labels), (x_test, labels_test) = data
    accuracies = []
    for name, build in builders.items():
        model = _without_last_layer(build())
        classifier = fit_classifier(features(model, x), labels, penalty)
        accuracies.append((name, float(classifier.score(features(model, x_test), labels_test))))
    return sorted(accuracies, key=lambda pair: -pair[1])


def _without_last_layer(model):
    layers = [layer for layer in model.layers if not isinstance(layer, InputLayer)]
    if len(layers) < 2:
        raise ValueError(
            f"model {model.name}: expected a layer before the last, which is replaced, received "
            f"{len(layers)} layers"
        )
    return up_to(model, layers[-2])
