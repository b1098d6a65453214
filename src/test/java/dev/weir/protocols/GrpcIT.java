package dev.weir.protocols;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.weir.testing.Programs;
import dev.weir.testing.Quiet;
import dev.weir.testing.RunningWeir;
import dev.weir.testing.TestAuthority;
import io.grpc.CallOptions;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** grpc-java on both sides of Weir: HTTP/2 over TLS to its clients, without it to its servers. */
class GrpcIT {
    @TempDir
    Path directory;

    private @Nullable TestAuthority authority;

    private RunningWeir weir(String poolKeys, EchoService... servers) throws Exception {
        return weir(poolKeys, Stream.of(servers).map(EchoService::address).collect(Collectors.joining("\", \"")));
    }

    private RunningWeir weir(String poolKeys, String addresses) throws Exception {
        TestAuthority made = TestAuthority.in(directory);
        authority = made;
        return RunningWeir.of("""
                event-loops: 1
                admin: { bind: "127.0.0.1:0" }
                shutdown: { deadline: 5s }
                listeners: [{ bind: "127.0.0.1:0", tls: { certificates: [%s] } }]
                pools: { web: { health: off, http: [h2], servers: ["%s"], %s } }
                """.formatted(made.server("weir.test").yaml(), addresses, poolKeys));
    }

    private ManagedChannel channel(RunningWeir weir) throws Exception {
        Path trusted = Objects.requireNonNull(authority).file();
        return NettyChannelBuilder.forAddress("127.0.0.1", weir.port())
                .overrideAuthority("weir.test")
                .sslContext(GrpcSslContexts.forClient()
                        .trustManager(trusted.toFile())
                        .build())
                .maxInboundMessageSize(64 << 20)
                .directExecutor()
                .build();
    }

