"""What a model does and costs, found without training it; `pyconv.utils` hands the functions on."""
