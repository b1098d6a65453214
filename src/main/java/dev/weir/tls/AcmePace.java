package dev.weir.tls;

import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.random.RandomGenerator;

/** When a certificate is ordered, and when it is tried again after a failure. Pure. */
final class AcmePace {
    /** Public authorities allow five failures an hour for a name; one is left to whoever tries by hand. */
    static final int FAILURES_AN_HOUR = 4;

    private static final Duration FIRST_PAUSE = Duration.ofMinutes(5);
    private static final Duration LONGEST_PAUSE = Duration.ofHours(24);
    /** Where nothing was asked of the authority but whether it is there. */
    private static final Duration FIRST_PAUSE_UNREACHABLE = Duration.ofSeconds(10);

    private static final Duration LONGEST_PAUSE_UNREACHABLE = Duration.ofHours(1);

    private AcmePace() {}

    /**
     * When a certificate is renewed: at two thirds of its life or up to a thirtieth of it sooner. The certificate itself
     * decides how much, so that a restart changes nothing, and a thousand that began together do not renew together.
     */
    static Instant renewal(X509Certificate certificate) {
        Instant begin = certificate.getNotBefore().toInstant();
        Duration life = Duration.between(begin, certificate.getNotAfter().toInstant());
        long spread = life.dividedBy(30).toMillis();
        long sooner =
                spread <= 0 ? 0 : Math.floorMod(certificate.getSerialNumber().hashCode() * 0x9E3779B9L, spread);
        return begin.plus(life.multipliedBy(2).dividedBy(3)).minusMillis(sooner);
    }

    /**
     * When it is tried again.
     *
     * @param inARow how many orders have failed one after the other, at least one
     * @param lastHour when orders that the authority counts have failed, the oldest first
     */
    static Instant again(Instant now, AcmeFailure failure, int inARow, List<Instant> lastHour, RandomGenerator random) {
        boolean counted = failure.kind() != AcmeFailure.Kind.UNREACHABLE;
        Duration first = counted ? FIRST_PAUSE : FIRST_PAUSE_UNREACHABLE;
        Duration longest = counted ? LONGEST_PAUSE : LONGEST_PAUSE_UNREACHABLE;
        Duration pause = first.multipliedBy(1L << Math.min(inARow - 1, 20));
        if (pause.compareTo(longest) > 0) {
            pause = longest;
        }
        // From nine to eleven tenths.
        Instant again = now.plusMillis((long) (pause.toMillis() * (0.9 + 0.2 * random.nextDouble())));
        Instant wanted = failure.notBefore();
        return latest(again, wanted == null ? again : wanted, allowed(now, lastHour));
    }

    /** When the next order may be tried after so many failures within an hour; now when there were few. */
    static Instant allowed(Instant now, List<Instant> lastHour) {
        if (lastHour.size() < FAILURES_AN_HOUR) {
            return now;
        }
        return lastHour.get(lastHour.size() - FAILURES_AN_HOUR).plus(Duration.ofHours(1));
    }

    private static Instant latest(Instant... times) {
        Instant latest = times[0];
        for (Instant one : times) {
            latest = one.isAfter(latest) ? one : latest;
        }
        return latest;
    }
}
