package dev.weir.protocols;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.Programs;
import dev.weir.testing.Quiet;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.TestAuthority;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** curl, nghttp, h2load and openssl before Weir, nginx behind it. Each test is left out where a program is missing. */
class ProgramsIT {
    private static final int FILE_BYTES = 300_000;

    @TempDir
    Path directory;

    private final Programs programs = new Programs();
    private TestAuthority authority;
    private TestAuthority.Issued issued;

    @SuppressWarnings("NullAway.Init")
    ProgramsIT() {}

    @BeforeEach
    void content() throws Exception {
        authority = TestAuthority.in(directory);
        issued = authority.server("localhost");
        Files.createDirectories(directory.resolve("site"));
        Files.writeString(directory.resolve("site/file"), "0123456789".repeat(FILE_BYTES / 10));
        Files.writeString(directory.resolve("site/small"), "small");
        Files.writeString(directory.resolve("site/put"), "");
    }

    @AfterEach
    void stopAll() throws InterruptedException {
        programs.close();
    }

    private String run(String... command) throws Exception {
        return programs.run(directory.resolve("client.out"), command);
    }

    /** {@code listen} stands behind the address of the listening socket, {@code more} in the server block. */
    private int nginx(String listen, String more) throws IOException {
        Programs.assumeInstalled("nginx");
        int port = Programs.freePort();
        Path config = Files.writeString(directory.resolve("nginx.conf"), """
                daemon off; master_process off; pid %1$s/nginx.pid; error_log %1$s/error.log;
                events { worker_connections 256; }
                http {
                  access_log off; client_max_body_size 0;
                  client_body_temp_path %1$s/body; proxy_temp_path %1$s/proxy; fastcgi_temp_path %1$s/f;
                  uwsgi_temp_path %1$s/u; scgi_temp_path %1$s/s;
                  server {
                    listen 127.0.0.1:%2$d %3$s; root %1$s/site; %4$s
                    # Answers when the whole body was read: mirroring reads it, and the file handler then refuses POST.
                    location = /put { client_body_buffer_size 1m; mirror /mirrored; error_page 405 = @put; }
                    location = /mirrored { internal; return 204; }
                    location @put { return 200 "$server_protocol $content_length"; }
                    location = /protocol { return 200 "$server_protocol $scheme"; }
                  }
                }
                """.formatted(directory, port, listen, more));
        programs.start(
                directory.resolve("server.out"),
                "nginx",
                "-c",
                config.toString(),
                "-p",
                directory.toString(),
                "-e",
                directory + "/error.log");
        Programs.awaitListening(port);
        return port;
    }

    private int plainNginx() throws IOException {
        return nginx("", "");
    }

    private int http2Nginx() throws IOException {
        return nginx("http2", "");
    }

    private int tlsNginx() throws IOException {
        return nginx("ssl http2", "ssl_certificate " + issued.chain() + "; ssl_certificate_key " + issued.key() + ";");
    }

    private RunningWeir weir(int port, String poolKeys) {
        return RunningWeir.of("""
                event-loops: 1
                admin: { bind: "127.0.0.1:0" }
                shutdown: { deadline: 5s }
                listeners:
                  - { bind: "127.0.0.1:0", tls: { certificates: [%s] } }
                  - { bind: "127.0.0.1:0", http: [h2, http/1.1] }
                pools: { web: { health: off, servers: ["127.0.0.1:%d"], %s } }
                """.formatted(issued.yaml(), port, poolKeys));
    }

    private static int clearPort(RunningWeir weir) {
        return weir.weir().ports().get(1);
    }

    private static String secure(RunningWeir weir, String path) {
        return "https://localhost:" + weir.port() + path;
    }

    private static String clear(RunningWeir weir, String path) {
        return "http://localhost:" + clearPort(weir) + path;
    }

    private void filesByCurl(RunningWeir weir, String version, boolean tls) throws Exception {
        String target = directory.resolve("got").toString();
        String url = tls ? secure(weir, "/file") : clear(weir, "/file");
        String[] command = {
            "curl",
            "-sS",
            "--ipv4",
            "--cacert",
            authority.file().toString(),
            version,
            "-w",
            "%{http_code} %{http_version} %{size_download}\n",
            "-o",
            target,
            url,
        };
        String spoken = version.equals("--http1.1") ? "1.1" : "2";
        assertThat(run(command)).isEqualTo("200 " + spoken + " 300000\n");
        assertThat(Files.mismatch(directory.resolve("site/file"), Path.of(target)))
                .isEqualTo(-1);
        Path file = directory.resolve("site/file");
        String put = tls ? secure(weir, "/put") : clear(weir, "/put");
        assertThat(run(
                        "curl",
                        "-sS",
                        "--ipv4",
                        "--cacert",
                        authority.file().toString(),
                        version,
                        "--data-binary",
                        "@" + file,
                        put))
                .endsWith(" 300000");
    }

