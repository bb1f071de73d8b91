"""Buffers that live at once never overlap."""

from hypothesis import given, settings
from hypothesis import strategies as st

from pyconv.plan.memory import ALIGNMENT, Buffer, aligned, place

lives = st.tuples(st.integers(0, 5000), st.integers(0, 20), st.integers(0, 20))


def make(nbytes, a, b):
    buffer = Buffer(nbytes, batched=False)
    buffer.use(min(a, b))
    buffer.use(max(a, b))
    return buffer


@settings(deadline=None)
@given(st.lists(lives, max_size=40), st.booleans())
def test_no_overlap(specs, centred):
    buffers = [make(*spec) for spec in specs]
    total = place(buffers, centred)
    for i, a in enumerate(buffers):
        assert a.offset % ALIGNMENT == 0 and a.offset + a.nbytes <= total
        for b in buffers[:i]:
            alive_at_once = a.first <= b.last and b.first <= a.last
            apart = a.offset + a.nbytes <= b.offset or b.offset + b.nbytes <= a.offset
            assert apart or not alive_at_once or 0 in (a.nbytes, b.nbytes)


@settings(deadline=None)
@given(st.lists(lives, min_size=1, max_size=40))
def test_total_is_between_the_peak_and_the_sum(specs):
    buffers = [make(*spec) for spec in specs]
    total = place(buffers)
    peak = max(sum(aligned(b.nbytes) for b in buffers if b.first <= t <= b.last) for t in range(21))
    assert peak <= total <= sum(aligned(b.nbytes) for b in buffers)


def test_a_chain_needs_two_places():
    chain = [make(100, t, t + 1) for t in range(10)]
    assert place(chain) == 2 * aligned(100)


@settings(deadline=None)
@given(st.lists(lives, max_size=40))
def test_the_middle_needs_no_more(specs):
    buffers = [make(*spec) for spec in specs]
    assert place(buffers, centred=True) <= place(buffers)


def test_smaller_maps_lie_around_the_middle_of_larger_ones():
    chain = [make(64 * 2 ** (10 - t), t, t + 1) for t in range(10)]
    place(chain, centred=True)
    middles = [b.offset + b.nbytes / 2 for b in chain]
    assert all(abs(m - middles[t % 2]) <= ALIGNMENT for t, m in enumerate(middles))


def test_unused_buffers_take_no_place():
    assert place([Buffer(1000, batched=False)]) == 0
