package dev.weir;

import dev.weir.config.Address;
import dev.weir.config.ConfigDefaults;
import dev.weir.config.HealthConfig;
import dev.weir.config.ListenerConfig;
import dev.weir.config.PoolConfig;
import dev.weir.config.WeirConfig;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** {@code weir demo}: three demonstration servers and a Weir in front of them, in one process. */
final class Demo implements AutoCloseable {
    private static final int SERVERS = 3;
    /** Streams of events have no end that one could wait for. */
    private static final Duration DEADLINE = Duration.ofSeconds(3);

    private final List<DemoServer> servers;
    private final Weir weir;

    private Demo(List<DemoServer> servers, Weir weir) {
        this.servers = servers;
        this.weir = weir;
    }

    /**
     * Starts all; when it returns, all answer.
     *
     * @param port of the balancer, on all addresses; 0 takes a free one
     * @throws StartFailure when a port is taken; nothing is left running
     */
    static Demo start(int port, Address admin) throws StartFailure {
        List<DemoServer> servers = new ArrayList<>();
        try {
            for (int i = 1; i <= SERVERS; i++) {
                servers.add(DemoServer.start(i));
            }
            return new Demo(servers, Weir.start(config(port, admin, servers)));
        } catch (IOException failure) {
            servers.forEach(DemoServer::close);
            throw new StartFailure("a demonstration server cannot start: " + failure.getMessage());
        } catch (StartFailure failure) {
            servers.forEach(DemoServer::close);
            throw new StartFailure(failure.getMessage() + " (--port and --admin choose other places)");
        }
    }

    private static WeirConfig config(int port, Address admin, List<DemoServer> servers) {
        ListenerConfig listener = ConfigDefaults.of(ListenerConfig.class, Map.of("bind", new Address.Inet("", port)));
        List<PoolConfig.ServerConfig> addresses = servers.stream()
                .map(server -> ConfigDefaults.parse(PoolConfig.ServerConfig.class, "address", server.address()))
                .map(address -> PoolConfig.ServerConfig.of((Address) address))
                .toList();
        HealthConfig health = ConfigDefaults.of(HealthConfig.class, Map.of("path", DemoServer.HEALTH));
        PoolConfig pool = ConfigDefaults.of(PoolConfig.class, Map.of("servers", addresses, "health", health));
        return ConfigDefaults.of(
                WeirConfig.class,
                Map.of(
                        "listeners",
                        List.of(listener),
                        "pools",
                        Map.of("demo", pool),
                        "admin",
                        new WeirConfig.AdminConfig(admin),
                        "shutdown",
                        ConfigDefaults.of(WeirConfig.ShutdownConfig.class, Map.of("deadline", DEADLINE))));
    }

    Weir weir() {
        return weir;
    }

    /** Says what there is to try: one line for each thing that Weir does. */
    void describe(PrintStream out) {
        String here = "localhost:" + weir.ports().getFirst();
        out.println("Weir shares the requests to http://" + here + " among three demonstration servers.");
        out.println("Try this in another terminal; Ctrl-C ends the demonstration.");
        out.println();
        example(out, here + "/", "the servers take turns: try it again");
        example(out, "-i " + here + "/status/503", "an answer of a server passes as it is");
        example(out, here + "/headers", "what a server is told about you");
        example(out, "-N " + here + "/events", "a stream passes as it comes");
        example(out, "-o /dev/null " + here + "/bytes/104857600", "100 MiB, of which Weir holds 256 KiB at a time");
        example(out, "'" + here + "/slow?ms=2000'", "press Ctrl-C here: it still gets its answer");
        example(out, "'" + here + "/ill?seconds=20'", "that server's checks fail: it gets nothing; then look:");
        example(out, "localhost:" + weir.adminPort() + "/v1/pools/demo", "or bin/weir servers list");
        example(out, "localhost:" + weir.adminPort() + "/metrics", "what Weir counted meanwhile");
    }

    private static void example(PrintStream out, String arguments, String meaning) {
        out.printf("  curl %-44s # %s%n", arguments, meaning);
    }

    /** Ends all; a Weir that still runs is stopped first, so that requests under way get their answers. */
    @Override
    public void close() {
        weir.stop();
        weir.awaitStop();
        servers.forEach(DemoServer::close);
    }
}
