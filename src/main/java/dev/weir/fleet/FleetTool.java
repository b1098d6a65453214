package dev.weir.fleet;

import dev.weir.etcd.EtcdClient;
import dev.weir.etcd.EtcdFailure;
import dev.weir.etcd.KeyValue;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/** What the command line does with a fleet from outside. Blocks. */
public final class FleetTool {
    private final FleetAddress address;
    private final EtcdClient client;

    /**
     * A configuration that was put in place.
     *
     * @param before the revision of the one that it follows; 0 when it is the first
     * @param now its own revision; that of before when nothing has changed
     */
    public record Pushed(long before, long now) {}

    /**
     * A fleet as it stands.
     *
     * @param revision of the configuration in etcd; 0 when there is none
     */
    public record Overview(long revision, List<Instance> instances) {}

    /** @param environment for the user and the authorities of etcd */
    public FleetTool(FleetAddress address, Map<String, String> environment) throws IOException {
        this.address = address;
        this.client = address.client(environment);
    }

    /**
     * Puts a configuration in place, unless somebody else does at the same moment.
     *
     * @throws IOException with a sentence for the user; then nothing has changed, or etcd did not say
     */
    public Pushed push(String config) throws IOException, InterruptedException {
        List<KeyValue> found = client.get(address.configKey()).keys();
        long before = found.isEmpty() ? 0 : found.getFirst().revision();
        if (!found.isEmpty() && found.getFirst().value().equals(config)) {
            return new Pushed(before, before);
        }
        long now;
        try {
            now = client.putIf(address.configKey(), before, config);
        } catch (EtcdFailure failure) {
            throw failure.unanswered()
                    ? new IOException(
                            failure.getMessage() + "; it may be in place all the same, or be yet: 'weir status --fleet "
                                    + address + "' tells",
                            failure)
                    : failure;
        }
        if (now == 0) {
            throw new IOException(
                    "somebody else has just put another configuration in place; look at it, then try again");
        }
        return new Pushed(before, now);
    }

    /** Who there is. */
    public Overview overview() throws IOException, InterruptedException {
        List<KeyValue> config = client.get(address.configKey()).keys();
        List<Instance> instances = client.prefix(address.instancesPrefix()).keys().stream()
                .map(Instance::of)
                .toList();
        return new Overview(config.isEmpty() ? 0 : config.getFirst().revision(), instances);
    }
}
