package dev.weir.protocols;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.weir.testing.Programs;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import dev.weir.testing.TestAuthority;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The conformance suite h2spec, all its cases, strict ones included; the program comes with the tests' libraries. */
class H2SpecIT {
    private static final String ARCHIVE = "/h2spec/2.2.0/h2spec_linux_amd64.tar.gz";
    private static final String ALL_PASSED = "146 tests, 146 passed, 0 skipped, 0 failed";

    @TempDir
    Path directory;

    private final Programs programs = new Programs();

    @BeforeEach
    void unpack() throws Exception {
        String machine = System.getProperty("os.name") + " " + System.getProperty("os.arch");
        assumeTrue(machine.equals("Linux amd64"), "h2spec is there for Linux on amd64 only");
        Programs.assumeInstalled("tar");
        Path archive = directory.resolve("h2spec.tar.gz");
        try (InputStream in = H2SpecIT.class.getResourceAsStream(ARCHIVE)) {
            Files.copy(java.util.Objects.requireNonNull(in), archive);
        }
        programs.run(
                directory.resolve("tar.out"), "tar", "-xzf", archive.toString(), "-C", directory.toString(), "h2spec");
    }

    @AfterEach
    void stopAll() throws InterruptedException {
        programs.close();
    }

    private static ScriptedServer server() throws IOException {
        return ScriptedServer.answering("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\nanswer\n");
    }

    private void assertAllPass(RunningWeir weir, String... options) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                directory.resolve("h2spec").toString(),
                "--strict",
                "--timeout",
                "10",
                "--host",
                "127.0.0.1",
                "--port",
                String.valueOf(weir.port())));
        command.addAll(List.of(options));
        assertThat(programs.run(directory.resolve("h2spec.out"), command.toArray(String[]::new)))
                .contains(ALL_PASSED);
    }

    @Test
    void allCases_inTheClear_pass() throws Exception {
        try (ScriptedServer server = server();
                RunningWeir weir = RunningWeir.before("http: [h2]", "", server)) {
            assertAllPass(weir);
        }
    }

    @Test
    void allCases_overTls_pass() throws Exception {
        TestAuthority.Issued issued = TestAuthority.in(directory).server("localhost");
        try (ScriptedServer server = server();
                RunningWeir weir = RunningWeir.before("tls: { certificates: [" + issued.yaml() + "] }", "", server)) {
            assertAllPass(weir, "--tls", "--insecure");
        }
    }
}
