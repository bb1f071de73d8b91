"""Ops between a model's layers: of a batch whose size is not known what they are at once."""

import numpy as np
import pytest

from pyconv import Input, Model, ops

OPS = {
    "attention": lambda x: ops.dot_product_attention(*[ops.reshape(x, (-1, 6, 2, 2))] * 3),
    "any": lambda x: ops.cast(ops.any(x > 0.9, axis=1), "float32"),
    "broadcast_to": lambda x: ops.broadcast_to(x[:, :1], (ops.shape(x)[0], 6, 4)),
    "clip": lambda x: ops.clip(x, 0.1, ops.mean(x)),
    "cumsum": lambda x: ops.cumsum(x, axis=1),
    "einsum": lambda x: ops.einsum("bij,bkj->bik", x, x),
    "examples": lambda x: x / ops.cast(ops.shape(x)[0], "float32"),
    "image": lambda x: ops.image.resize(ops.expand_dims(x, -1), (3, 2)),
    "matmul": lambda x: ops.softmax(ops.matmul(x, ops.swapaxes(x, 1, 2))),
    "median": lambda x: ops.median(x, axis=1),
    "meshgrid": lambda x: x + ops.meshgrid(ops.arange(4.0), ops.arange(6.0))[0],
    "mod": lambda x: (x // 0.3) % 0.5,
    "moments": lambda x: (x - ops.mean(x)) / ops.std(x),
    "norm": lambda x: ops.norm(x, axis=-1),
    "one_hot": lambda x: ops.one_hot(ops.argmax(x, axis=-1), 4),
    "rfft": lambda x: ops.rfft(x)[0],
    "slice": lambda x: ops.slice(x, (0, 1, 0), (ops.shape(x)[0], 2, 4)),
    "slice_update": lambda x: ops.slice_update(x, (0, 1, 0), ops.zeros((ops.shape(x)[0], 2, 4))),
    "sort": lambda x: ops.sort(x, axis=1),
    "split": lambda x: ops.split(x, 2, axis=1)[1],
    "tile": lambda x: ops.tile(ops.mean(x, axis=1, keepdims=True), (1, 6, 1)),
    "top_k": lambda x: ops.top_k(x, 2)[0],
    "unfold": lambda x: ops.unfold(ops.expand_dims(x, 1), 2),
    "where": lambda x: ops.where(~(x > 0.5) | (x > 0.9), x, 0),
}


@pytest.mark.parametrize("name", OPS)
def test_models_of_ops(name):
    x = Input((6, 4))
    model = Model(x, OPS[name](x))
    for n in (3, 1):
        a = np.random.default_rng(n).random((n, 6, 4), dtype="float32")
        expected = OPS[name](a)
        assert model.output_shape[1:] == expected.shape[1:]
        for y in (model.predict_on_batch(a), model(a)):
            np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-6)