    private static byte[] call(ManagedChannel channel, MethodDescriptor<byte[], byte[]> method, byte[] message) {
        return ClientCalls.blockingUnaryCall(
                channel, method, CallOptions.DEFAULT.withDeadlineAfter(60, TimeUnit.SECONDS), message);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static Status failure(Runnable call) {
        AtomicReference<Status> status = new AtomicReference<>(Status.OK);
        assertThatThrownBy(call::run)
                .isInstanceOfSatisfying(StatusRuntimeException.class, thrown -> status.set(thrown.getStatus()));
        return status.get();
    }

    /** What comes, in its order; the end as an empty message, a failure as its status. */
    private static final class Received implements StreamObserver<byte[]> {
        private final BlockingQueue<Object> all = new LinkedBlockingQueue<>();

        @Override
        public void onNext(byte[] message) {
            all.add(message);
        }

        @Override
        public void onError(Throwable failure) {
            all.add(Status.fromThrowable(failure));
        }

        @Override
        public void onCompleted() {
            all.add(Status.OK);
        }

        byte[] message() throws InterruptedException {
            return (byte[]) next();
        }

        Status end() throws InterruptedException {
            return (Status) next();
        }

        private Object next() throws InterruptedException {
            Object next = all.poll(30, TimeUnit.SECONDS);
            assertThat(next).as("nothing came in time").isNotNull();
            return next;
        }
    }

    @Test
    void unary_smallAndLarge_comesBack() throws Exception {
        try (EchoService server = new EchoService();
                RunningWeir weir = weir("", server)) {
            ManagedChannel channel = channel(weir);
            for (int size : new int[] {0, 1, 5000, 70_000, 5_000_000}) {
                byte[] message = new byte[size];
                Arrays.fill(message, (byte) size);
                assertThat(call(channel, EchoService.UNARY, message)).isEqualTo(message);
            }
            end(channel);
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void metadata_inBinary_comesBackAsTrailer() throws Exception {
        try (EchoService server = new EchoService();
                RunningWeir weir = weir("", server)) {
            ManagedChannel channel = channel(weir);
            Metadata sent = new Metadata();
            byte[] odd = {0, -1, 13, 10, ':'};
            sent.put(EchoService.BINARY, odd);
            AtomicReference<Metadata> headers = new AtomicReference<>();
            AtomicReference<Metadata> trailers = new AtomicReference<>();
            ClientCalls.blockingUnaryCall(
                    io.grpc.ClientInterceptors.intercept(
                            channel,
                            MetadataUtils.newAttachHeadersInterceptor(sent),
                            MetadataUtils.newCaptureMetadataInterceptor(headers, trailers)),
                    EchoService.UNARY,
                    CallOptions.DEFAULT,
                    bytes("x"));
            assertThat(trailers.get().get(EchoService.BINARY)).isEqualTo(odd);
            end(channel);
        }
    }

    @Test
    void streams_ofEachKind_areWhole() throws Exception {
        try (EchoService server = new EchoService();
                RunningWeir weir = weir("", server)) {
            ManagedChannel channel = channel(weir);
            Iterator<byte[]> down = ClientCalls.blockingServerStreamingCall(
                    channel, EchoService.DOWN, CallOptions.DEFAULT, new byte[3000]);
            List<byte[]> all = new ArrayList<>();
            down.forEachRemaining(all::add);
            assertThat(all).hasSize(3000);

            Received sum = new Received();
            StreamObserver<byte[]> up =
                    ClientCalls.asyncClientStreamingCall(channel.newCall(EchoService.UP, CallOptions.DEFAULT), sum);
            for (int i = 0; i < 1000; i++) {
                up.onNext(new byte[500]);
            }
            up.onCompleted();
            assertThat(ByteBuffer.wrap(sum.message()).getInt()).isEqualTo(500_000);
            assertThat(sum.end().isOk()).isTrue();
            end(channel);
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void bidirectionalStream_messageByMessage_isAPingPong() throws Exception {
        try (EchoService server = new EchoService();
                RunningWeir weir = weir("", server)) {
            ManagedChannel channel = channel(weir);
            Received received = new Received();
            StreamObserver<byte[]> both = ClientCalls.asyncBidiStreamingCall(
                    channel.newCall(EchoService.BOTH, CallOptions.DEFAULT), received);
            for (int i = 0; i < 200; i++) {
                byte[] message = bytes("message " + i);
                both.onNext(message);
                assertThat(received.message()).isEqualTo(message);
            }
            both.onCompleted();
            assertThat(received.end().isOk()).isTrue();
            end(channel);
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void failure_ofTheServer_comesWithItsText() throws Exception {
        try (EchoService server = new EchoService();
                RunningWeir weir = weir("", server)) {
            ManagedChannel channel = channel(weir);
            for (int i = 0; i < 3; i++) {
                Status status = failure(() -> call(channel, EchoService.FAILING, bytes("x")));
                assertThat(status.getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
                assertThat(status.getDescription()).isEqualTo("not today: 100%");
            }
            end(channel);
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void failure_ofWeir_isUnavailableWithItsCause() throws Exception {
        try (RunningWeir weir = weir("queue: { requests: 0 }", "127.0.0.1:" + Programs.freePort())) {
            ManagedChannel channel = channel(weir);
            Status status = failure(() -> call(channel, EchoService.UNARY, bytes("x")));
            assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
            assertThat(status.getDescription()).isEqualTo("connect-refused: The server refused the connection.");
            end(channel);
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void deadline_passed_endsTheCallAtTheServerToo() throws Exception {
        try (EchoService server = new EchoService();
                RunningWeir weir = weir("", server)) {
            ManagedChannel channel = channel(weir);
            call(
                    channel,
                    EchoService.UNARY,
                    bytes("w")); // so that there are connections, and the next call gets through
            Status status = failure(() -> ClientCalls.blockingUnaryCall(
                    channel,
                    EchoService.SILENT,
                    CallOptions.DEFAULT.withDeadlineAfter(2, TimeUnit.SECONDS),
                    bytes("x")));
            assertThat(status.getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
            assertThat(server.lastDeadline()).isNotNull();
            await().until(() -> server.canceled() == 1);
            assertThat(call(channel, EchoService.UNARY, bytes("y"))).isEqualTo(bytes("y"));
            end(channel);
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void cancellation_byTheClient_reachesTheServer() throws Exception {
        try (EchoService server = new EchoService();
                RunningWeir weir = weir("", server)) {
            ManagedChannel channel = channel(weir);
            var pending =
                    ClientCalls.futureUnaryCall(channel.newCall(EchoService.SILENT, CallOptions.DEFAULT), bytes("x"));
            await().until(() -> server.calls() == 1);
            pending.cancel(true);
            await().until(() -> server.canceled() == 1);
            end(channel);
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void calls_ofOneChannel_areSharedAmongTheServers() throws Exception {
        try (EchoService one = new EchoService();
                EchoService two = new EchoService();
                RunningWeir weir = weir("balance: round-robin", one, two)) {
            ManagedChannel channel = channel(weir);
            for (int i = 0; i < 40; i++) {
                call(channel, EchoService.UNARY, bytes("x"));
            }
            assertThat(one.calls()).isEqualTo(20);
            assertThat(two.calls()).isEqualTo(20);
            assertThat(weir.metric("weir_downstream_connections_accepted_total"))
                    .isEqualTo(1.0);
            end(channel);
        }
    }

    @Test
    void calls_whileAServerLeaves_allSucceed() throws Exception {
        try (EchoService staying = new EchoService();
                EchoService leaving = new EchoService();
                RunningWeir weir = weir("balance: round-robin", staying, leaving)) {
            ManagedChannel channel = channel(weir);
            for (int i = 0; i < 200; i++) {
                if (i == 50) {
                    leaving.shutdown();
                }
                assertThat(call(channel, EchoService.UNARY, bytes("x"))).isEqualTo(bytes("x"));
            }
            assertThat(leaving.calls()).isPositive();
            end(channel);
            Quiet.awaitQuiet(weir);
        }
    }

    @Test
    void callsAtTheSameTime_onOneChannel_areNotMixedUp() throws Exception {
        try (EchoService server = new EchoService();
                RunningWeir weir = weir("", server)) {
            ManagedChannel channel = channel(weir);
            List<Received> answers = new ArrayList<>();
            for (int i = 0; i < 300; i++) {
                Received received = new Received();
                ClientCalls.asyncUnaryCall(
                        channel.newCall(EchoService.UNARY, CallOptions.DEFAULT), bytes("call " + i), received);
                answers.add(received);
            }
            for (int i = 0; i < 300; i++) {
                assertThat(answers.get(i).message()).isEqualTo(bytes("call " + i));
                assertThat(answers.get(i).end().isOk()).isTrue();
            }
            end(channel);
            Quiet.awaitQuiet(weir);
        }
    }

    private static void end(ManagedChannel channel) throws InterruptedException {
        channel.shutdownNow();
        assertThat(channel.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
    }
}
