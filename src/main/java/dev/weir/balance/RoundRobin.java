package dev.weir.balance;

import dev.weir.pool.Server;
import dev.weir.pool.ServerSet;
import org.jspecify.annotations.Nullable;

/** Each server in turn, as often as its weight says, in the exact order of {@link SmoothTurns} over all event loops. */
final class RoundRobin implements Picker {
    private final Rotation rotation;

    private RoundRobin(Rotation rotation) {
        this.rotation = rotation;
    }

    static RoundRobin over(ServerSet servers, Picker previous) {
        return new RoundRobin(
                previous instanceof RoundRobin before ? before.rotation.with(servers) : Rotation.of(servers));
    }

    @Override
    public @Nullable Server pick(Choice choice) {
        Server server = rotation.servers.server(rotation.turn(choice));
        return choice.excluded(server) ? choice.anyOf(rotation.servers) : server;
    }
}
