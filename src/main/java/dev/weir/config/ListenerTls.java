package dev.weir.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * TLS with clients. File names are as they were written: relative to where Weir was started.
 *
 * @param acme null for none
 */
public record ListenerTls(
        @Key(
                doc = "Certificates with their keys. Each serves the names that it holds, exact ones before wildcards; "
                        + "the first serves every other client too. Several may hold the same name with keys of "
                        + "different kinds (ECDSA and RSA).")
        List<Certificate> certificates,

        @Key(
                doc =
                        "Certificates that Weir orders from an authority and renews by itself (ACME, RFC 8555), beside those "
                                + "of `certificates` or instead of them.")
        @Nullable ListenerAcme acme,

        @Key(
                doc =
                        "Whether Weir asks the authorities for their answers about the certificates (OCSP) and staples them, "
                                + "where a certificate names a responder, its file also holds its issuer, and no `ocsp` is given.",
                def = "off",
                kind = Scalar.BOOLEAN)
        boolean fetchOcsp,

        @Key(doc = "The oldest version of TLS that is accepted.", def = "TLSv1.2")
        TlsVersion minVersion,

        @Key(doc = "Whether clients show a certificate.") ClientCertificates clientCertificates,

        @Key(doc = "How clients come back without a full handshake.")
        Tickets tickets,

        @Key(
                doc = "TLS that is not ended here: connections for these server names (SNI) go to the pool as they "
                        + "come, still encrypted. The name is exact, or `*.example.com` for every name below.")
        List<Passthrough> passthrough) {
    public ListenerTls {
        certificates = List.copyOf(certificates);
        passthrough = List.copyOf(passthrough);
    }

    /**
     * One certificate.
     *
     * @param ocsp empty for none
     */
    public record Certificate(
            @Key(
                    doc = "The PEM file with the certificate and after it those that signed it, without the root.",
                    required = true,
                    kind = Scalar.FILE_NAME)
            String cert,

            @Key(doc = "The PEM file with its private key, not encrypted.", required = true, kind = Scalar.FILE_NAME)
            String key,

            @Key(
                    doc =
                            "The DER file with the responder's answer about this certificate (OCSP), sent to clients that "
                                    + "ask for it. Another program renews it; see also `fetch-ocsp`.",
                    kind = Scalar.FILE_NAME)
            String ocsp) {}

    /**
     * Certificates of clients.
     *
     * @param ca empty only with {@link ClientCertificateMode#NONE}
     */
    public record ClientCertificates(
            @Key(
                    doc = "`none`: they are not asked for. `optional`: a client without one is served too. `required`: "
                            + "it is not. One that does not verify ends the handshake.",
                    def = "none")
            ClientCertificateMode mode,

            @Key(doc = "The PEM file with the authorities that may have signed them.", kind = Scalar.FILE_NAME)
            String ca) {}

    /** Whether clients show a certificate. */
    public enum ClientCertificateMode {
        NONE,
        OPTIONAL,
        REQUIRED
    }

    /**
     * Session tickets (RFC 5077, RFC 8446 section 4.6.1).
     *
     * @param keyFiles empty for keys of this process
     */
    public record Tickets(
            @Key(
                    doc = "Files of 48 random bytes each, the same on every machine that shares an address. The first "
                            + "encrypts, all decrypt: a new one is put first, the oldest removed. Without them "
                            + "Weir makes and renews keys of its own.",
                    kind = Scalar.FILE_NAME)
            List<String> keyFiles) {
        public Tickets {
            keyFiles = List.copyOf(keyFiles);
        }
    }

    /** Connections that are passed on by the server name that their client asks for. */
    public record Passthrough(
            @Key(doc = "The server name, or `*.example.com`.", required = true, kind = Scalar.HOST)
            String serverName,

            @Key(doc = "The pool that gets the connection.", required = true, kind = Scalar.NAME)
            String pool) {}
}
