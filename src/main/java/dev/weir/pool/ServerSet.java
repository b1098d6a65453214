package dev.weir.pool;

import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;

/** The servers of a pool in one snapshot, with their weights, in the order of the configuration. Immutable. */
public final class ServerSet {
    private final Server[] servers;
    private final int[] weights;
    private final int maxWeight;

    private ServerSet(Server[] servers, int[] weights) {
        this.servers = servers;
        this.weights = weights;
        this.maxWeight = Arrays.stream(weights).max().orElse(0);
    }

    /**
     * The servers with their weights.
     *
     * @param weights one for each server, 0 or more; a server of weight 0 is listed but never chosen
     * @throws IllegalArgumentException when the lengths differ or a weight is negative
     */
    public static ServerSet of(List<Server> servers, int[] weights) {
        if (servers.size() != weights.length) {
            throw new IllegalArgumentException(servers.size() + " servers with " + weights.length + " weights");
        }
        if (Arrays.stream(weights).anyMatch(weight -> weight < 0)) {
            throw new IllegalArgumentException("a weight is negative: " + Arrays.toString(weights));
        }
        return new ServerSet(servers.toArray(Server[]::new), weights.clone());
    }

    /** Each server, in order. */
    public void forEach(Consumer<Server> action) {
        for (Server server : servers) {
            action.accept(server);
        }
    }

    public int size() {
        return servers.length;
    }

    /** The server at {@code index}, from 0 to {@link #size} exclusive. */
    public Server server(int index) {
        return servers[index];
    }

    /** The weight of the server at {@code index}: its share of the requests in proportion to the others. */
    public int weight(int index) {
        return weights[index];
    }

    /** The greatest weight; 0 when there are no servers. */
    public int maxWeight() {
        return maxWeight;
    }

    /** Those that may be chosen: the servers whose weight is above 0. */
    public ServerSet weighted() {
        if (Arrays.stream(weights).allMatch(weight -> weight > 0)) {
            return this;
        }
        Server[] kept = new Server[servers.length];
        int[] keptWeights = new int[servers.length];
        int size = 0;
        for (int i = 0; i < servers.length; i++) {
            if (weights[i] > 0) {
                kept[size] = servers[i];
                keptWeights[size++] = weights[i];
            }
        }
        return new ServerSet(Arrays.copyOf(kept, size), Arrays.copyOf(keptWeights, size));
    }
}
