package dev.weir.admin;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.weir.config.WeirConfig.AdminConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The secret that clients of the admin port send. From a file it is read anew when the file changes; one that cannot be
 * read then leaves the former token in force. For the admin port's loop; the look at a local file is all that may block.
 */
final class Token {
    private static final Logger log = LoggerFactory.getLogger(Token.class);
    private static final String SCHEME = "bearer ";

    /** Null for a token that stays. */
    private final @Nullable Path file;

    private byte[] digest;
    private Object seen;
    private boolean complained;

    private Token(@Nullable Path file, byte[] digest, Object seen) {
        this.file = file;
        this.digest = digest;
        this.seen = seen;
    }

    /**
     * The configured token; null when there is none.
     *
     * @throws IOException whose message is a sentence: there is to be one, but it cannot be had
     */
    static @Nullable Token of(AdminConfig config, UnaryOperator<@Nullable String> environment) throws IOException {
        if (!config.tokenFile().isEmpty()) {
            Path file = Path.of(config.tokenFile());
            Object state = state(file);
            return new Token(file, digest(read(file)), state);
        }
        if (config.tokenEnv().isEmpty()) {
            return null;
        }
        String value = environment.apply(config.tokenEnv());
        if (value == null || value.isBlank()) {
            throw new IOException("the admin port's token is to be in the environment variable " + config.tokenEnv()
                    + ", which is not set; set it, or take 'token-env' out of the configuration");
        }
        return new Token(null, digest(value), "");
    }

    private static Object state(Path file) throws IOException {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            return attributes.lastModifiedTime() + " " + attributes.size() + " " + attributes.fileKey();
        } catch (NoSuchFileException missing) {
            throw new IOException("the admin port's token file " + file + " does not exist", missing);
        } catch (IOException failure) {
            throw new IOException("the admin port's token file cannot be read: " + failure.getMessage(), failure);
        }
    }

    private static String read(Path file) throws IOException {
        String text;
        try {
            text = Files.readString(file);
        } catch (IOException failure) {
            throw new IOException("the admin port's token file cannot be read: " + failure.getMessage(), failure);
        }
        if (text.isBlank()) {
            throw new IOException("the admin port's token file " + file + " is empty");
        }
        return text;
    }

    /** Digests have one length, so that comparing them takes one time whatever was sent. */
    private static byte[] digest(String token) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(token.strip().getBytes(UTF_8));
        } catch (NoSuchAlgorithmException impossible) {
            throw new LinkageError("every JDK has SHA-256", impossible);
        }
    }

    /** Whether an {@code Authorization} field shows the token. */
    boolean isShownBy(@Nullable String authorization) {
        refresh();
        if (authorization == null || !authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            return false;
        }
        return MessageDigest.isEqual(digest, digest(authorization.substring(SCHEME.length())));
    }

    private void refresh() {
        Path source = file;
        if (source == null) {
            return;
        }
        try {
            Object now = state(source);
            if (!now.equals(seen)) {
                digest = digest(read(source));
                seen = now;
                log.info("the admin port's token was read anew from {}", source);
            }
            complained = false;
        } catch (IOException failure) {
            if (!complained) {
                log.warn("{}; the former token stays in force", failure.getMessage());
            }
            complained = true;
        }
    }
}
