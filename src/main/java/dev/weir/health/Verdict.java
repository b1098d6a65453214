package dev.weir.health;

import dev.weir.observe.Cause;
import org.jspecify.annotations.Nullable;

/** What an answer says of its server, and why. Evidence may quote the server: it is cut and cleaned here. */
record Verdict(boolean up, @Nullable Cause cause, String evidence) {
    private static final int LONGEST_EVIDENCE = 200;

    Verdict {
        evidence = clean(evidence);
    }

    static Verdict up(String evidence) {
        return new Verdict(true, null, evidence);
    }

    static Verdict down(String evidence) {
        return new Verdict(false, null, evidence);
    }

    static Verdict down(Cause cause, String detail) {
        return new Verdict(false, cause, detail.isEmpty() ? cause.id() : cause.id() + ": " + detail);
    }

    private static String clean(String text) {
        StringBuilder cleaned = new StringBuilder(Math.min(text.length(), LONGEST_EVIDENCE));
        for (int i = 0; i < text.length(); i++) {
            if (i == LONGEST_EVIDENCE) {
                return cleaned.append('…').toString();
            }
            char c = text.charAt(i);
            cleaned.append(Character.isISOControl(c) || Character.isSurrogate(c) ? '?' : c);
        }
        return cleaned.toString();
    }
}
