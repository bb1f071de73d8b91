"""Optimizers whose step depends on norms of whole variables: Lamb, Adafactor, Muon."""

import math
import re

from pyconv import ops
from pyconv.graph import as_tensor
from pyconv.optimizers.numbers import check_range
from pyconv.optimizers.optimizer import Optimizer


class Lamb(Optimizer):
    """w -= lr r u with u = m' / (sqrt(v') + epsilon), r = |w| / |u| (1 where one is 0).

    m' and v' are `Adam`'s m and v over 1 - beta_1^t and 1 - beta_2^t at update t (You et al. 2019).

    Args:
        learning_rate: lr: a float or a `LearningRateSchedule`.
        beta_1, beta_2: in [0, 1).
        epsilon: keeps the divisor from 0.
        weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum,
        ema_overwrite_frequency, loss_scale_factor, gradient_accumulation_steps, name: see
            `Optimizer`.

    Example:
        >>> import pyconv
        >>> w = pyconv.Variable([1.0])
        >>> Lamb(learning_rate=0.1).apply([[2.0]], [w])
        >>> w.numpy().round(4)
        array([0.9], dtype=float32)
    """

    states = {"momentum": 0.0, "velocity": 0.0}

    def __init__(
        self,
        learning_rate=0.001,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-7,
        weight_decay=None,
        clipnorm=None,
        clipvalue=None,
        global_clipnorm=None,
        use_ema=False,
        ema_momentum=0.99,
        ema_overwrite_frequency=None,
        loss_scale_factor=None,
        gradient_accumulation_steps=None,
        name=None,
        **kwargs,
    ):
        super().__init__(
            learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema,
            ema_momentum, ema_overwrite_frequency, loss_scale_factor,
            gradient_accumulation_steps, name, **kwargs,
        )  # fmt: skip
        self.beta_1 = check_range("beta_1", beta_1, 0.0, 1.0)
        self.beta_2 = check_range("beta_2", beta_2, 0.0, 1.0)
        self.epsilon = check_range("epsilon", epsilon, 0.0, None)

    @property
    def squares(self):
        return "velocity", self.beta_2

    def constants(self):
        t = self.updates() + 1
        return (self.current_rate(), 1.0 - self.beta_1**t, 1.0 - self.beta_2**t)

    def update_step(self, gradient, variable, learning_rate):
        m = self.follow("momentum", variable, gradient, self.beta_1)
        v = self.follow("velocity", variable, ops.square(gradient), self.beta_2)
        root = ops.sqrt(v / self.constant(2)) + self.epsilon
        step = m / self.constant(1) / root
        sizes = ops.sqrt(ops.sum(ops.square(as_tensor(variable)))), ops.sqrt(ops.sum(step * step))
        both = ops.minimum(*sizes) > 0.0
        ratio = ops.where(both, sizes[0] / ops.where(both, sizes[1], 1.0), 1.0)
        self.assign_sub(variable, ratio * learning_rate * step)

    def get_config(self):
        return super().get_config() | {
            "beta_1": self.beta_1,
            "beta_2": self.beta_2,
            "epsilon": self.epsilon,
        }


