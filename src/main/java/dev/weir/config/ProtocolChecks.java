package dev.weir.config;

import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Keys of TLS, HTTP versions and the PROXY protocol that need or exclude each other. */
final class ProtocolChecks {
    private final ConfigPlaces places;
    private final Problems problems;

    ProtocolChecks(ConfigPlaces places, Problems problems) {
        this.places = places;
        this.problems = problems;
    }

    void check(ListenerConfig listener, Set<String> pools) {
        checkTwice(listener, listener.http());
        if (listener.tls() != null) {
            checkTls(listener, listener.tls(), pools);
        } else if (listener.hsts() != null) {
            error(listener, "hsts", "browsers do not heed 'hsts' without TLS", "add 'tls'");
        }
        if (listener.proxyProtocol() && listener.trustedProxies().isEmpty()) {
            String found = "the PROXY protocol is believed from 'trusted-proxies' only, and there are none";
            error(listener, "proxy-protocol", found, "");
        }
    }

    private void checkTls(ListenerConfig listener, ListenerTls tls, Set<String> pools) {
        if (listener.redirectToHttps() != 0) {
            error(
                    listener,
                    "redirect-to-https",
                    "this listener speaks TLS already",
                    "it belongs to the one on port 80");
        }
        if (tls.certificates().isEmpty()
                && tls.acme() == null
                && tls.passthrough().isEmpty()) {
            error(listener, "tls", "there is no certificate", "add 'certificates' or 'acme'");
        }
        if (tls.acme() != null) {
            checkAcme(tls.acme());
        }
        ListenerTls.ClientCertificates clients = tls.clientCertificates();
        boolean asked = clients.mode() != ListenerTls.ClientCertificateMode.NONE;
        if (asked && clients.ca().isEmpty()) {
            error(clients, "mode", "clients are asked for certificates that no authority verifies", "add 'ca'");
        } else if (!asked && !clients.ca().isEmpty()) {
            error(clients, "ca", "clients are not asked for certificates", "set 'mode' to optional or required");
        }
        checkPassthrough(tls.passthrough(), pools);
    }

    private void checkAcme(ListenerAcme acme) {
        if (!acme.acceptTerms()) {
            String found = "the authority's terms of service are not accepted";
            error(acme, "accept-terms", found, "read them, then set 'accept-terms' to on");
        }
        if (!acme.email().isEmpty() && !acme.email().matches("[!-~]+@[!-~]+")) {
            error(acme, "email", "'" + acme.email() + "' is no e-mail address", "");
        }
        Set<String> seen = new HashSet<>();
        for (String domain : acme.domains()) {
            if (!seen.add(domain)) {
                error(acme, "domains", domain + " is here twice", "");
            }
        }
    }

    /** What the authority could not reach. */
    void warnOfUnreachable(List<ListenerConfig> listeners) {
        boolean plain = listeners.stream().anyMatch(listener -> listener.tls() == null);
        for (ListenerConfig listener : listeners) {
            ListenerAcme acme = listener.tls() == null ? null : listener.tls().acme();
            if (acme != null && acme.challenge() == ListenerAcme.Challenge.HTTP_01 && !plain) {
                problems.warning(
                        places.of(acme, "challenge"),
                        "for http-01 the authority connects to port 80, and no listener is without TLS",
                        "add one, or use tls-alpn-01");
            }
        }
    }

    private void checkPassthrough(List<ListenerTls.Passthrough> all, Set<String> pools) {
        Map<String, Place> seen = new HashMap<>();
        for (ListenerTls.Passthrough one : all) {
            if (!pools.isEmpty() && !pools.contains(one.pool())) {
                String hint = Nearest.hint(one.pool(), "pools", pools);
                error(one, "pool", "unknown pool '" + one.pool() + "'", hint);
            }
            Place place = places.of(one, "server-name");
            Place first = seen.putIfAbsent(one.serverName(), place);
            if (first != null) {
                String found = "the server name " + one.serverName() + " is passed on twice";
                problems.error(place, found, "", "the first is on line " + first.line());
            }
        }
    }

    void check(PoolConfig pool) {
        checkTwice(pool, pool.http());
        if (pool.tls() == null && pool.http().size() > 1) {
            error(pool, "http", "without TLS the version cannot be negotiated", "write one of them, or add 'tls'");
        }
        if (pool.proxyProtocol() != ProxyProtocolVersion.OFF && pool.http().contains(HttpVersion.H2)) {
            String found = "an HTTP/2 connection carries requests of many clients, the PROXY protocol tells of one";
            error(pool, "proxy-protocol", found, "set 'http' to [http/1.1]");
        }
        PoolTls tls = pool.tls();
        if (tls != null) {
            checkVerification(pool, tls);
        }
    }

    private void checkVerification(PoolConfig pool, PoolTls tls) {
        if (tls.insecureSkipVerify() && !tls.ca().isEmpty()) {
            error(tls, "insecure-skip-verify", "with this nothing is verified by 'ca'", "write one of them");
        }
        if (tls.insecureSkipVerify() || !tls.serverName().isEmpty()) {
            return;
        }
        for (PoolConfig.ServerConfig server : pool.servers()) {
            if (server.address() instanceof Address.Unix) {
                error(
                        server,
                        "address",
                        "a unix socket has no name to verify",
                        "set 'server-name' in the pool's 'tls'");
                return;
            }
        }
    }

    private void checkTwice(Record section, List<HttpVersion> versions) {
        Set<HttpVersion> seen = new HashSet<>();
        for (HttpVersion version : versions) {
            if (!seen.add(version)) {
                error(section, "http", version.alpn() + " is here twice", "");
                return;
            }
        }
    }

    private void error(Object section, String key, String found, String hint) {
        problems.error(places.of(section, key), found, "", hint);
    }

    /** The pools that get connections of this listener without a route. */
    static List<String> pools(@Nullable ListenerTls tls) {
        return tls == null
                ? List.of()
                : tls.passthrough().stream().map(ListenerTls.Passthrough::pool).toList();
    }
}
