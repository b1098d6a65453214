package dev.weir.fleet;

import dev.weir.etcd.EtcdClient;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the record of this instance in etcd for as long as it lives: by a lease, so that it goes soon after the instance
 * however that ends. A thread of its own.
 */
final class Registration implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Registration.class);
    private static final Duration LEASE = Duration.ofSeconds(10);
    private static final Duration REFRESH = Duration.ofSeconds(3);

    private final EtcdClient client;
    private final String key;
    private final Semaphore wakes = new Semaphore(0);
    private final Thread thread = Thread.ofVirtual().name("weir-fleet-instance").unstarted(this::run);
    private volatile Instance wanted;

    // Of the thread alone, and of close() when that has ended.
    private @Nullable Instance written;
    private long lease;
    private boolean failing;

    Registration(EtcdClient client, String prefix, Instance instance) {
        this.client = client;
        this.key = prefix + instance.id();
        this.wanted = instance;
    }

    void start() {
        thread.start();
    }

    Instance instance() {
        return wanted;
    }

    /** The record says this from now on. */
    void change(Instance instance) {
        wanted = instance;
        wakes.release();
    }

    private void run() {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                refresh();
                if (wakes.tryAcquire(REFRESH.toNanos(), TimeUnit.NANOSECONDS)) {
                    wakes.drainPermits();
                }
            }
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        }
    }

    private void refresh() throws InterruptedException {
        Instance now = wanted;
        try {
            if (lease == 0 || !client.keepAlive(lease)) {
                lease = client.grant(LEASE);
                written = null;
            }
            if (!now.equals(written)) {
                client.put(key, now.text(), lease);
                written = now;
            }
            failing = false;
        } catch (IOException failure) {
            if (!failing) {
                LOG.warn("fleet: this instance cannot be shown to the others: {}", failure.getMessage());
            }
            failing = true;
        }
    }

    /** The record goes at once, if etcd can be reached, else with its lease. */
    @Override
    public void close() {
        thread.interrupt();
        try {
            if (thread.join(Duration.ofSeconds(1)) && lease != 0) {
                client.revoke(lease);
            }
        } catch (IOException unreachable) {
            LOG.info("fleet: the record of this instance goes with its lease: {}", unreachable.getMessage());
        } catch (InterruptedException hurried) {
            Thread.currentThread().interrupt();
        }
    }
}
