package dev.weir.process;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.LaunchedWeir;
import dev.weir.testing.RawClient;
import dev.weir.testing.ScriptedServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A new process does not get as far as taking over: the old one goes on, and says why. */
@EnabledOnOs(OS.LINUX)
class FailedUpgradeIT {
    private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    @TempDir
    private Path directory;

    private Path pidFile;
    private ScriptedServer server;

    @BeforeEach
    void begin() throws IOException {
        pidFile = directory.resolve("weir.pid");
        server = ScriptedServer.answering(OK);
    }

    /** Whoever serves by now ends with the test. */
    @AfterEach
    void end() throws IOException {
        server.close();
        if (Files.exists(pidFile)) {
            ProcessHandle.of(pid()).ifPresent(ProcessHandle::destroyForcibly);
        }
    }

    private long pid() throws IOException {
        return Long.parseLong(Files.readString(pidFile).strip());
    }

    private Path config() throws IOException {
        return Files.writeString(directory.resolve("weir.yaml"), """
            event-loops: 1
            pid-file: "%s"
            admin: { bind: "127.0.0.1:0" }
            listeners: [{ bind: "127.0.0.1:0" }]
            pools: { web: { servers: ["%s"] } }
            """.formatted(pidFile, server.address()));
    }

    @Test
    void upgrade_faultyConfiguration_goesOnAndSaysWhy() throws Exception {
        Path config = config();
        try (RunningProcess running = RunningProcess.of(config)) {
            Files.writeString(config, "listeners: 3\n");
            try (LaunchedWeir command = LaunchedWeir.forked("upgrade", "--admin", "127.0.0.1:" + running.admin())) {
                String said = String.join("\n", command.rest());
                assertThat(said)
                        .contains("the new process ended with exit code 1 before it was ready; process "
                                + running.weir().pid() + " serves on")
                        .contains("weir.yaml:1:");
                assertThat(command.awaitExit()).isEqualTo(1);
            }
            assertThat(running.answer()).isEqualTo("ok");
            assertThat(pid()).isEqualTo(running.weir().pid());
            // What the new process says is passed on.
            running.weir().awaitLine(config + ":1:");
            Path repaired = config();
            assertThat(repaired).isEqualTo(config);
            assertThat(running.upgrade().status()).isEqualTo(200);
        }
    }

    @Test
    void upgrade_newProcessKilledBeforeItIsReady_goesOn() throws Exception {
        try (ScriptedServer silent = ScriptedServer.of(RawClient::readToEnd);
                RunningProcess running = RunningProcess.of(slow(silent, ""))) {
            CompletableFuture<RawClient.Message> upgrade = new CompletableFuture<>();
            Thread.ofVirtual().start(() -> {
                try {
                    upgrade.complete(running.upgrade());
                } catch (IOException failure) {
                    upgrade.completeExceptionally(failure);
                }
            });
            ProcessHandle child = running.awaitChild();
            RawClient.Message second = running.upgrade();
            assertThat(second.status()).isEqualTo(409);
            assertThat(second.content()).contains("an upgrade is under way already");
            child.destroyForcibly();
            RawClient.Message first = upgrade.get(30, TimeUnit.SECONDS);
            assertThat(first.status()).isEqualTo(409);
            assertThat(first.content()).contains("exit code 137").contains("serves on");
            assertThat(running.answer()).isEqualTo("ok");
        }
    }

    @Test
    void term_whileTheNewProcessStarts_endsBoth() throws Exception {
        try (ScriptedServer silent = ScriptedServer.of(RawClient::readToEnd);
                RunningProcess running = RunningProcess.of(slow(silent, "shutdown: { idle: 0s }"))) {
            running.weir().signal("USR2");
            ProcessHandle child = running.awaitChild();
            running.weir().signal("TERM");
            assertThat(running.weir().awaitExit()).isZero();
            child.onExit().get(10, TimeUnit.SECONDS);
            assertThat(pidFile).doesNotExist();
        }
    }

    @Test
    void upgrade_takesTooLong_isGivenUp() throws Exception {
        try (ScriptedServer silent = ScriptedServer.of(RawClient::readToEnd);
                RunningProcess running = RunningProcess.of(slow(silent, "upgrade: { start-timeout: 2s }"))) {
            RawClient.Message answer = running.upgrade();
            assertThat(answer.status()).isEqualTo(409);
            assertThat(answer.content()).contains("was ended: it took too long");
            assertThat(running.answer()).isEqualTo("ok");
            assertThat(ProcessHandle.of(running.weir().pid()).orElseThrow().children())
                    .isEmpty();
        }
    }

    /** A new process waits for the first check of the silent server. */
    private Path slow(ScriptedServer silent, String more) throws IOException {
        return Files.writeString(
                directory.resolve("weir.yaml"), """
                    event-loops: 1
                    pid-file: "%s"
                    admin: { bind: "127.0.0.1:0" }
                    listeners: [{ bind: "127.0.0.1:0" }]
                    pools: { web: { servers: ["%s"] }, slow: { servers: ["%s"], health: { path: /, timeout: 1m, every: 1m } } }
                    routes: [{ match: { path: /slow }, pool: slow }, { pool: web }]
                    %s
                    """.formatted(pidFile, server.address(), silent.address(), more));
    }
}
