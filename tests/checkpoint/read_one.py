#!/usr/bin/env python3
"""Reads checkpoints as the safetensors format defines them, with nothing of furl's, and compares all that is in them."""
import json
import math
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import zlib

TYPES = {"F64": "d", "F32": "f"}


def load(path):
    """The tensors and the metadata of a safetensors file."""
    content = path.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8:8 + length])
    metadata = header.pop("__metadata__")
    data = memoryview(content)[8 + length:]
    end = 0
    tensors = {}
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        begin, stop = entry["data_offsets"]
        assert begin == end, f"{name}: a gap or an overlap"
        end = stop
        kind = TYPES[entry["dtype"]]
        count = math.prod(entry["shape"])
        assert stop - begin == count * struct.calcsize(kind), f"{name}: shape and size differ"
        assert begin % struct.calcsize(kind) == 0, f"{name} is not aligned"
        tensors[name] = entry["dtype"], entry["shape"], bytes(data[begin:stop])
    assert end == len(data), "bytes behind the last tensor"
    assert length % 8 == 0, "the data is not aligned"
    return tensors, metadata, content


def main():
    with tempfile.TemporaryDirectory() as directory:
        for kind in ("float", "double"):
            path = pathlib.Path(directory) / f"{kind}.safetensors"
            printed = subprocess.run([sys.argv[1], kind, path], check=True, capture_output=True, text=True).stdout
            tensors, metadata, content = load(path)
            lines = printed.splitlines()
            assert len(lines) == len(tensors) == 10
            for line in lines:
                name, dtype, size, *values = line.split(" ")
                scalar = name == "global.ticks" or name.endswith(".size")
                expected = struct.pack(f"<{size}{TYPES[dtype]}", *map(float.fromhex, values))
                assert tensors[name] == (dtype, [] if scalar else [int(size)], expected), name
            assert metadata["step"] == "3" and metadata["user.epoch"] == "12" and metadata["format"] == "furl"
            assert float(metadata["hyperparameter.lr"]) == 0.1 and float(metadata["hyperparameter.limit"]) == 0.3
            zeroed, count = re.subn(rb'"checksum":"[0-9a-f]{8}"', b'"checksum":"00000000"', content)
            assert count == 1 and f"{zlib.crc32(zeroed):08x}" == metadata["checksum"]
            print(f"{kind}: {len(tensors)} tensors as they were written")


main()
