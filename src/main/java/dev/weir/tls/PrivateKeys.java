package dev.weir.tls;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Private keys out of PEM files, in each of the three forms that are about: PKCS #8, which Java reads, and the older forms
 * for RSA (RFC 8017) and elliptic curves (RFC 5915), which become PKCS #8 by an envelope around them (RFC 5958).
 */
final class PrivateKeys {
    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z ]*PRIVATE KEY)-----([^-]*)-----END \\1-----");

    private static final byte[] VERSION_0 = HexFormat.of().parseHex("020100");
    private static final byte[] RSA = HexFormat.of().parseHex("06092a864886f70d0101010500");
    private static final byte[] EC = HexFormat.of().parseHex("06072a8648ce3d0201");
    private static final int SEQUENCE = 0x30;
    private static final int OCTET_STRING = 0x04;
    private static final int EC_PARAMETERS = 0xA0;

    private PrivateKeys() {}

    /**
     * The first key in a file.
     *
     * @throws IOException with a sentence for the user
     */
    static PrivateKey read(Path file) throws IOException {
        String text = new String(PemFiles.bytes(file), StandardCharsets.ISO_8859_1);
        Matcher block = BLOCK.matcher(text);
        if (!block.find()) {
            throw new IOException(file + " holds no private key in PEM");
        }
        String body = block.group(2);
        if (block.group(1).startsWith("ENCRYPTED") || body.contains("ENCRYPTED")) {
            throw new IOException("the key in " + file + " is encrypted; 'openssl pkey -in " + file
                    + " -out FILE' writes it without");
        }
        try {
            byte[] der = Base64.getMimeDecoder().decode(body);
            return switch (block.group(1)) {
                case "PRIVATE KEY" -> decode(der);
                case "RSA PRIVATE KEY" -> decode(envelope(RSA, der));
                case "EC PRIVATE KEY" -> decode(envelope(join(EC, curve(der)), der));
                default ->
                    throw new IOException(file + " holds a " + block.group(1) + "; RSA and ECDSA keys are known");
            };
        } catch (IllegalArgumentException | IndexOutOfBoundsException | GeneralSecurityException broken) {
            throw new IOException("the key in " + file + " cannot be read; it has to be RSA or ECDSA in PEM", broken);
        }
    }

    private static PrivateKey decode(byte[] pkcs8) throws GeneralSecurityException {
        GeneralSecurityException last = new GeneralSecurityException();
        for (String algorithm : List.of("EC", "RSA")) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
            } catch (GeneralSecurityException other) {
                last = other;
            }
        }
        throw last;
    }

    private static byte[] envelope(byte[] algorithm, byte[] key) {
        return tagged(SEQUENCE, join(VERSION_0, tagged(SEQUENCE, algorithm), tagged(OCTET_STRING, key)));
    }

    /** The curve's identifier: the content of the element [0] of an ECPrivateKey. */
    private static byte[] curve(byte[] der) {
        int at = content(der, 0);
        while ((der[at] & 0xFF) != EC_PARAMETERS) {
            at = content(der, at) + length(der, at);
        }
        int from = content(der, at);
        byte[] curve = new byte[length(der, at)];
        System.arraycopy(der, from, curve, 0, curve.length);
        return curve;
    }

    private static int content(byte[] der, int at) {
        int first = der[at + 1] & 0xFF;
        return at + 2 + (first < 0x80 ? 0 : first & 0x7F);
    }

    private static int length(byte[] der, int at) {
        int length = der[at + 1] & 0xFF;
        if (length < 0x80) {
            return length;
        }
        int end = content(der, at);
        length = 0;
        for (int i = at + 2; i < end; i++) {
            length = Math.addExact(length << 8, der[i] & 0xFF);
        }
        return length;
    }

    private static byte[] tagged(int tag, byte[] content) {
        int size = content.length;
        byte[] head = size < 0x80
                ? new byte[] {(byte) tag, (byte) size}
                : size < 0x100
                        ? new byte[] {(byte) tag, (byte) 0x81, (byte) size}
                        : new byte[] {(byte) tag, (byte) 0x82, (byte) (size >> 8), (byte) size};
        return join(head, content);
    }

    private static byte[] join(byte[]... parts) {
        ByteArrayOutputStream joined = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            joined.writeBytes(part);
        }
        return joined.toByteArray();
    }
}
