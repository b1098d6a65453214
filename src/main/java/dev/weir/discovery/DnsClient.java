package dev.weir.discovery;

import io.netty.buffer.ByteBuf;
import io.netty.channel.AddressedEnvelope;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDatagramChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.dns.DefaultDnsQuestion;
import io.netty.handler.codec.dns.DefaultDnsRecordDecoder;
import io.netty.handler.codec.dns.DnsQuestion;
import io.netty.handler.codec.dns.DnsRawRecord;
import io.netty.handler.codec.dns.DnsRecord;
import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.handler.codec.dns.DnsResponse;
import io.netty.handler.codec.dns.DnsResponseCode;
import io.netty.handler.codec.dns.DnsSection;
import io.netty.resolver.dns.DnsNameResolver;
import io.netty.resolver.dns.DnsNameResolverBuilder;
import io.netty.resolver.dns.DnsNameResolverChannelStrategy;
import io.netty.resolver.dns.DnsNameResolverTimeoutException;
import io.netty.resolver.dns.NoopAuthoritativeDnsServerCache;
import io.netty.resolver.dns.NoopDnsCache;
import io.netty.resolver.dns.NoopDnsCnameCache;
import io.netty.util.NetUtil;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Asks DNS servers, one after the other until one answers. Netty does the wire: a port and an id at random for each
 * question, EDNS, TCP where an answer was cut short. Here are the servers' order, what counts as an answer, and records
 * with their time to live. Nothing is cached. Blocks, for virtual threads; Netty's part runs on the thread {@code weir-dns}.
 */
final class DnsClient implements AutoCloseable {
    /** What passes nearly everywhere in one packet, as the DNS flag day of 2020 has it. */
    private static final int UDP_BYTES = 1232;
    /** How often the list of servers is gone through. */
    private static final int ROUNDS = 2;

    private final EventLoopGroup group =
            new MultiThreadIoEventLoopGroup(1, new DefaultThreadFactory("weir-dns", true), NioIoHandler.newFactory());
    private final EventLoop loop = group.next();
    /** Netty forgets those that are under way when its resolver closes. */
    private final Set<CompletableFuture<?>> open = ConcurrentHashMap.newKeySet();

    private volatile boolean closed;
    private final DnsNameResolver extended;
    /** Without EDNS, for servers that do not know it. */
    private final DnsNameResolver plain;

    /** What a record says. */
    sealed interface Data {
        record Address(InetAddress address) implements Data {}

        record Alias(String target) implements Data {}

        record Service(int priority, int weight, int port, String target) implements Data {}
    }

    /** One record of an answer; the name has no final dot and is as the server wrote it. */
    record Entry(String name, Duration ttl, Data data) {}

    /** An answer, perhaps without records. */
    record Reply(boolean exists, List<Entry> entries, InetSocketAddress server) {}

    DnsClient(Duration timeout) {
        extended = resolver(timeout, true);
        plain = resolver(timeout, false);
    }

    private DnsNameResolver resolver(Duration timeout, boolean edns) {
        return new DnsNameResolverBuilder(loop)
                .datagramChannelType(NioDatagramChannel.class)
                .socketChannelType(NioSocketChannel.class)
                .datagramChannelStrategy(DnsNameResolverChannelStrategy.ChannelPerResolution)
                .queryTimeoutMillis(timeout.toMillis())
                .maxPayloadSize(UDP_BYTES)
                .optResourceEnabled(edns)
                .recursionDesired(true)
                .resolveCache(NoopDnsCache.INSTANCE)
                .cnameCache(NoopDnsCnameCache.INSTANCE)
                .authoritativeDnsServerCache(NoopAuthoritativeDnsServerCache.INSTANCE)
                .build();
    }

    /**
     * The answer of the first server that has one; that there is no such name is an answer too.
     *
     * @param name absolute, without a final dot
     * @throws LookupFailure when none has, or this is closed
     */
    Reply ask(List<InetSocketAddress> servers, String name, DnsRecordType type)
            throws LookupFailure, InterruptedException {
        DnsQuestion question;
        try {
            question = new DefaultDnsQuestion(name + ".", type);
        } catch (IllegalArgumentException malformed) {
            throw new LookupFailure("'" + name + "' is no name that can be looked up", false);
        }
        String why = "there is no DNS server to ask";
        for (int i = 0; i < ROUNDS * servers.size(); i++) {
            InetSocketAddress server = servers.get(i % servers.size());
            Object outcome = ask(extended, server, question);
            if (DnsResponseCode.FORMERR.equals(outcome) || DnsResponseCode.NOTIMP.equals(outcome)) {
                outcome = ask(plain, server, question);
            }
            if (outcome instanceof Reply reply) {
                return reply;
            }
            why = "the DNS server " + shown(server) + " " + complaint(outcome);
        }
        throw new LookupFailure(why, false);
    }

