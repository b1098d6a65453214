package dev.weir.config;

import org.jspecify.annotations.Nullable;

/**
 * TLS with servers.
 *
 * @param ca empty for the authorities that the system trusts
 * @param serverName empty for the host of the server's address
 * @param certificate null for none
 */
public record PoolTls(
        @Key(
                doc = "The PEM file with the authorities that may have signed the servers' certificates. Without it, "
                        + "those that the system trusts.",
                kind = Scalar.FILE_NAME)
        String ca,

        @Key(
                doc =
                        "The name that servers are asked for (SNI) and that their certificates must hold. Without it, the "
                                + "host of the server's address.",
                kind = Scalar.HOST_NAME)
        String serverName,

        @Key(doc = "What Weir shows to servers that ask for a certificate.") @Nullable ClientCertificate certificate,

        @Key(doc = "The oldest version of TLS that is accepted.", def = "TLSv1.2")
        TlsVersion minVersion,

        @Key(
                doc =
                        "Take any certificate whatever. Whoever can redirect the connection can then read and change what "
                                + "is sent: for experiments only. Weir warns of it.",
                def = "off",
                kind = Scalar.BOOLEAN)
        boolean insecureSkipVerify) {
    /** The certificate of Weir as a client. */
    public record ClientCertificate(
            @Key(
                    doc = "The PEM file with the certificate and after it those that signed it.",
                    required = true,
                    kind = Scalar.FILE_NAME)
            String cert,

            @Key(doc = "The PEM file with its private key, not encrypted.", required = true, kind = Scalar.FILE_NAME)
            String key) {}
}
