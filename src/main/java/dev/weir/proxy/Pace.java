package dev.weir.proxy;

import dev.weir.upstream.UpstreamStream;

/**
 * Holds a server back whose client does not take the answer as fast as it comes: what one read brings has to be held
 * here when the client does not take it. From a server whose client is behind, less is read at a time; from one whose
 * client takes nothing more, nothing. Belongs to one exchange and is used again for its next request. Confined to its
 * loop.
 */
final class Pace {
    /** Pieces of content from which on the client's side is asked for what it takes at once. */
    private static final int LARGE = 32 << 10;

    /** A client that takes so much at once is not behind. */
    private static final int ROOMY = 256 << 10;

    private final Attempts attempts;
    /** The client takes less than one read brings. */
    private boolean behind;

    Pace(Attempts attempts) {
        this.attempts = attempts;
    }

    /** A piece of so many bytes has been given to the client. */
    void passed(int length, ClientStream client) {
        if (length >= LARGE || behind) {
            adjust(client);
        }
        if (!client.writable()) {
            client.flush();
            UpstreamStream source = attempts.stream();
            if (source != null && !client.writable()) {
                source.reading(false);
            }
        }
    }

    private void adjust(ClientStream client) {
        UpstreamStream source = attempts.stream();
        if (source != null) {
            behind = client.room() < ROOMY;
            source.readingLess(behind);
        }
    }

    /** The client takes more again. */
    void goOn() {
        UpstreamStream source = attempts.stream();
        if (source != null) {
            source.reading(true);
        }
    }

    void clear() {
        behind = false;
    }
}
