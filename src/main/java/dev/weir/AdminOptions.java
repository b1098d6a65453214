package dev.weir;

import dev.weir.config.Address;
import dev.weir.config.ConfigDefaults;
import dev.weir.config.WeirConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What all commands that speak to a running Weir take: where it is, and the right to do so. */
final class AdminOptions {
    private static final String TOKEN = "WEIR_ADMIN_TOKEN";

    @Option(
            names = "--admin",
            paramLabel = "ADDRESS",
            defaultValue = "${env:WEIR_ADMIN:-127.0.0.1:9090}",
            description =
                    "The admin port: host:port or unix:/path. Default: the variable WEIR_ADMIN, else 127.0.0.1:9090.")
    private String admin = "";

    @Option(
            names = "--token-file",
            paramLabel = "FILE",
            defaultValue = "",
            description = "The file with the admin port's token. Default: the token in the variable WEIR_ADMIN_TOKEN.")
    private String tokenFile = "";

    @Option(names = "--json", description = "Print the answer as it came.")
    private boolean json;

    /** Whether the answer is to be printed as it came. */
    boolean json() {
        return json;
    }

    /** Where the admin port is, as it was given. */
    String where() {
        return admin;
    }

    AdminClient client() throws Cli.Misuse, AdminClient.Failed {
        return new AdminClient(address(), token());
    }

    private Address address() throws Cli.Misuse {
        try {
            return (Address) ConfigDefaults.parse(WeirConfig.AdminConfig.class, "bind", admin);
        } catch (IllegalArgumentException refused) {
            throw new Cli.Misuse("--admin: " + refused.getMessage());
        }
    }

    private String token() throws AdminClient.Failed {
        if (tokenFile.isEmpty()) {
            @Nullable String token = System.getenv(TOKEN);
            return token == null ? "" : token.strip();
        }
        try {
            return Files.readString(Path.of(tokenFile)).strip();
        } catch (NoSuchFileException missing) {
            throw new AdminClient.Failed("--token-file: there is no file " + tokenFile);
        } catch (IOException failure) {
            throw new AdminClient.Failed("--token-file: " + tokenFile + " cannot be read: " + failure.getMessage());
        }
    }
}
