"""What hatchling cannot know: dependencies stand in requirements.in, the page is built by npm."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from hatchling.metadata.plugin.interface import MetadataHookInterface

_PAGE = "servers/http/page"


class DependenciesFromRequirements(MetadataHookInterface):
    """Names every dependency in one place."""

    def update(self, metadata: dict[str, Any]) -> None:
        lines = Path(self.root, "requirements.in").read_text(encoding="utf-8").splitlines()
        wanted = (line.partition("#")[0].strip() for line in lines)
        metadata["dependencies"] = [line for line in wanted if line]


class WithBuiltPage(BuildHookInterface[Any]):
    """Puts the built page into the wheel, or fails: a wheel without it would come out mute."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        page = Path(self.root, "src", "posthouse", _PAGE)
        if not (page / "index.html").exists():
            raise FileNotFoundError(f"{page} is not built; `make wheel` does both")
        build_data["force_include"][str(page)] = f"posthouse/{_PAGE}"