    @Test
    void curl_eachVersionOverTls_filesAndUploads() throws Exception {
        Programs.assumeInstalled("curl");
        try (RunningWeir weir = weir(plainNginx(), "")) {
            filesByCurl(weir, "--http1.1", true);
            filesByCurl(weir, "--http2", true);
            filesByCurl(weir, "--http1.1", false);
            filesByCurl(weir, "--http2-prior-knowledge", false);
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void nginx_withHttp2InClear_servesBothVersions() throws Exception {
        Programs.assumeInstalled("curl");
        try (RunningWeir weir = weir(http2Nginx(), "http: [h2]")) {
            filesByCurl(weir, "--http1.1", true);
            filesByCurl(weir, "--http2", true);
            assertThat(run("curl", "-sS", "--ipv4", clear(weir, "/protocol"))).isEqualTo("HTTP/2.0 http");
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void nginx_withTls_isVerifiedAndSpokenToInTheBestVersion() throws Exception {
        Programs.assumeInstalled("curl");
        int port = tlsNginx();
        String trusted = "tls: { server-name: localhost, ca: \"" + authority.file() + "\" }";
        try (RunningWeir weir = weir(port, trusted + ", http: [h2, http/1.1]")) {
            filesByCurl(weir, "--http2", true);
            assertThat(run("curl", "-sS", "--ipv4", clear(weir, "/protocol"))).isEqualTo("HTTP/2.0 https");
            Quiet.awaitQuiet(weir);
        }
        try (RunningWeir weir = weir(port, trusted)) {
            assertThat(run("curl", "-sS", "--ipv4", clear(weir, "/protocol"))).isEqualTo("HTTP/1.1 https");
            Quiet.awaitQuiet(weir);
        }
        try (RunningWeir weir = weir(port, "tls: { server-name: other.test, ca: \"" + authority.file() + "\" }")) {
            String format = "%{http_code}";
            assertThat(run("curl", "-sS", "--ipv4", "-o", "/dev/null", "-w", format, clear(weir, "/protocol")))
                    .isEqualTo("502");
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void nghttp_manyRequestsOnOneConnection_allAnswered() throws Exception {
        Programs.assumeInstalled("nghttp");
        try (RunningWeir weir = weir(plainNginx(), "")) {
            String report = run("nghttp", "-nv", "-m20", clear(weir, "/file"));
            assertThat(report.split(":status: 200", -1)).hasSize(21);
            assertThat(report).doesNotContain("RST_STREAM");
            run("nghttp", "-n", "-d", directory.resolve("site/file").toString(), secure(weir, "/put"));
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void h2load_underLoad_allSucceed() throws Exception {
        Programs.assumeInstalled("h2load");
        int http2 = http2Nginx();
        try (RunningWeir weir = weir(http2, "http: [h2]")) {
            for (String url : new String[] {secure(weir, "/small"), clear(weir, "/small"), secure(weir, "/file")}) {
                int requests = url.endsWith("small") ? 5000 : 300;
                String report = run("h2load", "-n" + requests, "-c10", "-m20", url);
                assertThat(report).contains(requests + " succeeded, 0 failed, 0 errored, 0 timeout");
                assertThat(report).contains("status codes: " + requests + " 2xx");
            }
            String upload = run(
                    "h2load",
                    "-n200",
                    "-c5",
                    "-m10",
                    "-d",
                    directory.resolve("site/file").toString(),
                    secure(weir, "/put"));
            assertThat(upload).contains("200 succeeded, 0 failed, 0 errored, 0 timeout");
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void openssl_eachVersion_isServedAsConfigured() throws Exception {
        Programs.assumeInstalled("openssl");
        try (RunningWeir weir = weir(plainNginx(), "")) {
            for (String version : new String[] {"-tls1_2", "-tls1_3"}) {
                String report = sClient(weir, version, "-alpn", "h2,http/1.1");
                assertThat(report).contains("Verify return code: 0 (ok)").contains("ALPN protocol: h2");
            }
            assertThat(sClient(weir, "-alpn", "http/1.1")).contains("ALPN protocol: http/1.1");
            assertThat(sClient(weir, "-tls1_3")).contains("No ALPN negotiated");
            Quiet.awaitQuiet(weir);
        }
    }

    private String sClient(RunningWeir weir, String... options) throws Exception {
        String[] command = {
            "openssl",
            "s_client",
            "-connect",
            "127.0.0.1:" + weir.port(),
            "-servername",
            "localhost",
            "-verify_hostname",
            "localhost",
            "-CAfile",
            authority.file().toString(),
        };
        String[] all = java.util.Arrays.copyOf(command, command.length + options.length);
        System.arraycopy(options, 0, all, command.length, options.length);
        return run(all);
    }
}
