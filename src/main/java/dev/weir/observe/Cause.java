package dev.weir.observe;

/**
 * Why Weir itself answered a request or ended an exchange: a closed list. Status code, {@code Proxy-Status} error type
 * (RFC 9209 section 2.3), metric label and log field all derive from here, in one place.
 */
public enum Cause {
    REQUEST_MALFORMED("request-malformed", 400, Side.CLIENT, "http_request_error", "The request is malformed."),
    REQUEST_LINE_TOO_LONG(
            "request-line-too-long",
            414,
            Side.CLIENT,
            "http_request_error",
            "The request line is longer than allowed."),
    REQUEST_HEADERS_TOO_LARGE(
            "request-headers-too-large",
            431,
            Side.CLIENT,
            "http_request_error",
            "The request header fields are more or larger than allowed."),
    REQUEST_BODY_TOO_LARGE(
            "request-body-too-large",
            413,
            Side.CLIENT,
            "http_request_error",
            "The request body is larger than allowed."),
    REQUEST_VERSION_UNSUPPORTED(
            "request-version-unsupported",
            505,
            Side.CLIENT,
            "http_request_error",
            "A request line may say HTTP/1.0 or HTTP/1.1; HTTP/2 begins in another way."),
    REQUEST_CODING_UNSUPPORTED(
            "request-coding-unsupported",
            501,
            Side.CLIENT,
            "http_request_error",
            "The only transfer coding understood is chunked."),
    REQUEST_HEAD_TIMEOUT(
            "request-head-timeout", 408, Side.CLIENT, "http_request_error", "The request head did not arrive in time."),
    REQUEST_BODY_TIMEOUT(
            "request-body-timeout", 408, Side.CLIENT, "http_request_error", "The request body stopped arriving."),
    METHOD_REFUSED("method-refused", 405, Side.CLIENT, "http_request_denied", "This method is not served here."),
    CLIENT_ABORTED("client-aborted", 499, Side.CLIENT, "http_request_error", "The client went away."),
    CLIENT_WRITE_TIMEOUT(
            "client-write-timeout", 499, Side.CLIENT, "connection_write_timeout", "The client stopped reading."),
    CONNECTION_LIMIT(
            "connection-limit",
            503,
            Side.PROXY,
            "connection_limit_reached",
            "The listener has as many connections as it may have."),
    PROXY_HEADER_REFUSED(
            "proxy-header-refused",
            400,
            Side.CLIENT,
            "http_request_error",
            "The connection did not begin with a PROXY header from a trusted proxy."),
    PLAIN_ON_TLS("plain-on-tls", 400, Side.CLIENT, "http_request_error", "This port speaks TLS: use https."),
    HTTPS_REDIRECT("https-redirect", 308, Side.PROXY, "proxy_internal_response", "This is served over https only."),
    ACME_CHALLENGE("acme-challenge", 200, Side.PROXY, "proxy_internal_response", "An authority verifies a name."),
    NO_ROUTE("no-route", 404, Side.PROXY, "destination_not_found", "No route matches the request."),
    NO_SERVER("no-server", 503, Side.SERVER, "destination_unavailable", "No server of the pool is up."),
    QUEUE_FULL(
            "queue-full",
            503,
            Side.SERVER,
            "connection_limit_reached",
            "Each server has as many requests as it may have, and as many wait as may wait."),
    QUEUE_TIMEOUT(
            "queue-timeout",
            503,
            Side.SERVER,
            "connection_limit_reached",
            "Each server has as many requests as it may have, and none became free in time."),
    SERVER_DOWN(
            "server-down",
            503,
            Side.SERVER,
            "destination_unavailable",
            "The server went down while the request was on its way to it."),
    DNS_ERROR("dns-error", 502, Side.SERVER, "dns_error", "The server's name has no address."),
    CONNECT_REFUSED("connect-refused", 502, Side.SERVER, "connection_refused", "The server refused the connection."),
    CONNECT_FAILED("connect-failed", 502, Side.SERVER, "destination_ip_unroutable", "The server cannot be reached."),
    CONNECT_TIMEOUT(
            "connect-timeout", 504, Side.SERVER, "connection_timeout", "Connecting to the server took too long."),
    TLS_CERTIFICATE_ERROR(
            "tls-certificate-error",
            502,
            Side.SERVER,
            "tls_certificate_error",
            "The server's certificate does not verify."),
    TLS_ALERT_RECEIVED(
            "tls-alert-received", 502, Side.SERVER, "tls_alert_received", "The server refused to speak TLS with Weir."),
    TLS_PROTOCOL_ERROR(
            "tls-protocol-error",
            502,
            Side.SERVER,
            "tls_protocol_error",
            "The server does not speak TLS as it should."),
    REQUEST_REFUSED(
            "request-refused",
            503,
            Side.SERVER,
            "connection_limit_reached",
            "The server said that it did not process the request."),
    SERVER_CLOSED(
            "server-closed",
            502,
            Side.SERVER,
            "connection_terminated",
            "The server closed the connection before it answered."),
    SERVER_WRITE_TIMEOUT(
            "server-write-timeout", 504, Side.SERVER, "connection_write_timeout", "The server stopped reading."),
    FIRST_BYTE_TIMEOUT(
            "first-byte-timeout", 504, Side.SERVER, "http_response_timeout", "The server did not answer in time."),
    CALL_DEADLINE(
            "call-deadline",
            504,
            Side.CLIENT,
            "http_response_timeout",
            "The time that the client gave its call is over."),
    RESPONSE_BODY_TIMEOUT(
            "response-body-timeout", 504, Side.SERVER, "connection_read_timeout", "The response stopped arriving."),
    RESPONSE_MALFORMED("response-malformed", 502, Side.SERVER, "http_protocol_error", "The response is malformed."),
    RESPONSE_HEADERS_TOO_LARGE(
            "response-headers-too-large",
            502,
            Side.SERVER,
            "http_response_header_section_size",
            "The response header fields are more or larger than allowed."),
    RESPONSE_INCOMPLETE(
            "response-incomplete", 502, Side.SERVER, "http_response_incomplete", "The response was cut short."),
    UPGRADE_FAILED("upgrade-failed", 502, Side.SERVER, "http_upgrade_failed", "The server switched protocols unasked."),
    UPGRADE_UNSUPPORTED(
            "upgrade-unsupported",
            502,
            Side.SERVER,
            "http_upgrade_failed",
            "The server speaks HTTP/2 and takes no such upgrade."),
    TUNNEL_IDLE_TIMEOUT(
            "tunnel-idle-timeout", 504, Side.PROXY, "connection_timeout", "The tunnel was idle for too long."),
    STOPPING("stopping", 503, Side.PROXY, "proxy_internal_response", "Weir is stopping."),
    INTERNAL("internal", 500, Side.PROXY, "proxy_internal_error", "Weir failed; its log says how.");

    /** Whose fault it is. */
    public enum Side {
        CLIENT,
        PROXY,
        SERVER
    }

    private final String id;
    private final int status;
    private final Side side;
    private final String proxyStatusError;
    private final String text;

    Cause(String id, int status, Side side, String proxyStatusError, String text) {
        this.id = id;
        this.status = status;
        this.side = side;
        this.proxyStatusError = proxyStatusError;
        this.text = text;
    }

    /** The stable name used in metrics, logs and the {@code details} of {@code Proxy-Status}. */
    public String id() {
        return id;
    }

    /** The status code of Weir's answer; 499 is only logged, nobody is there to read it. */
    public int status() {
        return status;
    }

    public Side side() {
        return side;
    }

    /** A proxy error type registered by RFC 9209. */
    public String proxyStatusError() {
        return proxyStatusError;
    }

    /** One sentence for a person. */
    public String text() {
        return text;
    }
}
