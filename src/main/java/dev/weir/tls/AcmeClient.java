package dev.weir.tls;

import dev.weir.config.ListenerAcme;
import java.io.IOException;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.security.spec.X509EncodedKeySpec;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.shredzone.acme4j.AccountBuilder;
import org.shredzone.acme4j.Authorization;
import org.shredzone.acme4j.Login;
import org.shredzone.acme4j.Order;
import org.shredzone.acme4j.Problem;
import org.shredzone.acme4j.Session;
import org.shredzone.acme4j.Status;
import org.shredzone.acme4j.challenge.Challenge;
import org.shredzone.acme4j.challenge.Http01Challenge;
import org.shredzone.acme4j.challenge.TlsAlpn01Challenge;
import org.shredzone.acme4j.challenge.TokenChallenge;
import org.shredzone.acme4j.connector.NetworkSettings;
import org.shredzone.acme4j.exception.AcmeException;
import org.shredzone.acme4j.exception.AcmeLazyLoadingException;
import org.shredzone.acme4j.exception.AcmeNetworkException;
import org.shredzone.acme4j.exception.AcmeProtocolException;
import org.shredzone.acme4j.exception.AcmeRateLimitedException;
import org.shredzone.acme4j.exception.AcmeServerException;
import org.shredzone.acme4j.provider.GenericAcmeProvider;

/**
 * One order with an authority, from the account to the certificate in the storage (RFC 8555). The only class that knows
 * acme4j and with it Bouncy Castle, so that these are loaded when the first certificate is ordered. Blocks.
 */
final class AcmeClient {
    private static final Duration ANSWER = Duration.ofSeconds(30);
    private static final Duration OUTCOME = Duration.ofMinutes(3);
    /** All Weirs that share the storage look into it once a second. */
    private static final Duration UNTIL_ALL_HAVE_LOOKED = Duration.ofSeconds(2);

    private static final Pattern BLOCK = Pattern.compile("-----BEGIN (PRIVATE|PUBLIC) KEY-----([^-]*)-----END");
    private static final Pattern PLAIN_TOKEN = Pattern.compile("[A-Za-z0-9_-]+");

    private final ListenerAcme config;
    private final AcmeStorage storage;
    private final Challenges challenges;

    private AcmeClient(ListenerAcme config, AcmeStorage storage, Challenges challenges) {
        this.config = config;
        this.storage = storage;
        this.challenges = challenges;
    }

    /** Orders a certificate for this name and stores it. The caller holds the lock of the storage. */
    static void order(String domain, ListenerAcme config, AcmeStorage storage, Challenges challenges)
            throws AcmeFailure, InterruptedException {
        AcmeClient client = new AcmeClient(config, storage, challenges);
        try {
            client.order(domain);
        } catch (AcmeLazyLoadingException failure) {
            throw client.explained(failure.getCause() instanceof AcmeException cause ? cause : failure);
        } catch (AcmeException | AcmeProtocolException failure) {
            throw client.explained(failure);
        } catch (IOException failure) {
            throw new AcmeFailure(AcmeFailure.Kind.STORAGE, AcmeStorage.reason(failure), null, failure);
        }
    }

    private void order(String domain) throws AcmeException, AcmeFailure, IOException, InterruptedException {
        SSLContext trust = Authorities.trusting(config.ca());
        Session session = new Session(URI.create(config.directory()), new Authority(trust));
        session.networkSettings().setTimeout(ANSWER);
        session.networkSettings().setProxySelector(ProxySelector.getDefault());
        try (HttpClient _ = session.getHttpClient()) {
            Order order = login(session).newOrder().domain(domain).create();
            for (Authorization authorization : order.getAuthorizations()) {
                if (authorization.getStatus() != Status.VALID) {
                    prove(domain, authorization);
                }
            }
            KeyPair keys = newKeys();
            order.waitUntilReady(OUTCOME);
            if (order.getStatus() == Status.READY) {
                order.execute(keys);
            }
            if (order.waitForCompletion(OUTCOME) != Status.VALID) {
                throw refused(order.getError().orElse(null));
            }
            List<X509Certificate> chain = order.getCertificate().getCertificateChain();
            String key = Pem.of("PRIVATE KEY", keys.getPrivate().getEncoded());
            storage.put(storage.certificate(domain), key + Pem.of(chain));
        }
    }

