"""Layers around another layer."""

from __future__ import annotations

from pyconv import initializers, ops
from pyconv.layers.layer import Layer
from pyconv.utils.arguments import whole


class Wrapper(Layer):
    """Base of layers around another one, which `self.layer` is.

    Args:
        layer: the layer within.

    Raises:
        ValueError: it is not a layer.

    Example:
        >>> from pyconv.layers import Dense
        >>> class Twice(Wrapper):
        ...     def call(self, inputs):
        ...         return self.layer(inputs) * 2.0
        >>> Twice(Dense(3)).compute_output_shape((None, 8))
        (None, 3)
    """

    def __init__(self, layer, **kwargs):
        if not isinstance(layer, Layer):
            raise ValueError(f"expected `layer` to be a layer, received {layer!r}")
        super().__init__(**kwargs)
        self.layer = layer

    def build(self, input_shape=None):
        if not self.layer.built:
            self.layer.path = f"{self.path}/{self.layer.name}"
            self.layer.build(input_shape)
            self.layer.built = True

    def get_config(self):
        from pyconv.saving import serialize_keras_object

        return {**super().get_config(), "layer": serialize_keras_object(self.layer)}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """The layer that `get_config` described, around a layer of its own."""
        from pyconv.saving import deserialize_keras_object

        layer = deserialize_keras_object(config["layer"], custom_objects)
        return cls(**{**config, "layer": layer})


class TimeDistributed(Wrapper):
    """A layer, or model, for each step of a sequence on its own, with the same weights.

    Args:
        layer: the layer.

    Returns:
        Called on (n, steps, ...), of a known number of steps: (n, steps, ...), the layer's outputs
        for (n, ...).

    Raises:
        ValueError: the inputs have no axis of steps, or an unknown number.

    Example:
        >>> from pyconv.layers import Conv2D
        >>> TimeDistributed(Conv2D(8, 3)).compute_output_shape((None, 5, 28, 28, 1))
        (None, 5, 26, 26, 8)
    """

    supports_masking = True

    def build(self, input_shape):
        super().build(self._without_steps(input_shape))

    def _without_steps(self, shape) -> tuple:
        """The shape of one step."""
        if len(shape) < 3:
            raise ValueError(f"expected inputs (n, steps, ...), received shape {tuple(shape)}")
        return (shape[0], *shape[2:])

    def call(self, inputs, training=None, mask=None):
        steps = inputs.shape[1]
        if not steps:
            raise ValueError(
                "expected a known number of steps, at least 1, received shape "
                f"{tuple(inputs.shape)}; give it in the Input"
            )
        if mask is not None and "mask" in self.layer._mask_arguments:
            masks = [{"mask": mask[:, i]} for i in range(steps)]
        else:
            masks = [{}] * steps
        outputs = [
            self.layer(inputs[:, i], training=training, **further)
            for i, further in enumerate(masks)
        ]
        return ops.stack(outputs, 1)

    def compute_output_shape(self, input_shape):
        n, *sizes = self.layer.compute_output_shape(self._without_steps(input_shape))
        return (n, input_shape[1], *sizes)


class SpectralNormalization(Wrapper):
    """A layer whose kernel W, as a matrix (inputs, units), is divided in training by its largest
    singular value, sigma = v W u, found by power iteration: v = W u / |W u|, u = v W / |v W|
    (Miyato et al. 2018).

    Args:
        layer: a layer with `kernel` or `embeddings`.
        power_iterations: iterations for each training call.

    Raises:
        ValueError: the layer has no such weight, or the number is not positive.

    Example:
        >>> import numpy as np
        >>> from pyconv.layers import Dense
        >>> layer = SpectralNormalization(Dense(2, kernel_initializer="identity"))
        >>> layer.build((None, 2))
        >>> _ = layer.layer.kernel.assign([[5.0, 0.0], [0.0, 5.0]])
        >>> layer(np.array([[1.0, 2.0]]), training=True).round(3)
        array([[1., 2.]], dtype=float32)
    """

    def __init__(self, layer, power_iterations=1, **kwargs):
        super().__init__(layer, **kwargs)
        self.power_iterations = whole(power_iterations, "power_iterations", most=1000)

    def build(self, input_shape):
        super().build(input_shape)
        self.kernel = getattr(self.layer, "kernel", getattr(self.layer, "embeddings", None))
        if self.kernel is None:
            raise ValueError(
                f"expected a layer with `kernel` or `embeddings`, received {self.layer!r}"
            )
        self.vector_u = self.add_weight(
            (1, self.kernel.shape[-1]),
            initializers.TruncatedNormal(stddev=0.02),
            trainable=False,
            name="vector_u",
        )

    def call(self, inputs, training=False):
        if training:
            self._normalize_kernel()
        return self.layer(inputs)

    def _normalize_kernel(self) -> None:
        """Divides the kernel; gradients are those for the kernel that results."""
        matrix = ops.reshape(self.kernel, (-1, self.kernel.shape[-1]))
        u = self.vector_u
        for _ in range(self.power_iterations):
            v = _unit(ops.matmul(u, ops.transpose(matrix)))
            u = _unit(ops.matmul(v, matrix))
        sigma = ops.sum(ops.matmul(v, matrix) * u)
        sigma = ops.where(ops.equal(sigma, 0.0), 1.0, sigma)  # a kernel of zeros stays
        self.vector_u.assign(ops.stop_gradient(u))
        self.kernel.assign(ops.stop_gradient(self.kernel / sigma))

    def compute_output_shape(self, input_shape):
        return self.layer.compute_output_shape(input_shape)


def _unit(vector):
    """The vector at length 1."""
    return vector * ops.rsqrt(ops.maximum(ops.sum(ops.square(vector)), 1e-12))
