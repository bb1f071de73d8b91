"""Functions of arrays: traces, assignments, caches, packed kernels, threads, processes."""

import gc
import os
import threading
import weakref

import numpy as np
import pytest

from pyconv import Variable, core, ops, set_num_threads
from pyconv.graph import as_tensor, gradients
from pyconv.plan import Function

RNG = np.random.default_rng(0)


def normal(*shape):
    return RNG.normal(size=shape).astype(np.float32)


def small_network(seed=0):
    """(variables, function from x and labels to a tensor of losses) of a network with all kinds."""
    rng = np.random.default_rng(seed)
    shapes = {"k": (3, 2, 8), "b": (8,), "d": (3, 1, 24), "w": (24 * 6, 5)}
    variables = {
        name: Variable(rng.normal(0, 0.3, shape).astype(np.float32), name=name)
        for name, shape in shapes.items()
    }

    def losses(x, labels):
        h = ops.relu(ops.conv(x, variables["k"], 2, "same", bias=variables["b"]))
        h = ops.conv(h, variables["d"], 1, "same", groups=8)
        h = ops.max_pool(h, 2)
        return ops.sparse_softmax_cross_entropy(
            ops.dense(ops.reshape(h, (-1, 24 * 6)), variables["w"]), labels
        )

    return variables, losses


def training_step(variables, losses, rate=0.1):
    def step(x, labels):
        loss = ops.mean(losses(x, labels))
        sources = list(variables.values())
        flows = gradients(loss, ops.ones_like(loss), [v.leaf for v in sources])
        for variable, flow in zip(sources, flows, strict=True):
            variable.assign(variable - rate * flow)
        return [loss]

    return Function(step)


def batch(n=16):
    rng = np.random.default_rng(5)
    return rng.normal(size=(n, 24, 2)).astype(np.float32), rng.integers(0, 5, n).astype(np.int32)


def run_steps(threads, steps=5):
    set_num_threads(threads)
    try:
        variables, losses = small_network()
        step = training_step(variables, losses)
        history = [step(*batch(700))[0].tobytes() for _ in range(steps)]
        return history, [v.numpy().tobytes() for v in variables.values()]
    finally:
        set_num_threads(0)


def test_same_bits_on_any_number_of_threads():
    expected = run_steps(1)
    for threads in (1, 2, 3, 8):
        assert run_steps(threads) == expected


def test_one_plan_for_every_number_of_examples():
    variables, losses = small_network()
    step = training_step(variables, losses)
    for n in (16, 3, 1, 40):
        step(*batch(n))
    assert len(step.executables) == 1


def test_cache_is_bounded():
    double = Function(lambda x: [x + x])
    for size in range(1, 2 * Function.kept):
        np.testing.assert_array_equal(double(np.ones((2, size), np.float32))[0], 2)
    assert len(double.executables) == Function.kept


def test_plans_are_freed():
    double = Function(lambda x: [x + x])
    double(np.ones((2, 3), np.float32))
    alive = weakref.ref(double)
    del double
    gc.collect()
    assert alive() is None


def test_assignments_are_seen_within_and_after_a_step():
    v = Variable(np.zeros(3, np.float32))

    def step(x):
        v.assign(v + 1.0)
        seen = v * 10.0
        v.assign(v + 1.0)
        return [x + seen]

    function = Function(step)
    np.testing.assert_array_equal(function(np.zeros((2, 3), np.float32))[0], 10)
    np.testing.assert_array_equal(v.numpy(), 2)
    np.testing.assert_array_equal(function(np.zeros((2, 3), np.float32))[0], 30)


def test_a_variable_is_assigned_to_another_at_each_step():
    a, b = Variable(np.float32([0, 0])), Variable(np.float32([1, 2]))

    def step(x):
        a.assign(b)
        b.assign(b * 2.0)
        return [x + a]

    function, x = Function(step), np.zeros((1, 2), np.float32)
    np.testing.assert_array_equal(function(x)[0], [[1, 2]])
    np.testing.assert_array_equal(function(x)[0], [[2, 4]])
    np.testing.assert_array_equal((a.numpy(), b.numpy()), [[2, 4], [4, 8]])


