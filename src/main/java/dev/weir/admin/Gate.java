package dev.weir.admin;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who is let in: looked at when the head of a request is there, before its content is taken in. For the admin port's
 * loop.
 */
final class Gate {
    /** What orchestrators ask, which have no token. */
    private static final Set<String> OPEN = Set.of("/livez", "/readyz");
    /** What a page of another site could make use of. */
    private static final String API = "/v1/";

    private static final int LONGEST_CHANGE = 1 << 20;
    /** A whole configuration file. */
    private static final int LONGEST_PLAN = 4 << 20;

    private final @Nullable Token token;
    private final Trusted trusted;

    /**
     * A gate.
     *
     * @param token null when none is asked for
     */
    Gate(@Nullable Token token, Trusted trusted) {
        this.token = token;
        this.trusted = trusted;
    }

    /** Why this request is not let in; null when it is. */
    @Nullable AdminResponse refusal(AdminRequest head) {
        if (OPEN.contains(head.rawPath()) && head.reads()) {
            return null;
        }
        if (token != null && !token.isShownBy(head.field("authorization"))) {
            return AdminResponse.problem(401, "This admin port asks for its token: 'Authorization: Bearer …'.")
                    .with("WWW-Authenticate", "Bearer realm=\"weir\"");
        }
        if (head.rawPath().startsWith(API) && trusted.refuses(head)) {
            return AdminResponse.problem(403, "Pages of other sites may not use the admin API through a browser.");
        }
        return null;
    }

    /** The most bytes of content that this request may have. */
    int longestContent(AdminRequest head) {
        return head.rawPath().equals("/v1/plan") ? LONGEST_PLAN : LONGEST_CHANGE;
    }
}
