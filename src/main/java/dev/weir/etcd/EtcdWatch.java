package dev.weir.etcd;

import java.io.InputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MappingIterator;

/** A stream of changes. A thread of its own reads it; whoever watches takes from a bounded queue. */
final class EtcdWatch implements AutoCloseable {
    private static final int MOST_QUEUED = 256;

    private final InputStream stream;
    private final BlockingQueue<Batch> queue = new LinkedBlockingQueue<>(MOST_QUEUED);
    private final Thread thread = Thread.ofVirtual().name("weir-etcd-watch").unstarted(this::read);

    /** One change. */
    record Event(boolean deleted, KeyValue key) {}

    /**
     * Changes that were made together, or the end.
     *
     * @param end why there is nothing more, as a clause; empty when there may be
     * @param compacted whether the end is that old changes are not kept any more, so that all is to be read anew
     */
    record Batch(List<Event> events, String end, boolean compacted) {}

    EtcdWatch(InputStream stream) {
        this.stream = stream;
        thread.start();
    }

    /** The next changes; null when there were none for so long. */
    @Nullable Batch next(Duration most) throws InterruptedException {
        return queue.poll(most.toNanos(), TimeUnit.NANOSECONDS);
    }

    private void read() {
        try {
            queue.put(new Batch(List.of(), readToEnd(), false));
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        }
    }

    private String readToEnd() throws InterruptedException {
        try (MappingIterator<JsonNode> messages =
                EtcdClient.JSON.readerFor(JsonNode.class).readValues(stream)) {
            while (messages.hasNextValue()) {
                Batch batch = batch(messages.nextValue());
                if (!batch.events().isEmpty() || !batch.end().isEmpty()) {
                    queue.put(batch);
                }
            }
            return "etcd has ended the watch";
        } catch (JacksonException broken) {
            return "the watch has broken off";
        }
    }

    private static Batch batch(JsonNode message) {
        if (message.has("error")) {
            JsonNode error = message.path("error");
            String why = error.path("message").asString(error.toString());
            return new Batch(List.of(), "etcd has ended the watch: " + why, false);
        }
        JsonNode result = message.path("result");
        if (EtcdClient.number(result.path("compact_revision")) > 0) {
            return new Batch(List.of(), "old changes are not kept any more", true);
        }
        if (result.path("canceled").asBoolean(false)) {
            String why = result.path("cancel_reason").asString("no reason given");
            return new Batch(List.of(), "etcd has ended the watch: " + why, false);
        }
        List<Event> events = new ArrayList<>();
        for (JsonNode event : result.path("events")) {
            boolean deleted = event.path("type").asString("PUT").equals("DELETE");
            events.add(new Event(deleted, EtcdClient.keyValue(event.path("kv"))));
        }
        return new Batch(events, "", false);
    }

    @Override
    public void close() {
        thread.interrupt(); // which closes the connection from which it reads
    }
}
