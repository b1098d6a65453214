package dev.weir;

import static org.assertj.core.api.Assertions.assertThat;

import dev.weir.testing.RunningWeir;
import dev.weir.testing.ScriptedServer;
import java.io.OutputStream;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Signals that come before there is a Weir that could obey them. */
class SignalsIT {
    @Test
    void whatComesEarly_isObeyedOnceWhenTheInstanceIsThere() throws Exception {
        Signals signals = new Signals(new PrintStream(OutputStream.nullOutputStream()));
        List<String> done = new ArrayList<>();
        signals.obey(_ -> done.add("early"));
        try (ScriptedServer server = ScriptedServer.echoing();
                RunningWeir running = RunningWeir.before(server)) {
            assertThat(done).isEmpty();
            signals.control(running.weir(), () -> {});
            assertThat(done).containsExactly("early");
            signals.obey(_ -> done.add("later"));
            signals.control(running.weir(), () -> {});
            assertThat(done).containsExactly("early", "later");
        }
    }
}
