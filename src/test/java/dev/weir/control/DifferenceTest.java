package dev.weir.control;

import static dev.weir.control.Configs.read;
import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.config.WeirConfig;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DifferenceTest {
    private static final Difference.Load TWO_EACH = (_, _) -> 2;

    private static List<String> lines(WeirConfig from, WeirConfig to) {
        return Difference.of(from, to, TWO_EACH).stream()
                .map(Difference.Entry::toString)
                .toList();
    }

    @Test
    void same_isNothing() {
        assertThat(lines(Configs.two(), Configs.two())).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    weight: 2 }]    | weight: 3 }]              | ~ server b:1 of pool web: weight: 2 -> 3; new requests only
                    weight: 2 }]    | weight: 2, state: drain }]| ~ server b:1 of pool web: state: ready -> drain; new requests only
                    "a:1", {        | {                         | - server a:1 of pool web; requests under way finish (2 in flight)
                    ["c:1"]         | ["c:1", {address: "d:1", backup: on}] | + server d:1 of pool api (backup: true); gets requests when its first check has passed
                    ["c:1"] }       | ["c:1"], timeouts: { connect: 3s } } | ~ pool api: timeouts.connect: 1s -> 3s; new requests only
                    ["c:1"] }       | ["c:1"], health: off }    | ~ pool api: health.type: auto -> off; the checks of its servers
                    ":8080"         | ":8080", redirect-to-https: 8443 | ~ listener :8080: redirect-to-https: off -> 8443; new connections only
                    pools:          | event-loops: 3\\npools:   | ~ event-loops: auto -> 3; needs a restart
                    /api/*          | /v2/*                     | ~ route api: match.path: /api/* -> /v2/*; new requests only
                    """)
    void oneThingChanged_isOneLine(String from, String to, String line) {
        WeirConfig changed = read(Configs.TEXT.replace(from, to.replace("\\n", "\n")));
        assertThat(lines(Configs.two(), changed)).containsExactly(line);
    }

    @Test
    void listener_moved_isOneLessAndOneMore() {
        assertThat(lines(Configs.two(), read(Configs.TEXT.replace(":8080", ":8081"))))
                .containsExactly(
                        "- listener :8080; its connections end when their requests are done",
                        "+ listener :8081; begins to accept");
    }

    @Test
    void poolWithItsRoute_gone_drains() {
        WeirConfig one = read("listeners: [{ bind: ':8080' }]\nroutes: [{ pool: web }]\n"
                + "pools: { web: { servers: ['a:1', { address: 'b:1', weight: 2 }] } }\n");
        assertThat(lines(Configs.two(), one))
                .containsExactly(
                        "- route api (match: {\"path\":\"/api/*\"}, pool: api); new requests only",
                        "- pool api (1 server); requests under way finish (2 in flight)");
        assertThat(lines(one, Configs.two()))
                .contains("+ pool api (1 server); its servers get requests when they have been checked");
    }

    @Test
    void routes_swapped_isTheirOrder() {
        String swapped =
                Configs.TEXT.replace("  - { pool: web }\n", "").replace("routes:\n", "routes:\n  - { pool: web }\n");
        String web = Digest.of(Configs.route("{pool: web}"));
        assertThat(lines(Configs.two(), read(swapped)))
                .containsExactly("~ order of the routes: api, " + web + " -> " + web + ", api; new requests only");
    }

    @Test
    void thousandPools_oneServerChanged_isFoundQuickly() {
        StringBuilder text = new StringBuilder("listeners: [{ bind: ':80' }]\nroutes: [{ pool: p0 }]\npools:\n");
        for (int pool = 0; pool < 1000; pool++) {
            text.append("  p").append(pool).append(": { servers: [");
            for (int server = 0; server < 20; server++) {
                text.append("\"h").append(server).append(":80\", ");
            }
            text.append("] }\n");
        }
        WeirConfig from = read(text.toString());
        WeirConfig to = read(text.toString().replace("p999: { servers: [\"h0:80\"", "p999: { servers: [\"x:80\""));
        // The best of several times: other programs may have the processor in any one of them.
        long best = Long.MAX_VALUE;
        for (int i = 0; i < 5; i++) {
            long begin = System.nanoTime();
            assertThat(Difference.of(from, to, TWO_EACH)).hasSize(2);
            best = Math.min(best, System.nanoTime() - begin);
        }
        assertThat(best).isLessThan(500_000_000);
    }
}
