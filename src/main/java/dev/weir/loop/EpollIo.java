package dev.weir.loop;

import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.IoOps;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.util.concurrent.ThreadAwareExecutor;

/**
 * Netty's epoll handler with two changes. Confined to its loop, but for {@link #wakeup}.
 *
 * <p>Connections are watched for edges, which spares the kernel a second look at each one that was read. So a read that
 * fills its buffer must ask again (see {@link ReadBuffers}). When the peer has hung up, Netty stops asking for hang-ups,
 * and the end behind the last bytes would make no further edge: from then on levels are watched, as they always are for
 * listening sockets.
 *
 * <p>One fault is mended: a descriptor of which no events are wanted is taken out of the epoll set (Netty 4.2.18), but
 * the next wish is told as a change of an entry that is no longer there: it fails, and the channel closes with what it
 * had not read. That hits each connection whose peer hung up while its reading was paused. Here such a descriptor is
 * registered anew.
 */
final class EpollIo implements IoHandler {
    private final IoHandler epoll;

    private EpollIo(IoHandler epoll) {
        this.epoll = epoll;
    }

    static IoHandlerFactory factory(IoHandlerFactory epoll) {
        return new IoHandlerFactory() {
            @Override
            public IoHandler newHandler(ThreadAwareExecutor executor) {
                return new EpollIo(epoll.newHandler(executor));
            }

            @Override
            public boolean isChangingThreadSupported() {
                return epoll.isChangingThreadSupported();
            }
        };
    }

    @Override
    public IoRegistration register(IoHandle handle) throws Exception {
        return new Registration(handle, epoll.register(handle));
    }

    @Override
    public void initialize() {
        epoll.initialize();
    }

    @Override
    public int run(IoHandlerContext context) {
        return epoll.run(context);
    }

    @Override
    public void prepareToDestroy() {
        epoll.prepareToDestroy();
    }

    @Override
    public void destroy() {
        epoll.destroy();
    }

    @Override
    public void wakeup() {
        epoll.wakeup();
    }

    @Override
    public boolean isCompatible(Class<? extends IoHandle> handleType) {
        return epoll.isCompatible(handleType);
    }

    private final class Registration implements IoRegistration {
        private final IoHandle handle;
        private IoRegistration current;
        private boolean takenOut;

        Registration(IoHandle handle, IoRegistration current) {
            this.handle = handle;
            this.current = current;
        }

        @Override
        public long submit(IoOps ops) {
            EpollIoOps wanted = (EpollIoOps) ops;
            if (wanted.equals(EpollIoOps.NONE)) {
                takenOut = true;
            } else if (takenOut && current.cancel()) {
                takenOut = false;
                current = again();
            }
            return current.submit(wanted.contains(EpollIoOps.EPOLLRDHUP) ? wanted.with(EpollIoOps.EPOLLET) : wanted);
        }

        private IoRegistration again() {
            try {
                return epoll.register(handle);
            } catch (Exception failure) {
                throw new IllegalStateException("cannot register a descriptor again", failure);
            }
        }

        @Override
        @SuppressWarnings("TypeParameterUnusedInFormals") // Netty's signature
        public <T> T attachment() {
            return current.attachment();
        }

        @Override
        public boolean isValid() {
            return current.isValid();
        }

        @Override
        public boolean cancel() {
            return current.cancel();
        }
    }
}
