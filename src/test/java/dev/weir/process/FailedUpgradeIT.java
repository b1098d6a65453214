package dev.weir.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

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
    @TempDir
    private Path directory;

    private UpgradeSite site;

    @BeforeEach
    void begin() throws IOException {
        site = new UpgradeSite(directory);
    }

    @AfterEach
    void end() throws IOException {
        site.close();
    }

    private Path config() throws IOException {
        return site.config(
                "", "", "pools: { web: { servers: [\"" + site.server().address() + "\"] } }");
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
            assertThat(site.pid()).isEqualTo(running.weir().pid());
            // What the new process says is passed on.
            running.weir().awaitLine(config + ":1:");
            Path repaired = config();
            assertThat(repaired).isEqualTo(config);
            assertThat(running.upgrade().status()).isEqualTo(200);
            site.awaitOther(running.weir().pid());
        }
    }

    @Test
    void upgrade_newProcessKilledBeforeItIsReady_goesOn() throws Exception {
        try (ScriptedServer silent = ScriptedServer.of(RawClient::readToEnd);
                RunningProcess running = RunningProcess.of(slow(silent, "", ""))) {
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
                RunningProcess running = RunningProcess.of(slow(silent, "", "shutdown: { idle: 0s }"))) {
            running.weir().signal("USR2");
            ProcessHandle child = running.awaitChild();
            running.weir().signal("TERM");
            assertThat(running.weir().awaitExit()).isZero();
            child.onExit().get(30, TimeUnit.SECONDS);
            assertThat(site.pidFile()).doesNotExist();
        }
    }

    @Test
    void upgrade_takesTooLong_isGivenUp() throws Exception {
        try (ScriptedServer silent = ScriptedServer.of(RawClient::readToEnd);
                RunningProcess running = RunningProcess.of(slow(silent, ", start-timeout: 2s", ""))) {
            RawClient.Message answer = running.upgrade();
            assertThat(answer.status()).isEqualTo(409);
            assertThat(answer.content()).contains("was ended: it took too long");
            assertThat(running.answer()).isEqualTo("ok");
            ProcessHandle weir = ProcessHandle.of(running.weir().pid()).orElseThrow();
            await().untilAsserted(() -> assertThat(weir.children()).isEmpty());
        }
    }

    /** A new process waits for the first check of the silent server. */
    private Path slow(ScriptedServer silent, String upgrade, String more) throws IOException {
        return site.config(upgrade, "", """
            pools: { web: { servers: ["%s"] }, slow: { servers: ["%s"], health: { path: /, timeout: 1m, every: 1m } } }
            routes: [{ match: { path: /slow }, pool: slow }, { pool: web }]
            %s
            """.formatted(site.server().address(), silent.address(), more));
    }
}
