package dev.weir.config;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Keys of {@code discover} and {@code resolver} that need or exclude each other. */
final class DiscoveryChecks {
    private static final List<String> SOURCES = List.of("dns", "srv", "file", "http", "etcd");

    private final ConfigPlaces places;
    private final Problems problems;

    DiscoveryChecks(ConfigPlaces places, Problems problems) {
        this.places = places;
        this.problems = problems;
    }

    void check(ResolverConfig resolver) {
        for (Address server : resolver.servers()) {
            boolean literal = server instanceof Address.Inet inet
                    && (AddressParser.isIpv4(inet.host()) || AddressParser.isIpv6(inet.host()));
            if (!literal) {
                String hint = "a name would have to be resolved by itself";
                error(resolver, "servers", server + " is no IP address with a port", hint);
            }
        }
        if (resolver.minTtl().compareTo(resolver.maxTtl()) > 0) {
            error(resolver, "min-ttl", "this is longer than 'max-ttl'", "");
        }
    }

    void check(PoolConfig pool) {
        Set<String> seen = new HashSet<>();
        for (DiscoverConfig source : pool.discover()) {
            boolean faulty = SOURCES.stream().anyMatch(key -> places.isWritten(source, key)) && source.written() == 0;
            if (faulty) {
                continue; // which has been said
            }
            if (source.written() != 1) {
                String found = source.written() == 0 ? "there is no source here" : "there are several sources here";
                String hint = "write one of " + String.join(", ", SOURCES) + " in each entry";
                problems.error(places.of(source), found, "", hint);
                continue;
            }
            if (!seen.add(source.label())) {
                problems.error(places.of(source), "the source " + source.label() + " is here twice", "", "");
            }
            checkHttp(source.http());
            checkEtcd(source.etcd());
        }
    }

    private void checkHttp(DiscoverConfig.@Nullable Http http) {
        if (http == null) {
            return;
        }
        if (!http.tokenFile().isEmpty() && !http.tokenEnv().isEmpty()) {
            error(http, "token-env", "the token is in 'token-file' already", "write one of them");
        }
        checkAuthority(http, http.ca(), http.url().startsWith("https:"));
    }

    private void checkEtcd(DiscoverConfig.@Nullable Etcd etcd) {
        if (etcd == null) {
            return;
        }
        boolean password = !etcd.passwordFile().isEmpty() || !etcd.passwordEnv().isEmpty();
        if (!etcd.passwordFile().isEmpty() && !etcd.passwordEnv().isEmpty()) {
            error(etcd, "password-env", "the password is in 'password-file' already", "write one of them");
        }
        if (etcd.user().isEmpty() == password) {
            String key = password ? "prefix" : "user";
            error(etcd, key, password ? "there is a password and no user" : "there is a user and no password", "");
        }
        if (etcd.prefix().isEmpty()) {
            error(etcd, "prefix", "an empty prefix stands for all keys", "write what the servers' keys begin with");
        }
        checkAuthority(etcd, etcd.ca(), etcd.endpoints().stream().anyMatch(each -> each.startsWith("https:")));
    }

    private void checkAuthority(Record source, String ca, boolean tls) {
        if (!ca.isEmpty() && !tls) {
            error(source, "ca", "without https there is nothing to vouch for", "write https://");
        }
    }

    private void error(Record section, String key, String found, String hint) {
        problems.error(places.of(section, key), found, "", hint);
    }
}
