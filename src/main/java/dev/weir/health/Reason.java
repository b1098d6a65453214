package dev.weir.health;

import java.util.Locale;

/** Why a verdict changed: a closed list. docs/availability.md tells of each. */
public enum Reason {
    STARTED,
    FIRST_CHECK,
    CHECKS_PASSED,
    CHECKS_FAILED,
    CHECK_FAILED_WHILE_STALLED,
    CHECK_FAILED_WHILE_EJECTED,
    REFUSED,
    UNREACHABLE,
    FAILURES,
    SLOW,
    STALLED,
    EJECTION_OVER,
    BACK_OFF_OVER,
    PROBES_PASSED,
    PROBE_FAILED,
    NEEDED,
    WARMED_UP,
    CONFIGURED,
    DRAIN,
    MAINT,
    READY;

    private final String id = name().toLowerCase(Locale.ROOT).replace('_', '-');

    /** As it stands in the admin API, in metrics and in the log. */
    public String id() {
        return id;
    }
}
