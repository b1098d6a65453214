package dev.weir;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.config.AccessLogConfig;
import dev.weir.config.Address;
import dev.weir.config.BalanceConfig;
import dev.weir.config.Cidr;
import dev.weir.config.ConfigDefaults;
import dev.weir.config.ListenerConfig;
import dev.weir.config.PoolConfig;
import dev.weir.config.PoolConfig.ServerConfig;
import dev.weir.config.PoolTls;
import dev.weir.config.WeirConfig;
import dev.weir.fleet.FleetAddress;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CliTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final Recorded actions = new Recorded();

    @TempDir
    Path folder;

    /** Remembers what would be started. */
    private static final class Recorded implements Cli.Actions {
        private final List<WeirConfig> served = new ArrayList<>();
        private final List<String> demos = new ArrayList<>();
        private final List<String> fleets = new ArrayList<>();

        @Override
        public void serve(WeirConfig config, @Nullable Path file) throws StartFailure {
            if (config.listeners().getFirst().bind().equals(new Address.Inet("", 1))) {
                throw new StartFailure("cannot listen on :1: permission denied");
            }
            served.add(config);
        }

        @Override
        public void join(FleetAddress fleet) {
            fleets.add(fleet.toString());
        }

        @Override
        public void demo(int port, Address admin) {
            demos.add(port + " " + admin);
        }
    }

    private int weir(String... args) {
        return new Cli(stream(out), stream(err), actions).run(args);
    }

    private static PrintStream stream(ByteArrayOutputStream to) {
        return new PrintStream(to, true, StandardCharsets.UTF_8);
    }

    private String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private String err() {
        return err.toString(StandardCharsets.UTF_8);
    }

    private String file(String text) throws IOException {
        return Files.writeString(folder.resolve("weir.yaml"), text).toString();
    }

    @Test
    void run_soundFile_serves() {
        assertThat(weir("run", "examples/minimal.yaml")).isZero();
        assertThat(actions.served)
                .singleElement()
                .satisfies(config -> assertThat(config.pools()).containsOnlyKeys("web"));
        assertThat(err()).isEmpty();
    }

    @Test
    void run_faultyFile_saysEveryProblemAndFails() throws IOException {
        String file = file("listeners: [{ bnd: ':80' }]\npools: {}\n");
        assertThat(weir("run", file)).isEqualTo(1);
        assertThat(err().lines())
                .containsExactly(
                        file + ":1:13: listeners[0]: the key 'bind' is missing",
                        file + ":1:15: listeners[0]: unknown key 'bnd'; did you mean 'bind'?",
                        file + ":2:8: pools: this is empty; at least one is needed",
                        "weir: " + file + " has 3 problems");
        assertThat(actions.served).isEmpty();
    }

    @Test
    void run_missingFile_fails() {
        assertThat(weir("run", "nowhere.yaml")).isEqualTo(1);
        assertThat(err()).isEqualTo("weir: nowhere.yaml: there is no such file\n");
    }

    @Test
    void run_startFails_saysWhy() throws IOException {
        assertThat(weir("run", file("listeners: [{ bind: ':1' }]\npools: { a: { servers: [a:1] } }\n")))
                .isEqualTo(1);
        assertThat(weir(":1", "a:1")).isEqualTo(1);
        assertThat(weir(":1", "a:1", "--via")).isEqualTo(1);
        assertThat(err().lines()).hasSize(3).containsOnly("weir: cannot listen on :1: permission denied");
    }

    @Test
    void check_soundFile_countsAndSucceeds() {
        assertThat(weir("check", "examples/routes.yaml")).isZero();
        assertThat(out()).isEqualTo("examples/routes.yaml: ok (1 listener, 3 pools, 5 servers)\n");
        assertThat(err()).isEmpty();
    }

    @Test
    void check_doubtfulFile_warnsAndSucceeds() throws IOException {
        String file = file("listeners: [{ bind: ':80' }]\npools: { a: {} }\n");
        assertThat(weir("check", file)).isZero();
        assertThat(err())
                .isEqualTo("weir: warning: " + file
                        + ":2:10: pools.a: the pool 'a' has no server; it answers everything with 503\n");
    }

    @Test
    void checkPrint_soundFile_printsWhatCanBeRunAgain() throws IOException {
        assertThat(weir("check", "examples/timeouts-and-limits.yaml", "--print"))
                .isZero();
        assertThat(err()).startsWith("examples/timeouts-and-limits.yaml: ok (");
        assertThat(weir("run", file(out()))).isZero();
        assertThat(weir("run", "examples/timeouts-and-limits.yaml")).isZero();
        assertThat(actions.served.getFirst()).isEqualTo(actions.served.getLast());
    }

    @Test
    void quickStart_addresses_serveOnePoolWithDefaults() {
        assertThat(weir(":8080", "a:80", "http://b:81/", "http://[::1]:82", "unix:/run/c"))
                .isZero();
        List<ServerConfig> servers = List.of(
                ServerConfig.of(new Address.Inet("a", 80)),
                ServerConfig.of(new Address.Inet("b", 81)),
                ServerConfig.of(new Address.Inet("::1", 82)),
                ServerConfig.of(new Address.Unix("/run/c")));
        assertThat(actions.served)
                .containsExactly(WeirConfig.of(
                        List.of(ListenerConfig.of(new Address.Inet("", 8080))),
                        Map.of(QuickStart.POOL, PoolConfig.of(servers))));
    }

    @Test
    void quickStart_everyOption_meansItsKey() {
        String options = "--balance p2c --connect-timeout 5s --first-byte-timeout=1m --trusted-proxy 10.0.0.0/8 "
                + "--trusted-proxy ::1 --via --access-log stdout --log-format combined --admin :9090 --event-loops 2";
        assertThat(weir(("localhost:0 a:80 " + options + " b:80").split(" "))).isZero();
        WeirConfig config = actions.served.getFirst();
        ListenerConfig listener = config.listeners().getFirst();
        PoolConfig pool = config.pools().values().iterator().next();
        assertThat(listener.trustedProxies()).containsExactly(Cidr.parse("10.0.0.0/8"), Cidr.parse("::1"));
        assertThat(listener.forwarding())
                .satisfies(told -> assertThat(told.via()).isTrue());
        assertThat(pool.servers()).hasSize(2);
        assertThat(pool.balance()).isEqualTo(BalanceConfig.P2C);
        assertThat(pool.timeouts())
                .isEqualTo(ConfigDefaults.of(
                        PoolConfig.Timeouts.class,
                        Map.of("connect", Duration.ofSeconds(5), "firstByte", Duration.ofMinutes(1))));
        assertThat(config.accessLog()).isEqualTo(AccessLogConfig.of("stdout", AccessLogConfig.Format.COMBINED));
        assertThat(config.admin()).isEqualTo(new WeirConfig.AdminConfig(new Address.Inet("", 9090)));
        assertThat(config.eventLoops()).isEqualTo(2);
    }

    @Test
    void servers_asUrls_haveTheSchemesPortAndTls() {
        assertThat(weir(":8080", "https://a/", "https://b:8443", "https://[::1]"))
                .isZero();
        assertThat(weir(":8080", "http://a", "b:81")).isZero();
        PoolConfig secure =
                actions.served.getFirst().pools().values().iterator().next();
        PoolConfig plain = actions.served.getLast().pools().values().iterator().next();
        assertThat(secure.servers())
                .extracting(server -> server.address().toString())
                .containsExactly("a:443", "b:8443", "[::1]:443");
        assertThat(secure.tls()).isEqualTo(ConfigDefaults.of(PoolTls.class, Map.of()));
        assertThat(plain.servers())
                .extracting(server -> server.address().toString())
                .containsExactly("a:80", "b:81");
        assertThat(plain.tls()).isNull();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
                    :8080                           | there is no server to share the requests among, as in 'weir :8080 localhost:9001'
                    :80x a:80                       | :80x: found ':80x', expected host:port, :port, [::1]:80 or unix:/path; a port is a number from 0 to 65535
                    :8080 a                         | a: found 'a', expected host:port, [::1]:80 or unix:/path; the port is missing
                    :8080 a:80 A:80                 | the server A:80 is given twice
                    :8080 https://a b:80 https://c  | b:80: either all servers are given as https://host:port and spoken to over TLS, or none
                    :8080 https://a/app             | https://a/app: a server has no path, only a host and a port
                    :8080 http://a:80/app           | http://a:80/app: a server has no path, only a host and a port
                    :8080 a:80 --balance adaptive   | --balance: found 'adaptive', expected one of round-robin, least-requests, random, p2c; 'adaptive' is not there yet; least-requests is the default until it is
                    :8080 a:80 --connect-timeout 5  | --connect-timeout: found '5', expected a duration such as 250ms, 2s or 1h, from 1ms to 1h; the unit is missing
                    :8080 a:80 --log-format json    | --log-format says nothing without --access-log
                    :8080 a:80 --admin :8080        | --admin: :8080 is taken already by the listener
                    :8080 a:80 --admn :9090         | unknown option '--admn'; did you mean '--admin'?
                    8080 a:80                       | unknown command '8080'; did you mean ':8080'?
                    chek weir.yaml                  | unknown command 'chek'; did you mean 'check'?
                    run                             | missing required parameter: 'FILE'
                    pools                           | 'weir pools' needs a word more: add, list, remove
                    run a.yaml b.yaml               | 'b.yaml' is one argument too many; 'weir run --help' shows how it is written
                    check --prnt a.yaml             | unknown option '--prnt'; did you mean '--print'?
                    demo --port 65536               | --port: found '65536', expected a number from 0 to 65535
                    demo --admin 9090               | --admin: found '9090', expected host:port, :port, [::1]:80 or unix:/path; a port alone is written :9090
                    """)
    void commandLine_wrong_isOneSentenceAndExitCode2(String line, String sentence) {
        assertThat(weir(line.split(" "))).isEqualTo(2);
        assertThat(err()).isEqualTo("weir: " + sentence + "\n");
        assertThat(out()).isEmpty();
    }

    @Test
    void nothing_given_showsUsageAndExitCode2() {
        assertThat(weir()).isEqualTo(2);
        assertThat(err()).startsWith("Usage: weir run FILE");
    }

    @ParameterizedTest
    @ValueSource(strings = {"help", "--help", "help run", "check --help", ":8080 --help"})
    void help_asked_showsUsage(String line) {
        assertThat(weir(line.split(" "))).isZero();
        assertThat(out()).startsWith("Usage: weir");
        assertThat(err()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"version", "--version", "-V"})
    void version_asked_isPrinted(String word) {
        assertThat(weir(word)).isZero();
        assertThat(out()).startsWith("weir ").hasLineCount(1);
    }

    @Test
    void schema_asked_isPrinted() {
        assertThat(weir("schema")).isZero();
        assertThat(out()).startsWith("{");
    }

    @Test
    void demo_asked_isRun() {
        assertThat(weir("demo")).isZero();
        assertThat(weir("demo", "--port=0", "--admin", ":0")).isZero();
        assertThat(actions.demos).containsExactly("8080 127.0.0.1:9090", "0 :0");
    }

    @Test
    void main_misused_returnsTheExitCode() {
        assertThat(Main.run(new String[] {"run", "nowhere.yaml"}, stream(out), stream(err)))
                .isEqualTo(1);
    }

    @Test
    void run_fleet_isJoined() {
        assertThat(weir("run", "etcd://one.internal,two.internal:2380/weir/prod/"))
                .isZero();
        assertThat(actions.fleets).containsExactly("etcd://one.internal:2379,two.internal:2380/weir/prod");
    }

    @Test
    void run_fleetThatIsWrong_saysWhat() {
        assertThat(weir("run", "etcd://one.internal")).isEqualTo(Cli.MISUSED);
        assertThat(weir("run", "etcd://root:secret@one.internal/weir")).isEqualTo(Cli.MISUSED);
        assertThat(weir("run", "etcds://one:two/weir")).isEqualTo(Cli.MISUSED);
        assertThat(err())
                .contains("weir: the prefix is missing, as in etcd://host:2379/weir")
                .contains("weir: the user does not belong in the address; set WEIR_ETCD_USER and WEIR_ETCD_PASSWORD")
                .contains("weir: 'one:two' is no host and port, as in etcd-1.internal:2379");
    }
}
