package dev.weir.admin;

import io.netty.util.NetUtil;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Whether a request to the admin port comes from a program rather than from a page of another site in somebody's browser,
 * which would use the rights that the browser's place in the network gives it.
 *
 * @param local the port is bound to loopback, so that only names of this machine lead to it
 */
record Trusted(boolean local) {
    /**
     * A browser tells by {@code Origin} or {@code Sec-Fetch-Site} that another site's page asks. A page whose name was
     * made to lead to this machine (DNS rebinding) is known by its {@code Host}, which is neither an address nor
     * localhost; an address for others may have any name.
     */
    boolean refuses(AdminRequest request) {
        String host = request.field("host");
        String origin = request.field("origin");
        String site = request.field("sec-fetch-site");
        return (local && !isLocal(host))
                || (origin != null && !origin.equals("http://" + host) && !origin.equals("https://" + host))
                || (site != null && !site.equals("same-origin") && !site.equals("none"));
    }

    private static boolean isLocal(@Nullable String host) {
        if (host == null) {
            return false;
        }
        int port = host.lastIndexOf(':');
        String name = (port > host.lastIndexOf(']') ? host.substring(0, port) : host).toLowerCase(Locale.ROOT);
        return name.equals("localhost")
                || NetUtil.isValidIpV4Address(name)
                || (name.startsWith("[") && name.endsWith("]"));
    }
}
