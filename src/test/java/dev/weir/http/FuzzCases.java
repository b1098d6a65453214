package dev.weir.http;

import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.Random;
import java.util.function.Consumer;

/**
 * Runs a fuzzer for a while and makes its random material. {@code -Dseed=} repeats a case that failed,
 * {@code -Dfuzz.seconds=} goes on for longer than the default; through Maven both go into {@code -Dtest.jvm.args=}.
 */
final class FuzzCases {
    private static final long DEFAULT_SEED = 20_261_122;
    private static final Duration BRIEFLY = Duration.ofMillis(1500);
    private static final byte[] NASTY =
            Reading.bytes("\u0000\u0001\t\n\u000b\r !\"#%(),/0:;=?@A[\\]_a\u007f\u0080\u00ff");

    private FuzzCases() {}

    /** Gives one case after the other its own random numbers; an error names the seed that repeats it at once. */
    static void run(String name, Consumer<Random> oneCase) {
        long seed = Long.getLong("seed", DEFAULT_SEED);
        Long seconds = Long.getLong("fuzz.seconds");
        long nanos = (seconds == null ? BRIEFLY : Duration.ofSeconds(seconds)).toNanos();
        long begin = System.nanoTime();
        long cases = 0;
        do {
            long caseSeed = seed + cases;
            try {
                oneCase.accept(new Random(caseSeed));
            } catch (RuntimeException | AssertionError failure) {
                throw new AssertionError(name + ": repeat with -Dseed=" + caseSeed + ": " + failure, failure);
            }
            cases++;
        } while (System.nanoTime() - begin < nanos);
        System.out.println(name + ": " + cases + " cases from -Dseed=" + seed);
    }

    static String oneOf(Random random, String... choices) {
        return choices[random.nextInt(choices.length)];
    }

    /** Cuts the message at up to six places. */
    static byte[][] parts(Random random, byte[] message) {
        int[] places =
                random.ints(random.nextInt(7), 0, message.length + 1).sorted().toArray();
        return Reading.cut(message, places);
    }

    /** Changes, inserts, removes or doubles up to three pieces. */
    static byte[] mutated(Random random, byte[] message) {
        byte[] changed = message;
        for (int i = random.nextInt(4); i > 0; i--) {
            changed = mutatedOnce(random, changed);
        }
        return changed;
    }

    private static byte[] mutatedOnce(Random random, byte[] message) {
        int at = random.nextInt(message.length + 1);
        int next = Math.min(at + 1 + random.nextInt(3), message.length);
        byte nasty = random.nextInt(4) == 0 ? (byte) random.nextInt(256) : NASTY[random.nextInt(NASTY.length)];
        ByteArrayOutputStream out = new ByteArrayOutputStream(message.length + 4);
        out.write(message, 0, at);
        int rest = at;
        switch (random.nextInt(4)) {
            case 0 -> out.write(nasty);
            case 1 -> out.write(message, at, next - at);
            case 2 -> {
                out.write(nasty);
                rest = next;
            }
            default -> rest = next;
        }
        out.write(message, rest, message.length - rest);
        return out.toByteArray();
    }
}
