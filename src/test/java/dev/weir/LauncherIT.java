package dev.weir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.testing.LaunchedWeir;
import dev.weir.testing.RawClient;
import dev.weir.testing.ScriptedServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The program as people and supervisors see it: the launcher, signals, exit codes. */
class LauncherIT {
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    @Test
    void term_requestUnderWay_isAnsweredAndTheProcessExitsWithZero() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch answer = new CountDownLatch(1);
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readHead();
                    asked.countDown();
                    answer.await();
                    connection.send(OK);
                });
                LaunchedWeir weir = LaunchedWeir.with("127.0.0.1:0", server.address());
                RawClient client = new RawClient(weir.awaitPort())) {
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            asked.await();
            weir.signal("TERM");
            weir.awaitLine("weir: stopping");
            answer.countDown();

            assertThat(client.readMessage().content()).isEqualTo("ok");
            assertThat(weir.awaitExit()).isZero();
        }
    }

    @Test
    void int_nothingUnderWay_exitsWithZero() throws Exception {
        try (LaunchedWeir weir = LaunchedWeir.with("127.0.0.1:0", "127.0.0.1:1")) {
            weir.awaitPort();
            weir.signal("INT");
            assertThat(weir.awaitExit()).isZero();
        }
    }

    @Test
    void term_momentTheFirstRequestIsAnswered_exitsWithZero(@TempDir Path directory) throws Exception {
        Path socket = directory.resolve("weir.sock");
        for (int start = 0; start < 3; start++) {
            Files.deleteIfExists(socket);
            try (LaunchedWeir weir = LaunchedWeir.with("unix:" + socket, "127.0.0.1:1")) {
                await().pollDelay(Duration.ZERO)
                        .pollInterval(Duration.ofMillis(1))
                        .until(() -> accepts(socket));
                weir.signal("TERM");
                assertThat(weir.awaitExit()).isZero();
            }
        }
    }

    private static boolean accepts(Path socket) {
        try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            return client.isConnected();
        } catch (IOException notYet) {
            return false;
        }
    }

    @Test
    void term_twice_cutsWhatIsLeft() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch end = new CountDownLatch(1);
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readHead();
                    asked.countDown();
                    end.await();
                });
                LaunchedWeir weir = LaunchedWeir.with("127.0.0.1:0", server.address());
                RawClient client = new RawClient(weir.awaitPort())) {
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            asked.await();
            weir.signal("TERM");
            weir.awaitLine("weir: stopping");
            assertThat(weir.running()).isTrue();
            weir.signal("TERM");

            assertThat(weir.awaitExit()).isZero();
            assertThat(client.readToEnd()).doesNotContain("200");
            end.countDown();
        }
    }

    @Test
    void usr1_accessLogRenamed_opensItAnew(@TempDir Path directory) throws Exception {
        Path log = directory.resolve("access.log");
        try (ScriptedServer server = ScriptedServer.answering(OK);
                LaunchedWeir weir = LaunchedWeir.with("127.0.0.1:0", server.address(), "--access-log", log.toString());
                RawClient client = new RawClient(weir.awaitPort())) {
            Files.move(log, directory.resolve("access.log.1"));
            weir.signal("USR1");
            await().until(() -> Files.exists(log));
            client.send("GET /later HTTP/1.1\r\nHost: a\r\n\r\n").readMessage();
            await().until(() -> Files.readString(log).contains("/later"));
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void usr2_launcherByALink_whatTheLinkSaysThenTakesOver(@TempDir Path directory) throws Exception {
        Path link = Files.createSymbolicLink(directory.resolve("weir"), LaunchedWeir.LAUNCHER);
        Path pidFile = directory.resolve("weir.pid");
        try (ScriptedServer server = ScriptedServer.answering(OK)) {
            Path config = Files.writeString(
                    directory.resolve("weir.yaml"),
                    "pid-file: \"" + pidFile
                            + "\"\nupgrade: { warm-up: 100ms }\nlisteners: [{ bind: \"127.0.0.1:0\" }]\n"
                            + "pools: { web: { servers: [\"" + server.address() + "\"] } }\n");
            try (LaunchedWeir weir = LaunchedWeir.by(link, "run", config.toString())) {
                int port = weir.awaitPort();
                // As an installation does: another launcher is at the same place.
                Files.delete(link);
                Files.writeString(
                        link, "#!/bin/sh\necho weir: the new one >&2\nexec '" + LaunchedWeir.LAUNCHER + "' \"$@\"\n");
                assertThat(link.toFile().setExecutable(true)).isTrue();
                weir.signal("USR2");
                weir.awaitLine("weir: the new one");
                weir.awaitLine("weir: process ");
                assertThat(weir.awaitExit()).isZero();
                long next = Long.parseLong(Files.readString(pidFile).strip());
                assertThat(next).isNotEqualTo(weir.pid());
                try (RawClient client = new RawClient(port)) {
                    assertThat(client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                                    .readMessage()
                                    .content())
                            .isEqualTo("ok");
                }
                ProcessHandle.of(next).ifPresent(ProcessHandle::destroyForcibly);
            }
        }
    }

    @Test
    void hup_withoutAFile_goesOnServing() throws Exception {
        try (ScriptedServer server = ScriptedServer.answering(OK);
                LaunchedWeir weir = LaunchedWeir.with("127.0.0.1:0", server.address());
                RawClient client = new RawClient(weir.awaitPort())) {
            weir.signal("HUP");
            weir.awaitLineWith("configuration not reloaded (SIGHUP)");
            assertThat(client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                            .readMessage()
                            .status())
                    .isEqualTo(200);
        }
    }

    @Test
    void hup_changesToWhatTheFileSays(@TempDir Path directory) throws Exception {
        String other = OK.replace("200 OK", "201 Created");
        try (ScriptedServer first = ScriptedServer.answering(OK);
                ScriptedServer second = ScriptedServer.answering(other)) {
            Path file = Files.writeString(directory.resolve("weir.yaml"), file(first));
            try (LaunchedWeir weir = LaunchedWeir.with("run", file.toString());
                    RawClient client = new RawClient(weir.awaitPort())) {
                Files.writeString(file, file(second));
                weir.signal("HUP");
                weir.awaitLineWith("configuration reloaded");
                assertThat(client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                                .readMessage()
                                .status())
                        .isEqualTo(201);
            }
        }
    }

    private static String file(ScriptedServer server) {
        return "listeners: [{ bind: \"127.0.0.1:0\" }]\npools: { web: { health: off, servers: [\"" + server.address()
                + "\"] } }\nstate-file: \"off\"\n";
    }

    @Test
    void launcher_symbolicLinkInADirectoryWithBlanks_saysNothingButTheAnswer(@TempDir Path directory) throws Exception {
        Path folder = Files.createDirectory(directory.resolve("a b"));
        Path link = Files.createSymbolicLink(folder.resolve("weir"), LaunchedWeir.LAUNCHER);
        try (LaunchedWeir weir = LaunchedWeir.by(link, "version")) {
            assertThat(weir.rest()).singleElement().asString().startsWith("weir ");
            assertThat(weir.awaitExit()).isZero();
        }
    }

    @Test
    void demo_portTaken_saysSoInOneSentence() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                LaunchedWeir weir = LaunchedWeir.with(
                        "demo", "--port", String.valueOf(taken.getLocalPort()), "--admin", "127.0.0.1:0")) {
            assertThat(weir.rest())
                    .singleElement()
                    .asString()
                    .startsWith("weir: cannot listen on :" + taken.getLocalPort() + ": ")
                    .endsWith(" (--port and --admin choose other places)");
            assertThat(weir.awaitExit()).isEqualTo(1);
        }
    }
}
