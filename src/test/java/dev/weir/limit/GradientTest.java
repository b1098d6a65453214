package dev.weir.limit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.config.ConcurrencyConfig;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GradientTest {
    private static final double SERVICE_NANOS = 10e6;

    private final Gradient gradient =
            new Gradient(new ConcurrencyConfig(ConcurrencyConfig.Limit.ADAPTIVE, 20, 4, 1000));

    /** A tenth of a second of a server that serves {@code places} requests at once, with {@code inFlight} given to it. */
    private void tenth(int places, int inFlight, double noise) {
        double nanos = SERVICE_NANOS * Math.max(1, (double) inFlight / places) * noise;
        long count = (long) (Math.min(inFlight, places) * 100e6 / SERVICE_NANOS);
        gradient.sample(count, count * nanos, inFlight);
    }

    @Test
    void limit_noRequests_stays() {
        for (int i = 0; i < 1000; i++) {
            gradient.sample(0, 0, 0);
        }
        assertThat(gradient.limit()).isEqualTo(20);
    }

    @Test
    void limit_littleUsed_doesNotGrow() {
        for (int i = 0; i < 1000; i++) {
            tenth(100, 5, 1);
        }
        assertThat(gradient.limit()).isEqualTo(20);
    }

    @Test
    void limit_usedAndFast_grows() {
        for (int i = 0; i < 100; i++) {
            tenth(1000, gradient.limit(), 1);
        }
        assertThat(gradient.limit()).isGreaterThan(100);
    }

    @ParameterizedTest
    @ValueSource(ints = {8, 32, 200})
    void limit_overload_settlesBetweenTheCapacityAndTwiceIt(int places) {
        Random random = new Random(places);
        for (int i = 0; i < 50; i++) {
            tenth(places, places / 2, 1);
        }
        for (int i = 0; i < 200; i++) {
            tenth(places, gradient.limit(), 0.9 + 0.2 * random.nextDouble());
        }
        assertThat(gradient.limit()).isBetween(places, 2 * places + 12);
    }

    @Test
    void limit_overloadForAnHour_doesNotBecomeUsual() {
        for (int i = 0; i < 36_000; i++) {
            tenth(32, gradient.limit(), 1);
        }
        assertThat(gradient.limit()).isLessThan(1000);
    }

    @Test
    void limit_serverBecomesSlow_shrinksToTheLeastAndComesBack() {
        for (int i = 0; i < 50; i++) {
            tenth(40, 30, 1);
        }
        for (int i = 0; i < 50; i++) {
            gradient.sample(20, 20 * SERVICE_NANOS * 100, gradient.limit());
        }
        assertThat(gradient.limit()).isLessThan(12);
        for (int i = 0; i < 100; i++) {
            tenth(40, gradient.limit(), 1);
        }
        assertThat(gradient.limit()).isGreaterThanOrEqualTo(40);
    }

    @Test
    void limit_always_isWithinItsBounds() {
        Random random = new Random(7);
        for (int i = 0; i < 10_000; i++) {
            int count = random.nextInt(100);
            gradient.sample(count, count * Math.exp(random.nextDouble() * 20), random.nextInt(2000));
            assertThat(gradient.limit()).isBetween(4, 1000);
        }
    }
}
