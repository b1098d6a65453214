package dev.weir.config;

/** A version of TLS; older ones are not offered at all (RFC 8996). */
public enum TlsVersion implements Spelled {
    TLS_1_2("TLSv1.2"),
    TLS_1_3("TLSv1.3");

    private final String protocol;

    TlsVersion(String protocol) {
        this.protocol = protocol;
    }

    /** The name that Java and OpenSSL share. */
    public String protocol() {
        return protocol;
    }

    @Override
    public String spelling() {
        return protocol;
    }
}
