package dev.weir.config;

/** A version of HTTP, written as ALPN names it (RFC 7301). */
public enum HttpVersion implements Spelled {
    H2("h2"),
    HTTP_1_1("http/1.1");

    private final String alpn;

    HttpVersion(String alpn) {
        this.alpn = alpn;
    }

    /** The version that ALPN calls so; HTTP/1.1 for anything else. */
    public static HttpVersion of(String alpn) {
        return alpn.equals(H2.alpn) ? H2 : HTTP_1_1;
    }

    /** The name in ALPN. */
    public String alpn() {
        return alpn;
    }

    @Override
    public String spelling() {
        return alpn;
    }
}
