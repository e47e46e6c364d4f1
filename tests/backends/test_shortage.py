"""Which ends of a start are taken for a want of memory."""

from __future__ import annotations

import signal

import pytest

from llamaswap.backends.shortage import TAIL, shortage, without_quotation

SHORT = (
    "ggml_backend_cuda_buffer_type_alloc_buffer: allocating 18432.00 MiB on device 0: cudaMalloc failed: out of memory",
    "CUDA error: out of memory",
    "alloc_tensor_range: failed to allocate CUDA0 buffer of size 19327352832",
    "llama_model_load: error loading model: unable to allocate CUDA0 buffer",
    "ggml_gallocr_reserve_n: failed to allocate Vulkan0 buffer of size 536870912",
    "ggml_vulkan: Device memory allocation of size 1073741824 failed.",
    "ggml_vulkan: vk::Device::allocateMemory: ErrorOutOfDeviceMemory",
    "VK_ERROR_OUT_OF_DEVICE_MEMORY",
    "ggml_metal_graph_compute: command buffer 0 failed with status 5: Insufficient Memory (00000008:kIOGPUCommandBuffer"
    "CallbackErrorOutOfMemory)",
    "ggml_backend_metal_buffer_type_alloc_buffer: error: failed to allocate buffer, size = 20480.00 MiB",
    "ROCm error: out of memory",
    "hipErrorOutOfMemory",
    "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 23.64 GiB",
    "torch.cuda.OutOfMemoryError: HIP out of memory.",
    "RuntimeError: CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`",
    "ValueError: No available memory for the cache blocks. Try increasing `gpu_memory_utilization` when initializing",
    "ValueError: Free memory on device (3.1/23.6 GiB) on startup is less than desired GPU memory utilization (0.9, 21)",
    "jaxlib.xla_extension.XlaRuntimeError: RESOURCE_EXHAUSTED: Out of memory allocating 8589934592 bytes.",
    "terminate called after throwing an instance of 'std::bad_alloc'",
    "mmap failed: Cannot allocate memory",
    "OSError: [Errno 12] Cannot allocate memory",
    "MemoryError",
    "not enough video memory",
)
OTHER = (
    "",
    "error while handling argument: unknown argument: --ctx",
    "gguf_init_from_file: failed to open GGUF file 'x.gguf'",
    "llama_model_load: error loading model: tensor 'x' data is not within the file bounds, model is corrupted",
    "bind: Address already in use",
    "Device 0: NVIDIA GeForce RTX 3090, compute capability 8.6, VMM: yes, 24 GiB memory",
    "load_tensors: CPU_Mapped model buffer size = 4000 MiB; system memory 31 GiB",
    "torch.cuda.is_available() is False",
    "Segmentation fault",
)


@pytest.mark.parametrize("line", SHORT)
def test_words_of_engines(line: str) -> None:
    """They stand among others, and are what people are told."""
    output = f"loading\n{line}\nexiting due to model loading error\n".encode()
    assert " ".join(line.split())[:150].replace("`", "'") in (shortage(None, output) or "")


@pytest.mark.parametrize("line", OTHER)
def test_other_words(line: str) -> None:
    """Other failures are none of memory."""
    assert shortage(None, f"loading\n{line}\n".encode()) is None
    assert shortage(signal.SIGSEGV, line.encode()) is None


def test_a_kill_that_nobody_here_has_sent() -> None:
    """The system's way to get memory back; no other signal is."""
    assert shortage(signal.SIGKILL, b"loading") == "the system kills so when memory runs out"
    for other in (signal.SIGTERM, signal.SIGABRT, None):
        assert shortage(other, b"loading") is None


def test_the_last_words_count() -> None:
    """Of several the last is told; what was said long ago is not looked at; a long line is cut; bytes may be odd."""
    assert shortage(None, b"CUDA out of memory: 1\nCUDA out of memory: 2\n") == "it said `CUDA out of memory: 2`"
    assert shortage(None, b"out of memory\n" + b"x" * TAIL) is None
    assert len(shortage(None, b"\xff\x00 out of memory " + b"y" * 5000) or "") < 200


def test_without_the_quotation() -> None:
    """What was said is for those who may read the log, whatever signs it has; the rest of a cause is for all."""
    proof = shortage(None, b"the prompt was `my diary` and ` more, out of memory\n")
    assert proof == "it said `the prompt was 'my diary' and ' more, out of memory`"
    assert without_quotation(f"out of memory, for {proof}; it has `died`") == (
        "out of memory, for its log says so; it has `died`"
    )
    assert without_quotation(f"out of memory, for {proof}"[:40]) == "out of memory, for its log says so"
    assert without_quotation("exited with 1") == "exited with 1"
