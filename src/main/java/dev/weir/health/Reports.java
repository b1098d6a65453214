package dev.weir.health;

import dev.weir.pool.Server;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Puts what the keeper knows into words and numbers for the admin API. On the keeper's thread. */
final class Reports {
    private final long now;
    private final Instant wall;

    /** {@code now} on the machines' clock is {@code wall} on that of the world. */
    Reports(long now, Instant wall) {
        this.now = now;
        this.wall = wall;
    }

    /** Without its servers, which may be many. */
    static PoolReport summary(PoolHealth pool) {
        int up = 0;
        for (ServerHealth server : pool.servers) {
            up += server.state().serves() ? 1 : 0;
        }
        return new PoolReport(pool.pool.name(), pool.panic(), up, List.of());
    }

    PoolReport pool(PoolHealth pool) {
        List<ServerReport> servers = new ArrayList<>();
        int up = 0;
        for (int i = 0; i < pool.servers.size(); i++) {
            servers.add(server(pool, i));
            up += pool.servers.get(i).state().serves() ? 1 : 0;
        }
        return new PoolReport(pool.pool.name(), pool.panic(), up, servers);
    }

    ServerReport server(PoolHealth pool, int index) {
        ServerHealth server = pool.servers.get(index);
        HealthMachine machine = server.machine;
        Change last = machine.lastChange();
        int limit = server.server.limit();
        boolean in = pool.shares().weights()[index] > 0;
        return new ServerReport(
                server.server.name(),
                machine.state().id(),
                machine.admin().id(),
                machine.health().id(),
                time(machine.since()),
                last.reason().id(),
                last.evidence(),
                returns(server),
                machine.flapping(now),
                server.weight(),
                in ? server.weight() * server.tenths() / 10.0 : 0,
                server.backup(),
                server.server.inFlight(),
                limit == Server.UNLIMITED ? null : Integer.valueOf(limit),
                window(pool, index),
                machine.changes().stream().map(this::change).toList(),
                machine.checks().stream().map(this::check).toList());
    }

    private @Nullable Instant returns(ServerHealth server) {
        boolean waits = switch (server.machine.state()) {
            case EJECTED -> true;
            case DOWN -> !server.rules.checked();
            default -> false;
        };
        return waits ? time(server.machine.returnAt()) : null;
    }

    private static ServerReport.Window window(PoolHealth pool, int index) {
        TrafficWindow window = pool.servers.get(index).window();
        long median = pool.outliers().median(index);
        return new ServerReport.Window(
                window.answers(),
                window.failures(),
                window.waiting(),
                median < 0 ? null : Double.valueOf(millis(Duration.ofNanos(median))));
    }

    private ServerReport.StateChange change(Change change) {
        return new ServerReport.StateChange(
                time(change.nanos()),
                change.from().id(),
                change.to().id(),
                change.reason().id(),
                change.evidence());
    }

    private ServerReport.Check check(HealthMachine.Checked check) {
        CheckResult result = check.result();
        return new ServerReport.Check(time(check.nanos()), result.up(), millis(result.took()), result.evidence());
    }

    /** To a hundredth. */
    private static double millis(Duration duration) {
        return Math.round(duration.toNanos() / 10_000.0) / 100.0;
    }

    private Instant time(long nanos) {
        return Instant.ofEpochMilli(wall.minusNanos(now - nanos).toEpochMilli());
    }
}
