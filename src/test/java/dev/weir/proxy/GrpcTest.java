package dev.weir.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.http.ByteSink;
import dev.weir.http.HeadLimits;
import dev.weir.http.RequestHead;
import dev.weir.observe.Cause;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GrpcTest {
    private static final HeadLimits LIMITS = new HeadLimits(1000, 1000, 20);

    private static RequestHead request(String method, String fields) {
        RequestHead head = new RequestHead();
        String text = method + " /s/m HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n\r\n";
        assertThat(head.read(Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1), LIMITS))
                .isTrue();
        return head;
    }

    private static String text(ByteSink sink) {
        return new String(sink.array(), 0, sink.length(), StandardCharsets.ISO_8859_1);
    }

    @ParameterizedTest
    @CsvSource({
        "application/grpc,application/grpc",
        "application/grpc+proto,application/grpc+proto",
        "application/grpc;charset=utf-8,application/grpc",
        "application/grpc ; a=b,application/grpc",
        "Application/GRPC,Application/GRPC",
        "application/grpc-web+proto,application/grpc-web+proto",
        "application/grpc-web-text,application/grpc-web-text",
    })
    void contentType_ofGrpc_isACall(String type, String media) {
        RequestHead request = request("POST", "Content-Type: " + type);
        assertThat(Grpc.isCall(request)).isTrue();
        ByteSink sink = new ByteSink();
        Grpc.putMediaType(request.headers(), sink);
        assertThat(text(sink)).isEqualTo(media);
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/grpcs", "application/grp", "application/json", "text/application/grpc", ""})
    void contentType_other_isNoCall(String type) {
        assertThat(Grpc.isCall(request("POST", "Content-Type: " + type))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "HEAD", "PUT", "OPTIONS"})
    void method_other_isNoCall(String method) {
        assertThat(Grpc.isCall(request(method, "Content-Type: application/grpc")))
                .isFalse();
    }

    @Test
    void contentType_absent_isNoCall() {
        assertThat(Grpc.isCall(request("POST", "A: b"))).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "1n,1",
        "7u,7000",
        "100m,100000000",
        "2S,2000000000",
        "3M,180000000000",
        "1H,3600000000000",
        "0S,0",
        "00000010S,10000000000",
        "99999999S,99999999000000000",
        "99999999H," + Long.MAX_VALUE / 2,
    })
    void timeout_ofEachUnit_isRead(String value, long nanos) {
        assertThat(Grpc.timeoutNanos(request("POST", "grpc-timeout: " + value).headers()))
                .isEqualTo(nanos);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "S", "1", "1s", "1h", "-1S", "+1S", "1.5S", "1 S", "100000000n", "1SS", "0x1S", "१S"})
    void timeout_malformed_isRefused(String value) {
        String bytes = new String(value.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        assertThat(Grpc.timeoutNanos(request("POST", "grpc-timeout: " + bytes).headers()))
                .isEqualTo(Grpc.MALFORMED);
    }

    @Test
    void timeout_repeated_isRefused() {
        assertThat(Grpc.timeoutNanos(
                        request("POST", "grpc-timeout: 1S\r\ngrpc-timeout: 1S").headers()))
                .isEqualTo(Grpc.MALFORMED);
    }

    @ParameterizedTest
    @CsvSource({
        "-5,1n",
        "0,1n",
        "99999999,99999999n",
        "100000000,100000u",
        "1999999999,1999999u",
        "100000000000,100000m",
        "99999999999999999,99999999S",
        Long.MAX_VALUE / 2 + ",76861433M",
    })
    void timeLeft_isWrittenInTheFinestUnit(long nanos, String value) {
        ByteSink sink = new ByteSink();
        Grpc.putTimeout(nanos, sink);
        assertThat(text(sink)).isEqualTo("grpc-timeout: " + value + "\r\n");
    }

    @Test
    void message_withOddBytes_isEncoded() {
        ByteSink sink = new ByteSink();
        Grpc.putMessage("100% ä\r\n", sink);
        assertThat(text(sink)).isEqualTo("100%25 %C3%A4%0D%0A");
    }

    @Test
    void status_ofEachCause_isAGrpcFailure() {
        assertThat(Arrays.stream(Cause.values()).map(Grpc::status)).allMatch(status -> status > 0 && status <= 16);
        assertThat(Grpc.status(Cause.NO_SERVER)).isEqualTo(14);
        assertThat(Grpc.status(Cause.CONNECT_REFUSED)).isEqualTo(14);
        assertThat(Grpc.status(Cause.FIRST_BYTE_TIMEOUT)).isEqualTo(4);
        assertThat(Grpc.status(Cause.NO_ROUTE)).isEqualTo(12);
    }
}
