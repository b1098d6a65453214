package dev.weir.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.testing.LaunchedWeir;
import dev.weir.testing.Programs;
import dev.weir.testing.RawClient;
import dev.weir.testing.ScriptedServer;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Weir as a process: what it tells the service manager, the sockets that it is given, its PID file, its end. */
@EnabledOnOs(OS.LINUX)
class ServiceIT {
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    /** Binds what is asked for, passes it as descriptor 3 and so on as systemd does, and becomes Weir. */
    private static final String ACTIVATOR = """
            import os, socket, sys
            count = int(sys.argv[1])
            for i, name in enumerate(sys.argv[2:2 + count]):
                if name.startswith('/'):
                    s = socket.socket(socket.AF_UNIX)
                    s.bind(name)
                else:
                    s = socket.socket()
                    s.bind(('127.0.0.1', int(name)))
                s.listen(100)
                bound = name if name.startswith('/') else s.getsockname()[1]
                first = bound if i == 0 else first
                print('bound', bound, flush=True)
                os.dup2(s.fileno(), 100 + i)
            for i in range(count):
                os.dup2(100 + i, 3 + i)
                os.close(100 + i)
            config = sys.argv[-1]
            os.environ['LISTEN_FDS'] = str(count)
            os.environ['LISTEN_PID'] = str(os.getpid())
            text = open(config).read().replace('%PORT%', str(first))
            open(config, 'w').write(text)
            command = sys.argv[2 + count:]
            os.execv(command[0], command)
            """;

    @TempDir
    private Path directory;

    private String config(String listeners, ScriptedServer server, String more) throws IOException {
        Path file = directory.resolve("weir.yaml");
        Files.writeString(file, """
                event-loops: 1
                listeners: [%s]
                pools: { web: { health: off, servers: ["%s"] } }
                %s
                """.formatted(listeners, server.address(), more));
        return file.toString();
    }

    private static LaunchedWeir activated(String config, String... sockets) throws IOException {
        Programs.assumeInstalled("python3");
        List<String> command = new ArrayList<>(List.of("python3", "-c", ACTIVATOR, String.valueOf(sockets.length)));
        command.addAll(List.of(sockets));
        command.addAll(LaunchedWeir.command("run", config));
        return LaunchedWeir.start(new ProcessBuilder(command));
    }

    private static String answer(int port) throws IOException {
        try (RawClient client = new RawClient(port)) {
            return client.send(GET).readMessage().content();
        }
    }

    @Test
    void term_readinessDelay_servesOnWhileItSaysThatItStops() throws Exception {
        try (ScriptedServer server = ScriptedServer.answering(OK);
                LaunchedWeir weir = LaunchedWeir.forked(
                        "run",
                        config(
                                "{ bind: \"127.0.0.1:0\" }",
                                server,
                                "admin: { bind: \"127.0.0.1:0\" }\nshutdown: { readiness-delay: 1m, idle: 0s }"))) {
            int port = weir.awaitPort();
            String admin = weir.awaitLine("weir: admin on ");
            int adminPort = Integer.parseInt(admin.substring(admin.lastIndexOf(':') + 1));
            assertThat(ready(adminPort)).startsWith("HTTP/1.1 200");
            weir.signal("TERM");
            await().until(() -> ready(adminPort).startsWith("HTTP/1.1 503"));
            assertThat(ready(adminPort)).contains("stopping");
            assertThat(answer(port)).isEqualTo("ok");
            weir.signal("TERM"); // that was long enough
            assertThat(weir.awaitExit()).isZero();
        }
    }

