"""The door between Python and the C core: storage, plans, threads. No mathematics here."""

from cpython.buffer cimport (
    PyBUF_FORMAT, PyBUF_RECORDS_RO, PyBUF_WRITABLE, PyBUF_C_CONTIGUOUS, PyBuffer_FillInfo,
    PyBuffer_Release, PyObject_GetBuffer)
from cpython.bytearray cimport PyByteArray_AS_STRING, PyByteArray_FromStringAndSize
from libc.stdint cimport INT64_MAX, int32_t, int64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset, strcmp

from interface cimport *

include "core/machine.pxi"
include "core/operations.pxi"
include "core/memory.pxi"
include "core/plan.pxi"
include "core/gather.pxi"
include "core/form.pxi"
