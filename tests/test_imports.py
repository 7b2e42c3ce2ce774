"""The import table of docs/architecture.md, enforced on the source; and what `import loci.memory` may load."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
BASE = {"geometry", "contracts", "errors", "assignment"}
MAY_IMPORT = {
    "memory": BASE,
    "perception": BASE | {"memory.records"},
    "planner": BASE | {"memory"},
    "sim": BASE,
    "viz": BASE | {"memory", "perception", "planner", "sim"},
    "launch": BASE | {"memory", "perception", "planner", "sim", "viz", "conformance", ""},
}


def loci_imports(path: Path) -> set[str]:
    """Modules of loci that a file imports anywhere, also inside functions, as dotted names below ``loci``."""
    package = path.relative_to(ROOT).parent.parts
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = ["loci", *package][: len(package) + 2 - node.level]
            module = ".".join([*base, *(node.module or "").split(".")]).strip(".")
            names = [f"{module}.{a.name}" for a in node.names] if not node.module else [module]
            found |= {n.removeprefix("loci").removeprefix(".") for n in names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "loci":
            found.add((node.module or "").removeprefix("loci").removeprefix("."))
        elif isinstance(node, ast.Import):
            found |= {a.name.removeprefix("loci.") for a in node.names if a.name.split(".")[0] == "loci"}
    return found


@pytest.mark.parametrize("folder", sorted(MAY_IMPORT))
def test_a_folder_imports_only_what_the_table_allows(folder: str) -> None:
    """Who may import whom is the architecture; an arrow more needs a change of the table first."""
    files = sorted((ROOT / folder).glob("*.py"))
    assert files, f"{folder}/ has no Python files"
    allowed = MAY_IMPORT[folder] | {folder}
    bad = [
        f"{path.relative_to(ROOT)} imports loci.{name}"
        for path in files
        for name in sorted(loci_imports(path))
        if not any(name == a or name.startswith(a + ".") for a in allowed if a)
        and name not in allowed | {"__version__"}
    ]
    assert not bad, "\n".join(bad)


def test_the_base_imports_nothing_above_it() -> None:
    """geometry, contracts and errors stand below every folder."""
    for name in sorted(BASE):
        assert loci_imports(ROOT / f"{name}.py") <= BASE


def test_the_table_in_the_docs_names_the_same_folders() -> None:
    """docs/architecture.md is the map that people read; it must not forget a folder."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert all(f"`{folder}/`" in text for folder in MAY_IMPORT)


def test_importing_memory_loads_nothing_heavy() -> None:
    """Memory is usable alone: no torch, open3d, pybullet or rerun comes along."""
    code = (
        "import sys, loci.memory; "
        "print([m for m in ('torch','open3d','pybullet','rerun','PIL','openai','tyro') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert out.stdout.strip() == "[]"
