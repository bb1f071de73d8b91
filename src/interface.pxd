"""The C interface, as core.pyx uses it."""

from libc.stdint cimport int32_t, int64_t

cdef extern from "memory.h" nogil:
    void *memory_allocate(int64_t size)

cdef extern from "pyconv.h" nogil:
    enum:
        ALIGNMENT
        MAX_BUFFERS
        MAX_PARAMS
        MAX_CONSTANTS
        SLOT_SUM
        STATUS_OK
        STATUS_UNKNOWN_OP
        STATUS_BAD_PARAMS
        STATUS_LABEL_RANGE
        STATUS_INDEX_RANGE
        STATUS_IMAGE_RANGE
        STATUS_OUT_OF_MEMORY

    cdef struct buffer:
        int32_t slot
        int64_t offset, offset_n, each

    cdef struct op_type:
        const char *name
        const char *buffers
        const char *params
        const char *constants
        int (*prepare)(op *op)
        bint (*by_example)(const op *op)
        bint (*sums)(const op *op)
        bint may_fail

    cdef struct op:
        const op_type *type
        int32_t buffer[8]
        int64_t params[40]
        float constants[2]
        const int64_t *list
        int64_t list_count
        int64_t packed, scratch, workspace

    cdef struct stripe:
        int32_t first, last
        int64_t local, touched
        int32_t first_sum, last_sum
        int64_t sums

    cdef struct stripe_sum:
        int64_t whole, offset, count

    cdef struct plan:
        int32_t op_count, buffer_count, slot_count, stripe_count
        op *ops
        buffer *buffers
        stripe *stripes
        stripe_sum *sums
        int64_t scratch, workspace

    cdef struct run:
        const plan *plan
        const kernels_table *kernels
        char **slots
        int64_t total
        char *local
        double cost
        char *workspace
        char *scratch
        double *seconds
        double *by_thread
        int threads
        int32_t failed
        int64_t detail

    bint conv_algorithm_force(const char *name)
    const char *conv_algorithm_name(const op *op)
    const op_type *op_type_find(const char *name)
    const op_type *const *op_type_all()
    int plan_prepare(plan *plan)
    double plan_cost(const plan *plan, int first, int last, int64_t n)
    int64_t plan_local(const plan *plan, int64_t n, int threads)
    int plan_run(run *run, int first, int last)

cdef extern from "kernels/kernels.h" nogil:
    cdef struct kernels_table "kernels":
        const char *isa
        int vlen
        int64_t (*peak)(int64_t rounds) nogil
    const kernels_table *kernels_chosen()
    int64_t c_bits_row "bits_row"(int64_t channels, int vlen)
    enum number:
        NUMBER_i8, NUMBER_u8, NUMBER_i16, NUMBER_u16, NUMBER_i32, NUMBER_u32, NUMBER_i64, NUMBER_u64
        NUMBER_f16, NUMBER_f32, NUMBER_f64
    const char *const unary_names[]
    const char *const binary_names[]
    const char *const reduce_names[]
    const char *const update_names[]

cdef extern from "ops/ops.h" nogil:
    enum:
        C_MASK_BITS "MASK_BITS"

cdef extern from "gather.h" nogil:
    enum:
        GATHER_AXES

    cdef struct column:
        int64_t rows, numbers

    void column_init(column *column, const void *data, int axes, const int64_t *extent,
                     const int64_t *stride, number number, bint to_int, void *batch)
    double gather_cost(const column *columns, int count, int64_t rows)
    void gather_rows "gather"(const column *columns, int count, const int64_t *order, int64_t first,
                              int64_t rows)

cdef extern from "cpu.h" nogil:
    const char *cpu_isa_note()
    const char *cpu_brand()
    int64_t cpu_cache_size(int level)

cdef extern from "threads.h" nogil:
    int threads_get()
    void threads_set(int count)
    const char *threads_backend()
