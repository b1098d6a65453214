"""The ways in which a configuration file gets new content."""

import os
import shutil


class ConfigFile:
    """A file behind two symbolic links, as Kubernetes mounts a config map: file -> ..data/file, ..data -> ..version.

    That way all three ways of writing can take turns.
    """

    WAYS = ("rename", "in place", "symlink swap")

    def __init__(self, directory, name):
        self._directory = directory
        self._name = name
        self._version = 0
        self.path = directory / name

    def create(self, source):
        self._swap(source)
        self.path.symlink_to(f"..data/{self._name}")

    def write(self, source, way):
        """Gives the file the content of another, in one of the ways."""
        if way == "rename":
            fresh = self.path.resolve().with_suffix(".new")
            shutil.copyfile(source, fresh)
            os.rename(fresh, self.path.resolve())
        elif way == "in place":
            # In two pieces, so that whoever reads at once sees a part.
            text = source.read_text()
            with open(self.path, "w") as file:
                file.write(text[: len(text) // 2])
                file.flush()
                file.write(text[len(text) // 2 :])
        else:
            self._swap(source)

    def _swap(self, source):
        self._version += 1
        folder = self._directory / f"..{self._version}"
        folder.mkdir()
        shutil.copyfile(source, folder / self._name)
        link, former = self._directory / "..new", self._directory / "..data"
        old = former.resolve() if former.is_symlink() else None
        link.symlink_to(folder.name)
        os.rename(link, former)
        if old:
            shutil.rmtree(old)
