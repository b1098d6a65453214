package dev.weir.config;

import dev.weir.config.WeirConfig.ShutdownConfig;
import dev.weir.config.WeirConfig.UpgradeConfig;
import java.time.Duration;

/** How long what is under way may go on when no more is accepted, because Weir stops or another process has taken over. */
public sealed interface DrainConfig permits ShutdownConfig, UpgradeConfig {
    /** That of requests. */
    Duration deadline();

    Duration tunnels();

    /** How long a connection that is kept open may still bring a request. */
    Duration idle();

    /** Over how long connections that are kept open begin to end. */
    Duration spread();
}
