package dev.weir.health;

import dev.weir.config.HealthConfig;
import dev.weir.http.Field;
import dev.weir.http.Headers;
import dev.weir.http.ResponseHead;
import dev.weir.observe.Cause;
import dev.weir.upstream.UpstreamClaim;
import dev.weir.upstream.UpstreamListener;
import dev.weir.upstream.UpstreamPool;
import dev.weir.upstream.UpstreamStream;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** A call of {@code grpc.health.v1.Health/Check}, whose answer must be SERVING. */
final class GrpcQuestion implements Question {
    static final String PATH = "/grpc.health.v1.Health/Check";

    private static final String MEDIA_TYPE = "application/grpc";
    private static final byte[] STATUS = "grpc-status".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] MESSAGE = "grpc-message".getBytes(StandardCharsets.US_ASCII);
    private static final int HTTP_STATUS = 200;
    private static final int NOT_FOUND = 5;
    private static final int UNIMPLEMENTED = 12;
    private static final String[] NAMES = {
        "OK",
        "CANCELLED",
        "UNKNOWN",
        "INVALID_ARGUMENT",
        "DEADLINE_EXCEEDED",
        "NOT_FOUND",
        "ALREADY_EXISTS",
        "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION",
        "ABORTED",
        "OUT_OF_RANGE",
        "UNIMPLEMENTED",
        "INTERNAL",
        "UNAVAILABLE",
        "DATA_LOSS",
        "UNAUTHENTICATED"
    };

    private final HealthConfig health;
    private final CheckRequest request;
    private final byte[] answer = new byte[HealthMessage.LONGEST];
    private int length;

    GrpcQuestion(HealthConfig health, CheckRequest request) {
        this.health = health;
        this.request = request;
    }

    @Override
    public UpstreamClaim connect(UpstreamPool pool, UpstreamListener listener, long now) {
        return pool.acquire(listener, true, now);
    }

    @Override
    public @Nullable Verdict ask(UpstreamStream server) {
        if (server.exclusive()) {
            return Verdict.down("this pool's servers are spoken to in HTTP/1.1, gRPC needs HTTP/2");
        }
        request.send(server);
        return null;
    }

    @Override
    public @Nullable Verdict head(ResponseHead head) {
        if (head.status() != HTTP_STATUS) {
            return Verdict.down("status " + head.status() + ", which is no answer of gRPC");
        }
        Headers fields = head.headers();
        int type = fields.indexOf(Field.CONTENT_TYPE);
        if (type < 0 || !fields.value(type).startsWith(MEDIA_TYPE)) {
            String found = type < 0 ? "none" : fields.value(type);
            return Verdict.down("content type " + found + ", which is no answer of gRPC");
        }
        return fields.indexOf(STATUS, 0) < 0 ? null : failure(fields);
    }

    @Override
    public @Nullable Verdict content(ByteBuf in, int more) {
        if (more > answer.length - length) {
            in.skipBytes(more);
            return Verdict.down(Cause.RESPONSE_MALFORMED, "an answer of the health protocol is shorter");
        }
        in.readBytes(answer, length, more);
        length += more;
        return null;
    }

    @Override
    public Verdict end(Headers trailers) {
        Verdict failure = failure(trailers);
        if (failure != null) {
            return failure;
        }
        int status = HealthMessage.status(answer, length);
        return switch (status) {
            case HealthMessage.SERVING -> Verdict.up("SERVING");
            case HealthMessage.UNREADABLE ->
                Verdict.down(Cause.RESPONSE_MALFORMED, "no message of the health protocol");
            case HealthMessage.NOT_SERVING -> Verdict.down("NOT_SERVING");
            default -> Verdict.down("serving status " + status + ", which is not SERVING");
        };
    }

    /** What the call's status says against the server; null for success. */
    private @Nullable Verdict failure(Headers fields) {
        int at = fields.indexOf(STATUS, 0);
        if (at < 0) {
            return Verdict.down(Cause.RESPONSE_MALFORMED, "there is no grpc-status");
        }
        int status = number(fields.value(at));
        if (status == 0) {
            return null;
        }
        String name = status > 0 && status < NAMES.length ? " (" + NAMES[status] + ")" : "";
        return Verdict.down("grpc-status " + fields.value(at) + name + explained(status, fields));
    }

    private String explained(int status, Headers fields) {
        if (status == UNIMPLEMENTED) {
            return ": the server has no health service";
        }
        if (status == NOT_FOUND) {
            return ": the server does not know the service \"" + health.service() + '"';
        }
        int message = fields.indexOf(MESSAGE, 0);
        return message < 0 ? "" : ": " + decoded(fields.value(message));
    }

    /** Percent-decoded as far as it is soundly encoded. */
    private static String decoded(String message) {
        try {
            return QueryStringDecoder.decodeComponent(message.replace("+", "%2B"));
        } catch (IllegalArgumentException unsound) {
            return message;
        }
    }

    /** -1 for what is no number. */
    private static int number(String text) {
        int number = 0;
        for (int i = 0; i < text.length(); i++) {
            int digit = text.charAt(i) - '0';
            if (digit < 0 || digit > 9 || i > 3) {
                return -1;
            }
            number = 10 * number + digit;
        }
        return text.isEmpty() ? -1 : number;
    }
}
