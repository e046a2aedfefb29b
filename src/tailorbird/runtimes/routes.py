"""Which part of the server answers what."""

from __future__ import annotations

from tailorbird.flow.advance import Live
from tailorbird.runtimes.project import Project
from tailorbird.server.auth import KeyCheck
from tailorbird.server.ingest import Answer, Collector, Receive, Scope, Send, reply
from tailorbird.server.profiles import Profiles
from tailorbird.server.serving import Routes, Serving


class LoadedProfiles:
    """The profiles, as soon as everybody's states are loaded."""

    handles = staticmethod(Profiles.handles)

    def __init__(self, serving: Serving, keys: KeyCheck) -> None:
        self._serving = serving
        self._keys = keys
        self._profiles: tuple[Live, Profiles] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        people = self._serving.live
        if people is None:
            said = "people's states are still being loaded; ask again"
            await reply(send, Answer(503, {"error": said}, 1))
            return
        if self._profiles is None or self._profiles[0] is not people:
            self._profiles = people, Profiles(people, self._keys, self._serving.now_us)
        await self._profiles[1](scope, receive, send)


def routes_of(serving: Serving, project: Project) -> Routes:
    """The application of one project's server."""
    keys = KeyCheck(project.registry.api_keys, serving.now_us)
    collector = Collector(serving.commit, keys, serving.now_us)
    return Routes(serving, [collector, LoadedProfiles(serving, keys)], None)
