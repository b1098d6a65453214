package dev.weir.protocols;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.Programs;
import dev.weir.testing.Quiet;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import dev.weir.testing.TestAuthority;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Large uploads by curl to servers that answer by the head alone and close. */
class EarlyAnswersIT {
    private static final int UPLOAD_BYTES = 20_000_000;
    private static final int ROUNDS = 3;
    /** Some clients send all before they read: on a busy machine that takes them long. */
    private static final String PATIENT = "timeouts: { linger: 20s }";

    @TempDir
    Path directory;

    private final Programs programs = new Programs();
    private TestAuthority authority;
    private TestAuthority.Issued issued;
    private Path upload;

    @SuppressWarnings("NullAway.Init")
    EarlyAnswersIT() {}

    @BeforeEach
    void content() throws Exception {
        Programs.assumeInstalled("curl");
        authority = TestAuthority.in(directory);
        issued = authority.server("localhost");
        upload = Files.write(directory.resolve("upload"), new byte[UPLOAD_BYTES]);
    }

    @AfterEach
    void stopAll() throws InterruptedException {
        programs.close();
    }

    /** HTTP/2 with 2xx is left out: this client then waits for itself, whoever answers. */
    @ParameterizedTest
    @CsvSource({
        "--http1.1, http, 413 Too Large",
        "--http1.1, https, 413 Too Large",
        "--http1.1, http, 200 OK",
        "--http1.1, https, 200 OK",
        "--http2-prior-knowledge, http, 413 Too Large",
        "--http2, https, 413 Too Large",
        "--http2-prior-knowledge, http, 401 Unauthorized",
    })
    void upload_answeredEarly_clientGetsTheAnswer(String version, String scheme, String status) throws Exception {
        String answer = "HTTP/1.1 " + status + "\r\nContent-Length: 5\r\nConnection: close\r\n\r\nearly";
        try (ScriptedServer server = ScriptedServer.of(connection -> {
                    connection.readHead();
                    connection.send(answer);
                });
                RunningWeir weir = RunningWeir.of("""
                        event-loops: 1
                        admin: { bind: "127.0.0.1:0" }
                        listeners:
                          - { bind: "127.0.0.1:0", tls: { certificates: [%1$s] }, %2$s }
                          - { bind: "127.0.0.1:0", http: [h2, http/1.1], %2$s }
                        pools: { web: { servers: ["%3$s"] } }
                        """.formatted(issued.yaml(), PATIENT, server.address()))) {
            int port =
                    scheme.equals("https") ? weir.port() : weir.weir().ports().get(1);
            for (int i = 0; i < ROUNDS; i++) {
                assertThat(programs.run(
                                directory.resolve("client.out"),
                                "curl",
                                "-sS",
                                "--ipv4",
                                "--max-time",
                                "50",
                                version,
                                "--cacert",
                                authority.file().toString(),
                                "-H",
                                "Expect:",
                                "--data-binary",
                                "@" + upload,
                                "-w",
                                " %{http_code}",
                                scheme + "://localhost:" + port + "/"))
                        .isEqualTo("early " + status.substring(0, 3));
            }
            Quiet.awaitQuiet(weir);
        }
    }
}
