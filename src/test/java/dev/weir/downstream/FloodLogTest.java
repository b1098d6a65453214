package dev.weir.downstream;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.weir.observe.Flood;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class FloodLogTest {
    private final Logger logger = (Logger) LoggerFactory.getLogger(FloodLog.class);
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();

    @BeforeEach
    void listen() {
        lines.start();
        logger.addAppender(lines);
    }

    @AfterEach
    void leave() {
        logger.detachAppender(lines);
    }

    @Test
    void manyWithinAMinute_leaveOneLineAndTheNextTellsOfTheRest() {
        FloodLog log = new FloodLog();
        long start = Long.MAX_VALUE - 5; // a clock that turns over is no reason for a line
        for (int i = 0; i < 100; i++) {
            log.calmed(":443", "192.0.2.7", Flood.RESETS, start + i);
        }
        log.calmed(":443", "", Flood.EMPTY_FRAMES, start + TimeUnit.MINUTES.toNanos(1));
        assertThat(lines.list)
                .extracting(ILoggingEvent::getFormattedMessage)
                .containsExactly(
                        "listener :443: ended an HTTP/2 connection of 192.0.2.7, which sent too much: resets (see http2 and limits"
                                + " of the listener)",
                        "listener :443: ended an HTTP/2 connection of a client, which sent too much: empty-frames (see http2"
                                + " and limits of the listener); and 99 connections since the last such line");
    }
}