def test_variables_as_numbers_and_sums():
    v = Variable(np.float32(1.5))
    v.assign_add(2.0)
    v.assign_sub(np.float32(0.5))
    assert float(v) == 3.0 and int(v) == 3 and v.version == 2
    with pytest.raises(ValueError, match=r"expected a value of shape \(\), received \(2,\)"):
        v.assign([1.0, 2.0])


def test_a_failing_step_changes_nothing():
    variables, losses = small_network()
    step = training_step(variables, losses)
    before = [v.numpy() for v in variables.values()]
    x, labels = batch()
    labels[3] = 5
    with pytest.raises(ValueError, match="labels from 0 to 4, received 5"):
        step(x, labels)
    for variable, value in zip(variables.values(), before, strict=True):
        np.testing.assert_array_equal(variable.numpy(), value)
    step(*batch())


def test_what_lasts_is_written_after_all_checks():
    """A statistic that does not depend on the labels is not updated by a step that fails."""
    statistic = Variable(np.zeros(2, np.float32))

    def step(x, labels):
        statistic.assign(statistic * 0.9 + ops.mean(x, 0))
        return [ops.sparse_softmax_cross_entropy(x, labels)]

    function, x = Function(step), normal(5, 2)
    version = statistic.version
    with pytest.raises(ValueError, match="received -1; renumber the labels from 0$"):
        function(x, np.int32([0, 1, -1, 0, 1]))
    np.testing.assert_array_equal(statistic.numpy(), 0)
    assert statistic.version == version
    function(x, np.int32([0, 1, 1, 0, 1]))
    assert statistic.version == version + 1


def test_many_variables_and_many_arrays():
    variables = [Variable(np.full(3, i, np.float32)) for i in range(1500)]

    def total(*xs):
        result = xs[0]
        for x in xs[1:]:
            result = result + x
        for v in variables:
            result = result + v
        return [result]

    arrays = [np.ones((2, 3), np.float32) for _ in range(100)]
    np.testing.assert_array_equal(Function(total)(*arrays)[0], 100 + 1499 * 750)


def test_the_least_recently_used_plan_goes_first():
    double = Function(lambda x: [x + x])
    often = np.ones((2, 1000), np.float32)
    double(often)
    kept = double.executable((often,))
    for size in range(1, 2 * Function.kept):
        double(np.ones((2, size), np.float32))
        double(often)
    assert double.executable((often,)) is kept


def test_times_of_ops():
    function = Function(lambda x: [ops.exp(x) + 1.0])
    x = normal(4, 3)
    executable = function.executable((x,))
    seconds = np.zeros(len(executable.plan.ops))
    executable.compute(function.arena, 4, (x,), seconds)
    assert (seconds > 0).all()
    for wrong in (np.zeros(0), np.zeros(len(seconds), np.float32), np.zeros(len(seconds) + 1)):
        with pytest.raises(ValueError, match="expected a float64 array"):
            executable.compute(function.arena, 4, (x,), wrong)


def test_plans_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="expected a slot below 1"):
        core.Plan([None], [(7, 0, 0, 0)], [], (0, 0))
    params = {"batched": 0, "n": 1, "count": 1}
    fill = ("fill", "", {"y": 3}, params, {"value": 0.0}, ())
    with pytest.raises(ValueError, match="expected buffers below 1"):
        core.Plan([None], [(0, 0, 0, 0)], [fill], (64, 0))


def test_two_callers_after_a_change_of_weights():
    """One of them packs the kernel anew, while the other waits; neither reads half of it."""
    kernel = Variable(normal(3, 5, 64, 64))
    value = kernel.numpy()
    convolve = Function(lambda x: [ops.conv_transpose(x, kernel, 2)])
    x = normal(4, 12, 12, 64)
    expected = convolve(x)[0]
    wrong = []

    def call():
        for _ in range(10):
            if not np.array_equal(convolve(x)[0], expected):
                wrong.append(True)

    for _ in range(5):
        kernel.assign(value)
        callers = [threading.Thread(target=call) for _ in range(2)]
        for caller in callers:
            caller.start()
        for caller in callers:
            caller.join()
    assert not wrong


