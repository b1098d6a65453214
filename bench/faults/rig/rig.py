"""What one scenario of faults with one balancer has."""

from harness.rig import Rig
from harness.servers import Server

from .balancers import BALANCERS, Features, Setup


class FaultRig(Rig):
    """Starts servers, the balancer and the load for one scenario with one balancer."""

    def __init__(self, machine, features: Features, kind, processes, directory):
        super().__init__(machine, kind, processes, directory)
        self.features = features

    def servers(self, count, **behaviour):
        """Starts servers that all behave alike, and waits until they listen."""
        started = [Server(self, self.free_port(), behaviour) for _ in range(count)]
        for server in started:
            server.await_start()
        return started

    def balancer(self, servers, setup=Setup()):
        return BALANCERS[self.kind](self, setup, servers)

    def load(self, balancer, *plan, **options):
        return super().load(balancer.port, *plan, **options)
