package dev.weir;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weir.control.Control;
import dev.weir.control.Reloader;
import dev.weir.fleet.Fleet;
import dev.weir.fleet.FleetAddress;
import dev.weir.fleet.FleetTool;
import dev.weir.fleet.Instance;
import dev.weir.process.InheritedSockets;
import dev.weir.testing.Etcd;
import dev.weir.testing.RawClient;
import dev.weir.testing.ScriptedServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several Weirs on one configuration in a real etcd. */
class FleetIT {
    private static final String REQUEST = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

    @TempDir
    Path folder;

    private Etcd etcd;
    private FleetAddress address;
    private ScriptedServer one;
    private ScriptedServer two;
    private final List<Member> members = new ArrayList<>();

    /** One instance, as {@link Service} makes it, in this process. */
    private record Member(Fleet fleet, Control control, Weir weir) {
        static Member join(FleetAddress address, Path cache) throws Exception {
            Fleet fleet = Fleet.join(address, Map.of("WEIR_CACHE", cache.toString()));
            Control control = Control.open(fleet.config(), fleet.version(), fleet.store());
            Reloader reloader = Reloader.of(control, fleet.source(), address.toString());
            Weir weir = Weir.prepare(reloader, InheritedSockets.none());
            weir.accept();
            fleet.follow(reloader, "1.2.3", weir.admin());
            return new Member(fleet, control, weir);
        }

        String exchange() throws IOException {
            try (RawClient client = new RawClient(weir.ports().getFirst())) {
                client.send(REQUEST);
                return client.readToEnd().replaceFirst("(?s).*X-Server: (\\w+).*", "$1");
            }
        }

        void leave() {
            weir.stop();
            weir.awaitStop();
            fleet.close();
            control.close();
        }
    }

    @BeforeEach
    void start() throws Exception {
        etcd = Etcd.start(folder);
        address = FleetAddress.parse("etcd://127.0.0.1:" + etcd.port() + "/weir/test");
        one = server("one");
        two = server("two");
    }

    @AfterEach
    void stop() throws Exception {
        members.forEach(Member::leave);
        if (etcd != null) {
            one.close();
            two.close();
            etcd.close();
        }
    }

    private static ScriptedServer server(String name) throws IOException {
        return ScriptedServer.answering(
                "HTTP/1.1 204 No Content\r\nX-Server: " + name + "\r\nConnection: close\r\n\r\n");
    }

    private static String config(ScriptedServer... servers) {
        StringBuilder list = new StringBuilder();
        for (ScriptedServer server : servers) {
            list.append('"').append(server.address()).append("\", ");
        }
        return """
                event-loops: 1
                admin: { bind: "127.0.0.1:0" }
                listeners: [{ bind: "127.0.0.1:0" }]
                pools: { web: { balance: round-robin, slow-start: 0s, health: off, servers: [%s] } }
                """.formatted(list);
    }

    private FleetTool tool() throws IOException {
        return new FleetTool(address, Map.of());
    }

    private Member join() throws Exception {
        Member member = Member.join(address, Files.createDirectories(folder.resolve("cache-" + members.size())));
        members.add(member);
        return member;
    }

    private static void awaitServer(Member member, String name) {
        await().pollInterval(Duration.ofMillis(10))
                .untilAsserted(() -> assertThat(List.of(member.exchange(), member.exchange()))
                        .containsExactly(name, name));
    }

    private static HttpResponse<String> patch(Member member, ScriptedServer server, String change) throws Exception {
        return ask(member, "PATCH", "/v1/pools/web/servers/" + server.address().replace(":", "%3A"), change);
    }

