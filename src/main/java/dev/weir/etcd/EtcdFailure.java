package dev.weir.etcd;

import java.io.IOException;

/** etcd does not answer, or refuses. The message is a clause for the user. */
public final class EtcdFailure extends IOException {
    private static final long serialVersionUID = 1;

    /** What of it matters to whoever asked. */
    enum Kind {
        /** Another member may answer; nothing was asked of this one. */
        UNREACHABLE,
        /** Another member may answer; this one may have done what it was asked, or do it yet. */
        UNANSWERED,
        /** The login is not valid any more. */
        NOT_LOGGED_IN,
        /** The answer is no. */
        REFUSED
    }

    private final Kind kind;

    EtcdFailure(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    EtcdFailure(Kind kind, String message, Throwable cause) {
        super(message, cause);
        this.kind = kind;
    }

    Kind kind() {
        return kind;
    }

    /** Whether no member of the cluster has answered, rather than that it said no. */
    public boolean unreachable() {
        return kind == Kind.UNREACHABLE || kind == Kind.UNANSWERED;
    }

    /** Whether a member that has not answered may have done what it was asked, or do it yet. */
    public boolean unanswered() {
        return kind == Kind.UNANSWERED;
    }
}