    private static String complaint(Object outcome) {
        if (outcome instanceof DnsResponseCode code) {
            String name = code.toString().replaceFirst("\\(.*", "");
            return "answers " + name.toUpperCase(Locale.ROOT);
        }
        return String.valueOf(outcome);
    }

    static String shown(InetSocketAddress server) {
        String host = NetUtil.toAddressString(server.getAddress());
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + server.getPort();
    }

    /** A {@link Reply}, the code of a refusal, or a clause that says what went wrong. */
    @SuppressWarnings("CollectionUndefinedEquality") // a future equals itself alone, which is what is meant
    private Object ask(DnsNameResolver resolver, InetSocketAddress server, DnsQuestion question)
            throws InterruptedException {
        CompletableFuture<AddressedEnvelope<DnsResponse, InetSocketAddress>> answer = new CompletableFuture<>();
        open.add(answer);
        if (closed) {
            answer.cancel(false);
        }
        try {
            // Begun on the loop, which does not end between: a question that it refuses ends here, not in Netty's log.
            loop.execute(() -> {
                Future<AddressedEnvelope<DnsResponse, InetSocketAddress>> asked = resolver.query(server, question);
                asked.addListener(done -> settle(answer, asked));
            });
            AddressedEnvelope<DnsResponse, InetSocketAddress> envelope = answer.get();
            try {
                return outcome(server, envelope.content());
            } finally {
                envelope.release();
            }
        } catch (ExecutionException failed) {
            Throwable cause = Objects.requireNonNull(failed.getCause());
            return cause instanceof DnsNameResolverTimeoutException
                    ? "does not answer"
                    : "cannot be asked (" + cause.getMessage() + ")";
        } catch (CancellationException | RejectedExecutionException end) {
            return "is not asked any more";
        } catch (InterruptedException unwanted) {
            if (!answer.cancel(false) && !answer.isCompletedExceptionally()) {
                answer.resultNow().release();
            }
            throw unwanted;
        } finally {
            open.remove(answer);
        }
    }

    private static void settle(
            CompletableFuture<AddressedEnvelope<DnsResponse, InetSocketAddress>> answer,
            Future<AddressedEnvelope<DnsResponse, InetSocketAddress>> asked) {
        if (!asked.isSuccess()) {
            answer.completeExceptionally(asked.cause());
        } else if (!answer.complete(asked.getNow())) {
            asked.getNow().release();
        }
    }

    private static Object outcome(InetSocketAddress server, DnsResponse response) {
        if (response.isTruncated()) {
            return "cut its answer short, and cannot be asked by TCP";
        }
        if (response.code().equals(DnsResponseCode.NXDOMAIN)) {
            return new Reply(false, List.of(), server);
        }
        if (!response.code().equals(DnsResponseCode.NOERROR)) {
            return response.code();
        }
        List<Entry> entries = new ArrayList<>();
        for (int i = 0; i < response.count(DnsSection.ANSWER); i++) {
            DnsRecord record = response.recordAt(DnsSection.ANSWER, i);
            Data data = record instanceof DnsRawRecord raw ? data(raw) : null;
            if (data != null) {
                entries.add(new Entry(undotted(record.name()), Duration.ofSeconds(record.timeToLive()), data));
            }
        }
        return new Reply(true, entries, server);
    }

    /** Null for a kind of record that is of no use here, and for one that is malformed. */
    private static @Nullable Data data(DnsRawRecord record) {
        ByteBuf content = record.content();
        try {
            if (record.type().equals(DnsRecordType.A) || record.type().equals(DnsRecordType.AAAA)) {
                byte[] address = new byte[content.readableBytes()];
                content.getBytes(content.readerIndex(), address);
                return new Data.Address(InetAddress.getByAddress(address));
            }
            if (record.type().equals(DnsRecordType.CNAME)) {
                return new Data.Alias(undotted(DefaultDnsRecordDecoder.decodeName(content.duplicate())));
            }
            if (record.type().equals(DnsRecordType.SRV)) {
                return service(content.duplicate());
            }
        } catch (UnknownHostException | RuntimeException malformed) {
            return null;
        }
        return null;
    }

    private static Data service(ByteBuf content) {
        int priority = content.readUnsignedShort();
        int weight = content.readUnsignedShort();
        int port = content.readUnsignedShort();
        return new Data.Service(priority, weight, port, undotted(DefaultDnsRecordDecoder.decodeName(content)));
    }

    static String undotted(String name) {
        return name.endsWith(".") ? name.substring(0, name.length() - 1) : name;
    }

    /** Ends all; questions under way fail. */
    @Override
    public void close() {
        closed = true;
        open.forEach(each -> each.cancel(false));
        extended.close();
        plain.close();
        group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
}
