"""Builds the wheel: what `pip` asks for (PEP 517), answered by cargo and the standard library.

One call of cargo builds the program and the extension module, so that they share all that they are
made of. The wheel has them, the Python package and DuckDB's library:

    mxcp/                           the package
    mxcp/_native.abi3.so            the program as a module, for every CPython from 3.10 on
    mxcp/libduckdb.so               what both link to
    mxcp-<version>.data/scripts/    the program itself

`pip wheel . --config-settings profile=dev` compiles faster, for programs that run slower.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import platform
import shutil
import stat
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = ROOT / "host-native" / "python" / "package"

# An installer puts its interpreter in the first line.
SCRIPT = "#!python\nimport sys\n\nfrom mxcp.__main__ import main\n\nsys.exit(main())\n"

Settings = Mapping[str, Any]


class BuildFailure(Exception):
    """The wheel can't be built; the text says what to do."""


def get_requires_for_build_editable(config_settings: Settings | None = None) -> list[str]:
    """As for a wheel."""
    return []


def get_requires_for_build_wheel(config_settings: Settings | None = None) -> list[str]:
    """What the build needs from the package index: nothing."""
    return []


def prepare_metadata_for_build_wheel(metadata_directory: str, config_settings: Settings | None = None) -> str:
    """Writes the metadata, which needs no compiler."""
    name = f"mxcp-{_version()}.dist-info"
    folder = Path(metadata_directory) / name
    folder.mkdir(parents=True, exist_ok=True)
    for path, content in _metadata(name).items():
        target = Path(metadata_directory) / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return name


def build_wheel(
    wheel_directory: str,
    config_settings: Settings | None = None,
    metadata_directory: str | None = None,
) -> str:
    """Builds everything and packs it."""
    program, module, library = _compile(config_settings)
    name = f"mxcp-{_version()}-{_tag()}.whl"
    with _Wheel(Path(wheel_directory) / name) as wheel:
        for path in _sources():
            wheel.add(path.relative_to(PACKAGE).as_posix(), path)
        wheel.add("mxcp/_native.abi3.so", module, executable=True)
        wheel.add(f"mxcp/{library.name}", library)
        wheel.add(f"mxcp-{_version()}.data/scripts/{program.name}", program, executable=True)
    return name


def build_editable(
    wheel_directory: str,
    config_settings: Settings | None = None,
    metadata_directory: str | None = None,
) -> str:
    """The wheel of a development install: the package stays where it is, the compiled module is linked into it.

    The program would not find its library there, so the interpreter starts with every command.
    """
    program, module, library = _compile(config_settings)
    for name, target in [("_native.abi3.so", module), (library.name, library)]:
        link = PACKAGE / "mxcp" / name
        link.unlink(missing_ok=True)
        link.symlink_to(target)
    name = f"mxcp-{_version()}-{_tag()}.whl"
    with _Wheel(Path(wheel_directory) / name) as wheel:
        wheel.add_bytes("mxcp.pth", f"{PACKAGE}\n".encode())
        scripts = f"mxcp-{_version()}.data/scripts/{program.name}"
        wheel.add_bytes(scripts, SCRIPT.encode(), executable=True)
    return name


def build_sdist(sdist_directory: str, config_settings: Settings | None = None) -> str:
    """There is none: a build takes the whole repository."""
    raise BuildFailure("mxcp has no source distribution; build wheels from the repository: `pip wheel .`")


def _compile(settings: Settings | None) -> tuple[Path, Path, Path]:
    """The program, the module and DuckDB's library."""
    profile = (settings or {}).get("profile", "release")
    cargo = os.environ.get("CARGO") or shutil.which("cargo")
    if cargo is None:
        raise BuildFailure(
            "building mxcp takes Rust: there is no `cargo`. It is installed by https://rustup.rs"
        )
    # The module is for every interpreter, so none is looked at: another one is no reason to compile again.
    environment = {**os.environ, "PYO3_NO_PYTHON": "1"}
    _run([cargo, "xtask", "setup"], environment)
    _run(
        [cargo, "build", "--profile", profile, "--locked", "-p", "mxcp", "--bin", "mxcp"]
        + ["-p", "mxcp-python-native", "--lib"],
        environment,
    )
    described = subprocess.run(
        [cargo, "metadata", "--no-deps", "--format-version", "1"],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
    )
    built = Path(json.loads(described.stdout)["target_directory"]) / (
        "debug" if profile == "dev" else profile
    )
    suffix = "dylib" if sys.platform == "darwin" else "so"
    return built / "mxcp", built / f"lib_native.{suffix}", ROOT / ".deps" / "duckdb" / f"libduckdb.{suffix}"


