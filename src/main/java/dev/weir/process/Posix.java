package dev.weir.process;

import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.io.IOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;

/** The few calls of the system that neither the JDK nor Netty has. Linux. */
final class Posix {
    static final int STDERR = 2;

    private static final int F_GETFL = 3;
    private static final int F_SETFL = 4;
    private static final int O_NONBLOCK = 04000;

    private Posix() {}

    /** Has reads and accepts on this descriptor fail instead of wait. */
    static void nonBlocking(int descriptor) throws IOException {
        FunctionDescriptor shape = FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);
        MethodHandle fcntl = function("fcntl", shape, Linker.Option.firstVariadicArg(2));
        int flags = call(fcntl, descriptor, F_GETFL, 0);
        call(fcntl, descriptor, F_SETFL, flags | O_NONBLOCK);
    }

    /** Makes {@code to} another number for what {@code from} is. */
    static void duplicate(int from, int to) throws IOException {
        call(function("dup2", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT)), from, to);
    }

    @SuppressWarnings("restricted") // the launcher enables native access
    private static MethodHandle function(String name, FunctionDescriptor shape, Linker.Option... options)
            throws IOException {
        Linker linker = Linker.nativeLinker();
        return linker.defaultLookup()
                .find(name)
                .map(symbol -> linker.downcallHandle(symbol, shape, options))
                .orElseThrow(() -> new IOException("this system has no " + name));
    }

    private static int call(MethodHandle function, Object... arguments) throws IOException {
        int result;
        try {
            result = (int) function.invokeWithArguments(arguments);
        } catch (Throwable impossible) {
            throw new IOException("a call of the system failed: " + impossible, impossible);
        }
        if (result < 0) {
            throw new IOException("a call of the system failed");
        }
        return result;
    }
}
