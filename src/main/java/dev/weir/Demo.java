package dev.weir;

import dev.weir.config.Address;

/** Demonstration servers with a balancer in front. */
final class Demo {
    private Demo() {}

    static void run(int port, Address admin) throws StartFailure {
        if (port >= 0) {
            throw new StartFailure("the demonstration on port " + port + " with admin " + admin + " cannot run");
        }
    }
}
