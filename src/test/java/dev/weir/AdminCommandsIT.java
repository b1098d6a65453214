package dev.weir;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.config.Address;
import dev.weir.config.WeirConfig;
import dev.weir.fleet.FleetAddress;
import dev.weir.testing.Programs;
import dev.weir.testing.RunningWeir;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;

/** The commands that speak to a Weir that runs, with one that does. */
class AdminCommandsIT {
    private static final String POOLS = """
            routes:
              - { name: api, match: { path: "/api/*" }, pool: api }
              - { name: rest, pool: web }
            pools:
              web: { servers: ["127.0.0.1:1", { address: "127.0.0.1:2", weight: 2 }], health: off }
              api: { servers: ["127.0.0.1:3", "127.0.0.1:1"], health: off }
            """;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @TempDir
    Path folder;

    private Path file;
    private RunningWeir weir;
    private String admin = "";

    private static final class None implements Cli.Actions {
        @Override
        public void serve(WeirConfig config, @Nullable Path file) {
            throw new AssertionError("nothing is to be served");
        }

        @Override
        public void join(FleetAddress fleet) {
            throw new AssertionError("nothing is to be started");
        }

        @Override
        public void demo(int port, Address admin) {
            throw new AssertionError("nothing is to be served");
        }
    }

    @BeforeEach
    void start() throws IOException {
        file = folder.resolve("weir.yaml");
        start("127.0.0.1:0");
    }

    private void start(String bind) throws IOException {
        Files.writeString(file, text(bind));
        weir = RunningWeir.following(file);
        admin = weir.weir().adminPort() < 0 ? bind : "127.0.0.1:" + weir.weir().adminPort();
    }

    private static String text(String bind) {
        return "event-loops: 1\nlisteners: [{ bind: \"127.0.0.1:0\" }]\nadmin: { bind: \"" + bind + "\" }\n" + POOLS;
    }

    @AfterEach
    void stop() {
        weir.close();
    }

    /** The exit code. */
    private int weir(String... words) {
        out.reset();
        err.reset();
        List<String> all = new ArrayList<>(List.of(words));
        all.add("--admin");
        all.add(admin);
        return new Cli(stream(out), stream(err), new None()).run(all.toArray(new String[0]));
    }

    private static PrintStream stream(ByteArrayOutputStream to) {
        return new PrintStream(to, true, StandardCharsets.UTF_8);
    }

    private String said(String... words) {
        assertThat(weir(words)).as(err()).isZero();
        return out();
    }

    private String out() {
        return out.toString(StandardCharsets.UTF_8);
    }

    private String err() {
        return err.toString(StandardCharsets.UTF_8);
    }

    @Test
    void servers_addedChangedAndRemoved() {
        assertThat(said("servers", "add", "127.0.0.1:9", "--pool", "web", "--weight", "3", "--backup"))
                .isEqualTo("127.0.0.1:9 is in the pool web now\n");
        assertThat(said("servers", "list", "--pool", "web").lines())
                .hasSize(4)
                .last()
                .asString()
                .startsWith("web   127.0.0.1:9  slow-start")
                .contains("0/3");
        assertThat(said("servers", "weight", "127.0.0.1:9", "5")).isEqualTo("127.0.0.1:9 has the weight 5 now\n");
        assertThat(said("servers", "drain", "127.0.0.1:2")).isEqualTo("127.0.0.1:2 is draining now\n");
        assertThat(said("servers", "maint", "127.0.0.1:2")).isEqualTo("127.0.0.1:2 is maintenance now\n");
        assertThat(said("servers", "ready", "127.0.0.1:2")).startsWith("127.0.0.1:2 is ");
        assertThat(said("servers", "remove", "127.0.0.1:9")).isEqualTo("127.0.0.1:9 is no more in the pool web\n");
        assertThat(said("servers", "remove", "127.0.0.1:2", "--now"))
                .isEqualTo("127.0.0.1:2 is no more in the pool web\n");
        assertThat(JsonMapper.shared()
                        .readTree(said("servers", "list", "--json"))
                        .get("web")
                        .size())
                .isEqualTo(1);
    }

    @Test
    void pools_addedListedAndRemoved() throws IOException {
        assertThat(said("pools", "add", "new", "127.0.0.1:7", "127.0.0.1:8"))
                .isEqualTo("the pool new is there, with 2 servers\n");
        assertThat(said("pools", "list").lines().toList().get(3)).isEqualTo("new   0   2        no");
        Path section = Files.writeString(folder.resolve("pool.yaml"), "balance: p2c\nservers: [\"127.0.0.1:7\"]\n");
        assertThat(said("pools", "add", "new", "--config", section.toString()))
                .isEqualTo("the pool new is there, with 1 server\n");
        assertThat(said("pools", "remove", "new")).isEqualTo("the pool new is gone\n");
        Files.writeString(section, "balanse: p2c\n");
        assertThat(weir("pools", "add", "new", "--config", section.toString())).isEqualTo(1);
        assertThat(err())
                .isEqualTo(section + ":1:1: unknown key 'balanse'; did you mean 'balance'?\nweir: " + section
                        + " describes no pool\n");
    }

    @Test
    void routes_addedListedAndRemoved() {
        assertThat(said("routes", "add", "web", "--name", "x", "--path", "/x/*", "--method", "GET", "--header", "a=b"))
                .isEqualTo("the route x leads to the pool web now\n");
        assertThat(said("routes", "list").lines().toList().get(1))
                .isEqualTo("x      web   api     path /x/*, methods [\"GET\"], headers {\"a\":\"b\"}");
        assertThat(said("routes", "add", "web", "--before", "rest", "--host", "a.example"))
                .endsWith(" leads to the pool web now\n");
        assertThat(said("routes", "remove", "x")).isEqualTo("the route x is gone\n");
    }

