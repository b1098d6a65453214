package dev.weir.balance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.Quiet;
import dev.weir.testing.RawClient;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Weights, end to end: who is asked how often, and that the counts of requests in flight go back to zero. */
class BalancingIT {
    private static final int REQUESTS = 600;

    private static ScriptedServer named(String name) throws Exception {
        return ScriptedServer.answering("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n" + name);
    }

    private static RunningWeir weighted(String policy, ScriptedServer a, ScriptedServer b, ScriptedServer c) {
        return RunningWeir.of("""
                event-loops: 1
                admin: { bind: "127.0.0.1:0" }
                listeners: [{ bind: "127.0.0.1:0" }]
                pools:
                  web:
                    balance: %s
                    health: off
                    servers:
                      - { address: "%s", weight: 1 }
                      - { address: "%s", weight: 3 }
                      - { address: "%s", weight: 0 }
                """.formatted(policy, a.address(), b.address(), c.address()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"least-requests", "round-robin", "p2c", "random"})
    void oneAfterTheOther_weightsAreRespected(String policy) throws Exception {
        try (ScriptedServer a = named("a");
                ScriptedServer b = named("b");
                ScriptedServer c = named("c");
                RunningWeir weir = weighted(policy, a, b, c)) {
            int[] count = new int[3];
            try (RawClient client = weir.connect()) {
                for (int i = 0; i < REQUESTS; i++) {
                    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
                    count[client.readMessage().content().charAt(0) - 'a']++;
                }
            }
            assertThat(count[2]).as("weight 0").isZero();
            // Six standard deviations of the random ones; the others are exact.
            assertThat(count[1]).isBetween(REQUESTS * 3 / 4 - 64, REQUESTS * 3 / 4 + 64);
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void noServerWithWeight_503() throws Exception {
        try (RunningWeir weir = RunningWeir.of("""
                event-loops: 1
                listeners: [{ bind: "127.0.0.1:0" }]
                pools: { web: { servers: [] } }
                """)) {
            assertThat(weir.exchange("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"))
                    .startsWith("HTTP/1.1 503 ")
                    .contains("details=\"no-server\"");
        }
    }
}
