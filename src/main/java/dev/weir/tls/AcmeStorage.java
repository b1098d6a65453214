package dev.weir.tls;

import dev.weir.config.WholeFile;
import java.io.IOException;
import java.net.URI;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The files of one authority: the account's key, a file for each name with its certificate and key, what is to be shown to
 * the authority at the moment, and a lock. Several Weirs may share them, so a file is always whole: it is written under
 * another name and moved. Only the owner may read. Blocks; for any thread.
 */
record AcmeStorage(Path folder) {
    private static final String ACCOUNT = "account.pem";
    private static final String CERTIFICATES = "certificates";
    private static final String CHALLENGES = "challenges";
    private static final String FAILURES = "failures";
    /** Behind a token: what the authority is answered. Behind a name: what it is shown. */
    static final String TOKEN = ".token";

    static final String PROOF = ".proof";
    private static final Duration LONGEST_CHALLENGE = Duration.ofDays(1);

    /** The folder of this authority within one that may serve several. */
    static AcmeStorage of(String storage, String directory) {
        URI authority = URI.create(directory);
        String port = authority.getPort() < 0 ? "" : "-" + authority.getPort();
        String name = authority.getHost() + port + authority.getPath().replaceAll("[^A-Za-z0-9.]+", "-");
        return new AcmeStorage(Path.of(storage).resolve(name));
    }

    /**
     * Makes the folders.
     *
     * @throws IOException with a sentence for the user
     */
    void prepare() throws IOException {
        try {
            for (String part : List.of(CERTIFICATES, CHALLENGES, FAILURES)) {
                Files.createDirectories(folder.resolve(part), owner("rwx------"));
            }
        } catch (IOException refused) {
            throw new IOException("the storage for ACME cannot be made: " + reason(refused), refused);
        }
        verifyWritable(folder);
    }

    /**
     * Changes nothing.
     *
     * @throws IOException with a sentence for the user when the folder, or the one to make it in, cannot be written to
     */
    static void verifyWritable(Path folder) throws IOException {
        Path there = folder.toAbsolutePath();
        while (there.getParent() != null && !Files.exists(there)) {
            there = there.getParent();
        }
        if (!Files.isDirectory(there)) {
            throw new IOException(there + " is no folder");
        }
        if (!Files.isWritable(there)) {
            throw new IOException("no permission to write to the folder " + there);
        }
    }

    /** Where the certificate of this name is, or will be. */
    Path certificate(String domain) {
        return folder.resolve(CERTIFICATES).resolve(domain + ".pem");
    }

    Path account() {
        return folder.resolve(ACCOUNT);
    }

    void put(Path file, String content) throws IOException {
        WholeFile.write(file, content.getBytes(StandardCharsets.US_ASCII), owner("rw-------"));
    }

    // ---- the lock ----

    /** Held by the one that orders. */
    record Lock(FileChannel channel, FileLock held) implements AutoCloseable {
        @Override
        public void close() throws IOException {
            channel.close(); // which gives the lock back
        }
    }

    /** Null while another has it, in this process or in any other. */
    @Nullable Lock lock() throws IOException {
        Set<StandardOpenOption> options = Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileChannel channel = FileChannel.open(folder.resolve("lock"), options, owner("rw-------"));
        FileLock held = null;
        try {
            held = channel.tryLock();
        } catch (OverlappingFileLockException _) {
            // Another part of this process.
        } finally {
            if (held == null) {
                channel.close();
            }
        }
        return held == null ? null : new Lock(channel, held);
    }

    // ---- challenges ----

    /** Where all Weirs find what the authority is to be shown. */
    Path challenge(String name) {
        return folder.resolve(CHALLENGES).resolve(name);
    }

    /** All that is to be shown at the moment. */
    List<Path> challenges() throws IOException {
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> files = Files.newDirectoryStream(folder.resolve(CHALLENGES), "[!.]*")) {
            files.forEach(found::add);
        } catch (NoSuchFileException none) {
            return List.of();
        }
        found.sort(null);
        return found;
    }

    /** What others left behind who did not come to their end. */
    void removeStaleChallenges(Instant now) throws IOException {
        for (Path one : challenges()) {
            if (Files.getLastModifiedTime(one).toInstant().isBefore(now.minus(LONGEST_CHALLENGE))) {
                Files.deleteIfExists(one);
            }
        }
    }

    // ---- failures ----

    /** When orders for this name failed within the last hour. They are kept here because a restart must not forget them. */
    List<Instant> failures(String domain, Instant now) throws IOException {
        Path file = folder.resolve(FAILURES).resolve(domain);
        if (!Files.exists(file)) {
            return List.of();
        }
        List<Instant> recent = new ArrayList<>();
        for (String line : Files.readAllLines(file, StandardCharsets.ISO_8859_1)) {
            if (line.matches("[0-9]{1,12}")) {
                Instant when = Instant.ofEpochSecond(Long.parseLong(line));
                if (when.isAfter(now.minus(Duration.ofHours(1))) && !when.isAfter(now)) {
                    recent.add(when);
                }
            }
        }
        return recent;
    }

    void addFailure(String domain, Instant now) throws IOException {
        StringBuilder lines = new StringBuilder();
        failures(domain, now)
                .forEach(when -> lines.append(when.getEpochSecond()).append('\n'));
        lines.append(now.getEpochSecond()).append('\n');
        put(folder.resolve(FAILURES).resolve(domain), lines.toString());
    }

    void forgetFailures(String domain) throws IOException {
        Files.deleteIfExists(folder.resolve(FAILURES).resolve(domain));
    }

    /** The reason of a failure of the file system, which often tells nothing but the file's name. */
    static String reason(IOException failure) {
        return switch (failure) {
            case AccessDeniedException denied -> "no permission to write " + denied.getFile();
            case FileAlreadyExistsException taken -> taken.getFile() + " is no folder";
            default -> String.valueOf(failure.getMessage());
        };
    }

    private static FileAttribute<?>[] owner(String permissions) {
        boolean posix = FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
        return posix
                ? new FileAttribute<?>[] {
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(permissions))
                }
                : new FileAttribute<?>[0];
    }
}
