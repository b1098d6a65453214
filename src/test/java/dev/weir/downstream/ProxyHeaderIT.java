package dev.weir.downstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.weir.testing.RawClient;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import dev.weir.testing.TestAuthority;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The PROXY protocol in front of HTTP and TLS: who is believed, and what is refused. */
class ProxyHeaderIT {
    private static final String TRUSTING = "proxy-protocol: on\ntrusted-proxies: [\"127.0.0.0/8\"]";
    private static final String GET = "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    private static final byte[] V2 = {13, 10, 13, 10, 0, 13, 10, 81, 85, 73, 84, 10};

    private static RunningWeir weir(String keys, ScriptedServer server) {
        return RunningWeir.before(keys, "", server);
    }

    private static void awaitRefused(RunningWeir weir, int count) {
        await().untilAsserted(() -> {
            assertThat(weir.metric("weir_failures_total{cause=\"proxy-header-refused\",side=\"client\"}"))
                    .isEqualTo(count);
            assertThat(weir.metric("weir_downstream_connections_refused_total")).isEqualTo(count);
            assertThat(weir.metric("weir_downstream_connections_open")).isZero();
        });
    }

    private static byte[] v2(int command, int family, byte[] addresses, int extension) {
        ByteArrayOutputStream header = new ByteArrayOutputStream();
        header.writeBytes(V2);
        header.write(0x20 | command);
        header.write(family);
        int length = addresses.length + extension;
        header.write(length >> 8);
        header.write(length);
        header.writeBytes(addresses);
        if (extension > 0) {
            // One extension of an unknown kind.
            header.write(0xE0);
            header.write((extension - 3) >> 8);
            header.write(extension - 3);
            header.writeBytes(new byte[extension - 3]);
        }
        return header.toByteArray();
    }

    private static byte[] together(byte[] header, String rest) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        all.writeBytes(header);
        all.writeBytes(rest.getBytes(StandardCharsets.US_ASCII));
        return all.toByteArray();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "PROXY TCP4 192.0.2.7 192.0.2.1 4711 80\r\n=192.0.2.7",
                "PROXY TCP6 2001:db8::7 2001:db8::1 4711 80\r\n=2001:db8::7",
                "PROXY UNKNOWN\r\n=127.0.0.1"
            })
    void version1_fromATrustedPeer_tellsTheClient(String headerAndClient) throws Exception {
        int end = headerAndClient.indexOf('=');
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = weir(TRUSTING, server)) {
            String answer = weir.exchange(headerAndClient.substring(0, end) + GET);
            assertThat(answer).contains("X-Forwarded-For: " + headerAndClient.substring(end + 1) + "\r\n");
        }
    }

    @Test
    void version2_withExtensionsOrLocal_isUnderstood() throws Exception {
        byte[] addresses = {(byte) 192, 0, 2, 9, 127, 0, 0, 1, 1, 1, 0, 80};
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = weir(TRUSTING, server);
                RawClient proxied = weir.connect();
                RawClient extended = weir.connect();
                RawClient local = weir.connect()) {
            proxied.send(together(v2(1, 0x11, addresses, 0), GET));
            assertThat(proxied.readToEnd()).contains("X-Forwarded-For: 192.0.2.9\r\n");
            extended.send(together(v2(1, 0x11, addresses, 2000), GET));
            assertThat(extended.readToEnd()).contains("X-Forwarded-For: 192.0.2.9\r\n");
            local.send(together(v2(0, 0, new byte[0], 0), GET));
            assertThat(local.readToEnd()).contains("X-Forwarded-For: 127.0.0.1\r\n");
        }
    }

    @Test
    void clientBehindTheProxy_isNotTrustedForItsOwnFields() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = weir(TRUSTING, server)) {
            String answer = weir.exchange("PROXY TCP4 192.0.2.7 192.0.2.1 4711 80\r\n"
                    + "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 1.2.3.4\r\nConnection: close\r\n\r\n");
            assertThat(answer).contains("X-Forwarded-For: 192.0.2.7\r\n").doesNotContain("1.2.3.4");
        }
    }

    @Test
    void headerByteByByte_isUnderstood() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = weir(TRUSTING, server);
                RawClient client = weir.connect()) {
            for (char each : ("PROXY TCP4 192.0.2.7 192.0.2.1 4711 80\r\n" + GET).toCharArray()) {
                client.send(String.valueOf(each));
            }
            assertThat(client.readToEnd()).contains("X-Forwarded-For: 192.0.2.7\r\n");
        }
    }

    @Test
    void untrustedPeer_isClosedUnheard() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = weir("proxy-protocol: on\ntrusted-proxies: [\"192.0.2.0/24\"]", server);
                RawClient client = weir.connect()) {
            assertThat(client.readToEnd()).isEmpty();
            awaitRefused(weir, 1);
            assertThat(server.accepted()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                GET,
                "PROXY TCP4 not-an-address 192.0.2.1 4711 80\r\n",
                "PROXY TCP4 192.0.2.7 192.0.2.1 4711 99999\r\n",
                "PROXY TCP4 192.0.2.7 192.0.2.1 4711 80 and so on and on and on and on and on and on and on and on, with no end"
            })
    void anythingButAHeader_isRefused(String bytes) throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = weir(TRUSTING, server);
                RawClient client = weir.connect()) {
            client.send(bytes);
            assertThat(client.readToEnd()).isEmpty();
            awaitRefused(weir, 1);
            assertThat(server.accepted()).isZero();
        }
    }

    @Test
    void extensionsBeyondTheBound_areRefused() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = weir(TRUSTING, server);
                RawClient client = weir.connect()) {
            client.send(v2(1, 0x11, new byte[12], 60_000));
            assertThat(client.readToEnd()).isEmpty();
            awaitRefused(weir, 1);
        }
    }

    @Test
    void halfAHeader_thenSilenceOrEnd_isRefused() throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = weir(TRUSTING + "\ntimeouts: { handshake: 300ms }", server);
                RawClient silent = weir.connect();
                RawClient ended = weir.connect()) {
            silent.send("PROXY TCP4 192.0");
            ended.send(V2);
            ended.sendEnd();
            assertThat(ended.readToEnd()).isEmpty();
            assertThat(silent.readToEnd()).isEmpty();
            awaitRefused(weir, 2);
        }
    }

    @Test
    void headerBeforeTls_tellsTheClientOfTheTlsConnection(@TempDir Path directory) throws Exception {
        TestAuthority authority = TestAuthority.in(directory);
        String tls = "tls: { certificates: [" + authority.server("site.example").yaml() + "] }\nhttp: [http/1.1]\n";
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = weir(tls + TRUSTING, server);
                Socket plain = new Socket()) {
            plain.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), weir.port()), 30_000);
            plain.setSoTimeout(30_000);
            plain.getOutputStream()
                    .write("PROXY TCP4 192.0.2.7 192.0.2.1 4711 443\r\n".getBytes(StandardCharsets.US_ASCII));
            try (SSLSocket socket = (SSLSocket)
                    authority.trusting().getSocketFactory().createSocket(plain, "site.example", weir.port(), true)) {
                socket.getOutputStream().write(GET.getBytes(StandardCharsets.US_ASCII));
                String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
                assertThat(answer).contains("X-Forwarded-For: 192.0.2.7\r\n").contains("X-Forwarded-Proto: https\r\n");
            }
        }
    }
}