class Adafactor(Optimizer):
    """w -= a u / max(1, rms(u) / clip_threshold), u = g / sqrt(v) (Shazeer & Stern 2018).

    v = b v + (1 - b) (g^2 + epsilon_1) with b = 1 - t^beta_2_decay at update t; of variables with
    several axes only its means r over the last and c over the last but one are kept: v = r c /
    mean(r). a = max(epsilon_2, rms(w)) min(lr, t^-1/2).

    Args:
        learning_rate: lr: a float or a `LearningRateSchedule`.
        beta_2_decay: see the equation.
        epsilon_1, epsilon_2: see the equation.
        clip_threshold: see the equation.
        relative_step: accepted; the step is at most t^-1/2 in any case, as in Keras.
        weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum,
        ema_overwrite_frequency, loss_scale_factor, gradient_accumulation_steps, name: see
            `Optimizer`.

    Example:
        >>> import pyconv
        >>> w = pyconv.Variable([1.0])
        >>> Adafactor(learning_rate=0.1).apply([[2.0]], [w])
        >>> w.numpy().round(4)
        array([0.9], dtype=float32)
    """

    def __init__(
        self,
        learning_rate=0.001,
        beta_2_decay=-0.8,
        epsilon_1=1e-30,
        epsilon_2=1e-3,
        clip_threshold=1.0,
        relative_step=True,
        weight_decay=None,
        clipnorm=None,
        clipvalue=None,
        global_clipnorm=None,
        use_ema=False,
        ema_momentum=0.99,
        ema_overwrite_frequency=None,
        loss_scale_factor=None,
        gradient_accumulation_steps=None,
        name=None,
        **kwargs,
    ):
        super().__init__(
            learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema,
            ema_momentum, ema_overwrite_frequency, loss_scale_factor,
            gradient_accumulation_steps, name, **kwargs,
        )  # fmt: skip
        self.beta_2_decay = beta_2_decay
        self.epsilon_1 = epsilon_1
        self.epsilon_2 = epsilon_2
        self.clip_threshold = clip_threshold
        self.relative_step = relative_step

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self._means = []  # (r, c, v) of each; scalars that are not used where v is whole
        for v in self._trained:
            whole = len(v.shape) < 2
            shapes = ((), ()) if whole else (v.shape[:-1], (*v.shape[:-2], v.shape[-1]))
            r, c = (self.add_variable(shape, name=v.name) for shape in shapes)
            self._means.append((r, c, self.add_variable_from_reference(v, "velocity")))

    def constants(self):
        t = self.updates() + 1
        rate = self.current_rate()
        return (min(rate, 1.0 / math.sqrt(t)), 1.0 - t**self.beta_2_decay, t**self.beta_2_decay)

    def update_step(self, gradient, variable, learning_rate):
        r, c, velocity = self._means[self._get_variable_index(variable)]
        square = ops.square(gradient) + self.epsilon_1
        if len(variable.shape) < 2:
            v = self._mean(velocity, square)
        else:
            r = self._mean(r, ops.mean(square, axis=-1))
            c = self._mean(c, ops.mean(square, axis=-2))
            r = r / ops.mean(r, axis=-1, keepdims=True)
            v = ops.expand_dims(r, -1) * ops.expand_dims(c, -2)
            velocity.assign(v)
        step = gradient / ops.sqrt(v)
        step = step / ops.maximum(1.0, _rms(step) / self.clip_threshold)
        size = ops.maximum(self.epsilon_2, _rms(as_tensor(variable)))
        self.assign_sub(variable, size * self.constant(0) * step)

    def _mean(self, mean, new):
        value = as_tensor(mean) * self.constant(1) + new * self.constant(2)
        mean.assign(value)
        return value

    def get_config(self):
        return super().get_config() | {
            "beta_2_decay": self.beta_2_decay,
            "epsilon_1": self.epsilon_1,
            "epsilon_2": self.epsilon_2,
            "clip_threshold": self.clip_threshold,
            "relative_step": self.relative_step,
        }


