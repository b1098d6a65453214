package dev.weir.config;

/** A range of addresses: the network's bytes (4 or 16) and how many leading bits count. */
public final class Cidr {
    private final byte[] network;
    private final int bits;

    public Cidr(byte[] network, int bits) {
        this.network = network.clone();
        this.bits = bits;
    }

    /** Whether the address (4 or 16 bytes) lies in this range; an address of the other family does not. */
    public boolean contains(byte[] address) {
        if (address.length != network.length) {
            return false;
        }
        int whole = bits >>> 3;
        for (int i = 0; i < whole; i++) {
            if (address[i] != network[i]) {
                return false;
            }
        }
        int rest = bits & 7;
        return rest == 0 || ((address[whole] ^ network[whole]) & (0xFF00 >> rest) & 0xFF) == 0;
    }
}
