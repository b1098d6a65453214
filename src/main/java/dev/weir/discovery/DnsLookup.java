package dev.weir.discovery;

import dev.weir.discovery.DnsClient.Data;
import dev.weir.discovery.DnsClient.Entry;
import dev.weir.discovery.DnsClient.Reply;
import io.netty.handler.codec.dns.DnsRecordType;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Follows aliases from a name to the records of one type. Blocks, for virtual threads; for one look-up. */
final class DnsLookup {
    private static final int MOST_ALIASES = 8;

    private final DnsClient client;
    private final List<InetSocketAddress> servers;
    private final DnsRecordType type;

    /**
     * What there is at a name.
     *
     * @param exists whether there is such a name
     * @param data perhaps none
     * @param ttl the least of all records on the way
     */
    record Answer(boolean exists, List<Data> data, Duration ttl, InetSocketAddress server) {
        /** The failure that it is to have nothing. */
        LookupFailure absent(String what) {
            String why = exists ? "the name has no " + what : "there is no such name";
            return new LookupFailure(why + " (the DNS server " + DnsClient.shown(server) + " says)", true);
        }
    }

    DnsLookup(DnsClient client, List<InetSocketAddress> servers, DnsRecordType type) {
        this.client = client;
        this.servers = servers;
        this.type = type;
    }

    /**
     * Asks for a name and for what it is an alias of.
     *
     * @throws LookupFailure when no server answers
     */
    Answer find(String name) throws LookupFailure, InterruptedException {
        String current = name;
        Duration ttl = Duration.ofDays(1);
        Reply reply = client.ask(servers, current, type);
        for (int aliases = 0; aliases <= MOST_ALIASES; aliases++) {
            List<Data> found = new ArrayList<>();
            Entry alias = null;
            for (Entry entry : reply.entries()) {
                if (!entry.name().equalsIgnoreCase(current)) {
                    continue;
                }
                if (isWanted(entry.data())) {
                    found.add(entry.data());
                    ttl = least(ttl, entry.ttl());
                } else if (entry.data() instanceof Data.Alias) {
                    alias = entry;
                }
            }
            if (!found.isEmpty() || alias == null) {
                return new Answer(reply.exists(), found, ttl, reply.server());
            }
            current = ((Data.Alias) alias.data()).target();
            ttl = least(ttl, alias.ttl());
            if (!tellsOf(current, reply)) {
                reply = client.ask(servers, current, type);
            }
        }
        throw new LookupFailure("'" + name + "' is an alias of an alias, more than " + MOST_ALIASES + " times", false);
    }

    private static boolean tellsOf(String name, Reply reply) {
        return reply.entries().stream().anyMatch(entry -> entry.name().equalsIgnoreCase(name));
    }

    private boolean isWanted(@Nullable Data data) {
        return switch (data) {
            case Data.Address(Inet4Address _) -> type.equals(DnsRecordType.A);
            case Data.Address(Inet6Address _) -> type.equals(DnsRecordType.AAAA);
            case Data.Service _ -> type.equals(DnsRecordType.SRV);
            case null, default -> false;
        };
    }

    private static Duration least(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }
}
