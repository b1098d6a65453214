package dev.weir.testing;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Has {@code await()} wait as long as a busy machine may need, where a test does not say how long. Registered for all
 * tests by the service file.
 */
public final class Patience implements BeforeAllCallback {
    private static final Duration LONG_ENOUGH = Duration.ofSeconds(30);

    @Override
    public void beforeAll(ExtensionContext context) {
        Awaitility.setDefaultTimeout(LONG_ENOUGH);
    }
}
