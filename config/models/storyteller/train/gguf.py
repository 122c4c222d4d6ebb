"""GGUF version 3 files: Q8_0 quantisation, writing, and reading back what was written.

Formats: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
"""

import struct

import numpy as np

ALIGNMENT = 32
BLOCK = 32  # values that share one scale in Q8_0
F32, Q8_0 = 0, 8
_UINT32, _INT32, _FLOAT32, _BOOL, _STRING, _ARRAY = 4, 5, 6, 7, 8, 9
_SCALARS = {_UINT32: "<I", _INT32: "<i", _FLOAT32: "<f", _BOOL: "<?"}
_BLOCK_TYPE = np.dtype([("scale", "<f2"), ("values", "i1", BLOCK)])


def quantise(values):
    """Blocks of Q8_0 of a float array [..., columns]; columns must be a multiple of 32."""
    if values.shape[-1] % BLOCK:
        raise ValueError(f"rows of {values.shape[-1]} values do not divide into blocks of {BLOCK}")
    groups = values.astype(np.float32).reshape(-1, BLOCK)
    scales = np.abs(groups).max(axis=1) / np.float32(127)
    inverse = np.divide(1, scales, out=np.zeros_like(scales), where=scales != 0)
    scaled = groups * inverse[:, None]
    blocks = np.empty(len(groups), _BLOCK_TYPE)
    blocks["scale"] = scales
    blocks["values"] = np.trunc(scaled + np.copysign(np.float32(0.5), scaled))
    return blocks


def dequantise(blocks, shape):
    return (blocks["values"].astype(np.float32) * blocks["scale"].astype(np.float32)[:, None]).reshape(shape)


def write(path, metadata, tensors, quantised=True):
    """Writes {key: value} and {name: float array}: matrices become Q8_0 where wanted, vectors stay F32.

    A metadata value is an int (uint32), float, bool, str, or a list of str or of int (int32).
    """
    header = bytearray(b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(metadata)))
    for key, value in metadata.items():
        header += _string(key) + _typed(value)
    payloads, offset = [], 0
    for name, array in tensors.items():
        kind, data = (Q8_0, quantise(array)) if quantised and array.ndim > 1 else (F32, array.astype("<f4"))
        header += _string(name) + struct.pack("<I", array.ndim)
        header += b"".join(struct.pack("<Q", size) for size in reversed(array.shape))
        header += struct.pack("<IQ", kind, offset)
        payloads.append(_padded(data.tobytes()))
        offset += len(payloads[-1])
    with open(path, "wb") as file:
        file.write(_padded(bytes(header)))
        for payload in payloads:
            file.write(payload)


def _padded(data):
    return data + bytes(-len(data) % ALIGNMENT)


def _string(text):
    data = text.encode("utf-8")
    return struct.pack("<Q", len(data)) + data


def _typed(value):
    if isinstance(value, bool):
        return struct.pack("<I?", _BOOL, value)
    if isinstance(value, int):
        return struct.pack("<II", _UINT32, value)
    if isinstance(value, float):
        return struct.pack("<If", _FLOAT32, value)
    if isinstance(value, str):
        return struct.pack("<I", _STRING) + _string(value)
    if all(isinstance(item, str) for item in value):
        return struct.pack("<IIQ", _ARRAY, _STRING, len(value)) + b"".join(map(_string, value))
    return struct.pack("<IIQ", _ARRAY, _INT32, len(value)) + np.array(value, "<i4").tobytes()


class _Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def number(self, form):
        (value,) = struct.unpack_from(form, self.data, self.at)
        self.at += struct.calcsize(form)
        return value

    def string(self):
        size = self.number("<Q")
        self.at += size
        return self.data[self.at - size : self.at].decode("utf-8")

    def value(self, kind):
        if kind == _STRING:
            return self.string()
        if kind == _ARRAY:
            inner, count = self.number("<I"), self.number("<Q")
            return [self.value(inner) for _ in range(count)]
        if kind not in _SCALARS:
            raise ValueError(f"metadata type {kind} is not one that this trainer writes")
        return self.number(_SCALARS[kind])


def read(path):
    """The metadata and the dequantised tensors of a file that `write` made."""
    with open(path, "rb") as file:
        data = file.read()
    if data[:4] != b"GGUF":
        raise ValueError(f"{path} does not begin with GGUF")
    reader = _Reader(data)
    reader.at = 4
    version, tensor_count, key_count = reader.number("<I"), reader.number("<Q"), reader.number("<Q")
    if version != 3:
        raise ValueError(f"{path} has GGUF version {version}, expected 3")
    metadata = {}
    for _ in range(key_count):
        key = reader.string()
        metadata[key] = reader.value(reader.number("<I"))
    infos = []
    for _ in range(tensor_count):
        name, dims = reader.string(), reader.number("<I")
        shape = tuple(reversed([reader.number("<Q") for _ in range(dims)]))
        infos.append((name, shape, reader.number("<I"), reader.number("<Q")))
    base = reader.at + -reader.at % ALIGNMENT
    tensors = {}
    for name, shape, kind, offset in infos:
        size = int(np.prod(shape))
        if kind == F32:
            tensors[name] = np.frombuffer(data, "<f4", size, base + offset).reshape(shape)
        else:
            blocks = np.frombuffer(data, _BLOCK_TYPE, size // BLOCK, base + offset)
            tensors[name] = dequantise(blocks, shape)
    return metadata, tensors
