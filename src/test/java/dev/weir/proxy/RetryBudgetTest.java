package dev.weir.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class RetryBudgetTest {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

    private static int takeAll(RetryBudget budget, long now) {
        int taken = 0;
        while (budget.tryTake(now)) {
            taken++;
        }
        return taken;
    }

    @Test
    void floor_givesItsCreditsFromTheStart() {
        RetryBudget budget = new RetryBudget(1, 20, 10, 0);
        assertThat(takeAll(budget, 0)).isEqualTo(100);
        assertThat(takeAll(budget, SECOND)).isBetween(9, 10);
    }

    @Test
    void arrivals_ofAllLoops_giveTheirShare() {
        RetryBudget budget = new RetryBudget(3, 20, 0, 0);
        assertThat(budget.tryTake(0)).isFalse();
        for (int i = 0; i < 300; i++) {
            budget.arrived(i % 3);
        }
        assertThat(takeAll(budget, SECOND / 10)).isBetween(59, 60);
    }

    @Test
    void steadyDemand_getsTheShareOfTheArrivals() {
        RetryBudget budget = new RetryBudget(1, 20, 0, 0);
        int taken = 0;
        for (int i = 1; i <= 100_000; i++) {
            budget.arrived(0);
            taken += budget.tryTake(i * SECOND / 1000) ? 1 : 0;
        }
        assertThat(taken).isBetween(19_700, 20_000);
    }

    @Test
    void creditsNotUsed_fade() {
        RetryBudget budget = new RetryBudget(1, 20, 0, 0);
        for (int i = 0; i < 100_000; i++) {
            budget.arrived(0);
        }
        takeAll(budget, SECOND);
        for (int i = 0; i < 1_000; i++) {
            budget.arrived(0);
        }
        assertThat(takeAll(budget, 61 * SECOND)).isLessThan(50);
    }

    @Test
    void longCalm_savesUpTenSecondsAtMost() {
        RetryBudget budget = new RetryBudget(1, 20, 10, 0);
        for (int i = 0; i < 3_600_000; i++) {
            budget.arrived(0);
        }
        assertThat(takeAll(budget, 3600 * SECOND)).isBetween(2_000, 2_101);
    }
}