    private static HttpResponse<String> ask(Member member, String method, String path, String content)
            throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpRequest request = HttpRequest.newBuilder(
                            URI.create("http://" + member.weir().admin() + path))
                    .header("Content-Type", "application/json")
                    .method(method, HttpRequest.BodyPublishers.ofString(content))
                    .build();
            return client.send(request, HttpResponse.BodyHandlers.ofString());
        }
    }

    @Test
    void configuration_pushed_isAppliedByEachSoon() throws Exception {
        tool().push(config(one));
        Member first = join();
        Member second = join();
        Member third = join();
        long revision = tool().push(config(two)).now();
        long begin = System.nanoTime();
        for (Member member : List.of(first, second, third)) {
            awaitServer(member, "two");
        }
        // Long before the next time that etcd would be asked.
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(10));
        await().untilAsserted(() -> assertThat(tool().overview().instances())
                .hasSize(3)
                .allSatisfy(each -> {
                    assertThat(each.revision()).isEqualTo(revision);
                    assertThat(each.outcome()).isEqualTo("applied");
                    assertThat(each.version()).isEqualTo("1.2.3");
                    assertThat(each.admin()).startsWith("127.0.0.1:");
                }));
    }

    @Test
    void configuration_invalid_isRefusedAndShown() throws Exception {
        long sound = tool().push(config(one)).now();
        Member member = join();
        tool().push(config(one).replace("round-robin", "round-robbin"));
        await().untilAsserted(() -> assertThat(tool().overview().instances())
                .singleElement()
                .satisfies(each -> {
                    assertThat(each.outcome()).isEqualTo("refused");
                    assertThat(each.revision()).isEqualTo(sound);
                    assertThat(each.problem()).contains("did you mean 'round-robin'?");
                }));
        assertThat(member.exchange()).isEqualTo("one");
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        FleetView.print(address, Map.of(), new PrintStream(printed, true, UTF_8));
        assertThat(printed.toString(UTF_8))
                .contains("INSTANCE")
                .contains("refused")
                .contains("did you mean");
    }

    @Test
    void state_setAtOneInstance_reachesAllAndIsKept() throws Exception {
        tool().push(config(one, two));
        Member first = join();
        Member second = join();
        assertThat(patch(first, one, "{\"state\":\"drain\"}").statusCode()).isEqualTo(200);
        awaitServer(first, "two");
        awaitServer(second, "two");
        assertThat(patch(second, one, "{\"state\":\"ready\"}").statusCode()).isEqualTo(200);
        assertThat(patch(second, two, "{\"state\":\"drain\"}").statusCode()).isEqualTo(200);
        awaitServer(first, "one");
        awaitServer(join(), "one");
    }

    @Test
    void etcd_killed_changesNothingAndIsFollowedAgain() throws Exception {
        tool().push(config(one));
        Member member = join();
        etcd.kill();
        assertThat(member.exchange()).isEqualTo("one");
        HttpResponse<String> refused = patch(member, one, "{\"state\":\"drain\"}");
        assertThat(refused.statusCode()).isGreaterThanOrEqualTo(500);
        assertThat(member.exchange()).isEqualTo("one");
        assertThat(ask(member, "POST", "/v1/reload", "").body()).contains("\"outcome\":\"unchanged\"");
        assertThat(ask(member, "GET", "/v1/status", "").body()).contains("\"origin\":\"" + address + "\"");
        etcd.start();
        tool().push(config(two));
        awaitServer(member, "two");
    }

    @Test
    void start_withoutEtcd_takesTheCopy() throws Exception {
        tool().push(config(one, two));
        Member member = join();
        assertThat(patch(member, one, "{\"state\":\"drain\"}").statusCode()).isEqualTo(200);
        Path cache = folder.resolve("cache-0");
        await().until(() ->
                Files.readString(cache.resolve("fleet-weir-test.json")).contains("drain"));
        member.leave();
        members.clear();
        etcd.kill();
        Member again = Member.join(address, cache);
        members.add(again);
        awaitServer(again, "two");
        etcd.start();
        await().until(() -> patch(again, one, "{\"state\":\"ready\"}").statusCode() == 200);
        assertThat(patch(again, two, "{\"state\":\"drain\"}").statusCode()).isEqualTo(200);
        awaitServer(again, "one");
    }

    @Test
    void start_withoutEtcdAndCopy_isRefusedInASentence() throws Exception {
        etcd.kill();
        assertThatThrownBy(() -> Fleet.join(address, Map.of("WEIR_CACHE", folder.toString())))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("cannot be reached")
                .hasMessageEndingWith("there is no copy of the configuration in "
                        + folder.resolve("fleet-weir-test.json") + " either");
    }

    @Test
    void start_withoutConfiguration_saysHowToPutOneThere() {
        assertThatThrownBy(() -> Fleet.join(address, Map.of("WEIR_CACHE", folder.toString())))
                .hasMessage("there is no configuration at /weir/test/config in etcd; "
                        + "put one there with 'weir config push FILE --to " + address + "'");
    }

    @Test
    void instance_stopped_goesFromTheListAtOnce() throws Exception {
        tool().push(config(one));
        Member member = join();
        await().until(() -> tool().overview().instances().size() == 1);
        Instance instance = tool().overview().instances().getFirst();
        assertThat(instance.pid()).isEqualTo(ProcessHandle.current().pid());
        member.leave();
        members.clear();
        assertThat(tool().overview().instances()).isEmpty();
    }

    @Test
    void push_tellsTheRevisionThatHoldsThen() throws Exception {
        tool().push(config(one));
        assertThat(tool().push(config(one)).now()).isEqualTo(tool().overview().revision());
    }

    @Test
    void configCommand_pushesWhatIsSound() throws Exception {
        Path file = Files.writeString(folder.resolve("weir.yaml"), config(one));
        Path faulty = Files.writeString(folder.resolve("faulty.yaml"), "listeners: []\n");
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        assertThat(Main.run(
                        new String[] {"config", "push", file.toString(), "--to", address.toString()},
                        new PrintStream(out, true, UTF_8),
                        new PrintStream(err, true, UTF_8)))
                .as(err.toString(UTF_8))
                .isZero();
        assertThat(out.toString(UTF_8)).contains(" has revision ").contains("1 listener, 1 pool, 1 server");
        long revision = tool().overview().revision();
        assertThat(Main.run(
                        new String[] {"config", "push", faulty.toString(), "--to", address.toString()},
                        new PrintStream(out, true, UTF_8),
                        new PrintStream(err, true, UTF_8)))
                .isEqualTo(Cli.FAILED);
        assertThat(tool().overview().revision()).isEqualTo(revision);
    }
}
