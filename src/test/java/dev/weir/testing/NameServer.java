package dev.weir.testing;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A DNS server on loopback, over UDP and TCP, that answers as it is told; what it was not told of does not exist. */
public final class NameServer implements AutoCloseable {
    public static final int FORMERR = 1;
    public static final int SERVFAIL = 2;
    public static final int NXDOMAIN = 3;
    public static final int REFUSED = 5;

    private final DatagramSocket udp;
    private final ServerSocket tcp;
    private final Map<String, Reply> replies = new ConcurrentHashMap<>();
    private final Map<String, AtomicInteger> asked = new ConcurrentHashMap<>();
    private final List<Thread> threads = new CopyOnWriteArrayList<>();
    private final AtomicInteger byTcp = new AtomicInteger();
    private volatile boolean extended;
    private volatile boolean truncating;
    private volatile boolean silent;
    private volatile boolean knowsNoEdns;
    private volatile Duration delay = Duration.ZERO;

    /** A record of an answer. */
    private record Line(String name, int type, int ttl, ByteBuffer data) {
        Line(String name, int type, int ttl, byte[] data) {
            this(name, type, ttl, ByteBuffer.wrap(data).asReadOnlyBuffer());
        }

        byte[] bytes() {
            byte[] bytes = new byte[data.remaining()];
            data.duplicate().get(bytes);
            return bytes;
        }
    }

    private record Reply(int code, List<Line> lines) {}

    private NameServer(DatagramSocket udp, ServerSocket tcp) {
        this.udp = udp;
        this.tcp = tcp;
    }

    public static NameServer start() throws IOException {
        InetAddress loopback = InetAddress.getLoopbackAddress();
        for (int attempt = 0; ; attempt++) {
            ServerSocket tcp = new ServerSocket(0, 50, loopback);
            try {
                NameServer server = new NameServer(new DatagramSocket(tcp.getLocalPort(), loopback), tcp);
                server.threads.add(Thread.ofVirtual().start(server::serveUdp));
                server.threads.add(Thread.ofVirtual().start(server::serveTcp));
                return server;
            } catch (IOException taken) {
                tcp.close();
                if (attempt == 20) {
                    throw taken;
                }
            }
        }
    }

    public InetSocketAddress address() {
        return new InetSocketAddress(tcp.getInetAddress(), tcp.getLocalPort());
    }

    /** As under {@code resolver: { servers: [ ] }}. */
    public String hostAndPort() {
        return "127.0.0.1:" + tcp.getLocalPort();
    }

    // ---- what it answers ----

    /** Addresses, of IPv4 and IPv6 by their looks; those of a kind that is not here are none. */
    public NameServer addresses(String name, int ttl, String... addresses) {
        List<Line> four = new ArrayList<>();
        List<Line> six = new ArrayList<>();
        for (String address : addresses) {
            byte[] data = InetAddress.ofLiteral(address).getAddress();
            (data.length == 4 ? four : six).add(new Line(name, data.length == 4 ? 1 : 28, ttl, data));
        }
        set(name, 1, new Reply(0, four));
        set(name, 28, new Reply(0, six));
        return this;
    }

    /** An alias; what the target has is part of the answer when {@code whole}. */
    public NameServer alias(String name, int ttl, String target, boolean whole) {
        for (int type : new int[] {1, 28}) {
            List<Line> lines = new ArrayList<>(List.of(new Line(name, 5, ttl, name(target))));
            Reply of = replies.get(key(target, type));
            if (whole && of != null) {
                lines.addAll(of.lines());
            }
            set(name, type, new Reply(0, lines));
        }
        return this;
    }

    /** SRV records, each {@code "priority weight port target"}. */
    public NameServer services(String name, int ttl, String... records) {
        List<Line> lines = new ArrayList<>();
        for (String record : records) {
            String[] words = record.split(" ", -1);
            ByteArrayOutputStream data = new ByteArrayOutputStream();
            for (int i = 0; i < 3; i++) {
                data.write(Integer.parseInt(words[i]) >> 8);
                data.write(Integer.parseInt(words[i]));
            }
            data.writeBytes(name(words[3]));
            lines.add(new Line(name, 33, ttl, data.toByteArray()));
        }
        set(name, 33, new Reply(0, lines));
        return this;
    }

    /** Every kind of question for this name is answered with a code. */
    public NameServer fails(String name, int code) {
        for (int type : new int[] {1, 28, 33}) {
            set(name, type, new Reply(code, List.of()));
        }
        return this;
    }

    /** Questions for addresses of IPv6 of this name are answered with a code. */
    public NameServer failsIpv6(String name, int code) {
        set(name, 28, new Reply(code, List.of()));
        return this;
    }

