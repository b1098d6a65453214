package dev.weir.tls;

import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.List;

/** Writes PEM (RFC 7468). */
final class Pem {
    private Pem() {}

    static String of(List<X509Certificate> chain) {
        StringBuilder pem = new StringBuilder();
        try {
            for (X509Certificate one : chain) {
                pem.append(of("CERTIFICATE", one.getEncoded()));
            }
        } catch (CertificateEncodingException impossible) {
            throw new IllegalArgumentException(impossible);
        }
        return pem.toString();
    }

    static String of(String what, byte[] der) {
        String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
        return "-----BEGIN " + what + "-----\n" + body + "\n-----END " + what + "-----\n";
    }
}
