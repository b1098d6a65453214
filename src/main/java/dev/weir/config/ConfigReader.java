package dev.weir.config;

import dev.weir.config.PoolConfig.ServerConfig;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.Node;

/** Reads the configuration language. Blocking; for the control plane. Safe for use by several threads. */
public final class ConfigReader {
    /** The longest file, in bytes. */
    public static final int LONGEST_FILE = 4 << 20;

    private static final String NEEDED = "it needs at least 'listeners' and 'pools'";
    private static final String LIST_NEEDED = "an empty list is written []";

    private ConfigReader() {}

    /** Reads a file; a file that is missing or unreadable is a problem like any other. */
    public static ConfigResult read(Path file) {
        Problems problems = new Problems(file.toString());
        String text = load(file, problems);
        return text == null ? problems.faulty() : read(text, problems);
    }

    /**
     * Reads a text.
     *
     * @param name stands in messages where the file's name would
     */
    public static ConfigResult read(String name, String text) {
        return read(text, new Problems(name));
    }

    /**
     * Reads the content of a file.
     *
     * @param name stands in messages as the file's name
     */
    public static ConfigResult read(String name, byte[] content) {
        Problems problems = new Problems(name);
        String text = decode(content, problems);
        return text == null ? problems.faulty() : read(text, problems);
    }

    /**
     * Reads a list of servers in YAML or JSON, each written as under {@code servers}.
     *
     * @param name stands in messages where a file's name would
     * @param pool the pool whose servers they are to be: with some of its keys some servers do not go together
     */
    public static ServersResult servers(String name, byte[] bytes, PoolConfig pool) {
        Problems problems = new Problems(name);
        String text = bytes.length > LONGEST_FILE ? null : decode(bytes, problems);
        if (bytes.length > LONGEST_FILE) {
            problems.file("this is longer than " + Quantity.printSize(LONGEST_FILE));
        }
        // JSON may be indented with tabs, and has none within its texts.
        boolean json = text != null && text.stripLeading().startsWith("[");
        Node root = text == null ? null : YamlTree.of(json ? text.replace('\t', ' ') : text, LIST_NEEDED, problems);
        if (root == null) {
            return new ServersResult.Faulty(problems.errors());
        }
        Binder binder = new Binder(problems);
        return servers(binder.bindServers(root), binder, pool, problems);
    }

    /**
     * Reads one server, written as under {@code servers}.
     *
     * @param name stands in messages where a file's name would
     */
    public static ServersResult server(String name, String text, PoolConfig pool) {
        Problems problems = new Problems(name);
        Node node = YamlTree.of(text, "a server is written host:port", problems);
        if (node == null) {
            return new ServersResult.Faulty(problems.errors());
        }
        Binder binder = new Binder(problems);
        ServerConfig server = (ServerConfig) binder.bind(ServerConfig.class, node);
        return servers(server == null ? List.of() : List.of(server), binder, pool, problems);
    }

    private static ServersResult servers(
            List<ServerConfig> servers, Binder binder, PoolConfig pool, Problems problems) {
        PoolConfig with = ConfigPart.with(pool, Map.of("servers", servers));
        Checks.run(with, problems.places(binder.places()), problems);
        List<ConfigProblem> errors = problems.errors();
        return errors.isEmpty() ? new ServersResult.Sound(servers) : new ServersResult.Faulty(errors);
    }

    private static ConfigResult read(String text, Problems problems) {
        Node root = YamlTree.of(text, NEEDED, problems);
        if (root == null) {
            return problems.faulty();
        }
        Binder binder = new Binder(problems);
        WeirConfig config = binder.bind(root);
        if (config == null) {
            return problems.faulty();
        }
        ConfigPlaces places = problems.places(binder.places());
        new Checks(config, places, problems).run();
        return problems.result(config, places);
    }

    private static @Nullable String load(Path file, Problems problems) {
        if (Files.isDirectory(file)) {
            problems.file("this is a directory, not a file");
            return null;
        }
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(LONGEST_FILE + 1);
            if (bytes.length > LONGEST_FILE) {
                problems.file("this file is longer than " + Quantity.printSize(LONGEST_FILE));
                return null;
            }
            return decode(bytes, problems);
        } catch (NoSuchFileException _) {
            problems.file("there is no such file");
        } catch (AccessDeniedException _) {
            problems.file("no permission to read this file");
        } catch (IOException failure) {
            problems.file("this file cannot be read: " + failure.getMessage());
        }
        return null;
    }

    /** Strictly UTF-8: a replacement character in a path or a header value would be a silent repair. */
    private static @Nullable String decode(byte[] bytes, Problems problems) {
        CharsetDecoder decoder = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
        ByteBuffer in = ByteBuffer.wrap(bytes);
        CharBuffer out = CharBuffer.allocate(bytes.length);
        CoderResult end = decoder.decode(in, out, true);
        String text = out.flip().toString();
        if (end.isError()) {
            String found = "found the byte 0x%02X".formatted(bytes[in.position()] & 0xFF);
            problems.error(Place.atEnd(text), found + ", which is not UTF-8", "", "save the file as UTF-8");
            return null;
        }
        return text.startsWith("\uFEFF") ? text.substring(1) : text;
    }
}
