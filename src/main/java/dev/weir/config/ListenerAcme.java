package dev.weir.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Certificates that Weir orders and renews itself.
 *
 * @param domains never empty; in lower case
 * @param email empty for none
 * @param ca empty for the system's authorities
 */
public record ListenerAcme(
        @Key(
                doc = "The names to have a certificate for, each one of its own. No wildcards: they need the challenge "
                        + "dns-01.",
                required = true,
                min = "1",
                kind = Scalar.DOMAIN)
        List<String> domains,

        @Key(
                doc = "Has to be `on`: you accept the terms of service of the authority, which Weir agrees to in your "
                        + "name when it makes the account.",
                def = "off",
                kind = Scalar.BOOLEAN)
        boolean acceptTerms,

        @Key(doc = "Where the authority can reach you, if it wants to.")
        String email,

        @Key(
                doc = "How the authority is shown that the names lead here. `tls-alpn-01`: it connects to port 443 of "
                        + "each name, which has to lead to a TLS listener of this Weir. `http-01`: to port 80, which has to "
                        + "lead to a listener without TLS; one with `redirect-to-https` will do.",
                def = "tls-alpn-01")
        Challenge challenge,

        @Key(
                doc = "The address of the authority's ACME directory (RFC 8555).",
                def = "https://acme-v02.api.letsencrypt.org/directory",
                kind = Scalar.HTTPS_URL)
        String directory,

        @Key(
                doc =
                        "The folder for the account's key and the certificates. It should be kept: without it everything is "
                                + "ordered anew, and authorities limit that. Several Weirs may share it, on a file system with "
                                + "locks; then one of them orders and all have the certificate.",
                def = "/var/lib/weir/acme",
                kind = Scalar.FILE_NAME)
        String storage,

        @Key(
                doc = "The PEM file with the authorities that vouch for `directory`; without it those of the system.",
                kind = Scalar.FILE_NAME)
        String ca,

        @Key(doc = "The kind of the certificates' keys.", def = "ecdsa")
        KeyType keyType,

        @Key(doc = "Binds the account to one that you have with the authority already; some demand it.") @Nullable ExternalAccount externalAccount) {
    public ListenerAcme {
        domains = List.copyOf(domains);
    }

    /** How the authority is shown that a name leads here. */
    public enum Challenge {
        TLS_ALPN_01,
        HTTP_01
    }

    /** Kinds of keys. */
    public enum KeyType {
        ECDSA,
        RSA
    }

    /** An account with the authority from outside of ACME (RFC 8555 section 7.3.4). */
    public record ExternalAccount(
            @Key(doc = "The key identifier that the authority gave you.", required = true)
            String keyId,

            @Key(
                    doc = "The file with the key that it gave you, in base64url as it came.",
                    required = true,
                    kind = Scalar.FILE_NAME)
            String keyFile) {}
}
