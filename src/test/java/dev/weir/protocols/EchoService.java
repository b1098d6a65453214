package dev.weir.protocols;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Deadline;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.MethodType;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A gRPC server of grpc-java with one method of each kind. Messages are plain bytes, so that nothing has to be generated. */
final class EchoService implements AutoCloseable {
    private static final MethodDescriptor.Marshaller<byte[]> BYTES = new MethodDescriptor.Marshaller<>() {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    };

    /** Answers with the message. */
    static final MethodDescriptor<byte[], byte[]> UNARY = method(MethodType.UNARY, "Unary");

    /** Answers with as many messages as the request has bytes, each one byte of it. */
    static final MethodDescriptor<byte[], byte[]> DOWN = method(MethodType.SERVER_STREAMING, "Down");

    /** Answers at the end with one message: the number of bytes that came, as four bytes. */
    static final MethodDescriptor<byte[], byte[]> UP = method(MethodType.CLIENT_STREAMING, "Up");

    /** Answers each message with itself. */
    static final MethodDescriptor<byte[], byte[]> BOTH = method(MethodType.BIDI_STREAMING, "Both");

    /** Fails at once, without a message. */
    static final MethodDescriptor<byte[], byte[]> FAILING = method(MethodType.UNARY, "Failing");

    /** Never answers. */
    static final MethodDescriptor<byte[], byte[]> SILENT = method(MethodType.UNARY, "Silent");

    static final Metadata.Key<byte[]> BINARY = Metadata.Key.of("seen-bin", Metadata.BINARY_BYTE_MARSHALLER);

    private final Server server;
    private final AtomicInteger calls = new AtomicInteger();
    private final AtomicInteger canceled = new AtomicInteger();
    private volatile @Nullable Deadline lastDeadline;

    EchoService() throws IOException {
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .directExecutor()
                .maxInboundMessageSize(64 << 20)
                .addService(service())
                .intercept(new Watch())
                .build()
                .start();
    }

    private static MethodDescriptor<byte[], byte[]> method(MethodType type, String name) {
        return MethodDescriptor.newBuilder(BYTES, BYTES)
                .setType(type)
                .setFullMethodName(MethodDescriptor.generateFullMethodName("weir.test.Echo", name))
                .build();
    }

    private ServerServiceDefinition service() {
        return ServerServiceDefinition.builder("weir.test.Echo")
                .addMethod(UNARY, ServerCalls.asyncUnaryCall((message, to) -> {
                    to.onNext(message);
                    to.onCompleted();
                }))
                .addMethod(DOWN, ServerCalls.asyncServerStreamingCall((message, to) -> {
                    for (byte octet : message) {
                        to.onNext(new byte[] {octet});
                    }
                    to.onCompleted();
                }))
                .addMethod(UP, ServerCalls.asyncClientStreamingCall(Sum::new))
                .addMethod(BOTH, ServerCalls.asyncBidiStreamingCall(Echo::new))
                .addMethod(
                        FAILING,
                        ServerCalls.asyncUnaryCall((message, to) -> to.onError(Status.FAILED_PRECONDITION
                                .withDescription("not today: 100%")
                                .asRuntimeException())))
                .addMethod(
                        SILENT,
                        ServerCalls.asyncUnaryCall((message, to) ->
                                ((ServerCallStreamObserver<byte[]>) to).setOnCancelHandler(canceled::incrementAndGet)))
                .build();
    }

    /** Counts calls, notes deadlines, and sends binary metadata back as header and trailer. */
    private final class Watch implements ServerInterceptor {
        @Override
        public <Q, A> ServerCall.Listener<Q> interceptCall(
                ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
            calls.incrementAndGet();
            lastDeadline = Context.current().getDeadline();
            byte[] binary = headers.get(BINARY);
            ServerCall<Q, A> returning = new io.grpc.ForwardingServerCall.SimpleForwardingServerCall<>(call) {
                @Override
                public void close(Status status, Metadata trailers) {
                    if (binary != null) {
                        trailers.put(BINARY, binary);
                    }
                    super.close(status, trailers);
                }
            };
            return Contexts.interceptCall(Context.current(), returning, headers, next);
        }
    }

    private static final class Sum implements StreamObserver<byte[]> {
        private final StreamObserver<byte[]> to;
        private int bytes;

        Sum(StreamObserver<byte[]> to) {
            this.to = to;
        }

        @Override
        public void onNext(byte[] message) {
            bytes += message.length;
        }

        @Override
        public void onError(Throwable canceled) {}

        @Override
        public void onCompleted() {
            to.onNext(java.nio.ByteBuffer.allocate(Integer.BYTES).putInt(bytes).array());
            to.onCompleted();
        }
    }

    private record Echo(StreamObserver<byte[]> to) implements StreamObserver<byte[]> {
        @Override
        public void onNext(byte[] message) {
            to.onNext(message);
        }

        @Override
        public void onError(Throwable canceled) {}

        @Override
        public void onCompleted() {
            to.onCompleted();
        }
    }

    String address() {
        return "127.0.0.1:" + server.getPort();
    }

    /** Calls that came. */
    int calls() {
        return calls.get();
    }

    /** Silent calls whose client has given up. */
    int canceled() {
        return canceled.get();
    }

    /** When the last call had to be over; null if it had all the time. */
    @Nullable Deadline lastDeadline() {
        return lastDeadline;
    }

    /** Takes no new calls: says GOAWAY. */
    void shutdown() {
        server.shutdown();
    }

    @Override
    public void close() throws InterruptedException {
        server.shutdownNow();
        server.awaitTermination(5, TimeUnit.SECONDS);
    }
}
