package dev.weir.http;

/** The rules by which Weir refuses a message, each with the section of RFC 9110, 9112 or 9113 that it comes from. */
public enum Violation {
    EMPTY_LINES(Kind.MALFORMED, "More than four empty lines come before the request line (RFC 9112 2.2)."),
    BARE_LF(Kind.MALFORMED, "A line ends with LF alone instead of CRLF (RFC 9112 2.2)."),
    BARE_CR(Kind.MALFORMED, "A CR is not followed by LF (RFC 9112 2.2)."),

    METHOD_INVALID(Kind.MALFORMED, "The method is not a token (RFC 9110 9.1)."),
    METHOD_TOO_LONG(Kind.MALFORMED, "The method is longer than 32 bytes."),
    TARGET_INVALID(Kind.MALFORMED, "The request target is empty or has a byte that a URI may not have (RFC 9112 3.2)."),
    TARGET_FORM(
            Kind.MALFORMED,
            "The request target is neither a path that starts with '/' nor an http or https URI (RFC 9112 3.2)."),
    TARGET_AUTHORITY(Kind.MALFORMED, "The request target has no valid host and port (RFC 9112 3.2)."),
    TARGET_USERINFO(Kind.MALFORMED, "The request target has user information before its host (RFC 9110 4.2.4)."),
    ASTERISK_WITHOUT_OPTIONS(Kind.MALFORMED, "The request target '*' is only for OPTIONS (RFC 9112 3.2.4)."),
    CONNECT_TARGET(Kind.MALFORMED, "The request target of CONNECT is not host:port (RFC 9112 3.2.3)."),
    VERSION_MISSING(Kind.MALFORMED, "The request line has no HTTP version (RFC 9112 3)."),
    VERSION_MALFORMED(Kind.MALFORMED, "The HTTP version is not of the form HTTP/1.1 (RFC 9112 2.3)."),
    VERSION_UNSUPPORTED(Kind.VERSION, "The HTTP version is not 1.0 or 1.1 (RFC 9110 15.6.6)."),
    STATUS_LINE(Kind.MALFORMED, "The status line has no status of three digits from 100 to 999 (RFC 9112 4)."),
    REASON_INVALID(Kind.MALFORMED, "The reason phrase has a control byte (RFC 9112 4)."),
    LINE_TOO_LONG(Kind.LINE_TOO_LONG, "The start line is longer than allowed."),

    LEADING_SPACE(Kind.MALFORMED, "White space comes before the first header field (RFC 9112 2.2)."),
    OBS_FOLD(Kind.MALFORMED, "A header field goes on in a second line (RFC 9112 5.2)."),
    NAME_EMPTY(Kind.MALFORMED, "A header field has no name (RFC 9110 5.1)."),
    NAME_INVALID(Kind.MALFORMED, "The name of a header field is not a token (RFC 9110 5.1)."),
    SPACE_BEFORE_COLON(Kind.MALFORMED, "White space comes between a field name and its colon (RFC 9112 5.1)."),
    COLON_MISSING(Kind.MALFORMED, "A header line has no colon (RFC 9112 5)."),
    VALUE_INVALID(Kind.MALFORMED, "The value of a header field has a control byte (RFC 9110 5.5)."),
    TOO_MANY_FIELDS(Kind.HEADERS_TOO_LARGE, "There are more header fields than allowed."),
    SECTION_TOO_LARGE(Kind.HEADERS_TOO_LARGE, "The header fields are larger than allowed."),
    TOO_MANY_CONNECTION_OPTIONS(Kind.HEADERS_TOO_LARGE, "Connection lists more than 32 options."),

