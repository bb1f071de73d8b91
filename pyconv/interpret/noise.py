"""What neurophysiologists do to a neuron, done to a unit."""

import numpy as np

from pyconv.interpret.probe import unit_index, up_to


def reverse_correlation(model, unit, layer=None, samples=None, seed=0):
    """A unit's weights from its responses to white noise, by least squares.

    The linear model is s(I) = sum_x sum_y w(x, y) I(x, y) (Goodfellow et al., eq. 9.15), with a
    constant besides. A linear unit's weights come out exactly; of others, the best linear fit.

    Args:
        model: a model with one input of known size.
        unit: a channel, in the middle of its map, or the index of one unit.
        layer: where it is; see `pyconv.interpret`.
        samples: number of noise images; by default four for each input element.
        seed: of the noise; an integer.

    Returns:
        w, an array of an input's shape, float32.

    Raises:
        ValueError: the unit does not exist, or there are fewer samples than unknowns.

    Example:
        >>> from pyconv import Input, Sequential, layers
        >>> model = Sequential([Input((5, 1)), layers.Conv1D(1, 3)])
        >>> model.set_weights([[[[1.0]], [[2.0]], [[-1.0]]], [0.5]])
        >>> reverse_correlation(model, unit=0).ravel().round(3) + 0.0
        array([ 0.,  1.,  2., -1.,  0.], dtype=float32)
    """
    part = up_to(model, layer)
    shape = part.input_shape[1:]
    index = unit_index(part.output_shape, unit)
    unknowns = int(np.prod(shape)) + 1
    samples = 4 * unknowns if samples is None else samples
    if samples < unknowns:
        raise ValueError(
            f"expected at least {unknowns} `samples`, one for each weight and one for the "
            f"constant, received {samples}"
        )
    noise = np.random.default_rng(seed).standard_normal((samples, *shape)).astype("float32")
    responses = part.predict(noise, batch_size=256, verbose=0)[(slice(None), *index)]
    design = np.column_stack([noise.reshape(samples, -1), np.ones(samples)]).astype("float64")
    weights = np.linalg.lstsq(design, responses.astype("float64"), rcond=None)[0]
    return weights[:-1].reshape(shape).astype("float32")
