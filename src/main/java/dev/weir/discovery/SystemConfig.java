package dev.weir.discovery;

import io.netty.resolver.HostsFileEntriesProvider;
import io.netty.util.NetUtil;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** {@code /etc/resolv.conf} and {@code /etc/hosts}, read again when they change. Blocks; any thread. */
final class SystemConfig {
    private static final int DNS_PORT = 53;
    private static final int MOST_NDOTS = 15;
    private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Path resolvConf;
    private final Path hosts;
    private long looked;
    private @Nullable Object stamp;
    private Servers servers = new Servers(List.of(), List.of(), 1);
    private @Nullable HostsFileEntriesProvider entries;

    /**
     * What resolv.conf says.
     *
     * @param addresses perhaps none
     * @param search the domains in which a short name is looked for
     * @param ndots a name with so many dots is tried as it is first
     */
    record Servers(List<InetSocketAddress> addresses, List<String> search, int ndots) {}

    SystemConfig(Path resolvConf, Path hosts) {
        this.resolvConf = resolvConf;
        this.hosts = hosts;
    }

    static SystemConfig ofThisMachine() {
        return new SystemConfig(Path.of("/etc/resolv.conf"), Path.of("/etc/hosts"));
    }

    synchronized Servers servers() {
        refresh();
        return servers;
    }

    /** The addresses that the hosts file has for a name, those of IPv4 first; perhaps none. */
    synchronized List<InetAddress> hosts(String name) {
        refresh();
        List<InetAddress> found = new ArrayList<>();
        if (entries != null) {
            String key = name.toLowerCase(Locale.ROOT);
            found.addAll(entries.ipv4Entries().getOrDefault(key, List.of()));
            found.addAll(entries.ipv6Entries().getOrDefault(key, List.of()));
        }
        return found;
    }

    private void refresh() {
        long now = System.nanoTime();
        if (stamp != null && now - looked < LOOK_NANOS) {
            return;
        }
        looked = now;
        Object current = List.of(stamp(resolvConf), stamp(hosts));
        if (!current.equals(stamp)) {
            stamp = current;
            servers = servers(lines(resolvConf));
            entries = HostsFileEntriesProvider.parser().parseSilently(hosts.toFile());
        }
    }

    private static Object stamp(Path file) {
        try {
            return List.of(Files.getLastModifiedTime(file), Files.size(file));
        } catch (IOException absent) {
            return "absent";
        }
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException unreadable) {
            return List.of();
        }
    }

    /** As resolv.conf(5) has it: the last of {@code search} and {@code domain} counts. */
    static Servers servers(List<String> lines) {
        List<InetSocketAddress> addresses = new ArrayList<>();
        List<String> search = List.of();
        int ndots = 1;
        for (String line : lines) {
            List<String> words = List.of(line.strip().split("\\s+"));
            List<String> values = words.subList(1, words.size());
            switch (words.getFirst()) {
                case "nameserver" -> values.stream().limit(1).forEach(value -> add(addresses, value));
                case "search" -> search = values;
                case "domain" -> search = values.stream().limit(1).toList();
                case "options" -> ndots = ndots(values, ndots);
                default -> {
                    // Comments, and what is of no use here.
                }
            }
        }
        return new Servers(List.copyOf(addresses), search, ndots);
    }

    private static void add(List<InetSocketAddress> addresses, String text) {
        byte[] literal = NetUtil.createByteArrayFromIpAddressString(text);
        if (literal != null) {
            try {
                addresses.add(new InetSocketAddress(InetAddress.getByAddress(literal), DNS_PORT));
            } catch (UnknownHostException impossible) {
                throw new IllegalStateException(impossible);
            }
        }
    }

    private static int ndots(List<String> options, int otherwise) {
        int ndots = otherwise;
        for (String option : options) {
            if (option.matches("ndots:[0-9]{1,4}")) {
                ndots = Math.min(MOST_NDOTS, Integer.parseInt(option.substring("ndots:".length())));
            }
        }
        return ndots;
    }
}
