package dev.weir.balance;

import dev.weir.pool.Server;
import dev.weir.pool.ServerSet;
import org.jspecify.annotations.Nullable;

/** Each server in turn, as often as its weight says, in the exact order of {@link SmoothTurns} over all event loops. */
final class RoundRobin implements Picker {
    /** How many turns are looked at for a server not excluded; a heavy server may have very many in a row. */
    private static final int LOOK_AHEAD = 16;

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
        int place = rotation.place(choice);
        for (int i = 0; i < LOOK_AHEAD; i++) {
            Server server = rotation.servers.server(rotation.at(place));
            if (!choice.excluded(server)) {
                return server;
            }
            place = rotation.after(place);
        }
        return choice.anyOf(rotation.servers);
    }
}