    // ---- the account ----

    private Login login(Session session) throws AcmeException, IOException {
        AccountBuilder account = new AccountBuilder().agreeToTermsOfService().useKeyPair(accountKey());
        if (!config.email().isEmpty()) {
            account.addEmail(config.email());
        }
        ListenerAcme.ExternalAccount external = config.externalAccount();
        if (external != null) {
            account.withKeyIdentifier(external.keyId(), PemFiles.sharedKey(Path.of(external.keyFile())));
        }
        return account.createLogin(session); // that of the key, if there is one
    }

    private KeyPair accountKey() throws IOException {
        Path file = storage.account();
        if (Files.exists(file)) {
            return accountKey(file);
        }
        KeyPair made = ecdsa();
        storage.put(
                file,
                Pem.of("PRIVATE KEY", made.getPrivate().getEncoded())
                        + Pem.of("PUBLIC KEY", made.getPublic().getEncoded()));
        return made;
    }

    private static KeyPair accountKey(Path file) throws IOException {
        byte[] secret = new byte[0];
        byte[] known = new byte[0];
        Matcher block = BLOCK.matcher(new String(PemFiles.bytes(file), StandardCharsets.US_ASCII));
        while (block.find()) {
            byte[] der = Base64.getMimeDecoder().decode(block.group(2));
            if (block.group(1).equals("PRIVATE")) {
                secret = der;
            } else {
                known = der;
            }
        }
        try {
            KeyFactory keys = KeyFactory.getInstance("EC");
            return new KeyPair(
                    keys.generatePublic(new X509EncodedKeySpec(known)),
                    keys.generatePrivate(new PKCS8EncodedKeySpec(secret)));
        } catch (GeneralSecurityException broken) {
            throw new IOException(
                    "the account's key in " + file + " cannot be read; without the file a new account is made", broken);
        }
    }

    // ---- the proof ----

    private void prove(String domain, Authorization authorization)
            throws AcmeException, AcmeFailure, IOException, InterruptedException {
        boolean http = config.challenge() == ListenerAcme.Challenge.HTTP_01;
        Class<? extends TokenChallenge> wanted = http ? Http01Challenge.class : TlsAlpn01Challenge.class;
        TokenChallenge challenge = authorization
                .findChallenge(wanted)
                .orElseThrow(() -> new AcmeFailure(
                        AcmeFailure.Kind.REFUSED,
                        "the authority does not offer this 'challenge' for the name; try the other one"));
        Path shown = storage.challenge(fileName(domain, challenge));
        storage.put(shown, content(authorization, challenge));
        try {
            challenges.refresh();
            Thread.sleep(UNTIL_ALL_HAVE_LOOKED);
            challenge.trigger();
            authorization.waitForCompletion(OUTCOME);
        } finally {
            Files.deleteIfExists(shown);
            challenges.refresh();
        }
        if (authorization.getStatus() != Status.VALID) {
            throw notProven(domain, authorization.findChallenge(wanted).orElse(null));
        }
    }

    private String fileName(String domain, TokenChallenge challenge) throws AcmeFailure {
        if (challenge instanceof TlsAlpn01Challenge) {
            return domain + AcmeStorage.PROOF;
        }
        String token = ((Http01Challenge) challenge).getToken();
        if (!PLAIN_TOKEN.matcher(token).matches()) {
            throw new AcmeFailure(AcmeFailure.Kind.REFUSED, "the authority sent a token that is none");
        }
        return token + AcmeStorage.TOKEN;
    }

