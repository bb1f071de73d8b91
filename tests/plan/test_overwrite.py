"""Results written onto inputs that end there: what is allowed, and that nothing changes."""

import numpy as np

from pyconv import Variable, ops
from pyconv.plan import Function
from pyconv.plan.memory import Buffer
from pyconv.plan.overwrite import overwrite
from pyconv.plan.record import Record


def sweep(x, y):
    return Record("unary", "", {"x": x, "y": y}, {}, {}, ())


def add(a, b, y):
    return Record("binary", "", {"a": a, "b": b, "y": y}, {}, {}, ())


def test_a_chain_lies_in_one_place():
    a, b, c = (Buffer(64, True) for _ in range(3))
    first, second = sweep(a, b), sweep(b, c)
    overwrite([[first], [second]])
    assert set(first.used) == set(second.used) == {a}


def test_an_input_that_is_read_again_stays():
    a, b, c = (Buffer(64, True) for _ in range(3))
    records = [sweep(a, b), add(a, b, c)]
    overwrite([[r] for r in records])
    assert records[0].buffers == {"x": a, "y": b}
    assert records[1].buffers["y"] is a


def test_what_does_not_fit_stays():
    y = Buffer(64, True)
    for x in (Buffer(128, True), Buffer(64, False), Buffer(64, True, slot=1)):
        record = sweep(x, y)
        overwrite([[record]])
        assert record.buffers == {"x": x, "y": y}
    written_twice = [sweep(Buffer(64, True), y), sweep(Buffer(64, True), y)]
    overwrite([[r] for r in written_twice])
    assert written_twice[1].buffers["y"] is written_twice[0].buffers["y"]
    assert written_twice[1].buffers["x"] is not written_twice[1].buffers["y"]


def test_what_lives_in_a_stripe_keeps_its_own_memory():
    a, b, c = (Buffer(64, True) for _ in range(3))
    before, inside = sweep(Buffer(64, True, slot=1), a), [sweep(a, b), sweep(b, c)]
    overwrite([[before], inside])
    assert inside[0].buffers == {"x": a, "y": b}
    assert inside[1].buffers == {"x": b, "y": b}


def test_values_are_the_same():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(3, 5, 37)).astype(np.float32)
    shift = Variable(rng.normal(size=37).astype(np.float32))
    key = Variable(np.int32([5, 0]), dtype="int32", trainable=False)

    def chain(x):
        a = ops.exp(x)
        b = a + shift
        c = ops.where(ops.greater(b, 1.0), b, a * 0.5)
        d = ops.dropout(c * c, 0.5, key)
        return [d - ops.mean(d, 0), c]

    found, c = Function(chain)(x)
    key.assign([5, 0])
    e = np.exp(x.astype(np.float64))
    b = e + shift.numpy()
    expected = np.where(b > 1, b, e * 0.5)
    np.testing.assert_allclose(c, expected, rtol=1e-6)
    kept = Function(lambda t: [ops.dropout(t, 0.5, key)])(np.float32(expected**2))[0]
    np.testing.assert_allclose(found, kept - kept.mean(0), rtol=1e-5, atol=1e-5)
