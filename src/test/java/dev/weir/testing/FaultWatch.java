package dev.weir.testing;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.AppenderBase;
import io.netty.buffer.PooledByteBufAllocator;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.slf4j.LoggerFactory;

/**
 * Fails an integration test class in which anything was logged as an error: a buffer that Netty's leak detector found
 * lost, or a failure that Weir did not expect. Registered for all tests by the service file.
 */
public final class FaultWatch implements BeforeAllCallback, AfterAllCallback {
    private static final Errors ERRORS = new Errors();

    private static final class Errors extends AppenderBase<ILoggingEvent> {
        private final List<String> messages = new CopyOnWriteArrayList<>();

        @Override
        protected void append(ILoggingEvent event) {
            if (event.getLevel().isGreaterOrEqual(Level.ERROR)) {
                IThrowableProxy cause = event.getThrowableProxy();
                messages.add(event.getThreadName() + ": " + event.getFormattedMessage()
                        + (cause == null ? "" : "\n" + ThrowableProxyUtil.asString(cause)));
            }
        }
    }

    @Override
    public void beforeAll(ExtensionContext context) {
        if (!ERRORS.isStarted()) {
            Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
            ERRORS.setContext(root.getLoggerContext());
            ERRORS.start();
            root.addAppender(ERRORS);
        }
        ERRORS.messages.clear();
    }

    @Override
    public void afterAll(ExtensionContext context) {
        if (context.getRequiredTestClass().getSimpleName().endsWith("IT")) {
            // A lost buffer is found when it has been collected and another one is taken.
            System.gc();
            for (int i = 0; i < 16; i++) {
                PooledByteBufAllocator.DEFAULT.directBuffer(16).release();
            }
            assertThat(ERRORS.messages).as("errors in the log").isEmpty();
        }
    }
}
