"""libtranscribe, the library of the engine `local`, out of the wheel transcribe-cpp-native (transcribe.cpp, MIT licence).

The wheel's own RECORD names the SHA-256 of each of its files; it is kept beside them and pinned here, so that an installed
library can be verified without the wheel.
"""
import base64
import csv
import os
import re
import zipfile

import vt_wheels
from vt_wheels import CANNOT_CREATE, UNAVAILABLE, WRONG, Failure, Wheel

NAME, VERSION = "transcribe-cpp-native", "0.4.1"
# By machine, as uname(1) names it: the wheel's SHA-256, its bytes, and the SHA-256 of its RECORD.
MACHINES = {
    "x86_64": (
        "80011910fdc45adfeb78bf1a0e8813e9ad8be54b4f135b20e815388a11e78a50",
        22805940,
        "a5e1268688cec6631078ef8c87c5c86c42425a9108b1e0820ac3a02184a22706",
    ),
    "aarch64": (
        "371e0fd638436123580401284c61610df847d094f5893f38339a6cccd1a16e51",
        18349345,
        "0fc182841d243fa4918a89b434ad6b95f810b76b6f3d6157b9b43c1f4dcbc2c4",
    ),
}
# 44 MB that only a graphics processor needs.
VULKAN = "libggml-vulkan.so"

# What a folder of ours may hold, whatever the version.
OURS = r"lib(transcribe|ggml).*\.so|contract\.json|RECORD|LICENSE.*|\..*\.wheel-[0-9]+"


def wheel():
    """What is published for this machine, and the SHA-256 of its RECORD."""
    machine = os.uname().machine
    if machine not in MACHINES:
        raise Failure(
            UNAVAILABLE,
            f"{NAME} is not published for this machine ({machine}), only for {' and '.join(MACHINES)}",
            "build transcribe.cpp, and put its libtranscribe.so where the linker finds it",
        )
    sha256, size, record = MACHINES[machine]
    return Wheel(NAME, VERSION, sha256, size), record


def install(folder, given, usage, with_vulkan=False):
    """Makes a folder with the library, whole or not at all; returns whether there was anything to do."""
    published, record = wheel()
    with vt_wheels.writing(folder):
        os.makedirs(os.path.dirname(folder), exist_ok=True)
    with vt_wheels.alone(folder):
        _refuse_others(folder)
        here = _verified(folder, record)
        if here and (VULKAN in here or not with_vulkan):
            return False
        with vt_wheels.workplace(folder) as work:
            (path,) = vt_wheels.get([published], given, work, usage)
            with zipfile.ZipFile(path) as archive:
                members = {_name(member): member for member in archive.namelist() if _name(member)}
                if here:
                    with vt_wheels.new_file(os.path.join(folder, VULKAN)) as file:
                        _copy(archive, members[VULKAN], file)
                    return True
                # Whoever had Vulkan's before keeps it.
                if not with_vulkan and not os.path.exists(os.path.join(folder, VULKAN)):
                    del members[VULKAN]
                new = os.path.join(work, "new")
                with vt_wheels.writing(new):
                    os.mkdir(new)
                    os.chmod(new, 0o755)
                for name, member in members.items():
                    with vt_wheels.new_file(os.path.join(new, name)) as file:
                        _copy(archive, member, file)
                if not _verified(new, record):
                    raise Failure(WRONG, f"the files of {published} are not what its RECORD says")
                with vt_wheels.writing(folder):
                    _put(new, folder, os.path.join(work, "old"))
    return True


def _refuse_others(folder):
    """A folder that holds anything but a library of ours is not replaced by one."""
    if not os.path.lexists(folder):
        return
    with vt_wheels.writing(folder):
        others = [name for name in os.listdir(folder) if not re.fullmatch(OURS, name)]
    if others:
        raise Failure(CANNOT_CREATE, f"{folder} holds other things than the library: {min(others)}", "name a folder of its own")


def _put(new, folder, old):
    """Renames a folder to where another may be, which goes away with `old`."""
    if not os.path.lexists(folder):
        os.rename(new, folder)
        return
    os.rename(folder, old)
    try:
        os.rename(new, folder)
    except OSError:
        os.rename(old, folder)
        raise


def _name(member):
    """What a member of the wheel is called in our folder; None for what is not installed."""
    folder, base = os.path.split(member)
    if re.fullmatch(r".*/_native/(lib(transcribe|ggml).*\.so|contract\.json)", member):
        return base
    if base == "LICENSE":
        whose = os.path.basename(folder)
        return base if whose == "licenses" else f"{base}.{whose}"
    return base if base == "RECORD" else None


def _copy(archive, member, file):
    with archive.open(member) as source:
        for piece in iter(lambda: source.read(1 << 20), b""):
            file.write(piece)


def _verified(folder, record):
    """The names of what is in the folder, if that is the library of this version, complete and undamaged; else None."""
    path = os.path.join(folder, "RECORD")
    if vt_wheels.digest(path) != record:
        return None
    names = {"RECORD"}
    with open(path, newline="") as file:
        for member, wanted, _ in csv.reader(file):
            name = _name(member)
            if name in (None, "RECORD"):
                continue
            sha256 = vt_wheels.digest(os.path.join(folder, name))
            if sha256 is None and name == VULKAN:
                continue
            expected = base64.urlsafe_b64decode(wanted.partition("=")[2] + "=")
            if sha256 != expected.hex():
                return None
            names.add(name)
    return names
