package dev.weir.proxy;

/**
 * The certificate that a client has shown and that was verified.
 *
 * @param subject its name (RFC 4514), in visible ASCII without double quotes
 * @param fingerprint the SHA-256 of it in lower-case hexadecimal digits
 */
public record ClientCertificate(String subject, String fingerprint) {}
