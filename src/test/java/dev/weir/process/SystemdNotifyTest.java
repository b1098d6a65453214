package dev.weir.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(OS.LINUX)
class SystemdNotifyTest {
    @Test
    void messages_socketFile_arriveAsSystemdReadsThem(@TempDir Path directory) throws Exception {
        Path path = directory.resolve("notify");
        try (NotifySocket socket = new NotifySocket(path)) {
            SystemdNotify manager = SystemdNotify.of(Map.of("NOTIFY_SOCKET", path.toString()));
            manager.ready("listening\non :80");
            assertThat(socket.await("READY=1")).isEqualTo("READY=1\nSTATUS=listening on :80");
            long before = TimeUnit.NANOSECONDS.toMicros(System.nanoTime());
            manager.reloading();
            String reloading = socket.await("RELOADING=1");
            assertThat(reloading).startsWith("RELOADING=1\nMONOTONIC_USEC=");
            assertThat(Long.parseLong(reloading.substring(reloading.lastIndexOf('=') + 1)))
                    .isBetween(before, before + TimeUnit.MINUTES.toMicros(1));
            manager.mainProcess(42);
            assertThat(socket.await("MAINPID=")).isEqualTo("MAINPID=42");
            manager.stopping("3 requests");
            assertThat(socket.await("STOPPING=1")).isEqualTo("STOPPING=1\nSTATUS=3 requests");
        }
    }

    @Test
    void messages_abstractSocket_arrive() throws Exception {
        String name = "weir-test-" + UUID.randomUUID();
        try (NotifySocket socket = new NotifySocket(name)) {
            SystemdNotify.of(Map.of("NOTIFY_SOCKET", "@" + name)).mainProcess(17);
            assertThat(socket.await("MAINPID=")).isEqualTo("MAINPID=17");
        }
    }

    @Test
    void messages_nobodyListens_goNowhere(@TempDir Path directory) {
        SystemdNotify.of(Map.of()).ready("");
        SystemdNotify.of(Map.of("NOTIFY_SOCKET", directory.resolve("gone").toString()))
                .ready("");
    }

    @Test
    void watchdog_loopHangs_saysNoMore(@TempDir Path directory) throws Exception {
        Path path = directory.resolve("notify");
        LinkedBlockingQueue<Runnable> hanging = new LinkedBlockingQueue<>();
        Executor well = Runnable::run;
        try (NotifySocket socket = new NotifySocket(path)) {
            Map<String, String> environment = Map.of("NOTIFY_SOCKET", path.toString(), "WATCHDOG_USEC", "30000");
            SystemdNotify manager = SystemdNotify.of(environment);
            try (Watchdog _ = Watchdog.start(manager, environment, List.of(well, hanging::add))) {
                socket.await("WATCHDOG=1");
                Runnable turn = hanging.take();
                manager.mainProcess(17);
                socket.await("MAINPID=17");
                assertThat(socket.passed()).filteredOn("WATCHDOG=1"::equals).hasSize(1);
                turn.run();
                socket.await("WATCHDOG=1");
            }
        }
    }

    @Test
    void watchdog_meantForAnother_saysNothing(@TempDir Path directory) throws Exception {
        Path path = directory.resolve("notify");
        try (NotifySocket socket = new NotifySocket(path)) {
            Map<String, String> environment =
                    Map.of("NOTIFY_SOCKET", path.toString(), "WATCHDOG_USEC", "3000", "WATCHDOG_PID", "1");
            SystemdNotify manager = SystemdNotify.of(environment);
            try (Watchdog _ = Watchdog.start(manager, environment, List.of())) {
                manager.mainProcess(17);
                socket.await("MAINPID=17");
            }
            assertThat(socket.passed()).containsExactly("MAINPID=17");
        }
    }
}
