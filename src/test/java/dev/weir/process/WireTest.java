package dev.weir.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.channel.epoll.Epoll;
import io.netty.channel.unix.FileDescriptor;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(OS.LINUX)
class WireTest {
    private static final Duration LONG = Duration.ofSeconds(20);

    @TempDir
    private Path directory;

    private Wire near;
    private Wire far;

    @BeforeEach
    void connect() throws IOException {
        Epoll.ensureAvailability();
        try (Wire.Meeting meeting = new Wire.Meeting(directory.resolve("meeting"))) {
            far = Wire.to(directory.resolve("meeting"));
            near = meeting.await(LONG, () -> true);
        }
        far.within(LONG);
    }

    @AfterEach
    void close() {
        near.close();
        far.close();
    }

    @Test
    void send_moreThanASocketHolds_arrivesWhole() throws Exception {
        byte[] large = new byte[3_000_000];
        new Random(1).nextBytes(large);
        CompletableFuture<Wire.Message> received = CompletableFuture.supplyAsync(() -> {
            try {
                return far.receive(Wire.STATE);
            } catch (IOException failure) {
                throw new IllegalStateException(failure);
            }
        });
        near.send(Wire.STATE, large);
        assertThat(received.join().content).isEqualTo(large);
    }

    @Test
    void descriptor_passed_isTheSameOpenFile() throws Exception {
        FileDescriptor[] pipe = FileDescriptor.pipe();
        near.send(Wire.STATE, new byte[0]);
        near.sendDescriptor(pipe[1].intValue());
        near.send(Wire.TAKE_OVER, new byte[0]);
        far.receive(Wire.STATE);
        FileDescriptor passed = new FileDescriptor(far.receiveDescriptor());
        far.receive(Wire.TAKE_OVER);
        assertThat(passed.intValue()).isNotEqualTo(pipe[1].intValue());
        passed.write(
                ByteBuffer.allocateDirect(2)
                        .put("hi".getBytes(StandardCharsets.US_ASCII))
                        .flip(),
                0,
                2);
        ByteBuffer read = ByteBuffer.allocateDirect(2);
        assertThat(pipe[0].read(read, 0, 2)).isEqualTo(2);
        passed.close();
        pipe[0].close();
        pipe[1].close();
    }

    @Test
    void receive_refusal_isItsSentence() throws Exception {
        near.send(Wire.REFUSED, "not today".getBytes(StandardCharsets.UTF_8));
        assertThatThrownBy(() -> far.receive(Wire.STATE)).hasMessage("not today");
    }

    @Test
    void receive_otherHasEnded_saysSo() {
        near.close();
        assertThatThrownBy(() -> far.receive(Wire.STATE)).isInstanceOf(EOFException.class);
    }

    @Test
    void receive_nothingComes_isNotWaitedForLonger() {
        far.within(Duration.ofMillis(50));
        assertThatThrownBy(() -> far.receive(Wire.STATE)).hasMessage("it took too long");
    }
}