    private static String content(Authorization authorization, TokenChallenge challenge) {
        if (!(challenge instanceof TlsAlpn01Challenge proof)) {
            return challenge.getAuthorization();
        }
        KeyPair keys = rsa();
        X509Certificate certificate = proof.createCertificate(keys, authorization.getIdentifier());
        return Pem.of("PRIVATE KEY", keys.getPrivate().getEncoded()) + Pem.of(List.of(certificate));
    }

    // ---- keys ----

    private KeyPair newKeys() {
        return switch (config.keyType()) {
            case ECDSA -> ecdsa();
            case RSA -> rsa();
        };
    }

    private static KeyPair ecdsa() {
        return keys("EC", 256);
    }

    private static KeyPair rsa() {
        return keys("RSA", 2048);
    }

    private static KeyPair keys(String algorithm, int bits) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
            generator.initialize(bits);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    // ---- the authority ----

    /** Any authority, over TLS that is verified as configured. */
    private static final class Authority extends GenericAcmeProvider {
        private final SSLContext trust;

        Authority(SSLContext trust) {
            this.trust = trust;
        }

        @Override
        public HttpClient createHttpClient(NetworkSettings settings) {
            return HttpClient.newBuilder()
                    .followRedirects(HttpClient.Redirect.NORMAL)
                    .connectTimeout(settings.getTimeout())
                    .proxy(settings.getProxySelector())
                    .sslContext(trust)
                    .build();
        }
    }

    // ---- failures ----

    private AcmeFailure explained(Exception failure) {
        return switch (failure) {
            case AcmeNetworkException network -> unreachable(network);
            case AcmeRateLimitedException limited ->
                new AcmeFailure(
                        AcmeFailure.Kind.RATE_LIMITED,
                        "the authority has had too many orders: " + said(limited.getProblem()),
                        limited.getRetryAfter().orElse(null),
                        limited);
            case AcmeServerException refusal -> refused(refusal.getProblem());
            default ->
                new AcmeFailure(
                        AcmeFailure.Kind.UNREACHABLE,
                        config.directory() + " does not answer as an ACME authority does (" + failure.getMessage()
                                + ")",
                        null,
                        failure);
        };
    }

    private AcmeFailure unreachable(AcmeNetworkException failure) {
        Throwable cause = failure.getCause() == null ? failure : failure.getCause();
        String hint = cause instanceof SSLException
                ? "; if it has a certificate of an authority of your own, name that in 'ca'"
                : "; the machine needs a way to it";
        String why = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        return new AcmeFailure(
                AcmeFailure.Kind.UNREACHABLE,
                "the authority at " + config.directory() + " cannot be reached (" + why + ")" + hint,
                null,
                failure);
    }

    private static AcmeFailure refused(@Nullable Problem problem) {
        boolean unbound = problem != null && problem.getType().toString().endsWith(":externalAccountRequired");
        String hint = unbound ? "; give it 'external-account' with what it gave you" : "";
        return new AcmeFailure(AcmeFailure.Kind.REFUSED, "the authority refuses: " + said(problem) + hint);
    }

    private AcmeFailure notProven(String domain, @Nullable Challenge challenge) {
        String why = challenge == null ? said(null) : said(challenge.getError().orElse(null));
        String hint = config.challenge() == ListenerAcme.Challenge.HTTP_01
                ? "http://" + domain + "/ (port 80) has to lead to a listener of this Weir"
                : domain + ":443 has to lead to a TLS listener of this Weir, with nothing between that ends TLS";
        return new AcmeFailure(
                AcmeFailure.Kind.NOT_PROVEN, "the authority could not verify the name: " + why + "; " + hint);
    }

    private static String said(@Nullable Problem problem) {
        return problem == null
                ? "it did not say why"
                : "'" + problem.getDetail().orElse(problem.toString()) + "'";
    }
}
