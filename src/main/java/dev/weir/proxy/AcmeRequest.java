package dev.weir.proxy;

import dev.weir.http.Method;
import dev.weir.http.RequestHead;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** The request by which an authority verifies over HTTP that a name leads here (RFC 8555 section 8.3). */
final class AcmeRequest {
    private static final byte[] PATH = "/.well-known/acme-challenge/".getBytes(StandardCharsets.US_ASCII);
    private static final int LONGEST_TOKEN = 256;

    private AcmeRequest() {}

    /** What is answered; null for every other request, and where nobody expects this one: then it takes its way. */
    static @Nullable String answer(RequestHead request, RequestPlan.@Nullable Proofs proofs) {
        if (proofs == null) {
            return null;
        }
        String token = token(request);
        return token.isEmpty() ? null : proofs.answer(token);
    }

    /** The token that is asked for; empty when it is another request. */
    private static String token(RequestHead request) {
        int start = request.pathStart();
        int length = request.targetEnd() - start - PATH.length;
        boolean read = request.method() == Method.GET || request.method() == Method.HEAD;
        if (!read || length <= 0 || length > LONGEST_TOKEN) {
            return "";
        }
        for (int i = 0; i < PATH.length; i++) {
            if (request.bytes()[start + i] != PATH[i]) {
                return "";
            }
        }
        return new String(request.bytes(), start + PATH.length, length, StandardCharsets.ISO_8859_1);
    }
}
