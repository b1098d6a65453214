package dev.weir.health;

import dev.weir.config.Address;
import dev.weir.config.HealthConfig;
import dev.weir.http.ByteSink;
import dev.weir.http.HeadLimits;
import dev.weir.http.Headers;
import dev.weir.http.RequestHead;
import dev.weir.upstream.UpstreamStream;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;

/** The request of a check, as a head like any client's. Confined to the loop of the checks. */
final class CheckRequest {
    private static final HeadLimits UNLIMITED = new HeadLimits(Integer.MAX_VALUE, Integer.MAX_VALUE, Integer.MAX_VALUE);
    private static final String USER_AGENT = "weir-health/" + version();

    private final RequestHead head = new RequestHead();
    private final byte[] content;

    private CheckRequest(ByteSink text, byte[] content) {
        this.content = content;
        head.readWhole(text, UNLIMITED);
    }

    private static String version() {
        String version = CheckRequest.class.getPackage().getImplementationVersion();
        return version == null ? "dev" : version;
    }

    /**
     * As the configuration says.
     *
     * @throws dev.weir.http.ProtocolViolation when that is no sound request
     */
    static CheckRequest http(HealthConfig health, Address server) {
        ByteSink text = new ByteSink();
        line(health.method(), health.path().isEmpty() ? "/" : health.path(), text);
        fields(health, server, text);
        return new CheckRequest(text.putAscii("\r\n"), new byte[0]);
    }

    /** A call of the health protocol of gRPC. */
    static CheckRequest grpc(HealthConfig health, Address server) {
        ByteSink text = new ByteSink();
        line("POST", GrpcQuestion.PATH, text);
        fields(health, server, text);
        field("grpc-timeout", health.timeout().toMillis() + "m", text);
        text.putAscii("Content-Type: application/grpc\r\nTE: trailers\r\nTransfer-Encoding: chunked\r\n\r\n");
        return new CheckRequest(text, HealthMessage.request(health.service()));
    }

    private static void line(String method, String path, ByteSink to) {
        to.putAscii(method).putAscii(" ").putAscii(path).putAscii(" HTTP/1.1\r\n");
    }

    private static void fields(HealthConfig health, Address server, ByteSink to) {
        field("Host", health.host().isEmpty() ? authority(health, server) : health.host(), to);
        boolean named = false;
        for (Map.Entry<String, String> each : health.headers().entrySet()) {
            named |= each.getKey().toLowerCase(Locale.ROOT).equals("user-agent");
            field(each.getKey(), each.getValue(), to);
        }
        if (!named) {
            field("User-Agent", USER_AGENT, to);
        }
    }

    private static void field(String name, String value, ByteSink to) {
        to.putAscii(name).putAscii(": ");
        to.put(value.getBytes(StandardCharsets.UTF_8)).putAscii("\r\n");
    }

    /** The address that is checked, without the zone of a link-local one, which means something on this machine only. */
    private static String authority(HealthConfig health, Address server) {
        if (!(server instanceof Address.Inet inet)) {
            return "localhost";
        }
        int zone = inet.host().indexOf('%');
        String host = zone < 0 ? inet.host() : inet.host().substring(0, zone);
        return new Address.Inet(host, health.port() == 0 ? inet.port() : health.port()).toString();
    }

    /** Sends it all. */
    void send(UpstreamStream server) {
        ByteSink added = new ByteSink();
        if (server.exclusive()) {
            added.putAscii("Connection: close\r\n");
        }
        server.sendHead(head, 0, added);
        if (content.length > 0) {
            ByteBuf in = Unpooled.wrappedBuffer(content);
            server.sendData(in, content.length);
            in.release();
        }
        server.sendEnd(Headers.EMPTY);
    }
}
