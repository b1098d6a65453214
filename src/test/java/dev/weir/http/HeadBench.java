package dev.weir.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What reading one head costs, from a direct buffer as it comes from a socket, and what copying its fields costs. Run:
 *
 * <pre>
 * ./build test-compile dependency:build-classpath -Dmdep.outputFile=target/classpath
 * java -cp target/test-classes:target/classes:$(cat target/classpath) org.openjdk.jmh.Main HeadBench
 * </pre>
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(
        value = 1,
        jvmArgs = {"-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"})
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class HeadBench {
    private static final HeadLimits LIMITS = new HeadLimits(8192, 32_768, 128);
    private static final String WRK = """
            GET / HTTP/1.1
            Host: 127.0.0.1:8080
            Accept: */*
            User-Agent: wrk/4.1.0

            """;
    private static final String BROWSER = """
            GET /shop/articles/4711/pictures?size=large&page=3 HTTP/1.1
            Host: www.example.com
            Connection: keep-alive
            sec-ch-ua: "Chromium";v="140", "Not=A?Brand";v="24", "Google Chrome";v="140"
            sec-ch-ua-mobile: ?0
            sec-ch-ua-platform: "Linux"
            User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36
            Accept: image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8
            Sec-Fetch-Site: same-origin
            Referer: https://www.example.com/shop/articles/4711
            Accept-Encoding: gzip, deflate, br, zstd
            Accept-Language: de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7
            Cookie: session=0b5f9d1c8f7a4d0e9f9b6a3f0c1d2e3f; consent=all; theme=dark

            """;
    private static final String RESPONSE = """
            HTTP/1.1 200 OK
            Server: nginx/1.31.0
            Date: Sun, 22 Nov 2026 10:00:00 GMT
            Content-Type: text/html; charset=utf-8
            Content-Length: 1024
            Connection: keep-alive

            """;

    @Param({"wrk", "browser"})
    public String head = "";

    private final RequestHead request = new RequestHead();
    private final RequestHead parsed = new RequestHead();
    private final ResponseHead response = new ResponseHead();
    private final ByteSink sink = new ByteSink();
    private ByteBuf requestBytes = Unpooled.EMPTY_BUFFER;
    private ByteBuf responseBytes = Unpooled.EMPTY_BUFFER;

    @Setup(Level.Trial)
    public void setUp() {
        requestBytes = direct(head.equals("wrk") ? WRK : BROWSER);
        responseBytes = direct(RESPONSE);
        if (!parsed.read(requestBytes.duplicate(), LIMITS)) {
            throw new IllegalStateException("head: not complete");
        }
    }

    @TearDown(Level.Trial)
    public void tearDown() {
        requestBytes.release();
        responseBytes.release();
    }

    @Benchmark
    public boolean requestHead() {
        request.reset();
        return request.read(requestBytes.readerIndex(0), LIMITS);
    }

    @Benchmark
    public boolean responseHead() {
        response.reset();
        return response.read(responseBytes.readerIndex(0), LIMITS);
    }

    @Benchmark
    public int copyFields() {
        sink.clear();
        HeaderRules.copyFields(parsed.headers(), HeaderRules.HOP_BY_HOP | Field.X_FORWARDED_FOR.mask, sink);
        return sink.length();
    }

    private static ByteBuf direct(String lines) {
        byte[] bytes = lines.replace("\n", "\r\n").getBytes(StandardCharsets.US_ASCII);
        return PooledByteBufAllocator.DEFAULT.directBuffer(bytes.length).writeBytes(bytes);
    }
}