    private static String ready(int adminPort) throws IOException {
        try (RawClient client = new RawClient(adminPort)) {
            client.send("GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            return client.readToEnd();
        }
    }

    @Test
    void run_pidFileAndManager_areTold(@TempDir Path run) throws Exception {
        Path pidFile = Files.writeString(run.resolve("weir.pid"), "1\n");
        Path notify = run.resolve("notify");
        try (ScriptedServer server = ScriptedServer.answering(OK);
                NotifySocket manager = new NotifySocket(notify)) {
            String file = config("{ bind: \"127.0.0.1:0\" }", server, "pid-file: \"" + pidFile + "\"");
            ProcessBuilder command = new ProcessBuilder(LaunchedWeir.command("run", file));
            command.environment().put("NOTIFY_SOCKET", notify.toString());
            command.environment().put("WATCHDOG_USEC", "3000000");
            try (LaunchedWeir weir = LaunchedWeir.start(command)) {
                int port = weir.awaitPort();
                assertThat(manager.await("READY=1")).endsWith("STATUS=listening on 127.0.0.1:" + port);
                assertThat(pidFile).hasContent(String.valueOf(weir.pid()));
                manager.await("WATCHDOG=1");
                Files.writeString(Path.of(file), "pool: {}\n");
                weir.signal("HUP");
                manager.await("RELOADING=1");
                assertThat(manager.await("READY=1"))
                        .contains("STATUS=listening on 127.0.0.1:" + port + "; not reloaded: " + file + ":1:1: ");
                weir.signal("TERM");
                manager.await("STOPPING=1");
                assertThat(weir.awaitExit()).isZero();
                assertThat(pidFile).doesNotExist();
            }
        }
    }

    @Test
    void run_pidFileCannotBeWritten_saysSoAndEnds() throws Exception {
        try (ScriptedServer server = ScriptedServer.answering(OK);
                LaunchedWeir weir = LaunchedWeir.forked(
                        "run", config("{ bind: \"127.0.0.1:0\" }", server, "pid-file: /proc/none/weir.pid"))) {
            assertThat(weir.rest())
                    .singleElement()
                    .asString()
                    .startsWith("weir: cannot write the pid-file /proc/none/weir.pid: ");
            assertThat(weir.awaitExit()).isEqualTo(1);
        }
    }

    @Test
    void run_socketsOfAnActivator_areServedAndStay() throws Exception {
        Path path = directory.resolve("weir.sock");
        try (ScriptedServer server = ScriptedServer.answering(OK);
                LaunchedWeir weir = activated(
                        config("{ bind: \"127.0.0.1:%PORT%\" }, { bind: \"unix:" + path + "\" }", server, ""),
                        "0",
                        path.toString())) {
            int port = Integer.parseInt(weir.awaitLine("bound "));
            // Weir is not there yet: the connection waits for it.
            assertThat(answer(port)).isEqualTo("ok");
            assertThat(overUnix(path)).startsWith("HTTP/1.1 200");
            weir.signal("TERM");
            assertThat(weir.awaitExit()).isZero();
            assertThat(path).exists();
        }
    }

    private static String overUnix(Path path) throws IOException {
        try (SocketChannel client = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            client.connect(UnixDomainSocketAddress.of(path));
            client.write(ByteBuffer.wrap(GET.getBytes(StandardCharsets.US_ASCII)));
            ByteBuffer answer = ByteBuffer.allocate(4096);
            client.read(answer);
            return new String(answer.array(), 0, answer.position(), StandardCharsets.US_ASCII);
        }
    }

    @Test
    void run_socketOfNoListener_isWarnedOf() throws Exception {
        try (ScriptedServer server = ScriptedServer.answering(OK);
                LaunchedWeir weir = activated(config("{ bind: \"127.0.0.1:%PORT%\" }", server, ""), "0", "0")) {
            weir.awaitLine("bound ");
            String other = weir.awaitLine("bound ");
            assertThat(weir.awaitLineWith("no listener has that address")).contains("127.0.0.1:" + other);
            assertThat(answer(weir.awaitPort())).isEqualTo("ok");
        }
    }

    @Test
    void run_samePortTwice_oneGoesOnWhenTheOtherStops() throws Exception {
        try (ScriptedServer server = ScriptedServer.answering(OK);
                LaunchedWeir first =
                        LaunchedWeir.forked("run", config("{ bind: \"127.0.0.1:0\", reuse-port: on }", server, ""))) {
            int port = first.awaitPort();
            String second = config("{ bind: \"127.0.0.1:" + port + "\", reuse-port: on }", server, "");
            try (LaunchedWeir other = LaunchedWeir.forked("run", second)) {
                other.awaitPort();
                first.signal("TERM");
                assertThat(first.awaitExit()).isZero();
                assertThat(answer(port)).isEqualTo("ok");
            }
        }
    }
}
