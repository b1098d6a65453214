package dev.weir.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.Programs;
import dev.weir.testing.Quiet;
import dev.weir.testing.RunningWeir;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Servers and clients that others have written. Each test is left out where its program is not installed. */
class PeersIT {
    private static final int FILE_BYTES = 200_000;

    @TempDir
    Path directory;

    private final Programs programs = new Programs();

    @BeforeEach
    void content() throws IOException {
        Files.createDirectories(directory.resolve("site"));
        Files.writeString(directory.resolve("site/file"), "0123456789".repeat(FILE_BYTES / 10));
        Files.writeString(directory.resolve("site/small"), "small");
    }

    @AfterEach
    void stopAll() throws InterruptedException {
        programs.close();
    }

    private void serve(String... command) throws IOException {
        programs.start(directory.resolve("server.out"), command);
    }

    private String run(String... command) throws Exception {
        return programs.run(directory.resolve("client.out"), command);
    }

    /** {@code more} stands in the server block. */
    private int nginx(String more) throws IOException {
        Programs.assumeInstalled("nginx");
        int port = Programs.freePort();
        Path config = Files.writeString(directory.resolve("nginx.conf"), """
                daemon off; master_process off; pid %1$s/nginx.pid; error_log %1$s/error.log;
                events { worker_connections 256; }
                http {
                  access_log off;
                  client_body_temp_path %1$s/body; proxy_temp_path %1$s/proxy; fastcgi_temp_path %1$s/f;
                  uwsgi_temp_path %1$s/u; scgi_temp_path %1$s/s;
                  server { listen 127.0.0.1:%2$d; root %1$s/site; %3$s }
                }
                """.formatted(directory, port, more));
        serve("nginx", "-c", config.toString(), "-p", directory.toString(), "-e", directory + "/error.log");
        Programs.awaitListening(port);
        return port;
    }

    private static RunningWeir before(int port) {
        return RunningWeir.of("""
                event-loops: 1
                admin: { bind: "127.0.0.1:0" }
                listeners: [{ bind: "127.0.0.1:0" }]
                pools: { web: { health: off, servers: ["127.0.0.1:%d"] } }
                """.formatted(port));
    }

    private static String url(RunningWeir weir, String path) {
        return "http://127.0.0.1:" + weir.port() + path;
    }

    @Test
    void nginxAndCurl_filesOnOneConnection_arriveWhole() throws Exception {
        Programs.assumeInstalled("curl");
        try (RunningWeir weir = before(nginx(""))) {
            String target = directory.resolve("got").toString();
            String format = "%{http_code} %{size_download} %{num_connects}\n";
            String[] command = {
                "curl", "-sS", "-w", format, "-o", target, url(weir, "/file"), "-o", target, url(weir, "/file"),
            };
            assertThat(run(command)).isEqualTo("200 200000 1\n200 200000 0\n");
            assertThat(Files.mismatch(directory.resolve("site/file"), Path.of(target)))
                    .isEqualTo(-1);
            assertThat(run("curl", "-sS", "-I", url(weir, "/small")))
                    .contains("200 OK")
                    .contains("Content-Length: 5");
            assertThat(run("curl", "-sS", "-r", "2-4", url(weir, "/file"))).isEqualTo("234");
            assertThat(run("curl", "-sS", "-o", target, "-w", "%{http_code}", url(weir, "/none")))
                    .isEqualTo("404");
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void nginxAndCurl_uploadWithExpect_isAnswered() throws Exception {
        Programs.assumeInstalled("curl");
        try (RunningWeir weir = before(nginx("location /put { client_max_body_size 0; return 200 'taken'; }"))) {
            assertThat(run(
                            "curl",
                            "-sS",
                            "-H",
                            "Expect: 100-continue",
                            "--data-binary",
                            "@" + directory.resolve("site/file"),
                            url(weir, "/put")))
                    .isEqualTo("taken");
            assertThat(run(
                            "curl",
                            "-sS",
                            "-H",
                            "Transfer-Encoding: chunked",
                            "--data-binary",
                            "@" + directory.resolve("site/file"),
                            url(weir, "/put")))
                    .isEqualTo("taken");
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void nginxThatClosesAfterEachTenth_underWrk_noErrors() throws Exception {
        Programs.assumeInstalled("wrk");
        try (RunningWeir weir = before(nginx("keepalive_requests 10;"))) {
            String report = run("wrk", "-t1", "-c20", "-d3", "--timeout", "20s", url(weir, "/small"));
            assertThat(report)
                    .contains("Requests/sec")
                    .doesNotContain("Socket errors")
                    .doesNotContain("Non-2xx");
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void nginxThatClosesIdleOnes_underAbPosts_noErrors() throws Exception {
        Programs.assumeInstalled("ab");
        int port = nginx("keepalive_timeout 1s; location /post { return 200 'ok'; }");
        try (RunningWeir weir = before(port)) {
            String report = run(
                    "ab",
                    "-q",
                    "-k",
                    "-n",
                    "5000",
                    "-c",
                    "10",
                    "-p",
                    directory.resolve("site/small").toString(),
                    url(weir, "/post"));
            assertThat(report).containsPattern("Failed requests: +0\n").containsPattern("Complete requests: +5000\n");
            assertThat(report).doesNotContain("Non-2xx");
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void pythonsHttp10Server_filesAndErrors_arrive() throws Exception {
        Programs.assumeInstalled("python3");
        Programs.assumeInstalled("curl");
        int port = Programs.freePort();
        serve(
                "python3",
                "-m",
                "http.server",
                String.valueOf(port),
                "--bind",
                "127.0.0.1",
                "--directory",
                directory.resolve("site").toString());
        Programs.awaitListening(port);
        try (RunningWeir weir = before(port)) {
            Path target = directory.resolve("got");
            for (int i = 0; i < 5; i++) {
                run("curl", "-sS", "-f", "-o", target.toString(), url(weir, "/file"));
                assertThat(Files.mismatch(directory.resolve("site/file"), target))
                        .isEqualTo(-1);
            }
            assertThat(run("curl", "-sS", "-o", target.toString(), "-w", "%{http_code}", url(weir, "/none")))
                    .isEqualTo("404");
            Quiet.awaitQuiet(weir);
        }
    }
}
