package dev.weir.downstream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.RawClient;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import org.junit.jupiter.api.Test;

/** What of a message is passed on, what is taken out, and what is added. */
class ForwardingIT {
    private static final String SPOOFED = "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\n"
            + "X-Forwarded-Host: evil\r\nForwarded: for=6.6.6.6;host=evil\r\nx-forwarded-for: 7.7.7.7\r\n";

    /** The head that a server sees of this request. */
    private static String seen(String listenerKeys, String request) throws Exception {
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir weir = RunningWeir.before(listenerKeys, "", server);
                RawClient client = weir.connect()) {
            client.send(request);
            RawClient.Message response = client.readMessage();
            assertThat(response.status()).as(response.content()).isEqualTo(200);
            return response.content();
        }
    }

    /** The head that a client sees of this response. */
    private static String relayed(String listenerKeys, String response) throws Exception {
        try (ScriptedServer server = ScriptedServer.answering(response);
                RunningWeir weir = RunningWeir.before(listenerKeys, "", server);
                RawClient client = weir.connect()) {
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            return client.readHead();
        }
    }

    @Test
    void fields_ofTheRequest_arrivePlainInTheirOrder() throws Exception {
        assertThat(seen(
                        "forwarding: { x-forwarded: off, forwarded: off }",
                        "GET /a?b HTTP/1.1\r\nHost: a:81\r\n" + "X-b:  2 \r\nx-A: 1\r\ncookie: x\r\nx-a: 3\r\n\r\n"))
                .isEqualTo("GET /a?b HTTP/1.1\r\nHost: a:81\r\nX-b:  2 \r\nx-A: 1\r\ncookie: x\r\nx-a: 3\r\n\r\n");
    }

    @Test
    void hopByHopFields_ofTheRequest_areTakenOut() throws Exception {
        String head = seen(
                "",
                "GET / HTTP/1.1\r\nHost: a\r\nConnection: x-secret, close\r\nConnection: keep-alive\r\n"
                        + "X-Secret: 1\r\nKeep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\nTE: gzip\r\n"
                        + "HTTP2-Settings: AAMAAABkAAQAAP__\r\nUpgrade: foo\r\nX-Kept: 1\r\n\r\n");
        assertThat(head)
                .contains("\r\nX-Kept: 1\r\n")
                .doesNotContainIgnoringCase("secret")
                .doesNotContainIgnoringCase("keep-alive")
                .doesNotContainIgnoringCase("\r\nconnection:")
                .doesNotContainIgnoringCase("\r\nte:")
                .doesNotContainIgnoringCase("upgrade")
                .doesNotContainIgnoringCase("http2-settings");
    }

    @Test
    void hopByHopFields_ofTheResponse_areTakenOut() throws Exception {
        assertThat(relayed(
                        "",
                        "HTTP/1.1 200 Fine\r\nContent-Length: 0\r\nConnection: x-secret, keep-alive\r\n"
                                + "X-Secret: 1\r\nKeep-Alive: timeout=5\r\nUpgrade: h2c\r\nX-Kept: 1\r\n\r\n"))
                .startsWith("HTTP/1.1 200 Fine\r\n")
                .contains("\r\nX-Kept: 1\r\n")
                .doesNotContainIgnoringCase("secret")
                .doesNotContainIgnoringCase("keep-alive")
                .doesNotContainIgnoringCase("upgrade");
    }

    @Test
    void trailersAsked_byTheClient_areAskedOfTheServer() throws Exception {
        assertThat(seen("", "GET / HTTP/1.1\r\nHost: a\r\nConnection: TE\r\nTE: trailers, gzip\r\n\r\n"))
                .contains("\r\nConnection: TE\r\n", "\r\nTE: trailers\r\n");
    }

    @Test
    void connectionOptions_namingFramingOrHost_takeNothingAway() throws Exception {
        assertThat(
                        seen(
                                "",
                                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
                                        + "Connection: host, content-length, transfer-encoding, x-forwarded-for, forwarded\r\n\r\nabc"))
                .contains("\r\nHost: a\r\n", "\r\nContent-Length: 3\r\n", "\r\nX-Forwarded-For: 127.0.0.1\r\n")
                .endsWith("\r\n\r\nabc");
        assertThat(seen(
                        "",
                        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
                                + "Connection: transfer-encoding\r\n\r\n3\r\nabc\r\n0\r\n\r\n"))
                .contains("\r\nTransfer-Encoding: chunked\r\n")
                .endsWith("\r\n\r\nabc");
    }

    @Test
    void forwardingFields_ofAnUntrustedClient_areReplaced() throws Exception {
        assertThat(seen("", "GET / HTTP/1.1\r\nHost: shop:80\r\n" + SPOOFED + "\r\n"))
                .contains(
                        "\r\nX-Forwarded-For: 127.0.0.1\r\n",
                        "\r\nX-Forwarded-Proto: http\r\n",
                        "\r\nX-Forwarded-Host: shop:80\r\n",
                        "\r\nForwarded: for=127.0.0.1;proto=http;host=\"shop:80\"\r\n")
                .doesNotContain("6.6.6.6", "7.7.7.7", "evil");
    }

    @Test
    void forwardingFields_ofAnUntrustedClientWhenNoneAreSent_areTakenOut() throws Exception {
        assertThat(seen(
                        "forwarding: { x-forwarded: off, forwarded: off }",
                        "GET / HTTP/1.1\r\nHost: a\r\n" + SPOOFED + "\r\n"))
                .doesNotContain("6.6.6.6", "7.7.7.7", "evil");
    }

    @Test
    void otherNamesForTheClient_ofAnUntrustedClient_areTakenOut() throws Exception {
        String fields = "X-Real-IP: 6.6.6.6\r\nX-Forwarded-Port: 666\r\n";
        assertThat(seen("", "GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n")).doesNotContain("666", "6.6.6");
        assertThat(seen("trusted-proxies: [\"127.0.0.0/8\"]", "GET / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n"))
                .contains(fields);
    }

    @Test
    void forwardingFields_ofATrustedProxy_areCarriedOn() throws Exception {
        assertThat(seen("trusted-proxies: [\"127.0.0.0/8\"]", "GET / HTTP/1.1\r\nHost: shop\r\n" + SPOOFED + "\r\n"))
                .contains(
                        "\r\nX-Forwarded-For: 6.6.6.6, 7.7.7.7, 127.0.0.1\r\n",
                        "\r\nX-Forwarded-Proto: https\r\n",
                        "\r\nX-Forwarded-Host: evil\r\n",
                        "\r\nForwarded: for=6.6.6.6;host=evil, for=127.0.0.1;proto=http;host=\"shop\"\r\n");
    }

    @Test
    void forwardingFields_ofATrustedProxyThatSaysNothing_beginHere() throws Exception {
        assertThat(seen("trusted-proxies: [\"127.0.0.0/8\"]", "GET / HTTP/1.1\r\nHost: shop\r\n\r\n"))
                .contains(
                        "\r\nX-Forwarded-For: 127.0.0.1\r\n",
                        "\r\nX-Forwarded-Proto: http\r\n",
                        "\r\nX-Forwarded-Host: shop\r\n");
    }

    @Test
    void via_whenOn_isAddedBothWays() throws Exception {
        String on = "forwarding: { via: on }";
        assertThat(seen(on, "GET / HTTP/1.1\r\nHost: a\r\nVia: 1.0 b\r\n\r\n"))
                .contains("\r\nVia: 1.0 b\r\n", "\r\nVia: 1.1 weir\r\n");
        assertThat(relayed(on, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")).contains("\r\nVia: 1.1 weir\r\n");
        assertThat(relayed("", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")).doesNotContain("Via");
    }

    @Test
    void absoluteForm_isSentAsOriginFormWithTheTargetsHost() throws Exception {
        assertThat(seen("", "GET http://real:81/a?b HTTP/1.1\r\nHost: other\r\n\r\n"))
                .startsWith("GET /a?b HTTP/1.1\r\n")
                .contains("Host: real:81\r\n", "\r\nX-Forwarded-Host: real:81\r\n")
                .doesNotContain("other");
        assertThat(seen("", "GET http://real?b HTTP/1.1\r\nHost: other\r\n\r\n"))
                .startsWith("GET /?b HTTP/1.1\r\n");
        assertThat(seen("", "OPTIONS http://real HTTP/1.1\r\nHost: other\r\n\r\n"))
                .startsWith("OPTIONS * HTTP/1.1\r\n");
    }

    @Test
    void asteriskForm_staysAsItIs() throws Exception {
        assertThat(seen("", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n")).startsWith("OPTIONS * HTTP/1.1\r\n");
    }

    @Test
    void oldClient_withoutHost_getsTheServersName() throws Exception {
        assertThat(seen("", "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"))
                .startsWith("GET / HTTP/1.1\r\nHost: 127.0.0.1:")
                .doesNotContain("X-Forwarded-Host");
    }

    @Test
    void date_missingInTheResponse_isAdded() throws Exception {
        assertThat(relayed("", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
                .containsPattern("\r\nDate: \\w{3}, \\d{2} ");
        assertThat(relayed("", "HTTP/1.1 200 OK\r\nDate: then\r\nContent-Length: 0\r\n\r\n"))
                .containsOnlyOnce("Date: ")
                .contains("Date: then");
    }

    @Test
    void reasonPhrase_ofTheServer_isKeptEvenEmpty() throws Exception {
        assertThat(relayed("", "HTTP/1.1 299 Quite \u00e9\r\nContent-Length: 0\r\n\r\n"))
                .startsWith("HTTP/1.1 299 Quite \u00e9\r\n");
        assertThat(relayed("", "HTTP/1.1 299\r\nContent-Length: 0\r\n\r\n")).startsWith("HTTP/1.1 299 \r\n");
    }
}
