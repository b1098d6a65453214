package dev.weir.admin;

import com.sun.net.httpserver.HttpExchange;
import io.netty.util.NetUtil;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Whether a request to the admin API comes from a program on this machine rather than from a page in its browser. */
final class Trusted {
    private Trusted() {}

    /**
     * A browser tells by {@code Origin} or {@code Sec-Fetch-Site} that another site's page asks. A page whose name was
     * made to lead here (DNS rebinding) is known by its {@code Host}, which is neither an address nor localhost.
     */
    static boolean refuses(HttpExchange exchange) {
        String host = exchange.getRequestHeaders().getFirst("Host");
        String origin = exchange.getRequestHeaders().getFirst("Origin");
        String site = exchange.getRequestHeaders().getFirst("Sec-Fetch-Site");
        return !local(host)
                || (origin != null && !origin.equals("http://" + host))
                || (site != null && !site.equals("same-origin") && !site.equals("none"));
    }

    private static boolean local(@Nullable String host) {
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
