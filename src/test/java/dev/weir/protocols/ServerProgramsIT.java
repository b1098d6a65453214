package dev.weir.protocols;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.Programs;
import dev.weir.testing.Quiet;
import dev.weir.testing.RawClient;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.TestAuthority;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** nghttpd and openssl's s_server behind Weir. Each test is left out where its program is missing. */
class ServerProgramsIT {
    private static final String FILE = "0123456789".repeat(30_000);

    @TempDir
    Path directory;

    private final Programs programs = new Programs();
    private TestAuthority authority;
    private TestAuthority.Issued issued;

    @SuppressWarnings("NullAway.Init")
    ServerProgramsIT() {}

    @BeforeEach
    void content() throws Exception {
        authority = TestAuthority.in(directory);
        issued = authority.server("localhost");
        Files.createDirectories(directory.resolve("site"));
        Files.writeString(directory.resolve("site/file"), FILE);
        Files.writeString(directory.resolve("site/small"), "small");
    }

    @AfterEach
    void stopAll() throws InterruptedException {
        programs.close();
    }

    private int serve(List<String> command, int port) throws IOException {
        programs.start(directory.resolve("server.out"), command.toArray(String[]::new));
        Programs.awaitListening(port);
        return port;
    }

    private int nghttpd(boolean tls) throws IOException {
        Programs.assumeInstalled("nghttpd");
        int port = Programs.freePort();
        List<String> command = new ArrayList<>(List.of("nghttpd", "-a", "127.0.0.1", "--echo-upload"));
        command.addAll(List.of("-d", directory.resolve("site").toString()));
        if (!tls) {
            command.add("--no-tls");
        }
        command.add(String.valueOf(port));
        if (tls) {
            command.addAll(List.of(issued.key().toString(), issued.chain().toString()));
        }
        return serve(command, port);
    }

    private int sServer(String... options) throws IOException {
        Programs.assumeInstalled("openssl");
        int port = Programs.freePort();
        List<String> command = new ArrayList<>(List.of("openssl", "s_server", "-www", "-accept", "127.0.0.1:" + port));
        command.addAll(
                List.of("-cert", issued.chain().toString(), "-key", issued.key().toString()));
        command.addAll(List.of(options));
        return serve(command, port);
    }

    private RunningWeir weir(int port, String poolKeys) {
        return RunningWeir.of("""
                event-loops: 1
                admin: { bind: "127.0.0.1:0" }
                shutdown: { deadline: 5s }
                listeners: [{ bind: "127.0.0.1:0", http: [h2, http/1.1] }]
                pools: { web: { servers: ["127.0.0.1:%d"], %s } }
                """.formatted(port, poolKeys));
    }

    /** Checks have sessions of their own, which a request might go on with: the first request is to be the first of all. */
    private static String unchecked(String poolKeys) {
        return "health: off, " + poolKeys;
    }

    private String trusting() {
        return "tls: { server-name: localhost, ca: \"" + authority.file() + "\" }";
    }

    private static RawClient.Message get(RunningWeir weir, String path) throws IOException {
        try (RawClient client = weir.connect()) {
            return client.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                    .readMessage();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void nghttpd_filesAndUploads_pass(boolean tls) throws Exception {
        int port = nghttpd(tls);
        try (RunningWeir weir = weir(port, "http: [h2]" + (tls ? ", " + trusting() : ""))) {
            for (int i = 0; i < 10; i++) {
                assertThat(get(weir, "/file").content()).isEqualTo(FILE);
            }
            assertThat(get(weir, "/none").status()).isEqualTo(404);
            String upload = "POST /file HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
            String sized = upload + "Content-Length: " + FILE.length() + "\r\n\r\n" + FILE;
            assertThat(weir.exchange(sized)).startsWith("HTTP/1.1 200").contains(FILE);
            String chunked = upload + "Transfer-Encoding: chunked\r\n\r\n" + Integer.toHexString(FILE.length()) + "\r\n"
                    + FILE + "\r\n0\r\n\r\n";
            assertThat(weir.exchange(chunked)).startsWith("HTTP/1.1 200");
            String labels = "{pool=\"web\",server=\"127.0.0.1:" + port + "\"}";
            assertThat(weir.metric("weir_upstream_http2_connections_total" + labels))
                    .isEqualTo(1);
            Quiet.awaitQuiet(weir);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void nghttpd_underH2load_allSucceed(boolean tls) throws Exception {
        Programs.assumeInstalled("h2load");
        try (RunningWeir weir = weir(nghttpd(tls), "http: [h2]" + (tls ? ", " + trusting() : ""))) {
            String report = programs.run(
                    directory.resolve("h2load.out"),
                    "h2load",
                    "-n5000",
                    "-c5",
                    "-m20",
                    "http://localhost:" + weir.port() + "/small");
            assertThat(report).contains("5000 succeeded, 0 failed, 0 errored, 0 timeout");
            assertThat(report).contains("status codes: 5000 2xx");
            Quiet.awaitQuiet(weir);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"-tls1_2", "-tls1_3"})
    void opensslServer_eachVersion_isVerifiedAndItsSessionUsedAgain(String version) throws Exception {
        try (RunningWeir weir = weir(sServer(version), unchecked(trusting()))) {
            String expected = version.equals("-tls1_2") ? "TLSv1.2" : "TLSv1.3";
            assertThat(get(weir, "/").content()).contains("New, " + expected);
            assertThat(get(weir, "/").content()).contains("Reused, " + expected);
            Quiet.awaitQuiet(weir);
        }
        String wrongName = "tls: { server-name: elsewhere, ca: \"" + authority.file() + "\" }";
        try (RunningWeir weir = weir(sServer(version), wrongName)) {
            assertThat(get(weir, "/").head()).startsWith("HTTP/1.1 502").contains("tls-certificate-error");
        }
    }

    @Test
    void opensslServer_thatWantsACertificate_isShownOne() throws Exception {
        TestAuthority.Issued own = authority.client("weir");
        String[] wanting = {
            "-Verify", "2", "-verify_return_error", "-CAfile", authority.file().toString()
        };
        String shown = "tls: { server-name: localhost, ca: \"%s\", certificate: { cert: \"%s\", key: \"%s\" } }"
                .formatted(authority.file(), own.chain(), own.key());
        try (RunningWeir weir = weir(sServer(wanting), shown)) {
            assertThat(get(weir, "/").content()).contains("Client certificate").contains("weir");
        }
        try (RunningWeir weir = weir(sServer(wanting), trusting())) {
            assertThat(get(weir, "/").head()).startsWith("HTTP/1.1 502");
        }
    }
}