def test_packed_kernels_follow_assignments():
    variables, losses = small_network()
    predict = Function(lambda x, labels: [losses(x, labels)])
    first = predict(*batch())[0]
    again = predict(*batch())[0]
    np.testing.assert_array_equal(first, again)
    variables["k"].assign(variables["k"].numpy() * 2)
    changed = predict(*batch())[0]
    fresh = Function(lambda x, labels: [losses(x, labels)])(*batch())[0]
    assert not np.array_equal(changed, first)
    np.testing.assert_array_equal(changed, fresh)
    training_step(variables, losses)(*batch())
    assert not np.array_equal(predict(*batch())[0], changed)


def test_constant_kernels_are_packed_once():
    x, kernel = normal(3, 9, 8), normal(3, 8, 16)
    convolve = Function(lambda x: [ops.conv(x, as_tensor(kernel))])
    expected = ops.conv(x, kernel)
    for _ in range(2):
        np.testing.assert_array_equal(convolve(x)[0], expected)
    assert convolve.executable((x,)).plan.prologue == 1


def test_outputs_that_are_inputs_variables_or_twice_the_same():
    v = Variable(np.float32([1, 2]))
    x = normal(3, 2)
    y, w, a, b = Function(lambda t: [t, v, t + 1.0, ops.reshape(t, (-1, 2, 1))])(x)
    np.testing.assert_array_equal(y, x)
    np.testing.assert_array_equal(w, [1, 2])
    np.testing.assert_array_equal(a, x + 1)
    np.testing.assert_array_equal(b[..., 0], x)
    s = Function(lambda t: [u := t * 2.0, u, u + u])(x)
    np.testing.assert_array_equal(s[0], s[1])
    np.testing.assert_array_equal(s[2], 4 * x)


def test_no_examples():
    variables, losses = small_network()
    step = training_step(variables, losses)
    x, labels = batch(4)
    assert Function(lambda x, labels: [losses(x, labels)])(x[:0], labels[:0])[0].shape == (0,)
    step(x, labels)


def test_callers_in_several_python_threads():
    variables, losses = small_network()
    predict = Function(lambda x, labels: [losses(x, labels)])
    expected = predict(*batch(300))[0]
    wrong = []

    def call():
        for _ in range(30):
            if not np.array_equal(predict(*batch(300))[0], expected):
                wrong.append(True)

    callers = [threading.Thread(target=call) for _ in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert not wrong


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_computes():
    set_num_threads(2)
    try:
        expected = run_steps(2)
        set_num_threads(2)
        child = os.fork()
        if child == 0:
            os._exit(0 if run_steps(2) == expected else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    finally:
        set_num_threads(0)


def test_denormals_are_the_callers_business():
    tiny = np.float32(1e-40)
    assert tiny * np.float32(0.5) > 0
    flushed = ops.multiply(np.full(4, tiny), np.float32(0.5))
    assert tiny * np.float32(0.5) > 0, "the caller's floating-point state was changed"
    assert (flushed == 0).all()


def test_wrong_arrays_are_refused():
    double = Function(lambda x, y: [x + y])
    double(np.zeros((2, 3), np.float32), np.zeros((2, 3), np.float32))
    with pytest.raises(ValueError, match="expected 24"):
        double(np.zeros((2, 3), np.float32), np.zeros((4, 3), np.float32))
    with pytest.raises(ValueError, match="contiguous"):
        double(
            np.zeros((3, 2), np.float32).T.reshape(2, 3, order="F"),
            np.zeros((2, 6), np.float32)[:, ::2],
        )


def test_a_foreign_tensor_is_named():
    from pyconv.graph import placeholder

    other = placeholder((None, 3), name="other")
    with pytest.raises(ValueError, match="other.*not an input"):
        Function(lambda x: [x + other])(np.zeros((2, 3), np.float32))


def test_the_arena_is_shared_and_kept():
    arena = core.Arena()
    f = Function(lambda x: [ops.exp(x) * 2.0 + x], arena)
    g = Function(lambda x: [ops.tanh(x) * 3.0 + x], arena)
    x = normal(10, 100)
    f(x)
    size = arena.nbytes
    for _ in range(5):
        f(x), g(x)
    assert arena.nbytes <= size + 64 * 1024
