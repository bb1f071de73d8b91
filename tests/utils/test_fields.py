"""Receptive and projective fields: the books' numbers, single inputs, gradients."""

from fractions import Fraction

import numpy as np
import pytest

from pyconv import graph, layers, ops, utils
from pyconv.models import Input, Model, Sequential
from pyconv.plan import Function


def chain(shape, *rest):
    return Sequential([Input(shape), *rest])


def conv(size, **kwargs):
    return layers.Conv1D(1, size, **kwargs)


@pytest.mark.parametrize(
    ("rest", "sizes"),
    [
        ([conv(3), conv(3), conv(3)], [3, 5, 7]),
        ([conv(7), conv(7), conv(7)], [7, 13, 19]),
        ([conv(5, strides=2), conv(3), conv(5, dilation_rate=2)], [5, 9, 25]),
        ([conv(3), conv(3), conv(3, strides=2), conv(3)], [3, 5, 7, 11]),
    ],
    ids=str,
)
def test_sizes_of_the_textbook(rest, sizes):
    fields = utils.receptive_field(chain((100, 1), *rest))
    assert [field.size for field in fields] == [(size,) for size in sizes]


def test_alexnet():
    fields = utils.receptive_field(
        chain(
            (224, 224, 1),
            layers.ZeroPadding2D(2),
            layers.Conv2D(1, 11, strides=4),
            layers.MaxPooling2D(3, strides=2),
            layers.Conv2D(1, 5, padding="same"),
            layers.MaxPooling2D(3, strides=2),
            layers.Conv2D(1, 3, padding="same"),
        )
    )
    assert [field.size[0] for field in fields[1:]] == [11, 19, 51, 67, 99]
    assert [field.jump[0] for field in fields[1:]] == [4, 8, 8, 16, 16]
    assert [field.start[0] for field in fields[1:]] == [-2, -2, -18, -18, -34]


def test_upsampling_gives_fractional_jumps():
    up = layers.Conv1DTranspose(1, 2, strides=2)
    fields = utils.receptive_field(chain((8, 1), up, layers.Conv1D(1, 3)))
    assert [(f.size, f.jump) for f in fields] == [
        ((1,), (Fraction(1, 2),)),
        ((2,), (Fraction(1, 2),)),
    ]


def two_branches():
    x = Input((9, 7, 1))
    a = layers.Conv2D(2, 3, padding="same", dilation_rate=2)(x)
    b = layers.AveragePooling2D((1, 3), strides=1, padding="same")(x)
    y = layers.MaxPooling2D(2)(layers.Concatenate()([a, b]))
    return Model(x, layers.Conv2DTranspose(2, 3, strides=2)(y))


def channels_first():
    form = {"data_format": "channels_first"}
    x = Input((1, 6, 7))
    y = layers.MaxPooling2D(2, **form)(layers.Conv2D(2, (3, 1), strides=(2, 1), **form)(x))
    return Model(x, y)


def cut_and_joined():
    x = Input((8, 1))
    y = ops.concatenate([x[:, ::2], ops.flip(x, 1), x[:, 3:5]], axis=1)
    return Model(x, layers.Conv1D(2, 2)(layers.ZeroPadding1D(1)(y)))


def wrapped():
    x = Input((7, 1))
    return Model(x, layers.Conv1D(1, 3)(ops.pad(x, [(0, 0), (2, 2), (0, 0)], mode="wrap")))


def padded_with_itself():
    kwargs = {"padding": "same", "padding_mode": ("circular", "reflect"), "strides": (1, 2)}
    return chain((5, 6, 1), layers.Conv2D(2, 3, dilation_rate=(2, 1), **kwargs))


def placed():
    y = layers.LocallyConnected2D(2, (1, 2), use_bias=False)
    return chain((9, 7, 1), layers.TiledConv2D(2, 3, strides=2, use_bias=False), y)


def tiled():
    x = Input((6, 1))
    return Model(x, ops.tiled_conv(x, np.ones((2, 3, 1, 1)), padding="same", strides=2))


def enlarged():
    matrix = np.repeat(np.eye(5), 2, axis=0)
    x = Input((5, 1))
    return Model(x, layers.Conv1D(1, 2)(ops.axis_matrix(x, matrix, 1)))


def pooled_globally():
    return chain((6, 5, 1), layers.Conv2D(2, 3), layers.GlobalAveragePooling2D(), layers.Dense(3))


def reached(model):
    """The outputs that single ones as inputs make positive, where all kernels are positive:
    (inputs..., outputs...), channels aside."""
    model.set_weights([np.full_like(w, w.ndim > 1) for w in model.get_weights()])
    shape = model.input_shape[1:]
    y = model.predict_on_batch(np.eye(np.prod(shape), dtype="float32").reshape(-1, *shape))
    return (y.reshape(*shape, *y.shape[1:]) > 0), shape


NETWORKS = [
    two_branches,
    channels_first,
    cut_and_joined,
    wrapped,
    padded_with_itself,
    tiled,
    placed,
    enlarged,
    pooled_globally,
]