def _run(command: list[str], environment: Mapping[str, str]) -> None:
    status = subprocess.run(command, cwd=ROOT, env=environment).returncode
    if status != 0:
        raise BuildFailure(f"`cargo {' '.join(command[1:])}` failed ({status})")


def _sources() -> Iterator[Path]:
    """The files of the package, but for what a development install left in it."""
    for path in sorted((PACKAGE / "mxcp").rglob("*")):
        if path.is_file() and path.suffix in {".py", ".pyi", ".typed"} or path.name == "py.typed":
            yield path


def _version() -> str:
    cargo = _toml(ROOT / "Cargo.toml")
    return str(cargo["workspace"]["package"]["version"])


def _toml(path: Path) -> dict[str, Any]:
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib  # type: ignore[import-not-found, unused-ignore]
    parsed: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    return parsed


def _tag() -> str:
    return f"cp310-abi3-{_platform()}"


def _platform() -> str:
    """On Linux, the oldest C library that the wheel runs with is the one it was built with."""
    name, version = platform.libc_ver()
    if sys.platform == "linux" and name == "glibc":
        return f"manylinux_{version.replace('.', '_')}_{platform.machine()}"
    return sysconfig.get_platform().replace("-", "_").replace(".", "_")


def _metadata(folder: str) -> dict[str, bytes]:
    """The files of the metadata folder, but for the record."""
    project = _toml(ROOT / "pyproject.toml")["project"]
    fields = [
        ("Metadata-Version", "2.4"),
        ("Name", project["name"]),
        ("Version", _version()),
        ("Summary", project["description"]),
        ("License-Expression", project["license"]),
        *(("License-File", name) for name in project["license-files"]),
        ("Requires-Python", project["requires-python"]),
        *(("Classifier", classifier) for classifier in project["classifiers"]),
        *(("Project-URL", f"{label}, {url}") for label, url in project["urls"].items()),
        *(("Requires-Dist", requirement) for requirement in project["dependencies"]),
        ("Description-Content-Type", "text/markdown"),
    ]
    head = "".join(f"{name}: {value}\n" for name, value in fields)
    readme = (ROOT / project["readme"]).read_text(encoding="utf-8")
    wheel = f"Wheel-Version: 1.0\nGenerator: mxcp\nRoot-Is-Purelib: false\nTag: {_tag()}\n"
    files = {f"{folder}/METADATA": f"{head}\n{readme}".encode(), f"{folder}/WHEEL": wheel.encode()}
    for name in project["license-files"]:
        files[f"{folder}/licenses/{name}"] = (ROOT / name).read_bytes()
    return files


class _Wheel:
    """A wheel that is being written."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._archive = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6)
        self._records: list[str] = []

    def __enter__(self) -> _Wheel:
        return self

    def __exit__(self, kind: object, *_rest: object) -> None:
        if kind is None:
            folder = f"mxcp-{_version()}.dist-info"
            for name, content in _metadata(folder).items():
                self.add_bytes(name, content)
            record = f"{folder}/RECORD"
            lines = "".join(f"{line}\n" for line in [*self._records, f"{record},,"])
            self._archive.writestr(self._entry(record, executable=False), lines)
        self._archive.close()

    def add(self, name: str, path: Path, *, executable: bool = False) -> None:
        self.add_bytes(name, path.read_bytes(), executable=executable)

    def add_bytes(self, name: str, content: bytes, *, executable: bool = False) -> None:
        self._archive.writestr(self._entry(name, executable=executable), content)
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        self._records.append(f"{name},sha256={digest},{len(content)}")

    @staticmethod
    def _entry(name: str, *, executable: bool) -> zipfile.ZipInfo:
        # Without the time of the build, so that the same sources give the same wheel.
        entry = zipfile.ZipInfo(name, date_time=(2020, 1, 1, 0, 0, 0))
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.external_attr = (stat.S_IFREG | (0o755 if executable else 0o644)) << 16
        return entry