    HOST_MISSING(Kind.MALFORMED, "A request of HTTP/1.1 has no Host (RFC 9112 3.2)."),
    HOST_REPEATED(Kind.MALFORMED, "There is more than one Host (RFC 9112 3.2)."),
    HOST_INVALID(Kind.MALFORMED, "Host is empty or not a host with an optional port (RFC 9112 3.2)."),
    LENGTH_INVALID(Kind.MALFORMED, "Content-Length is not a decimal number (RFC 9112 6.3)."),
    LENGTH_OVERFLOW(Kind.MALFORMED, "Content-Length is larger than any body can be (RFC 9110 8.6)."),
    LENGTH_REPEATED(Kind.MALFORMED, "There is more than one Content-Length (RFC 9112 6.3)."),
    LENGTH_AND_CODING(Kind.MALFORMED, "Content-Length and Transfer-Encoding are both there (RFC 9112 6.1)."),
    CODING_REPEATED(Kind.MALFORMED, "There is more than one Transfer-Encoding."),
    CODING_MALFORMED(Kind.MALFORMED, "Transfer-Encoding does not end with one 'chunked' (RFC 9112 6.3)."),
    CODING_UNSUPPORTED(Kind.CODING, "Transfer-Encoding has a coding other than chunked (RFC 9112 6.1)."),
    CODING_IN_HTTP_1_0(Kind.MALFORMED, "A message of HTTP/1.0 has a Transfer-Encoding (RFC 9112 6.1)."),

    CHUNK_SIZE_INVALID(Kind.MALFORMED, "A chunk does not start with its size in hexadecimal digits (RFC 9112 7.1)."),
    CHUNK_SIZE_OVERFLOW(Kind.MALFORMED, "The size of a chunk is larger than any body can be (RFC 9112 7.1)."),
    CHUNK_EXTENSION_INVALID(Kind.MALFORMED, "A chunk extension is malformed (RFC 9112 7.1.1)."),
    CHUNK_EXTENSIONS_TOO_LARGE(Kind.MALFORMED, "The chunk extensions are larger than 4 KiB (RFC 9112 7.1.1)."),
    CHUNK_END_MISSING(Kind.MALFORMED, "The data of a chunk does not end with CRLF (RFC 9112 7.1)."),

    PSEUDO_UNKNOWN(Kind.MALFORMED, "A pseudo-header field is none that a message of this kind has (RFC 9113 8.3)."),
    PSEUDO_REPEATED(Kind.MALFORMED, "A pseudo-header field comes more than once (RFC 9113 8.3)."),
    PSEUDO_MISPLACED(Kind.MALFORMED, "A pseudo-header field comes behind other fields or in trailers (RFC 9113 8.3)."),
    PSEUDO_MISSING(Kind.MALFORMED, "A pseudo-header field that the message must have is missing (RFC 9113 8.3)."),
    PSEUDO_INVALID(Kind.MALFORMED, "The value of a pseudo-header field is empty or invalid (RFC 9113 8.3)."),
    PROTOCOL_UNKNOWN(Kind.MALFORMED, "The :protocol of an extended CONNECT is not websocket (RFC 8441 4)."),
    AUTHORITY_MISMATCH(Kind.MALFORMED, "Host and :authority name different hosts (RFC 9113 8.3.1)."),
    FIELD_NAME_INVALID(Kind.MALFORMED, "A field name is not a token in lower case (RFC 9113 8.2.1)."),
    FIELD_VALUE_INVALID(
            Kind.MALFORMED, "A field value has a CR, LF or NUL, or white space at its start or end (RFC 9113 8.2.1)."),
    CONNECTION_FIELD(Kind.MALFORMED, "A field speaks about the connection, which HTTP/2 does itself (RFC 9113 8.2.2)."),
    TE_INVALID(Kind.MALFORMED, "TE says something else than trailers (RFC 9113 8.2.2)."),
    LENGTH_MISMATCH(Kind.MALFORMED, "The content is not as long as Content-Length says (RFC 9113 8.1.1).");

    /** What a violation means for the answer to a client; a server's violation is always a bad gateway, 502. */
    public enum Kind {
        /** 400. */
        MALFORMED,
        /** 414. */
        LINE_TOO_LONG,
        /** 431. */
        HEADERS_TOO_LARGE,
        /** 505. */
        VERSION,
        /** 501. */
        CODING
    }

    private final Kind kind;
    private final String text;

    Violation(Kind kind, String text) {
        this.kind = kind;
        this.text = text;
    }

    public Kind kind() {
        return kind;
    }

    /** One sentence that names the rule, for the user. */
    public String text() {
        return text;
    }
}