@pytest.mark.parametrize("network", NETWORKS)
def test_fields_are_those_of_single_inputs(network):
    model = network()
    first = network is channels_first
    form = {"data_format": "channels_first" if first else "channels_last"}
    seen, shape = reached(model)
    rank = len(shape) - 1
    sizes = shape[1:] if first else shape[:-1]
    seen = seen.any(0 if first else rank)  # the input's channels
    seen = seen.any(rank if first else -1)  # the output's
    seen = seen.reshape(*sizes, *(seen.shape[rank:] or (1,) * rank))
    for place in np.ndindex(*seen.shape[:rank]):
        found = utils.projective_field(model, position=place, **form)
        expected = np.zeros(seen.shape[rank:], bool)
        expected[np.ix_(*found)] = True
        np.testing.assert_array_equal(seen[place], expected)
    for place in np.ndindex(*seen.shape[rank:]):
        found = utils.receptive_field(model, position=place, **form)
        hull = [np.flatnonzero(seen[(..., *place)].any(tuple(a for a in range(rank) if a != i)))
                for i in range(rank)]  # fmt: skip
        expected = tuple(slice(h[0], h[-1] + 1) if len(h) else slice(0, 0) for h in hull)
        assert found == expected


def test_inner_units_have_the_size_that_is_given():
    model = chain((40, 1), conv(3, padding="same", strides=2), conv(5, dilation_rate=2))
    last = utils.receptive_field(model)[-1]
    for unit in (3, 4, 5):
        (seen,) = utils.receptive_field(model, position=(unit,))
        start = last.start[0] + unit * last.jump[0]
        assert (seen.start, seen.stop) == (start, start + last.size[0])


def test_fields_are_where_the_gradient_is_not_zero():
    model = chain(
        (9, 8, 2), layers.Conv2D(3, 3, strides=2, padding="same"), layers.AveragePooling2D(2)
    )
    model.set_weights([np.abs(w) + 0.1 for w in model.get_weights()])
    for unit in np.ndindex(*model.output_shape[1:3]):
        seed = np.zeros((1, *model.output_shape[1:]), "float32")
        seed[(0, *unit)] = 1

        def gradient(x, seed=seed):
            return graph.gradients(model(x), graph.as_tensor(seed), [x])

        (g,) = Function(gradient, batched=False)(np.ones((1, 9, 8, 2), "float32"))
        expected = np.zeros((9, 8), bool)
        expected[utils.receptive_field(model, position=unit)] = True
        np.testing.assert_array_equal((g[0] != 0).any(-1), expected)


def test_border_inputs_reach_fewer_outputs():
    (field,) = utils.projective_field(chain((7, 1), conv(3)))
    assert field.counts[0].tolist() == [1, 2, 3, 3, 3, 2, 1]
    field = utils.projective_field(chain((7, 1), conv(3, padding="same"), conv(3, padding="same")))[
        -1
    ]
    assert field.counts[0].tolist() == [3, 4, 5, 5, 5, 4, 3]


def test_free_sizes_are_given():
    model = chain((None, None, 1), layers.Conv2D(1, 3, padding="same", strides=2))
    (field,) = utils.receptive_field(model, input_shape=(9, 8, 1))
    assert field.start == (-1, 0)
    with pytest.raises(ValueError, match="pass `input_shape`"):
        utils.receptive_field(model)
    for position in (1.5, (1, 2.0), 3):
        with pytest.raises(ValueError, match="`position` within"):
            utils.receptive_field(layers.Conv2D(1, 3), (7, 6, 1), position=position)
    with pytest.raises(ValueError, match="`data_format`"):
        utils.receptive_field(layers.Conv2D(1, 3), (7, 6, 1), data_format="last")
    with pytest.raises(ValueError, match="a layer or a model"):
        utils.projective_field("conv", (7, 6, 1))
    with pytest.raises(ValueError, match="`layer` as one of"):
        utils.receptive_field(model, (9, 8, 1), layer="no", position=(0, 0))
    with pytest.raises(ValueError, match=r"`position` within \(5, 4\)"):
        utils.receptive_field(model, (9, 8, 1), position=(5, 0))


def test_unlisted_ops_read_whole_axes():
    x = Input((6, 1))
    model = Model(x, ops.take(x, np.arange(5, -1, -1, dtype="int32"), axis=1))
    assert utils.receptive_field(model, position=(0,)) == (slice(0, 6),)


def test_jumps_after_enlarging_are_those_of_the_middle():
    x = Input((16, 1))
    model = Model(x, ops.axis_matrix(x, np.repeat(np.eye(16), 2, axis=0), 1))
    (field,) = utils.receptive_field(model)
    assert (field.size, field.jump, field.start) == ((1,), (Fraction(1, 2),), (0,))


def test_fields_through_several_enlargements():
    chain_of = [layers.UpSampling1D(2), layers.UpSampling1D(2), layers.Conv1D(1, 3)]
    fields = utils.receptive_field(chain((12, 1), layers.Conv1D(1, 3), *chain_of))
    assert [field.size for field in fields] == [(3,), (3,), (3,), (4,)]
    assert [field.jump for field in fields] == [(1,), *((Fraction(1, n),) for n in (2, 4, 4))]
    assert [field.start for field in fields] == [(0,)] * 4
