"""A want of memory is known by its words, whoever allocates."""

import pytest
import torch

from rehead.training.memory import is_want_of_memory


@pytest.mark.parametrize(
    "words",
    [
        "CUDA out of memory. Tried to allocate 2.00 GiB",
        "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
        "cuDNN error: CUDNN_STATUS_ALLOC_FAILED",
        "std::bad_alloc",
        "could not create a primitive",
    ],
)
def test_what_the_libraries_say_of_too_little_memory_is_known(words: str) -> None:
    assert is_want_of_memory(RuntimeError(words))


def test_what_torch_says_when_it_is_refused_memory_is_known() -> None:
    with pytest.raises(RuntimeError) as refused:
        torch.empty(1 << 50, dtype=torch.uint8)
    assert is_want_of_memory(refused.value)


def test_another_fault_of_a_gpu_is_no_want_of_memory() -> None:
    assert not is_want_of_memory(RuntimeError("CUDA error: CUBLAS_STATUS_EXECUTION_FAILED when calling `cublasSgemm`"))