    @Test
    void planReloadAndDiff_tellTheDifference() throws IOException {
        assertThat(said("reload")).isEqualTo("nothing has changed\n");
        Files.writeString(file, text("127.0.0.1:0").replace("weight: 2", "weight: 4"));
        String line = "~ server 127.0.0.1:2 of pool web: weight: 2 -> 4";
        assertThat(said("plan", file.toString())).isEqualTo(line + "; new requests only\n");
        assertThat(said("diff")).isEqualTo("no difference\n");
        assertThat(said("reload")).isEqualTo(line + "; new requests only\n");
        said("servers", "weight", "127.0.0.1:2", "6");
        assertThat(said("diff")).isEqualTo("~ server 127.0.0.1:2 of pool web: weight: 4 -> 6  [api]\n");
        assertThat(said("diff", "--forget")).isEqualTo("no difference\n");
    }

    @Test
    void faultyFile_saysEveryProblemAndFails() throws IOException {
        Files.writeString(
                file, text("127.0.0.1:0").replace("weight: 2", "weight: x").replace("pool: web", "pool: wep"));
        for (String[] words : List.of(new String[] {"reload"}, new String[] {"plan", file.toString()})) {
            assertThat(weir(words)).isEqualTo(1);
            assertThat(err().lines()).hasSize(3).first().asString().startsWith(file + ":");
            assertThat(err().lines()).last().asString().startsWith("weir: " + admin + " refuses: ");
        }
    }

    @Test
    void status_toNoTerminal_isPrintedOnce() {
        assertThat(said("status").lines())
                .anySatisfy(line -> assertThat(line)
                        .startsWith("weir ")
                        .contains(" at " + admin)
                        .endsWith(", ready"))
                .anySatisfy(line -> assertThat(line).startsWith("configuration " + file))
                .anySatisfy(line -> assertThat(line).matches("web +2/2 +0\\.0 +0\\.0 +0 +0"));
        assertThat(JsonMapper.shared()
                        .readTree(said("status", "--json"))
                        .get("pools")
                        .size())
                .isEqualTo(2);
    }

    @Test
    void unixSocket_andToken_areSpoken() throws IOException {
        weir.close();
        Path token = Files.writeString(folder.resolve("token"), "s3cret\n");
        String bind = "unix:" + folder.resolve("admin.sock");
        Files.writeString(
                file,
                text(bind)
                        .replace(
                                "admin: { bind: \"" + bind + "\"",
                                "admin: { bind: \"" + bind + "\", token-file: \"" + token + "\""));
        weir = RunningWeir.following(file);
        admin = bind;
        assertThat(weir("servers", "list")).isEqualTo(1);
        assertThat(err()).isEqualTo("weir: " + bind + " asks for its token; --token-file or WEIR_ADMIN_TOKEN has it\n");
        assertThat(said("servers", "drain", "127.0.0.1:2", "--token-file", token.toString()))
                .isEqualTo("127.0.0.1:2 is draining now\n");
        assertThat(weir("servers", "list", "--token-file", "nowhere")).isEqualTo(1);
        assertThat(err()).isEqualTo("weir: --token-file: there is no file nowhere\n");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
                    servers add 127.0.0.1:9                 | 1 | there are the pools web, api; --pool says which is meant
                    servers add 127.0.0.1:1 --pool web      | 1 | AT refuses: The pool 'web' has the server 127.0.0.1:1 already
                    servers add 127.0.0.1 --pool web        | 2 | 127.0.0.1: found '127.0.0.1', expected host:port, [::1]:80 or unix:/path; the port is missing
                    servers add a:1 --pool web --weight 999 | 2 | --weight: found '999', expected a whole number from 0 to 256
                    servers drain 127.0.0.1:1               | 1 | the server 127.0.0.1:1 is in the pools web, api; --pool says which is meant
                    servers drain 127.0.0.1:8               | 1 | there is no server '127.0.0.1:8'; 'weir servers list' shows them
                    servers list --pool wep                 | 1 | there is no pool 'wep'; there is web, api
                    pools remove api                        | 1 | AT refuses: The route api leads to the pool 'api'; change that first
                    routes add nope                         | 1 | AT refuses: There is no pool 'nope'
                    routes remove nope                      | 1 | AT refuses: There is no route 'nope'
                    plan nowhere.yaml                       | 1 | nowhere.yaml: there is no such file
                    servers lst                             | 2 | unknown command 'lst'; did you mean 'list'?
                    servers drain web 127.0.0.1:1           | 2 | '127.0.0.1:1' is one argument too many; 'weir servers drain --help' shows how it is written
                    """)
    void failure_isOneSentence(String line, int code, String sentence) {
        assertThat(weir(line.split(" "))).isEqualTo(code);
        assertThat(err()).isEqualTo("weir: " + sentence.replace("AT", admin) + "\n");
        assertThat(out()).isEmpty();
    }

    @Test
    void nobodyThere_isOneSentence() throws IOException {
        weir.close();
        String gone = "127.0.0.1:" + Programs.freePort();
        admin = gone;
        assertThat(weir("status")).isEqualTo(1);
        assertThat(err()).isEqualTo("weir: no Weir has its admin port at " + gone + "; --admin says where it is\n");
        admin = "unix:" + folder.resolve("none.sock");
        assertThat(weir("reload")).isEqualTo(1);
        assertThat(err()).isEqualTo("weir: no Weir has its admin port at " + admin + "; --admin says where it is\n");
        admin = "9090";
        assertThat(weir("diff")).isEqualTo(2);
        assertThat(err()).startsWith("weir: --admin: found '9090'");
    }
}