    /** Whether answers over UDP are cut short, to nothing. */
    public void truncating(boolean on) {
        truncating = on;
    }

    /** Whether there are no answers. */
    public void silent(boolean on) {
        silent = on;
    }

    /** Answers questions with EDNS with FORMERR, as old servers do. */
    public void knowsNoEdns() {
        knowsNoEdns = true;
    }

    public void delay(Duration time) {
        delay = time;
    }

    private void set(String name, int type, Reply reply) {
        replies.put(key(name, type), reply);
    }

    // ---- what it was asked ----

    /** How often it was asked for addresses of IPv4 or for services of a name. */
    public int asked(String name) {
        AtomicInteger count = asked.get(name.toLowerCase(Locale.ROOT));
        return count == null ? 0 : count.get();
    }

    public int byTcp() {
        return byTcp.get();
    }

    /** Whether the last question had an OPT record. */
    public boolean extended() {
        return extended;
    }

    // ---- serving ----

    private void serveUdp() {
        byte[] buffer = new byte[4096];
        try {
            while (true) {
                DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
                udp.receive(packet);
                byte[] question = Arrays.copyOf(packet.getData(), packet.getLength());
                InetSocketAddress from = (InetSocketAddress) packet.getSocketAddress();
                threads.add(Thread.ofVirtual().start(() -> reply(question, from)));
            }
        } catch (IOException closed) {
            // The test is over.
        }
    }

    private void reply(byte[] question, InetSocketAddress to) {
        try {
            byte[] answer = answer(question, truncating);
            if (answer != null) {
                udp.send(new DatagramPacket(answer, answer.length, to));
            }
        } catch (IOException closed) {
            // The test is over.
        }
    }

    private void serveTcp() {
        try {
            while (true) {
                Socket socket = tcp.accept();
                threads.add(Thread.ofVirtual().start(() -> serve(socket)));
            }
        } catch (IOException closed) {
            // The test is over.
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            DataInputStream in = new DataInputStream(socket.getInputStream());
            byte[] question = in.readNBytes(in.readUnsignedShort());
            byTcp.incrementAndGet();
            byte[] answer = answer(question, false);
            if (answer != null) {
                DataOutputStream out = new DataOutputStream(socket.getOutputStream());
                out.writeShort(answer.length);
                out.write(answer);
                out.flush();
                in.read(); // the client closes
            }
        } catch (IOException gone) {
            // The client has enough.
        }
    }

    private byte @Nullable [] answer(byte[] question, boolean cut) throws IOException {
        int end = 12;
        StringBuilder name = new StringBuilder();
        while (question[end] != 0) {
            int length = question[end];
            name.append(name.isEmpty() ? "" : ".").append(new String(question, end + 1, length, US_ASCII));
            end += length + 1;
        }
        int type = (question[end + 1] & 0xFF) << 8 | (question[end + 2] & 0xFF);
        end += 5;
        extended = question[11] == 1;
        if (type != 28) {
            asked.computeIfAbsent(name.toString().toLowerCase(Locale.ROOT), _ -> new AtomicInteger())
                    .incrementAndGet();
        }
        try {
            Thread.sleep(delay);
        } catch (InterruptedException closed) {
            return null;
        }
        if (silent) {
            return null;
        }
        Reply known = replies.getOrDefault(key(name.toString(), type), new Reply(NXDOMAIN, List.of()));
        Reply reply = knowsNoEdns && extended ? new Reply(FORMERR, List.of()) : known;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.write(question, 0, 2);
        out.writeShort(0x8180 | (cut ? 0x0200 : 0) | reply.code());
        out.writeShort(1);
        out.writeShort(cut ? 0 : reply.lines().size());
        out.writeInt(0);
        out.write(question, 12, end - 12);
        for (Line line : cut ? List.<Line>of() : reply.lines()) {
            out.write(name(line.name()));
            out.writeShort(line.type());
            out.writeShort(1);
            out.writeInt(line.ttl());
            out.writeShort(line.bytes().length);
            out.write(line.bytes());
        }
        return bytes.toByteArray();
    }

    private static byte[] name(String name) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (String label : name.split("\\.", -1)) {
            out.write(label.length());
            out.writeBytes(label.getBytes(US_ASCII));
        }
        out.write(0);
        return out.toByteArray();
    }

    private static String key(String name, int type) {
        return name.toLowerCase(Locale.ROOT) + "/" + type;
    }

    @Override
    public void close() throws IOException {
        udp.close();
        tcp.close();
        threads.forEach(Thread::interrupt);
    }
}
