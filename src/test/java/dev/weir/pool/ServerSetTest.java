package dev.weir.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.weir.config.Address;
import java.util.List;
import org.junit.jupiter.api.Test;

class ServerSetTest {
    private final Server one = new Server("web", new Address.Inet("::1", 80), 0);
    private final Server two = new Server("web", new Address.Unix("/run/two"), 1);

    @Test
    void of_weights_areKeptInOrder() {
        ServerSet set = ServerSet.of(List.of(one, two), new int[] {2, 1});
        assertThat(set.server(1).name()).isEqualTo("unix:/run/two");
        assertThat(set.weight(0)).isEqualTo(2);
        assertThat(set.maxWeight()).isEqualTo(2);
        assertThat(set.weighted()).isSameAs(set);
    }

    @Test
    void weighted_weightZero_isLeftOut() {
        ServerSet set = ServerSet.of(List.of(one, two), new int[] {0, 3}).weighted();
        assertThat(set.size()).isEqualTo(1);
        assertThat(set.server(0)).isSameAs(two);
    }

    @Test
    void of_wrongWeights_isRefused() {
        assertThatThrownBy(() -> ServerSet.of(List.of(one), new int[] {1, 2}))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> ServerSet.of(List.of(one), new int[] {-1}))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void endpoints_unresolved_isEmpty() {
        assertThat(one.endpoints()).isEmpty();
    }

    @Test
    void end_withoutBegin_isAnError() {
        assertThatThrownBy(one::end).isInstanceOf(AssertionError.class).hasMessageContaining("[::1]:80");
    }
}
