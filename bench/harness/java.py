"""The Java programs of the runners: the faulty server and the load generator, compiled when their sources have changed."""

import subprocess
from pathlib import Path

from .processes import BenchError

SOURCES = Path(__file__).parent.parent / "java"
# Short-lived programs that should not compete with the balancer for the machine: the quick compiler alone, and no more
# threads than they need.
_FLAGS = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:CICompilerCount=1"]


class Java:
    """A JDK 25 and the compiled programs."""

    def __init__(self, checkout):
        found = subprocess.run([checkout / "bin/find-jdk"], capture_output=True, text=True, check=False)
        if found.returncode != 0:
            raise BenchError(found.stderr.strip())
        self.home = Path(found.stdout.strip())
        self._classes = SOURCES / "classes"
        sources = sorted(SOURCES.glob("*.java"))
        if not self._is_current(sources):
            self._compile(sources)

    def command(self, program, young, *arguments):
        """The command that runs a program with so many MiB for what it creates anew."""
        return [self.home / "bin/java", *_FLAGS, f"-Xmn{young}m", "-cp", self._classes, program, *arguments]

    def _is_current(self, sources):
        compiled = [self._classes / source.with_suffix(".class").name for source in sources]
        return all(
            made.exists() and made.stat().st_mtime > source.stat().st_mtime for made, source in zip(compiled, sources)
        )

    def _compile(self, sources):
        command = [self.home / "bin/javac", "-d", self._classes, *sources]
        compiled = subprocess.run(command, capture_output=True, text=True, check=False)
        if compiled.returncode != 0:
            raise BenchError(f"the Java programs of the runners do not compile:\n{compiled.stderr}")
