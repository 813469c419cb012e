# SPDX-License-Identifier: MIT OR Apache-2.0
"""attach.py PATH double|look: numpy on memory that another process made, without a copy.

PATH is a VMO that this process inherited, /proc/self/fd/N. The array is of float64.
"""

import mmap
import os
import sys

import numpy as np

path, mode = sys.argv[1:]

if mode == "double":
    fd = os.open(path, os.O_RDWR)
    x = np.frombuffer(mmap.mmap(fd, os.fstat(fd).st_size), dtype=np.float64)
    print(x.sum())  # what the other process wrote
    x *= 2  # in place: the other process sees it
else:
    # By its seals nobody can map it writable.
    fd = os.open(path, os.O_RDWR)
    size = os.fstat(fd).st_size
    try:
        mmap.mmap(fd, size)
        sys.exit("it could be mapped writable")
    except PermissionError:
        pass
    # Opened for reading: before Linux 6.7 a write-sealed VMO is mapped in no other way.
    fd = os.open(path, os.O_RDONLY)
    x = np.frombuffer(mmap.mmap(fd, size, prot=mmap.PROT_READ), dtype=np.float64)
    print(x.sum())
    try:
        x[0] = 1
        sys.exit("the array could be written")
    except ValueError:
        pass