class Muon(Optimizer):
    """Matrices: w -= lr O(g + mu m) rms_rate sqrt(max(rows, columns)), with m = mu m + g and O the
    nearest orthogonal matrix, by `ns_steps` of X = a X + (b A + c A A) X, A = X X^T (Jordan 2024);
    all other variables as `AdamW`.

    Args:
        learning_rate: lr: a float or a `LearningRateSchedule`.
        adam_beta_1, adam_beta_2, epsilon: of `Adam`.
        adam_weight_decay: decay of variables that are no matrices.
        weight_decay: decay of matrices.
        exclude_layers: regular expressions of paths of matrices that `Adam` trains.
        exclude_embeddings: whether embeddings are such.
        muon_a, muon_b, muon_c: a, b, c.
        adam_lr_ratio: factor of lr for `Adam`.
        momentum: mu.
        ns_steps: iterations.
        nesterov: whether g + mu m is taken, instead of m.
        rms_rate: see the equation; None: 1 without the root.
        clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum, ema_overwrite_frequency,
        loss_scale_factor, gradient_accumulation_steps, name: see `Optimizer`.

    Example:
        >>> import pyconv
        >>> w = pyconv.Variable([[1.0, 0.0], [0.0, 1.0]])
        >>> Muon(learning_rate=0.1).apply([[[2.0, 0.0], [0.0, 2.0]]], [w])
        >>> bool((w.numpy().diagonal() < 1.0).all())
        True
    """

    def __init__(
        self,
        learning_rate=0.001,
        adam_beta_1=0.9,
        adam_beta_2=0.999,
        adam_weight_decay=0.004,
        epsilon=1e-7,
        weight_decay=0.004,
        clipnorm=None,
        clipvalue=None,
        global_clipnorm=None,
        use_ema=False,
        ema_momentum=0.99,
        ema_overwrite_frequency=None,
        loss_scale_factor=None,
        gradient_accumulation_steps=None,
        name=None,
        exclude_layers=None,
        exclude_embeddings=True,
        muon_a=3.4445,
        muon_b=-4.7750,
        muon_c=2.0315,
        adam_lr_ratio=1,
        momentum=0.95,
        ns_steps=5,
        nesterov=True,
        rms_rate=0.2,
        **kwargs,
    ):
        super().__init__(
            learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema,
            ema_momentum, ema_overwrite_frequency, loss_scale_factor,
            gradient_accumulation_steps, name, **kwargs,
        )  # fmt: skip
        self.adam_beta_1 = check_range("adam_beta_1", adam_beta_1, 0.0, 1.0)
        self.adam_beta_2 = check_range("adam_beta_2", adam_beta_2, 0.0, 1.0)
        self.adam_weight_decay = adam_weight_decay
        self.epsilon = check_range("epsilon", epsilon, 0.0, None)
        self.exclude_layers = exclude_layers or []
        self.exclude_embeddings = exclude_embeddings
        self.muon_a, self.muon_b, self.muon_c = muon_a, muon_b, muon_c
        self.adam_lr_ratio = adam_lr_ratio
        self.momentum = momentum
        self.ns_steps = ns_steps
        self.nesterov = nesterov
        self.rms_rate = rms_rate

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        for i, v in enumerate(self._trained):
            for name in ("momentum",) if self._is_matrix(v) else ("momentum", "velocity"):
                self._slots[name, i] = self.add_variable_from_reference(v, name)

    def _is_matrix(self, variable):
        path = variable.path
        embedding = self.exclude_embeddings and "embedding" in path.lower()
        excluded = embedding or any(re.search(part, path) for part in self.exclude_layers)
        return len(variable.shape) == 2 and not excluded

    def constants(self):
        t = self.updates() + 1
        root = math.sqrt(1.0 - self.adam_beta_2**t) / (1.0 - self.adam_beta_1**t)
        return (self.current_rate(), root)

    def decay_step(self, variable):
        decay = self.weight_decay if self._is_matrix(variable) else self.adam_weight_decay
        if decay:
            self.assign(variable, as_tensor(variable) * (1.0 - decay * self._step_rate))

    def update_step(self, gradient, variable, learning_rate):
        if self._is_matrix(variable):
            self._orthogonal_step(gradient, variable, learning_rate)
            return
        m = self.follow("momentum", variable, gradient, self.adam_beta_1)
        v = self.follow("velocity", variable, ops.square(gradient), self.adam_beta_2)
        rate = learning_rate * self.adam_lr_ratio * self.constant(1)
        self.assign_sub(variable, m * rate / (ops.sqrt(v) + self.epsilon))

    def _orthogonal_step(self, gradient, variable, rate):
        slot = self.slot("momentum", variable)
        m = as_tensor(slot) * self.momentum + gradient
        slot.assign(m)
        step = self._orthogonal(gradient + m * self.momentum if self.nesterov else m)
        scale = 1.0
        if self.rms_rate is not None:
            scale = math.sqrt(max(variable.shape)) * self.rms_rate
        self.assign_sub(variable, step * rate * scale)

    def _orthogonal(self, x):
        tall = x.shape[0] > x.shape[1]
        x = ops.transpose(x) if tall else x
        x = x / (ops.sqrt(ops.sum(x * x)) + 1e-7)
        for _ in range(self.ns_steps):
            square = ops.matmul(x, ops.transpose(x))
            mixed = square * self.muon_b + ops.matmul(square * self.muon_c, square)
            x = x * self.muon_a + ops.matmul(mixed, x)
        return ops.transpose(x) if tall else x

    def get_config(self):
        names = (
            "adam_beta_1 adam_beta_2 epsilon exclude_layers muon_a muon_b muon_c adam_lr_ratio "
            "momentum ns_steps nesterov exclude_embeddings adam_weight_decay rms_rate"
        )
        return super().get_config() | {name: getattr(self, name) for name in names.split()}


def _rms(x):
    return ops.sqrt(ops.mean(ops.square(x)))
